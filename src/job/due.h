#ifndef JOB_DUE_H
#define JOB_DUE_H

#include "job/job.h"

/*
 * What the clock remembers of a job, in the catalog's space "due".  It is
 * written by whoever runs the job (begin, end) and, once for each schedule, by
 * whoever first asks whether it is due.
 */
struct due_memory {
	uint64_t	 schedule;	/* a hash of what was written */
	int64_t		 since;		/* it was first seen: nothing was missed
					   before */
	int64_t		 last;		/* the due instant that was handled, or 0 */
	int64_t		 begun;		/* the one that was begun, or 0 */
	int64_t		 retry_at;	/* it failed: try again then; or 0 */
	unsigned	 tries;		/* how often that was, of job.retry */
};

/* Read what is remembered; never seen, or another schedule by now, or seen by
 * a clock that was ahead, is as first seen at now.  1 if it is to be written
 * down, 0 if it stands there. */
int due_load(struct hall *h, const struct job *j, int64_t now,
    struct due_memory *m, struct err *e);
int due_save(struct hall *h, const struct job *j, const struct due_memory *m,
    struct err *e);

/*
 * job_do runs what the clock asked for: the due instant that is begun, or 0 if
 * none was.  If we are killed, it is due again, once: the second begin counts
 * as handled.  A failure to write it down is logged, no more.
 */
int64_t due_begin(struct hall *h, const struct job *j, int64_t now);
enum due_how { DUE_DONE, DUE_FAILED, DUE_STOPPED };

/* It ended.  DUE_STOPPED: on demand, and it shall go on later; DUE_FAILED: it
 * is tried again as the job's `retry` says, each time later. */
void due_end(struct hall *h, const struct job *j, int64_t instant,
    int64_t now, enum due_how how);

/* When a failed job is tried again, and the how manieth time that is; 0 if it
 * is not. */
int64_t due_retry(struct hall *h, const struct job *j, int64_t now,
    unsigned *nth);

/* Somebody does not want what it is due for: that counts as handled. */
void due_pass(struct hall *h, const struct job *j, int64_t now);

#endif
