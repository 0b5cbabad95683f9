#ifndef JOB_STATE_H
#define JOB_STATE_H

#include "catalog/catalog.h"
#include "job/job.h"

/*
 * What the catalog remembers of a job beside its runs: when it was first seen,
 * last run, last successful, and how it ended.  Kept by name in the catalog's
 * space "job".  (What the clock remembers is in job/due.h.)
 */
struct job_memory {
	int64_t		 first_seen, last_run, last_success;	/* µs */
	int64_t		 run;		/* the number of the last */
	int		 state;		/* enum run_state */
	int		 waiting;	/* the disk was not there */
	char		*why;		/* of a failure; never NULL */
};

int state_get(struct hall *h, const char *job, struct job_memory *m,
    struct err *e);
int state_put(struct hall *h, const char *job, const struct job_memory *m,
    struct err *e);
void state_fini(struct job_memory *m);

/* A part ended so.  A failure to write it down is logged, no more. */
void state_ended(struct hall *h, const struct part *pt, int64_t run,
    int64_t now, enum run_state how, int waiting, const char *why);

#endif
