#ifndef JOB_TOLD_H
#define JOB_TOLD_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "util/buf.h"

/*
 * What a run did that the journal of files does not hold, so that `runs show`
 * tells it: snapshots that were made, and what failed, was held or waited, with
 * the reason.  The first 500 of a run; how many more there were is counted.
 * Kept in the catalog as long as the run itself.
 */
struct catalog;
struct err;

struct told {
	struct buf	bytes;
	uint64_t	n, more;
	int		dirty;
};

/* Borrowed while it is looked at. */
struct told_row {
	enum op_kind	kind;
	enum op_state	state;
	const char	*job, *from, *to, *why, *snapshot;
};

/* An operation as it ended; most are none of ours and cost nothing. */
void told_add(struct told *t, const struct told_row *r);
/* Durable on return, if there is anything new. */
int told_save(struct told *t, struct catalog *c, int64_t run, struct err *e);
void told_fini(struct told *t);

/* The rows of a run in the order in which they came; each returns 0, or 1 to end.
 * *more: how many were not kept. */
int told_each(struct catalog *c, int64_t run,
    int (*each)(void *arg, const struct told_row *r), void *arg,
    uint64_t *more, struct err *e);
/* Forget those of runs that the catalog no longer knows. */
int told_expire(struct catalog *c, struct err *e);

#endif
