#ifndef STORE_SFTP_H
#define STORE_SFTP_H

#include "store/sftp_line.h"
#include "store/sftp_place.h"
#include "store/store_impl.h"

/*
 * The SFTP back end's insides: sftp.c (opening, and who has which line),
 * sftp_get.c, sftp_put.c, sftp_list.c; below them sftp_line.c and sftp_talk.c (one ssh), sftp_wire.c
 * (bytes) and sftp_place.c (where).
 */
struct sftp {
	struct store	 base;		/* first, so a struct store * is one */
	struct sftp_place *place;
	int		 dir_mode, file_mode;

	pthread_mutex_t	 mutex;
	pthread_cond_t	 freed;
	struct line	*idle;
	unsigned	 open;		/* lines, idle or not */
	int64_t		 no_more_until;	/* mono: another line was not to be had */

	/* Temporaries of ours whose line was cut; whoever writes next removes
	 * them.  Paths below the root. */
	char		**litter;
	size_t		 n_litter, cap_litter;
};

/* Temporaries of ours have this prefix; restic passes over such names. */
#define SFTP_TMP	"fettle-tmp-"
#define SFTP_TMP_OLD	((int64_t)86400)	/* s since the last write */
#define SFTP_TMP_NAME	48			/* bytes, its end with it */
#define SFTP_LITTER_MAX	256			/* remembered at once */

/*
 * A line to use, and back.  Locks get one beyond all others, since they must be
 * refreshed however busy we are.
 */
int sftp_take(struct sftp *s, enum store_kind kind, struct line **out,
    struct err *e);
/* One that has this pack open, if there is such an idle one. */
int sftp_take_for(struct sftp *s, const struct store_name *n, struct line **out,
    struct err *e);
void sftp_give(struct sftp *s, struct line *l);

/* "data/ab/abcd...", and as the server is told it. */
#define SFTP_REL_MAX	96
void sftp_folder(char out[SFTP_REL_MAX], enum store_kind kind,
    const unsigned char *id);
void sftp_rel(char out[SFTP_REL_MAX], const struct store_name *n);
void sftp_add_path(const struct sftp *s, struct line *l, const char *rel);

/* Fill e from a refusal: what was tried, the whole path, and why not.  -1. */
int sftp_refused(const struct sftp *s, const char *verb, const char *rel,
    const struct line_reply *r, struct err *e);
/* The answer to be one of this type; a status has to be WIRE_OK. */
int sftp_want(const struct sftp *s, enum wire_type t, const char *verb,
    const char *rel, const struct line_reply *r, struct err *e);
/* The line broke: words in front.  -1. */
int sftp_broken(const struct sftp *s, const char *verb, const char *rel,
    struct err *e);

/* One request that has but a path: its reply. */
int sftp_ask(const struct sftp *s, struct line *l, enum wire_type t,
    const char *rel, struct line_reply *r, struct err *e);

/* A temporary is left over there. */
void sftp_litter(struct sftp *s, const char *rel);
/* Requests to remove what is left are made on this line, and not waited for. */
void sftp_sweep(struct sftp *s, struct line *l);

/* A file or folder opened to be read: r has its handle.  -1: refused, or the line
 * is dead. */
int sftp_open_file(const struct sftp *s, struct line *l, const char *rel,
    struct line_reply *r, struct err *e);

/* The whole path of rel, quoted into q, for messages; q. */
const char *sftp_whole(const struct sftp *s, const char *rel, char *q);

int sftp_get(struct store *base, const struct store_name *n, uint64_t at,
    void *out, size_t len, struct err *e);
int sftp_size(struct store *base, const struct store_name *n, uint64_t *size,
    struct err *e);
int sftp_remove(struct store *base, const struct store_name *n,
    struct err *e);
int sftp_put_bytes(struct store *base, const struct store_name *n,
    const struct store_bytes *b, struct err *e);
int sftp_put(struct store *base, const struct store_name *n, const void *data,
    size_t len, struct err *e);
int sftp_list(struct store *base, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e);

#endif
