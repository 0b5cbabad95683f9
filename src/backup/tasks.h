#ifndef BACKUP_TASKS_H
#define BACKUP_TASKS_H

#include <stddef.h>

/*
 * The workers of a backup, and what waits for them: batches of entries, and pieces
 * of large files, which go before them.
 *
 * Batches begin in the order in which they were pushed, which those of one
 * folder rely on (batch.c).
 *
 * Why not a crew or a pool of util's: in those one thread owns all that is given,
 * and takes it back.  Here workers give, too: a piece of the file that one of them
 * reads goes to whoever has nothing to do, and who waits for his own pieces does
 * others' meanwhile (read.c), so nobody waits in a ring for somebody who waits for
 * him.  Nothing comes back: a task is its worker's, and frees itself.  And while
 * the caller waits he tells of progress and makes checkpoints.
 */
struct err;
struct run;
struct worker;

/* Lies at the front of what is to be done. */
struct task {
	struct task	*next;
	void (*run)(struct task *t, struct worker *w);	/* owns t */
};

struct tasks;

/*
 * n workers (n >= 1), or as many as can be started; -1 if not one could be.  *out
 * is r->tasks, too.  All signals are blocked in them.
 */
int tasks_start(struct run *r, unsigned n, struct tasks **out,
    struct err *e);

/*
 * Push a batch, which is the workers' from here on: it runs also when the run is
 * over.  Blocks while too many wait, and tells of progress then.  Only from the
 * caller's thread.
 */
void tasks_push(struct tasks *ts, struct task *t);

/*
 * From any thread.  Would a piece find somebody?  And give it, if somebody is free
 * for it or soon will be: 1, and it is the workers'; or 0, and it is still ours.
 */
int tasks_want(struct tasks *ts);
int tasks_offer(struct tasks *ts, struct task *t);
/* Do one piece that waits, in this thread: 1 if there was one. */
int tasks_help(struct tasks *ts, struct worker *w);

/* Block until all is done; tells of progress.  Only from the caller's thread. */
void tasks_drain(struct tasks *ts);
/* End the workers and free what they hold; after tasks_drain.  NULL is fine. */
void tasks_stop(struct tasks *ts);

/* What a worker holds (impl.h); also of the caller's thread. */
void worker_fini(struct worker *w);

#endif
