#ifndef ZONE_ZONE_H
#define ZONE_ZONE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A time zone as a value: which offset holds at an instant, and which instant
 * a wall clock means.  All of it is read once, at zone_load; after that
 * nothing looks at files, at the environment, or at any state of libc's, so a
 * zone may be asked from any number of threads.
 *
 * The data are the system's own TZif files (RFC 8536), also past their last
 * transition, by the POSIX rule in their footer.  They are read as if they
 * were hostile: every count is bounded by the bytes that are there.
 *
 * Instants and walls are seconds; a wall is the clock's face counted as if it
 * were UTC.
 */
struct err;
struct zone;

#define ZONE_NAME_MAX	128
#define ZONE_FILE_MAX	((size_t)256 << 10)
#define ZONE_ABBR_MAX	32		/* with its NUL */

struct zone_local {
	int32_t		 offset;	/* seconds east of UTC */
	int		 dst;		/* daylight saving is in force */
	const char	*abbr;		/* "CET"; lives as long as the zone */
};

/*
 * Load a zone by its IANA name.  NULL is the local zone as libc finds it:
 * $TZ (a name, a path, or a POSIX rule such as CET-1CEST,M3.5.0,M10.5.0/3), or
 * else /etc/localtime, or else UTC.  A $TZ that cannot be used is an error
 * here, where libc would silently take UTC.  ERR_NOENT: there is no such
 * zone; ERR_CORRUPT: its file is damaged; ERR_USAGE: it counts leap seconds
 * ("right/..."), which no other clock here does.  Reads one small file.
 */
int zone_load(const char *name, struct zone **out, struct err *e);

/* A zone of a POSIX rule alone, and of the bytes of a TZif file. */
int zone_rule(const char *rule, struct zone **out, struct err *e);
int zone_read(const void *tzif, size_t len, struct zone **out, struct err *e);

void zone_free(struct zone *z);		/* NULL is fine */

struct zone_local zone_at(const struct zone *z, int64_t instant);

/* The next instant after this one at which the clock is changed: 1, or 0. */
int zone_change(const struct zone *z, int64_t after, int64_t *change);

/*
 * The first instant, not before `from`, at which the wall clock shows `wall`:
 * 1.  With dst 0 or 1 only instants without or with daylight saving count; -1
 * takes either.  0: there is none; *instant is then the first change of the
 * clock after which looking on is worth while, or INT64_MAX.
 */
int zone_instant(const struct zone *z, int64_t wall, int64_t from, int dst,
    int64_t *instant);

/* The abbreviation that daylight saving (or not) has now; "" if none. */
const char *zone_abbr(const struct zone *z, int dst);

#endif
