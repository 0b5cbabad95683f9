#ifndef BACKUP_POOL_H
#define BACKUP_POOL_H

#include <stddef.h>

/*
 * The workers, and what waits for them: batches of entries, and pieces of large
 * files, which go before them.
 *
 * Batches begin in the order in which they were pushed, which those of one
 * folder rely on (batch.c).
 */
struct err;
struct run;
struct worker;

struct task {
	struct task	*next;
	void (*run)(struct task *t, struct worker *w);	/* owns t */
};

struct pool;

/* n workers; -1 if not one could be started. */
int pool_start(struct run *r, unsigned n, struct pool **out, struct err *e);
unsigned pool_workers(const struct pool *p);

/*
 * Push a batch.  Blocks while too many wait, and tells of progress then.  Only
 * from the caller's thread.
 */
void pool_push(struct pool *p, struct task *t);

/* Would a piece find somebody?  And give it, if somebody is free for it or soon will be: 1 if so. */
int pool_wants(struct pool *p);
int pool_offer(struct pool *p, struct task *t);
/* Do one piece that waits, in this thread: 1 if there was one. */
int pool_help(struct pool *p, struct worker *w);

/* Until all is done; tells of progress.  Only from the caller's thread. */
void pool_drain(struct pool *p);
void pool_stop(struct pool *p);		/* drained; NULL is fine */

/* What a worker holds (impl.h); also of the caller's thread. */
void worker_fini(struct worker *w);

#endif
