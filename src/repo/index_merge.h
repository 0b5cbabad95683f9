#ifndef REPO_INDEX_MERGE_H
#define REPO_INDEX_MERGE_H

#include <stddef.h>

#include "repo/index_run.h"

/*
 * Several runs read as one: data, then trees, each sorted by id.  What is not
 * live is passed over.  A block that is not what it was ends it with
 * ERR_CORRUPT, and its run is marked as doubted.
 *
 * The runs are borrowed and must stay.  Memory is a block a run.
 */
struct err;
struct merge;

struct merged {
	struct run_record r;
	enum blob_type	 type;
	size_t		 run, at;	/* which of them it comes from, and where */
};

int merge_open(struct merge **out, struct run *const *runs, size_t n,
    struct err *e);
/* 1, 0 at the end, -1. */
int merge_next(struct merge *m, struct merged *out, struct err *e);
void merge_free(struct merge *m);	/* NULL is fine */

/* One run of them all, without what is not live. */
int merge_runs(struct run *const *runs, size_t n, int dir, struct run **out,
    struct err *e);

#endif
