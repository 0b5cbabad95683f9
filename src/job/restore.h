#ifndef JOB_RESTORE_H
#define JOB_RESTORE_H

#include "job/job.h"

struct copies_restore;

/* Restore from a backup's copies, as a run of its own. */
int job_restore(struct hall *h, const struct job *j,
    const struct copies_restore *what, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e);

#endif
