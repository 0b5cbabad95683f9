/*
 * parts.c -- planning: one part a job, all over one overlay.
 *
 * A job that its guard holds must not show in the others' plans, since it will
 * not be done with them; so when one is held, and others follow it, everything
 * is planned anew without it, until no further job is held.  That ends: each
 * round holds one more.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "backup/entry_keep.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/alarm.h"
#include "job/also.h"
#include "job/guard.h"
#include "job/live.h"
#include "job/parts.h"
#include "job/select.h"
#include "job/vault.h"
#include "organize/organize.h"
#include "plan/overlay.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/set64.h"
#include "util/xalloc.h"

#define MIN_FREE_PERCENT	5

struct planning {
	struct hall		*h;
	const struct job_request *q;
	struct parts		*out;
	char			**held;	/* a reason for each held job, or NULL */
	struct set64		 stopped; /* what rules with stop: took */
	struct live		 live;
};

static void
part_fini(struct part *pt)
{
	plan_free(pt->plan);
	free(pt->failed);
	free((void *)(uintptr_t)pt->held);
	free((void *)(uintptr_t)pt->name);
	free((void *)(uintptr_t)pt->kind);
}

void
parts_free(struct parts *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		part_fini(&p->v[i]);
	free(p->v);
	overlay_free(p->overlay);
	free(p);
}

struct part *
parts_add(struct parts *p, const struct job *j, const char *name,
    const char *kind, struct plan *plan)
{
	p->v = xrealloc(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n] = (struct part){
		.job = j, .name = xstrdup(name), .kind = xstrdup(kind),
		.plan = plan,
	};
	return &p->v[p->n++];
}

const char *
job_kind_name(enum job_kind k)
{
	return k == JOB_RULE ? "rule" : k == JOB_BACKUP ? "backup" : "archive";
}

/* Later jobs walk these folders, so the overlay keeps full records there. */
static void
watch_job(struct overlay *o, const struct job *j, int first)
{
	const char *const *p = NULL;

	if (j->kind == JOB_RULE)
		organize_watch(j->rule, first, o);
	else if (j->kind == JOB_ARCHIVE)
		p = archive_locations(j->archive);
	if (p != NULL && first && p[1] == NULL)
		return;		/* nothing before it, and each folder once */
	for (; p != NULL && *p != NULL; p++)
		overlay_watch(o, *p, 1);
}

static int
load_done(struct planning *g, const struct job *j, struct set64 *done,
    struct err *e)
{
	if (g->q->again || g->h->catalog == NULL)
		return 0;
	return catalog_done_keys(g->h->catalog, j->hash, done, e);
}

static int
plan_rule(struct planning *g, struct part *pt, uint32_t job,
    const struct set64 *done, struct err *e)
{
	struct organize_env env = {
		.now = g->q->now, .done = done, .stopped = &g->stopped,
		.leave_out = (const char *const *)g->h->s->leave_out,
		.catalog = g->h->catalog,
	};

	return organize_plan(pt->job->rule, &env, g->out->overlay, pt->plan,
	    job, &pt->locations, &pt->absent, e);
}

/* Its disk is away: it waits.  It was never made: it fails, and says so. */
static int
plan_absent(struct part *pt, uint32_t job, int waiting, const struct err *why,
    struct err *e)
{
	return backup_entry_plan(pt->job->backup, pt->plan, job, waiting ?
	    OP_WAITING : OP_FAILED, why->text, e);
}

static int
plan_repository(struct planning *g, struct part *pt, uint32_t job,
    struct err *e)
{
	const struct backup_entry *b = pt->job->backup;
	struct err why = {0};
	struct repo *r;
	int waiting;

	if (vault_is_there(g->h, pt->job, &waiting, &why) < 0)
		return plan_absent(pt, job, waiting, &why, e);
	if (backup_entry_plan(b, pt->plan, job, OP_PLANNED, "", e) < 0 ||
	    also_plan(g->h->s, pt->job, pt->plan, job, e) < 0)
		return -1;
	if (!b->has_keep)
		return 0;
	if (vault_open(g->h, pt->job, &r, NULL, e) < 0)
		return -1;
	return backup_entry_plan_keep(b, r, g->q->now, pt->plan, job, e);
}

static int
plan_copies(struct planning *g, struct part *pt, uint32_t job, struct err *e)
{
	struct copies_env env = {
		.catalog = g->h->catalog, .now = g->q->now,
		.leave_out = (const char *const *)g->h->s->leave_out,
		.min_free_percent = MIN_FREE_PERCENT,
	};

	return copies_plan(pt->job->copies, &env, g->out->overlay, pt->plan,
	    job, e);
}

static int
plan_archive(struct planning *g, struct part *pt, uint32_t job,
    const struct set64 *done, struct err *e)
{
	struct archive_env env = {
		.now = g->q->now, .catalog = g->h->catalog, .done = done,
		.leave_out = (const char *const *)g->h->s->leave_out,
	};

	return archive_plan(pt->job->archive, &env, g->out->overlay, pt->plan,
	    job, &pt->locations, &pt->absent, e);
}

