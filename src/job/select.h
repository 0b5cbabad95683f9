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

#endif
