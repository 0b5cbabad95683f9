#ifndef JOB_TRASH_H
#define JOB_TRASH_H

#include "job/job.h"

/*
 * Plan to empty the trash: every file that runs after run *mark put there, if
 * the run ended before `before` and the file is still the one.  Added to p, of
 * which it is job 0.  *mark is moved on to the last run that need not be
 * looked at again.
 */
struct plan;

int trash_plan(struct hall *h, int64_t before, int64_t *mark, struct plan *p,
    struct err *e);

#endif