/* Plan one job into a part of its own; a failure is the part's. */
static void
plan_job_part(struct planning *g, const struct job *j)
{
	__attribute__((cleanup(set64_fini))) struct set64 done = {0};
	struct plan *plan = plan_new(g->h->cache);
	const char *kind = job_kind_name(j->kind);
	struct part *pt = parts_add(g->out, j, j->name, kind, plan);
	uint32_t job = plan_add_job(plan, j->name, kind, j->hash);
	struct live_report report = { .job = j->name, .phase = "plan",
	    .began = g->q->now };
	struct err e = {0};
	int r = load_done(g, j, &done, &e);

	if (g->h->catalog != NULL)
		live_tell(&g->live, g->h->catalog, &report);
	if (r == 0 && j->kind == JOB_RULE)
		r = plan_rule(g, pt, job, &done, &e);
	else if (r == 0 && j->backup != NULL)
		r = plan_repository(g, pt, job, &e);
	else if (r == 0 && j->kind == JOB_BACKUP)
		r = plan_copies(g, pt, job, &e);
	else if (r == 0)
		r = plan_archive(g, pt, job, &done, &e);
	if (r < 0)
		pt->failed = xstrdup(e.text);
}

/*
 * The last part is of job i, and its guard holds it.  1: what was planned before
 * it stands, for no job follows that could have seen it.  Its own plan stands
 * too if it saw none of those before, and is made anew (plan_held) if it did.
 */
static int
hold_last(struct planning *g, const unsigned char *wanted, size_t i, char *why)
{
	struct parts *p = g->out;
	uint64_t before = 0;

	for (size_t k = i + 1; k < g->h->s->n_jobs; k++)
		if (wanted[k] && g->held[k] == NULL) {
			g->held[i] = why;
			return 0;
		}
	for (size_t k = 0; k + 1 < p->n; k++)
		before += plan_len(p->v[k].plan);
	if (before == 0) {
		p->v[p->n - 1].held = why;
		return 1;
	}
	part_fini(&p->v[--p->n]);
	g->held[i] = why;
	return 1;
}

/* One round: 1 if it held one more job and is to be made again, 0 if the parts
 * stand. */
static int
plan_round(struct planning *g, const unsigned char *wanted)
{
	const struct settings *s = g->h->s;
	CLEAN_BUF struct buf why = {0};
	struct part *pt;
	size_t i;
	int first = 1;

	g->out->overlay = overlay_new();
	set64_fini(&g->stopped);
	g->stopped = (struct set64){0};
	for (i = 0; i < s->n_jobs; i++)
		if (wanted[i]) {
			watch_job(g->out->overlay, &s->jobs[i], first);
			first = 0;
		}
	for (i = 0; i < s->n_jobs; i++) {
		if (!wanted[i] || g->held[i] != NULL)
			continue;
		plan_job_part(g, &s->jobs[i]);
		pt = &g->out->v[g->out->n - 1];
		if (s->jobs[i].kind == JOB_BACKUP || g->q->yes ||
		    !g->q->unattended || pt->failed != NULL)
			continue;
		if (guard_check(&s->guard, pt->plan, 0, &why) ||
		    (s->jobs[i].kind == JOB_ARCHIVE && g->h->catalog != NULL &&
		    alarm_over(g->h, &s->jobs[i], &why))) {
			return !hold_last(g, wanted, i, buf_steal(&why));
		}
	}
	return 0;
}

/* As the configuration has them: jobs lie in one array. */
static int
by_job(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return (x->job > y->job) - (x->job < y->job);
}

/*
 * The held jobs' own plans, made last and over an overlay of their own each:
 * what they show is what approving them would do now.
 */
static void
plan_held(struct planning *g)
{
	const struct settings *s = g->h->s;
	struct overlay *shared = g->out->overlay;
	size_t i;

	for (i = 0; i < s->n_jobs; i++) {
		if (g->held[i] == NULL)
			continue;
		g->out->overlay = overlay_new();
		set64_fini(&g->stopped);
		g->stopped = (struct set64){0};
		plan_job_part(g, &s->jobs[i]);
		overlay_free(g->out->overlay);
		g->out->v[g->out->n - 1].held = g->held[i];
		g->held[i] = NULL;
	}
	g->out->overlay = shared;
	if (g->out->n > 1)
		qsort(g->out->v, g->out->n, sizeof(*g->out->v), by_job);
}

int
job_plan(struct hall *h, const struct job_request *q, struct parts **out,
    struct err *e)
{
	CLEAN_FREE unsigned char *wanted = xalloc(h->s->n_jobs);
	CLEAN_FREE char **held = xallocn(h->s->n_jobs, sizeof(*held));
	struct planning g = { .h = h, .q = q, .held = held };

	if (select_jobs(h->s, q, wanted, e) < 0)
		return -1;
	do {
		parts_free(g.out);
		g.out = xalloc(sizeof(*g.out));
	} while (plan_round(&g, wanted));
	plan_held(&g);
	set64_fini(&g.stopped);
	*out = g.out;
	return 0;
}
