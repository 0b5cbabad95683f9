/* report.c -- a report is put together. */
#include <stdlib.h>
#include <string.h>

#include "job/report_impl.h"
#include "util/err.h"
#include "util/xalloc.h"

static int
ask_jobs(struct hall *h, struct report *r, struct err *e)
{
	const struct settings *s = h->s;
	size_t i;

	r->jobs = arena_alloc(&r->mem, (s->n_jobs + 1) * sizeof(*r->jobs));
	for (i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].enabled && job_status(h, &s->jobs[i], r->now,
		    &r->jobs[r->n_jobs++], e) < 0)
			return -1;
	return 0;
}

int
report_make(struct hall *h, const struct report_options *o,
    struct report **out, struct err *e)
{
	struct report *r = xalloc(sizeof(*r));
	struct report_scan s = { .h = h, .r = r, .o = o };
	int ret = -1;

	r->now = o->now;
	if (report_scan(&s, e) == 0 && report_twins(&s, e) == 0 &&
	    report_past(h, r, e) == 0 && ask_jobs(h, r, e) == 0)
		ret = 0;
	report_scan_fini(&s);
	if (ret < 0) {
		report_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	arena_fini(&r->mem);
	free(r);
}
