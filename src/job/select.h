#ifndef JOB_SELECT_H
#define JOB_SELECT_H

#include "job/job.h"

/*
 * Which jobs a request means: wanted[i] is set for each of s->jobs.  Names may
 * be jobs or tags.  Without names or tags, all that are enabled and do not
 * have the tag `never`; the tag `always` joins in unless skipped (organize's
 * meaning).  ERR_USAGE names what is neither, and the nearest that is.
 */
int select_jobs(const struct settings *s, const struct job_request *q,
    unsigned char *wanted, struct err *e);

/*
 * There is no such job: -1 with ERR_USAGE, what ("job", "backup") was looked
 * for, and the nearest name of one; kinds has a bit for each enum job_kind that
 * would have done, 0 for all.
 */
int select_unknown(const struct settings *s, const char *what, unsigned kinds,
    const char *name, struct err *e);

#endif
