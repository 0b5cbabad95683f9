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
/* It ended, in whatever way; stopped: on demand, and it shall go on later. */
void due_end(struct hall *h, const struct job *j, int64_t instant,
    int64_t now, int stopped);

/* Somebody does not want what it is due for: that counts as handled. */
void due_pass(struct hall *h, const struct job *j, int64_t now);

#endif
