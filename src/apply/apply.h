#ifndef APPLY_APPLY_H
#define APPLY_APPLY_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/*
 * The one door to the user's files: it does a plan.
 *
 * Operations are done in the plan's order, in batches of up to APPLY_BATCH:
 * a batch's intents are durable in the catalog before its first operation, the
 * folders it changed are flushed before its results are written, and results
 * ride in the commit of a later batch.  The journal works on a thread of its
 * own, one batch ahead.  Protocols, fsync order and recovery tables are those
 * of doc/why/crash-safety.md (c.2 move, c.3 copy and remove, c.4 trash, c.5
 * bundle), told again at the top of each op_*.c.
 *
 * A failing operation is told to the report and the next is tried; only a
 * failing journal, or stop, ends the run early (what was done is whole).
 *
 * What was planned is done only if the source is still the file that was
 * looked at (identity, size, mtime) and the target is still free; otherwise it
 * is skipped ("changed since it was planned") or gets the conflict's next name
 * where its extra says so.
 */
struct brought;
struct buf;
struct catalog;
struct err;
struct apply;
struct later;

#define APPLY_BATCH	4000

struct apply_report {
	/* One operation ended: op->state and op->error (as text) tell how. */
	void (*op)(void *arg, const struct op *op, const char *from,
	    const char *to, const char *error);
	/* Now and then: bytes and operations done, for progress. */
	void (*progress)(void *arg, uint64_t ops, uint64_t bytes);
	void		*arg;
};

struct apply_options {
	struct catalog	*catalog;
	int64_t		 run;		/* its number */
	const char	*home_trash;	/* absolute */
	uint64_t	 min_free;	/* bytes to leave on a destination */
	unsigned	 min_free_percent;
	int (*stop)(void *arg);		/* asked between operations */
	void		*stop_arg;
	/* A question of a rule's `confirm`: 1 yes, 0 no, -1 nobody is there to
	 * ask, and its file is held.  NULL is nobody.  usual is the answer to
	 * an empty line. */
	int (*ask)(void *arg, const char *question, int usual);
	void		*ask_arg;
	int		 undoing;	/* events are told as "undone" */
	struct brought	*brought;	/* by plans before in this run; NULL */
	struct later	*later;		/* flushing may be put off (later.h); NULL */
};

/* Do it all.  0 if the plan was gone through; failures are in the report. */
int apply_plan(const struct plan *p, const struct apply_options *o,
    const struct apply_report *r, struct err *e);

/*
 * Finish or take back what a crash left: every batch without an end, by the
 * tables.  Says what it did, one line an entry.  Idempotent; must come before
 * anything else when the catalog is opened for running.
 */
int apply_recover(struct catalog *c, const char *home_trash,
    void (*say)(void *arg, const char *line), void *arg, struct err *e);

/*
 * The plan that takes back a run (all of it, or only entries whose from or to
 * path is among paths).  Nothing is touched.  Operations that cannot be taken
 * back are in it as OP_SKIPPED with the reason.
 */
int apply_plan_undo(struct catalog *c, int64_t run, const char *const *paths,
    size_t n_paths, struct plan *out, struct err *e);

#endif
