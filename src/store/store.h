#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Where a repository's files lie: a folder, and later everything that is far.
 *
 * A store knows kinds and names, never what is in a file.  Files are written
 * once and never changed; all but the config are named by the SHA-256 of their
 * bytes.  Layout and names are restic's (design.rst, "Repository Layout").
 *
 * A struct store may be used by many threads at once, at most `connections`
 * of them busy; the others wait.  Every call blocks.  Back ends: local
 * (local.c), sftp (sftp.h), s3, rest and rclone (far.h), mem (tests); and wrappers around another store:
 * retry (retry.h: what failed on the way is tried again), dry (dry.h), fault
 * (fault.h: the n-th call goes wrong, for tests).
 */
struct err;
struct store;
struct store_upload;

enum store_kind {
	STORE_CONFIG, STORE_KEY, STORE_PACK, STORE_INDEX, STORE_SNAPSHOT,
	STORE_LOCK, STORE_KINDS
};

#define STORE_ID_LEN	32

struct store_name {
	enum store_kind	 kind;
	unsigned char	 id[STORE_ID_LEN];	/* of the config: not looked at */
	int		 data;		/* a pack that is written has blobs of files
					 * alone: nobody needs it to find his way, so
					 * it may lie where it is slow to be had */
};

/* "config", "key", "data", "index", "snapshot", "lock": for messages. */
const char *store_kind_name(enum store_kind k);

struct store_options {
	unsigned	 connections;	/* 0: what the back end thinks best */
	const char	*const *extended;	/* -o key=value, NULL-ended, or NULL */
	int (*stop)(void *arg);		/* 1: end waits and retries soon */
	void		*stop_arg;

	/* Of far stores only. */
	const char	*ca_file;	/* PEM: whose certificates are good, instead
					 * of the system's */
	const char	*client_cert;	/* PEM: our certificate and its key */
	const char	*limit_upload, *limit_download;	/* limit.h; NULL: none */
	int64_t		 stall;		/* µs without a byte after which a request is
					 * given up; 0: STORE_STALL */
	int64_t		 retry;		/* µs for which a call is tried again and
					 * again; 0: STORE_RETRY; < 0: never */
	/* It fails and is tried again: told once, from any thread; may be NULL. */
	void (*tell)(void *arg, const char *text);
	void *tell_arg;
};

#define STORE_STALL	((int64_t)120 * 1000000)
#define STORE_RETRY	((int64_t)900 * 1000000)	/* as restic's */

/*
 * What this store can do, asked once and never guessed.
 */
struct store_caps {
	unsigned	 connections;
	int		 streams;	/* an upload goes out while it is added to */
	int		 near;		/* reads cost no round trip: no read-ahead */
	int		 flows;		/* store_flow is one request, however long */
	int		 cold;		/* packs of data cannot be read until they were
					 * fetched out of an archive */
	int		 coherent;	/* what is put is in every list that anybody
					 * begins after that */
	int		 append_only;	/* nothing but locks can be removed */
	int		 unsure;	/* it cannot say that a file is durable: a
					 * power cut over there may lose what was
					 * written last */
};

/*
 * Open the place as restic writes it: a path ("local:" may stand before it),
 * "sftp:user@host:/path", or another's scheme ("s3:" ...), which is refused with
 * "not yet in this version" until its back end is there.  Nothing is made: ERR_ABSENT if
 * the folder is not there.  store_create makes the folders (the place's parent
 * must be there); what is there already stays.  o may be NULL.
 */
int store_open(const char *place, const struct store_options *o,
    struct store **out, struct err *e);
int store_create(const char *place, const struct store_options *o,
    struct store **out, struct err *e);
/* Is it one that is not on this machine's own file systems? */
int store_is_far(const char *place);
/* Is it written well, as far as can be told without going there?  0, or -1 and
 * ERR_USAGE.  extended: as in the options. */
int store_check(const char *place, const char *const *extended, struct err *e);
/* A store in memory, for tests. */
struct store *store_mem(void);
void store_close(struct store *s);		/* NULL is fine */

void store_caps(const struct store *s, struct store_caps *out);
/* For people and messages, without secrets: "/media/BACKUP/home". */
const char *store_place(const struct store *s);

/*
 * Write a file whole.  On 0 it is durable under its name; on -1 nobody sees
 * anything of it (ERR_FULL, ERR_DENIED, ERR_IO, ERR_NET).  A file that is there
 * already with that name is a success, but for the config: ERR_EXISTS.
 */
int store_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e);

/*
 * The same piece by piece, its name told at the end.  hint: about how long it
 * will be, 0 unknown.  finish and drop free it; a failure of add is told again
 * by finish.
 */
int store_start(struct store *s, enum store_kind kind, uint64_t hint,
    struct store_upload **out, struct err *e);
/* It is a pack of data: see struct store_name. */
void store_mark_data(struct store_upload *u);
int store_add(struct store_upload *u, const void *data, size_t len,
    struct err *e);
int store_finish(struct store_upload *u, const unsigned char id[STORE_ID_LEN],
    struct err *e);
void store_drop(struct store_upload *u);	/* NULL is fine */

/*
 * Read exactly len bytes from offset at.  ERR_NOENT: no such file; ERR_CORRUPT:
 * it is too short.
 */
int store_get(struct store *s, const struct store_name *n, uint64_t at,
    void *out, size_t len, struct err *e);
/*
 * The same of what is long, told to take piece by piece, in order and as it comes;
 * after a failure on the way it goes on where it was, so nothing is told twice.  An answer
 * of take's that is not 0 ends it (ERR_STOPPED).  A connection may be held all the
 * while, so take must not call the store.  What was told before a failure did come,
 * but from nowhere else than store_get: nobody has looked at it.
 */
int store_flow(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e);
/* Read all of it, at most max bytes (ERR_CORRUPT beyond); to be freed. */
int store_get_all(struct store *s, const struct store_name *n, size_t max,
    void **out, size_t *len, struct err *e);
/*
 * Read its beginning, at most room bytes, and learn how long all of it is: over
 * HTTP in one round trip.  What is there of out is the less of room and *size.
 */
int store_get_first(struct store *s, const struct store_name *n, void *out,
    size_t room, uint64_t *size, struct err *e);
int store_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e);

/*
 * Every file of a kind, in no order; names that are not 64 hex digits are
 * passed over.  A missing folder is empty.  A non-zero answer of each ends it
 * and is returned.
 */
int store_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e);

/*
 * This kind will be listed soon: begin now, while other things are asked, if that
 * saves a round trip (over HTTP).  The next store_list of the kind, and no other,
 * has the answer, also of a failure; what is put and removed in between may not be
 * in it.  So never where somebody's lock must be seen, or what he did under it.
 */
void store_list_ahead(struct store *s, enum store_kind kind);

/* It is not there on return, and durably so; that it was not is a success. */
int store_remove(struct store *s, const struct store_name *n, struct err *e);

#endif
