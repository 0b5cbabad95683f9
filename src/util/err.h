#ifndef UTIL_ERR_H
#define UTIL_ERR_H

/*
 * One failure, told once and carried up.
 *
 * The caller owns a struct err, usually on its stack, and lends it downwards
 * as the last argument.  Whoever meets the failure fills it; each floor above
 * may put its own words in front; only a door (cli, daemon, web) prints it.
 * Nothing is allocated, so nothing is freed.
 */
enum err_kind {
	ERR_NONE,
	ERR_USAGE,	/* the caller asked for something that cannot be */
	ERR_CONF,	/* the configuration is wrong; all faults were told */
	ERR_NOENT,	/* the thing is not there */
	ERR_ABSENT,	/* the disk or store that it is about is not there */
	ERR_EXISTS,	/* the thing is there already */
	ERR_DENIED,	/* not allowed: EACCES, EPERM, EROFS */
	ERR_FULL,	/* no room: ENOSPC, EDQUOT, EFBIG */
	ERR_LOCKED,	/* somebody else holds it; trying later may help */
	ERR_CHANGED,	/* the file is not the one that was looked at */
	ERR_XDEV,	/* the two places lie on different file systems */
	ERR_HELD,	/* a guard stopped it until it is approved */
	ERR_IO,		/* disk or kernel said no; see sys */
	ERR_NET,	/* the far side said no, or said nothing */
	ERR_CORRUPT,	/* bytes do not mean what they should */
	ERR_STOPPED,	/* asked to stop; what was done is whole */
	ERR_PASSWORD,	/* no key of a repository has this password */
};

struct err {
	enum err_kind	 kind;
	int		 sys;		/* errno, or 0 */
	char		 text[480];	/* "restore /etc: read pack 4f2a: ..." */
};

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/*
 * Each fills e (which may be NULL) and returns -1, so: return err_set(...).
 * err_sys takes errno as it stands and derives the kind from it; err_wrap
 * puts words in front of what e already tells and keeps kind and sys.
 * File names in text are quoted by the caller where they may be hostile
 * (util/quote.h).
 */
#define err_set(...)	(err_set_text(__VA_ARGS__), err_told())
#define err_sys(...)	(err_sys_text(__VA_ARGS__), err_told())
#define err_wrap(...)	(err_wrap_text(__VA_ARGS__), err_told())

/*
 * They are macros so that a compiler sees the -1 in the caller: what is set
 * only when 0 is returned is then known to be set, and is not warned about.
 */
static inline int
err_told(void)
{
	return -1;
}

void err_set_text(struct err *e, enum err_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void err_sys_text(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_wrap_text(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
