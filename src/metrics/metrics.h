#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stdint.h>

/*
 * Prometheus' text form (version 0.0.4), written a family at a time:
 *
 *	metrics_family(out, "fettle_runs_total", METRICS_COUNTER, "Runs.");
 *	metrics_sample(out, "fettle_runs_total", (const char *const[]){
 *	    "job", name, "state", "done", NULL }, 12);
 *
 * Pure.  Label values may hold anything but NUL: what is not UTF-8 is replaced,
 * and what would end a value early is escaped.
 */
struct buf;

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE };

void metrics_family(struct buf *out, const char *name, enum metrics_type t,
    const char *help);
/* labels: names and values in turn, NULL-ended, or NULL. */
void metrics_sample(struct buf *out, const char *name,
    const char *const *labels, double value);
/* An instant, in seconds. */
void metrics_time(struct buf *out, const char *name, const char *const *labels,
    int64_t us);

#endif
