#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include <pthread.h>

#include "store/gather.h"
#include "store/steer.h"
#include "store/store.h"
#include "util/err.h"

/*
 * What a back end gives.  One file a back end, named after it; it ends with
 * its struct store_ops.  store.c checks arguments, counts connections, and
 * gathers uploads (gather.h) for back ends that do not stream (start NULL); one
 * that can read them piece by piece has put_bytes, too.
 * The contract of each is that of the function of the same name in store.h.
 * A back end's own struct begins with a struct store.
 */
struct store_ops {
	const char	*scheme;	/* "local" */
	int (*put)(struct store *s, const struct store_name *n,
	    const void *data, size_t len, struct err *e);
	int (*put_bytes)(struct store *s, const struct store_name *n,
	    const struct store_bytes *b, struct err *e);
	int (*start)(struct store *s, enum store_kind kind, uint64_t hint,
	    struct store_upload **out, struct err *e);
	int (*add)(struct store_upload *u, const void *data, size_t len,
	    struct err *e);
	int (*finish)(struct store_upload *u, const unsigned char *id,
	    struct err *e);
	void (*drop)(struct store_upload *u);
	int (*get)(struct store *s, const struct store_name *n, uint64_t at,
	    void *out, size_t len, struct err *e);
	/* May be NULL: then get does it, in pieces. */
	int (*flow)(struct store *s, const struct store_name *n, uint64_t at,
	    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
	    void *arg, struct err *e);
	/* May be NULL, as get_all: then size and get do it, in two round trips. */
	int (*get_first)(struct store *s, const struct store_name *n, void *out,
	    size_t room, uint64_t *size, struct err *e);
	int (*get_all)(struct store *s, const struct store_name *n, size_t max,
	    void **out, size_t *len, struct err *e);
	int (*size)(struct store *s, const struct store_name *n,
	    uint64_t *size, struct err *e);
	int (*list)(struct store *s, enum store_kind kind,
	    int (*each)(void *arg, const struct store_name *n, uint64_t size),
	    void *arg, struct err *e);
	int (*remove)(struct store *s, const struct store_name *n,
	    struct err *e);
	void (*close)(struct store *s);
};

struct ahead;
struct store {
	const struct store_ops	*ops;
	struct store		*inside;	/* what is wrapped, or NULL */
	atomic_int		 closing;	/* as if asked to stop */
	struct ahead		*ahead[STORE_KINDS];	/* store_ahead.c's */
	struct store_caps	 caps;
	char			*place;

	/* How fast a far back end may send and receive (limit.h); NULL: as fast
	 * as it goes. */
	struct limit		*up, *down;
	int64_t			 stall;		/* µs; never 0 */
	int (*stop)(void *arg);			/* may be NULL */
	void			*stop_arg;

	/* store_turn.c's own: who is busy, and who waits. */
	pthread_mutex_t		 mutex;
	pthread_cond_t		 idle;
	unsigned		 busy;
	int			 steered;
	struct steer		 steer;
	atomic_size_t		 held;		/* by uploads, in memory */
};

struct store_upload {
	struct store		*store;
	enum store_kind		 kind;
	int			 data;		/* as in struct store_name */
	struct err		 failed;	/* what add met; finish tells it */
};

/*
 * For a back end's open and close.  The place is copied; o may be NULL;
 * connections are o's, or best.
 */
void store_init(struct store *s, const struct store_ops *ops,
    const char *place, const struct store_options *o, unsigned best);
void store_fini(struct store *s);

/* The folder of a kind in restic's layout: "data", "locks"; "" for the
 * config. */
const char *store_kind_folder(enum store_kind k);

/*
 * Wait for a connection, and give it back; locks need none (store_turn.c).  bytes
 * were carried if r, the call's answer, says that it went well; e is what it
 * told, or NULL.
 */
int store_enter(struct store *s, enum store_kind kind, struct err *e);
void store_leave(struct store *s, enum store_kind kind, uint64_t bytes, int r,
    const struct err *e);

/*
 * From now on the number of connections in use is steered (steer.h), with
 * caps.connections as its upper bound.  After store_init, before any call.
 */
void store_steer(struct store *s);

/* store_put, of what may lie in a file. */
int store_put_bytes(struct store *s, const struct store_name *n,
    const struct store_bytes *b, struct err *e);

/* What a list gathers, so that each may call the store again; v is to be freed. */
struct store_entry {
	struct store_name	 name;
	uint64_t		 size;
};

struct store_entries {
	struct store_entry	*v;
	size_t			 n, cap;
};
int store_entries_get(struct store *s, enum store_kind kind,
    struct store_entries *out, struct err *e);

/* 1: it was asked for ahead, *answer is what store_entries_get said; 0: it was
 * not. */
int store_ahead_take(struct store *s, enum store_kind kind,
    struct store_entries *out, int *answer, struct err *e);
void store_ahead_drop(struct store *s, enum store_kind kind);

/* Was it asked to stop?  For waits. */
int store_stopped(const struct store *s);

/* local.c's open and create, by path. */
int store_local(const char *path, const struct store_options *o, int create,
    struct store **out, struct err *e);

/* sftp.c's, by what stands behind "sftp:". */
int store_sftp(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e);
int store_sftp_check(const char *place, const char *const *extended,
    struct err *e);

/* The same of s3.c, rest.c and rclone.c. */
int store_s3(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e);
int store_rest(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e);
int store_rclone(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e);
int store_s3_check(const char *place, const char *const *extended,
    struct err *e);
int store_rest_check(const char *place, const char *const *extended,
    struct err *e);
int store_rclone_check(const char *place, const char *const *extended,
    struct err *e);

#endif
