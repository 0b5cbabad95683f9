#ifndef JOB_READ_H
#define JOB_READ_H

#include "job/settings.h"

struct conf_faults;
struct conf_node;

/* What all jobs share: tags, schedule, enabled, max_age, retry. */
void read_common(struct job *j, const struct conf_node *entry,
    struct conf_faults *f);

/* schedule: VALUE, or {at, catch_up, jitter, timezone}; 1 and *out, 0 absent
 * or never (*out NULL then), -1 told. */
int read_schedule(const struct conf_node *n, struct job_schedule **out,
    struct conf_faults *f);
void schedule_free(struct job_schedule *s);

#endif
