#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/resource.h"
#include "job/restore.h"
#include "job/side.h"
#include "util/err.h"

/* Where the copy lies, and where it goes. */
static int
claim(struct hall *h, const struct job *j, const struct copies_restore *what,
    const struct sink *k, struct err *e)
{
	CLEAN_RESOURCES struct resources r = {0};

	if (*what->target != '\0') {
		resources_add_goal(&r, what->target);
		resources_add_real(&r, copies_place(j->copies));
	} else
		resources_of_job(&r, j, 1);
	return resources_claim(h, &r, j->name, k, e);
}

static int
restore(struct side *s, const struct job *j,
    const struct copies_restore *what, const struct job_doing *d,
    struct err *e)
{
	struct copies_env env = { .catalog = s->h->catalog, .now = d->now,
	    .stop = s->k->stop, .stop_arg = s->k->arg };
	struct err why = {0};
	uint64_t n;
	int r;

	if (claim(s->h, j, what, s->k, e) < 0 || side_begin(s, d, e) < 0)
		return -1;
	s->part.name = j->name;
	env.run = s->out->run;
	r = catalog_run_job(s->h->catalog, s->out->run, j->name, "restore", 0,
	    &env.job, &why);
	if (r == 0)
		r = copies_restore(j->copies, &env, what, &s->report, &n, &why);
	return side_end(s, r < 0 ? &why : NULL, e);
}

int
job_restore(struct hall *h, const struct job *j,
    const struct copies_restore *what, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e)
{
	struct side s;
	int r;

	side_init(&s, h, d, k, out);
	r = restore(&s, j, what, d, e);
	catalog_unclaim(h->catalog);
	return r;
}
