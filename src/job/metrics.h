#ifndef JOB_METRICS_H
#define JOB_METRICS_H

#include "job/job.h"

/*
 * How the jobs fare, in Prometheus' form.  What the catalog remembers of a job
 * anyway is told as it stands; what only grows (runs, files, bytes, errors,
 * seconds) is kept in the catalog's space "metrics".  No file is named.
 */
struct buf;
struct err;

int job_metrics(struct hall *h, int64_t now, struct buf *out, struct err *e);

/* A part ended that took so long (µs) and added so much to the totals. */
void metrics_count(struct hall *h, const struct part *pt,
    const struct job_totals *before, const struct job_totals *after,
    int64_t took);

/* Write the textfile of `metrics`, if the configuration names one.  A failure
 * is logged, no more: the collector notices an old file. */
void metrics_write(struct hall *h, int64_t now);

#endif
