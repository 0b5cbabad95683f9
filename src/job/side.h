#ifndef JOB_SIDE_H
#define JOB_SIDE_H

#include "apply/apply.h"
#include "job/parts.h"

/*
 * A run beside the plans: get and restore.  It has a number and its operations
 * are told and counted as any other's.
 */
struct side {
	struct hall		*h;
	const struct sink	*k;
	struct job_done		*out;
	struct part		 part;		/* name is set by its user */
	struct apply_report	 report;	/* to be handed down */
	int64_t			 now;
};

void side_init(struct side *s, struct hall *h, const struct job_doing *d,
    const struct sink *k, struct job_done *out);
/* The run begins. */
int side_begin(struct side *s, const struct job_doing *d, struct err *e);
/* failed: the error that ended it, or NULL; it is what side_end returns. */
int side_end(struct side *s, const struct err *failed, struct err *e);

#endif
