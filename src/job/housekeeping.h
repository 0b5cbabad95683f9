#ifndef JOB_HOUSEKEEPING_H
#define JOB_HOUSEKEEPING_H

#include "job/job.h"

/*
 * What is due once a night, whoever is at work then: trash of ours past
 * trash.keep goes for good (a run with the one job "trash"), history past
 * history.keep is forgotten, and the catalog is copied beside each backup's
 * data (job/catalog_copy.h).
 *
 * A step that fails is told and logged, and the next is tried; none of this
 * makes a run fail.
 */

/* The first 03:00, local, after it was last done; never done: 0. */
int housekeeping_next(struct hall *h, int64_t *at, struct err *e);

/* Do it if it is due at now: 1 it was done, 0 it was not due, -1. */
int housekeeping(struct hall *h, int64_t now, const struct sink *k,
    struct err *e);

/* All that is packed becomes rows for `where`.  After a run of a million files
 * that is half a minute of work, so only where nobody waits for it. */
int housekeeping_rows(struct hall *h, const struct sink *k, struct err *e);

#endif
