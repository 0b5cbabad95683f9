/* desk_metrics.c -- /metrics; the answer is no JSON. */
#include "job/metrics.h"
#include "web/desk.h"

int
desk_metrics(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	(void)a;
	return job_metrics(d->h, d->now, out, e);
}
