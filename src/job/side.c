#include "catalog/catalog.h"
#include "job/side.h"
#include "job/tell.h"
#include "util/err.h"

static void
on_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct side *s = arg;

	tell_count(&s->out->totals, op);
	part_tell(&s->part, op, from, to, error, NULL, s->k, s->h->log);
}

static void
on_progress(void *arg, uint64_t ops, uint64_t bytes)
{
	struct side *s = arg;

	if (s->k->progress != NULL)
		s->k->progress(s->k->arg, s->part.name, ops, 0, bytes);
}

void
side_init(struct side *s, struct hall *h, const struct job_doing *d,
    const struct sink *k, struct job_done *out)
{
	*out = (struct job_done){0};
	*s = (struct side){
		.h = h, .k = k, .out = out, .now = d->now,
		.part = { .name = "", .kind = "backup" },
		.report = { on_op, on_progress, s },
	};
}

int
side_begin(struct side *s, const struct job_doing *d, struct err *e)
{
	if (catalog_run_begin(s->h->catalog, d->trigger, d->command, 0, d->now,
	    &s->out->run, e) < 0)
		return -1;
	s->part.plan = plan_new(-1);
	s->part.run = s->out->run;
	return 0;
}

int
side_end(struct side *s, const struct err *failed, struct err *e)
{
	const struct job_totals *t = &s->out->totals;
	struct run r = { .number = s->out->run, .ended = s->now,
	    .done = t->done, .changes = t->changes, .skipped = t->skipped,
	    .failed = t->failed };

	r.state = failed != NULL ? RUN_FAILED :
	    t->failed > 0 ? RUN_PARTIAL : RUN_DONE;
	s->out->state = (int)r.state;
	s->out->all_failed = failed != NULL;
	plan_free(s->part.plan);
	if (catalog_run_end(s->h->catalog, &r, e) < 0)
		return -1;
	if (failed == NULL)
		return 0;
	*e = *failed;
	return -1;
}
