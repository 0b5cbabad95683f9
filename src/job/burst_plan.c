/*
 * burst_plan.c -- planning over the files of one batch.
 *
 * As for any run (parts.c): what a guard holds must not show in the plans of
 * others, so when one is held, all is planned anew without it.
 */
#include <stdlib.h>
#include <string.h>

#include "job/burst_impl.h"
#include "job/parts.h"
#include "organize/organize.h"
#include "plan/overlay.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define WRITING_PAUSE	INT64_C(1000000)
#define WRITING		"still being written"	/* fs_writing_text begins so */


static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_names(struct planned *p, const struct burst_batch *x)
{
	size_t i;

	p->only = xallocn(x->n + 1, sizeof(*p->only));
	p->n_only = x->n;
	for (i = 0; i < x->n; i++) {
		qsort(x->v[i].names, x->v[i].n, sizeof(char *), by_name);
		p->only[i] = (struct organize_only){ .dir = x->v[i].dir,
		    .names = (const char *const *)x->v[i].names,
		    .n = x->v[i].n };
	}
}

static int
plan_lane(struct burst *b, struct planned *p, struct lane *l, struct err *e)
{
	struct plan *plan = plan_new(b->h->cache);
	uint32_t job = plan_add_job(plan, l->job->name, "rule", l->job->hash);
	struct part *pt = parts_add(p->parts, l->job, l->job->name, "rule",
	    plan);
	struct organize_env env = {
		.now = p->now, .only = p->only, .n_only = p->n_only,
		.done = &l->done, .stopped = &b->stopped,
		.leave_out = (const char *const *)b->h->s->leave_out,
		.catalog = b->h->catalog,
	};

	p->lanes[p->parts->n - 1] = l;
	return organize_plan(l->job->rule, &env, p->parts->overlay, plan, job,
	    &pt->locations, &pt->absent, e);
}

/* One round: 1 if it held one more, 0 if the plans stand, -1. */
static int
plan_round(struct burst *b, struct planned *p, const struct burst_batch *x,
    struct err *e)
{
	CLEAN_BUF struct buf why = {0};
	size_t i;

	parts_free(p->parts);
	p->parts = xalloc(sizeof(*p->parts));
	p->parts->overlay = overlay_new();
	set64_fini(&b->stopped);
	b->stopped = (struct set64){0};
	for (i = 0; i < b->n; i++)
		if (b->lanes[i].used)
			organize_watch(b->lanes[i].job->rule, 0,
			    p->parts->overlay);
	for (i = 0; i < b->n; i++) {
		struct lane *l = &b->lanes[i];
		struct part *pt;

		if (!l->used || l->left_out || p->held[i] != NULL)
			continue;
		if (plan_lane(b, p, l, e) < 0)
			return -1;
		pt = &p->parts->v[p->parts->n - 1];
		if (tally_check(&b->h->s->guard, &l->tally, pt->plan,
		    x->found, p->now, &why)) {
			p->held[i] = buf_steal(&why);
			return 1;
		}
	}
	return 0;
}

/* What held rules would do, over an overlay of their own. */
static int
plan_held(struct burst *b, struct planned *p, struct err *e)
{
	struct overlay *shared = p->parts->overlay;
	size_t i;
	int r = 0;

	for (i = 0; i < b->n && r == 0; i++) {
		if (p->held[i] == NULL)
			continue;
		p->parts->overlay = overlay_new();
		set64_fini(&b->stopped);
		b->stopped = (struct set64){0};
		r = plan_lane(b, p, &b->lanes[i], e);
		overlay_free(p->parts->overlay);
		p->parts->v[p->parts->n - 1].held = p->held[i];
		p->held[i] = NULL;
	}
	p->parts->overlay = shared;
	return r;
}

const char *
burst_dir_of(const struct plan *p, const struct op *op)
{
	return op->from_dir == PLAN_NONE ? "" : plan_dir(p, op->from_dir);
}

uint64_t
burst_hash(const char *dir, const char *name)
{
	return hash_keyed(hash_keyed(7, dir, strlen(dir)), name, strlen(name));
}

int
burst_leave_written(struct planned *p, struct burst_answer *out,
    struct err *e)
{
	size_t i;
	int n = 0;

	for (i = 0; i < p->parts->n && n >= 0; i++) {
		const struct plan *plan = p->parts->v[i].plan;
		struct plan_reader *r = plan_read(plan);
		struct op op;

		while ((n = plan_next(r, &op, e)) == 1)
			if (op.state == OP_FAILED)
				set64_add(&p->failed, burst_hash(burst_dir_of(
				    plan, &op), op.from));
			else if (op.state == OP_SKIPPED && strncmp(plan_text(plan,
			    op.error), WRITING, strlen(WRITING)) == 0)
				burst_leave(out, burst_dir_of(plan, &op),
				    op.from, plan_text(plan, op.error),
				    WRITING_PAUSE);
		plan_reader_free(r);
	}
	return n;
}

int
burst_counts(const struct part *pt)
{
	int k;

	for (k = 0; k < OP_KINDS; k++)
		if (plan_count(pt->plan, 0, (enum op_kind)k, OP_PLANNED) > 0 ||
		    plan_count(pt->plan, 0, (enum op_kind)k, OP_FAILED) > 0)
			return 1;
	return 0;
}

int
burst_plan(struct burst *b, struct planned *p, const struct burst_batch *x,
    struct err *e)
{
	int r;

	p->held = xallocn(b->n + 1, sizeof(*p->held));
	p->lanes = xallocn(b->n + 1, sizeof(struct lane *));
	sort_names(p, x);
	while ((r = plan_round(b, p, x, e)) == 1)
		continue;
	return r == 0 ? plan_held(b, p, e) : r;
}

void
burst_plan_fini(struct planned *p, size_t lanes)
{
	size_t i;

	free(p->only);
	parts_free(p->parts);
	for (i = 0; p->held != NULL && i < lanes; i++)
		free(p->held[i]);
	free(p->held);
	free(p->lanes);
	set64_fini(&p->failed);
}
