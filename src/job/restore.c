#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/restore.h"
#include "job/side.h"
#include "util/err.h"

int
job_restore(struct hall *h, const struct job *j,
    const struct copies_restore *what, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e)
{
	struct copies_env env = { .catalog = h->catalog, .now = d->now,
	    .stop = k->stop, .stop_arg = k->arg };
	struct err why = {0};
	struct side s;
	uint64_t n;
	int r;

	if (side_begin(&s, h, d, k, out, e) < 0)
		return -1;
	s.part.name = j->name;
	env.run = out->run;
	r = catalog_run_job(h->catalog, out->run, j->name, "restore", 0,
	    &env.job, &why);
	if (r == 0)
		r = copies_restore(j->copies, &env, what, &s.report, &n, &why);
	return side_end(&s, r < 0 ? &why : NULL, e);
}
