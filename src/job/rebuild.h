#ifndef JOB_REBUILD_H
#define JOB_REBUILD_H

#include <stdint.h>

#include "catalog/catalog.h"
#include "job/job.h"

/*
 * A catalog that is damaged or gone, from the newest copy that a backup holds
 * (job/catalog_copy.h); with none, an empty one.  What is older than the copy is
 * known again.  What came later is not undone and not remembered, but for what
 * speaks for itself: manifests of copies and archives, and snapshots, are asked
 * by `where` and `get` as they lie, and the log tells every action.  Runs go on
 * to be numbered behind the last one the log knows.
 */
struct rebuilt {
	char		 backup[128];	/* whose copy it is, "" none was there */
	int64_t		 time;		/* of the copy, µs */
	int64_t		 next_run;	/* the number that comes next at least */
	char		 aside[CATALOG_ASIDE];	/* what the old one is called now */
};

/*
 * A copy that is damaged, or cannot be asked for, is told to k, and the next
 * newest is taken.  ERR_EXISTS: the catalog is whole, and not to be replaced
 * anyway; nothing was done.
 * ERR_LOCKED: somebody is at work.
 */
int job_rebuild(const struct settings *s, int anyway, const struct sink *k,
    struct rebuilt *out, struct err *e);

#endif
