#ifndef JOB_TELL_H
#define JOB_TELL_H

#include "job/job.h"

/*
 * Operations in words, for the log: "moved /a/x.jpg to /a/Images/x.jpg (sort
 * downloads by type)"; failures with path and reason.
 */
struct log;

void tell_log(struct log *l, const struct op_told *t);
/* "moved", "copied", ...: what was done. */
const char *tell_past(enum op_kind k);
/* Count one operation by its state, and whether undo could take it back. */
void tell_count(struct job_totals *t, const struct op *op);

#endif
