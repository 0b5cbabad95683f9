#ifndef CATALOG_IMPL_H
#define CATALOG_IMPL_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog/catalog.h"
#include "catalog/claim.h"
#include "catalog/report.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"

/*
 * Inside the catalog.
 *
 * Every call is a verb: a number, a packed request, a packed reply.  The typed
 * functions of catalog.h pack their arguments and call catalog_call(), which
 * runs the verb's handler under the lock (direct) or sends it to the owner
 * (remote), whose server runs the same handler.  Only the transport differs.
 *
 * Many rows come as pages: the request carries a cursor, the reply the rows
 * from there on, a page of about CATALOG_PAGE bytes, and whether there are
 * more.  So the lock is never held while a caller looks at rows, its callback
 * may use the catalog, and a slow reader holds nobody up.
 */
struct db;
struct remote;
struct server;

#define CATALOG_PAGE	((size_t)1 << 20)
#define CATALOG_FRAME	((size_t)64 << 20)	/* longest message */
#define CATALOG_PART	((size_t)8 << 20)	/* longest piece of a kept value */
#define CATALOG_ENTRIES	((size_t)1 << 20)	/* most entries of a batch */
#define CATALOG_WHAT	200			/* bytes of "what", NUL included */
#define CATALOG_PATIENCE 2000			/* ms to wait for one who asks */

enum verb {			/* spoken between versions that are equal */
	VERB_NONE,
	VERB_LIVE,
	VERB_RUN_BEGIN, VERB_RUN_JOB, VERB_RUN_END, VERB_RUNS, VERB_RUN_JOBS,
	VERB_COMMIT, VERB_BATCHES, VERB_DONE_KEYS,
	VERB_UNPACK, VERB_FIND, VERB_SCAN, VERB_FOLLOW, VERB_EVENTS,
	VERB_PACKED,
	VERB_PUT, VERB_PUT_PART, VERB_GET, VERB_DROP, VERB_EACH,
	VERB_EXPIRE, VERB_SWEEP, VERB_BACKUP, VERB_CUT, VERB_CUT_SEEN,
	VERB_CLAIM, VERB_UNCLAIM, VERB_REPORT,
	VERBS,
};

struct catalog {
	enum catalog_role role;
	int		 owner;
	char		*dir;		/* state folder */
	int		 dir_fd;
	int		 lock_fd;	/* -1: none was given */
	pthread_mutex_t	 lock;		/* one verb at a time */

	struct db	*db;		/* the owner's */
	int		 ballast;	/* lies there to be given up */
	struct server	*server;

	struct remote	*remote;	/* everybody else's */

	pthread_mutex_t	 tell_lock;
	char		 what[CATALOG_WHAT];

	pthread_mutex_t	 live_lock;
	int (*live)(void *arg, const char *question, struct buf *out);
	void		*live_arg;

	void (*heard)(void *arg, const struct catalog_batch *b);
	void		*heard_arg;

	pthread_mutex_t	 claim_lock;
	struct claims	 claims;
	struct reports	 reports;	/* under claim_lock, too */
	size_t		 guests;
	uint64_t	 asker;		/* whose frame the serving thread answers */
	pid_t		 asker_pid;
};

/* Run a verb; the reply is appended.  0 or 1 as its handler says, or -1. */
int catalog_call(struct catalog *c, enum verb verb, const struct buf *req,
    struct buf *reply, struct err *e);
/* The owner's side of it, for a caller of this role. */
int catalog_do(struct catalog *c, enum catalog_role role, unsigned verb,
    const void *req, size_t len, struct buf *reply, struct err *e);
/* A reply that cannot be read: -1. */
int catalog_garbled(struct err *e);
/* A catalog in memory, as its owner: for tests and fuzzing. */
struct catalog *catalog_in_memory(void);

/* Handlers: the request is checked with unpack_end by each. */
typedef int verb_fn(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e);
int catalog_bad_request(struct err *e);
verb_fn do_live, do_run_begin, do_run_job, do_run_end, do_runs, do_run_jobs,
    do_commit, do_batches, do_done_keys, do_unpack, do_find, do_scan,
    do_follow, do_events, do_packed, do_put, do_put_part, do_get, do_drop, do_each,
    do_expire, do_sweep, do_backup, do_cut, do_cut_seen, do_claim, do_unclaim,
    do_report;

/* A commit that was done is told to c->heard; under the lock. */
void heard_commit(struct catalog *c, const void *request, size_t len,
    const void *reply, size_t reply_len);
/* commit's part in done.c */
int done_add(struct catalog *c, uint64_t rule, const void *keys, size_t len,
    struct err *e);
/* open's part in runs.c and kv.c: what a crash left half. */
int runs_mark_crashed(struct catalog *c, struct err *e);
int kv_drop_orphans(struct catalog *c, struct err *e);

/* One who may change files came; somebody left, and what he claimed is free. */
void claims_come(struct catalog *c);
void claims_go(struct catalog *c, uint64_t who, int was_guest);
void report_ends(struct catalog *c, uint64_t who);

/* catalog_where, where at most so many batches' rows are made first. */
int where_within(struct catalog *c, const char *what, uint64_t rows,
    int (*each)(void *arg, const struct event_row *r), void *arg,
    struct err *e);
#endif
