#ifndef JOB_PARTS_H
#define JOB_PARTS_H

#include "job/job.h"

/* What the files of job/ share about parts. */

/* Add a part; plan is owned by it, strings are copied. */
struct part *parts_add(struct parts *p, const struct job *j, const char *name,
    const char *kind, struct plan *plan);
const char *job_kind_name(enum job_kind k);

/* Tell one operation of a part to the sink (and the log, if log is given). */
void part_tell(const struct part *pt, const struct op *op, const char *from,
    const char *to, const char *error, const char *snapshot,
    const struct sink *k, struct log *log);

/* It was asked for and is not done: it had changed since it was planned, or it
 * is a file that undo cannot take back. */
int part_missed(const struct part *pt, const struct op *op);

/* The newest run that holds a plan; *run stays as it is where none does. */
int held_newest(struct hall *h, int64_t *run, struct err *e);
/* Keep a plan that a guard held, under its run. */
int job_hold(struct hall *h, int64_t run, const struct parts *held,
    struct err *e);

#endif
