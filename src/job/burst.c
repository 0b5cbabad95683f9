/*
 * burst.c -- a run that grows while files arrive.
 *
 * What a rule has done already is asked of the catalog once and kept: our own
 * operations are added as they are done.  Others' runs cannot come in between,
 * since the folders are claimed while the run is open; when a run of ours is
 * begun and its number is not the next one, somebody else was at work, and all
 * is asked anew.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/later.h"
#include "catalog/catalog.h"
#include "fs/dir.h"
#include "job/burst_impl.h"
#include "job/parts.h"
#include "job/state.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#define LOCKED_PAUSE	INT64_C(2000000)
#define FAILED_PAUSE	INT64_C(600000000)
#define HELD_PAUSE	INT64_C(60000000)

/* ---- values ---- */

void
burst_batch_fini(struct burst_batch *b)
{
	size_t i, k;

	for (i = 0; i < b->n; i++) {
		for (k = 0; k < b->v[i].n; k++)
			free(b->v[i].names[k]);
		free(b->v[i].names);
		free(b->v[i].dir);
	}
	free(b->v);
	*b = (struct burst_batch){0};
}

void
burst_answer_fini(struct burst_answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		free(a->v[i].path);
		free(a->v[i].why);
	}
	free(a->v);
	*a = (struct burst_answer){0};
}

void
burst_leave(struct burst_answer *a, const char *dir, const char *name,
    const char *why, int64_t pause)
{
	/* clang's analyzer does not see what burst_answer_fini zeroes. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	XGROW(a->v, a->n, a->cap);
	a->v[a->n++] = (struct burst_left){ .path = xasprintf("%s/%s",
	    strcmp(dir, "/") == 0 ? "" : dir, name), .why = xstrdup(why),
	    .pause = pause };
}

static void
leave_all(struct burst_answer *a, const struct burst_batch *x,
    const char *why, int64_t pause)
{
	size_t i, k;

	for (i = 0; i < x->n; i++)
		for (k = 0; k < x->v[i].n; k++)
			burst_leave(a, x->v[i].dir, x->v[i].names[k], why,
			    pause);
}

/* ---- lanes ---- */

int
burst_covers(const struct location *l, const char *real, const char *folder)
{
	size_t n = strlen(real);
	const char *p;
	int depth = 0;

	n -= n == 1 && *real == '/';
	if (strncmp(folder, real, n) != 0 ||
	    (folder[n] != '\0' && folder[n] != '/'))
		return 0;
	for (p = folder + n; *p != '\0'; p++)
		depth += *p == '/' && p[1] != '\0';
	return l->max_depth < 0 || depth <= l->max_depth;
}

struct burst *
burst_new(struct hall *h, const struct sink *k)
{
	struct burst *b = xalloc(sizeof(*b));
	size_t i, n;

	*b = (struct burst){ .h = h, .k = k };
	b->lanes = xallocn(h->s->n_jobs + 1, sizeof(*b->lanes));
	for (i = 0; i < h->s->n_jobs; i++) {
		const struct job *j = &h->s->jobs[i];
		struct lane *l = &b->lanes[b->n];

		if (j->kind != JOB_RULE || !j->enabled || j->rule->dirs ||
		    j->rule->n_locations == 0)
			continue;
		l->job = j;
		l->reals = xallocn(j->rule->n_locations, sizeof(*l->reals));
		for (n = 0; n < j->rule->n_locations; n++)
			l->reals[n] = fs_real_path(j->rule->locations[n].path);
		b->n++;
	}
	return b;
}

void
burst_free(struct burst *b)
{
	size_t i, n;

	if (b == NULL)
		return;
	for (i = 0; i < b->n; i++) {
		for (n = 0; n < b->lanes[i].job->rule->n_locations; n++)
			free(b->lanes[i].reals[n]);
		free(b->lanes[i].reals);
		set64_fini(&b->lanes[i].done);
	}
	free(b->lanes);
	resources_fini(&b->claimed);
	set64_fini(&b->stopped);
	later_free(b->g.later);
	free(b);
}

static int
lane_covers(const struct lane *l, const struct burst_batch *x)
{
	size_t i, n;

	for (i = 0; i < x->n; i++)
		for (n = 0; n < l->job->rule->n_locations; n++)
			if (burst_covers(&l->job->rule->locations[n],
			    l->reals[n], x->v[i].dir))
				return 1;
	return 0;
}

/* Held, until somebody said what shall become of it. */
static int
still_held(struct burst *b, struct lane *l)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct err e = {0};

	if (l->tally.held == 0)
		return 0;
	if (state_get(b->h, l->job->name, &m, &e) == 1 &&
	    m.state == RUN_HELD && m.run == l->tally.held)
		return 1;
	l->tally = (struct tally){0};
	return 0;
}

static int
lane_load(struct burst *b, struct lane *l, struct err *e)
{
	if (l->known)
		return 0;
	set64_fini(&l->done);
	l->done = (struct set64){0};
	if (catalog_done_keys(b->h->catalog, l->job->hash, &l->done, e) < 0 ||
	    tally_load(b->h, l->job->name, &l->tally, e) < 0)
		return -1;
	l->known = 1;
	return 0;
}

static void
forget_all(struct burst *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		b->lanes[i].known = 0;
}

/* ---- doing ---- */

static int
claim(struct burst *b, const struct parts *p, struct err *e)
{
	CLEAN_RESOURCES struct resources r = {0}, more = {0};
	CLEAN_BUF struct buf what = {0};
	size_t i;

	buf_adds(&what, WATCH_CLAIM);
	for (i = 0; i < b->n; i++)
		if (b->lanes[i].used) {
			resources_of_job(&r, b->lanes[i].job, 1);
			if (what.len < 120)
				buf_addf(&what, ": %s", b->lanes[i].job->name);
		}
	for (i = 0; p != NULL && i < p->n; i++)
		if (p->v[i].held == NULL &&
		    resources_of_plan(&r, p->v[i].plan, e) < 0)
			return -1;
	for (i = 0; i < r.n; i++)
		if (!resources_cover(&b->claimed, r.v[i]))
			resources_add(&more, r.v[i]);
	if (more.n == 0)
		return 0;
	if (resources_claim(b->h, &more, buf_str(&what), b->k, e) < 0)
		return -1;
	for (i = 0; i < more.n; i++)
		resources_add(&b->claimed, more.v[i]);
	return 0;
}

static void
unclaim(struct burst *b)
{
	catalog_unclaim(b->h->catalog);
	resources_fini(&b->claimed);
	b->claimed = (struct resources){0};
}

static int
begin(struct burst *b, int64_t now, struct err *e)
{
	size_t i;

	if (b->run != 0)
		return 0;
	b->out = (struct job_done){0};
	b->d = (struct job_doing){ .trigger = "watch", .command = "",
	    .now = now };
	if (catalog_run_begin(b->h->catalog, "watch", "", 0, now, &b->out.run,
	    e) < 0)
		return -1;
	b->run = b->out.run;
	b->g = (struct doing){ .h = b->h, .d = &b->d, .k = b->k,
	    .out = &b->out, .began = time_mono(),
	    .later = later_new(b->h->catalog, b->run) };
	for (i = 0; i < b->n; i++) {
		b->lanes[i].totals = (struct job_totals){0};
		b->lanes[i].told = 0;
	}
	return 0;
}

static void
add_totals(struct job_totals *sum, const struct job_totals *now,
    const struct job_totals *before)
{
	sum->done += now->done - before->done;
	sum->failed += now->failed - before->failed;
	sum->held += now->held - before->held;
	sum->skipped += now->skipped - before->skipped;
}

/*
 * What could not be done may be possible later (a full disk, one that is away):
 * nothing would tell of the file again.  But not what planning knew, nor what
 * somebody has to be asked.
 */
static void
try_again(struct burst *b, const struct op *op, const char *error)
{
	const char *dir = burst_dir_of(b->g.part->plan, op);

	if (*dir == '\0' || op->kind == OP_CONFIRM ||
	    op->flags & (OP_BEHIND | OP_CHAINED) ||
	    set64_has(&b->planned->failed, burst_hash(dir, op->from)))
		return;
	burst_leave(b->answer, dir, op->from, error, FAILED_PAUSE);
}

static void
learn_done(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct burst *b = arg;

	doing_on_op(&b->g, op, from, to, error);
	if (op->state == OP_DONE && op->done_key != 0)
		set64_add(&b->lane->done, op->done_key);
	else if (op->state == OP_FAILED || op->state == OP_HELD)
		try_again(b, op, error);
}

/* Once a run, whoever wants to know is told. */
static void
begin_lane(struct burst *b, struct lane *l)
{
	if (l->told)
		return;
	doing_began(&b->g);
	l->told = 1;
	l->began = b->g.part_began;
	l->log_at = b->g.log_at;
}

static int
do_lane(struct burst *b, struct lane *l, struct part *pt, int64_t now,
    struct err *e)
{
	struct apply_report report = { learn_done, NULL, b };
	uint64_t moves, deletes;

	b->lane = l;
	b->g.part = pt;
	begin_lane(b, l);
	b->g.before = b->out.totals;
	tally_plan(pt->plan, &moves, &deletes);
	if (doing_apply_with(&b->g, pt->plan, &report, e) < 0)
		return -1;
	tally_add(&l->tally, now, moves, deletes);
	add_totals(&l->totals, &b->out.totals, &b->g.before);
	return 0;
}

/* The held parts, under this run; it ends with them, since it can hold once. */
static int
hold(struct burst *b, struct planned *p, struct err *e)
{
	struct parts held = { .v = xallocn(p->parts->n + 1,
	    sizeof(struct part)) };
	CLEAN_BUF struct buf text = {0};
	size_t i;
	int r;

	for (i = 0; i < p->parts->n; i++) {
		struct part *pt = &p->parts->v[i];
		struct lane *l = p->lanes[i];

		if (pt->held == NULL)
			continue;
		held.v[held.n++] = *pt;
		buf_reset(&text);
		buf_addf(&text, "%s is held: %s; fettle approve %lld, or reject",
		    pt->name, pt->held, (long long)b->run);
		doing_note(&b->g, LOG_WARNING, buf_str(&text));
		b->g.part = pt;
		b->g.before = b->out.totals;
		b->g.part_began = p->now;
		doing_ended(&b->g, RUN_HELD, 0, ERR_HELD, pt->held);
		l->tally.held = b->run;
		if (tally_save(b->h, l->job->name, &l->tally, e) < 0)
			break;
	}
	b->g.part = NULL;
	r = i < p->parts->n ? -1 : job_hold(b->h, b->run, &held, e);
	if (r == 0)
		r = parts_tell(&held, b->k, &b->out.totals, e);
	free(held.v);
	return r;
}

static int
do_all(struct burst *b, struct planned *p, struct burst_answer *out,
    struct err *e)
{
	int any_held = 0;
	size_t i;

	for (i = 0; i < p->parts->n; i++) {
		struct part *pt = &p->parts->v[i];

		any_held |= pt->held != NULL;
		if (pt->held == NULL && burst_counts(pt) &&
		    (begin(b, p->now, e) < 0 ||
		    do_lane(b, p->lanes[i], pt, p->now, e) < 0))
			return -1;
	}
	if (!any_held)
		return 0;
	out->done = 1;
	return begin(b, p->now, e) < 0 || hold(b, p, e) < 0 ? -1 : 0;
}

/* ---- a batch ---- */

/* Which rules lie over it; those that are held are left out. */
static int
choose(struct burst *b, const struct burst_batch *x, struct burst_answer *out,
    struct err *e)
{
	CLEAN_BUF struct buf why = {0};
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct lane *l = &b->lanes[i];

		l->used = (unsigned char)lane_covers(l, x);
		l->left_out = 0;
		if (!l->used)
			continue;
		if (lane_load(b, l, e) < 0)
			return -1;
		l->left_out = (unsigned char)still_held(b, l);
		if (l->left_out && why.len == 0)
			buf_addf(&why, "%s is held: fettle approve %lld, or "
			    "reject", l->job->name, (long long)l->tally.held);
	}
	if (why.len > 0)
		leave_all(out, x, buf_str(&why), HELD_PAUSE);
	return 0;
}

static int
plan_and_do(struct burst *b, struct planned *p, const struct burst_batch *x,
    struct burst_answer *out, struct err *e)
{
	int r = burst_plan(b, p, x, e);

	if (r == 0)
		r = burst_leave_written(p, out, e);
	if (r == 0)
		r = claim(b, p->parts, e);
	return r == 0 ? do_all(b, p, out, e) : r;
}

static int
take_number(void *arg, const struct run *r)
{
	*(int64_t *)arg = r->number;
	return 1;
}

/* Others were at work since our last run: what we know may be old. */
static int
look_for_others(struct burst *b, struct err *e)
{
	int64_t newest = 0;

	if (b->run != 0)
		return 0;
	if (catalog_runs(b->h->catalog, 0, 1, take_number, &newest, e) < 0)
		return -1;
	if (newest != b->last)
		forget_all(b);
	b->last = newest;
	return 0;
}

int
burst_take(struct burst *b, const struct burst_batch *x, int64_t now,
    struct burst_answer *out, struct err *e)
{
	struct planned p = { .now = now };
	size_t i;
	int r;

	for (i = 0; i < b->n; i++)
		b->lanes[i].used = (unsigned char)lane_covers(&b->lanes[i], x);
	b->planned = &p;
	b->answer = out;
	r = claim(b, NULL, e);
	if (r == 0)
		r = look_for_others(b, e);
	if (r == 0)
		r = choose(b, x, out, e);
	if (r == 0)
		r = plan_and_do(b, &p, x, out, e);
	if (r < 0 && e->kind == ERR_LOCKED) {
		burst_answer_fini(out);
		leave_all(out, x, e->text, LOCKED_PAUSE);
		r = 0;
	}
	if (b->run == 0)
		unclaim(b);
	out->run = b->run;
	b->planned = NULL;	/* both are the caller's, and go */
	b->answer = NULL;
	burst_plan_fini(&p, b->n);
	return r;
}

/* ---- the end ---- */

static void
end_lane(struct burst *b, struct lane *l, struct parts *names)
{
	const struct job_totals *t = &l->totals;
	struct part *pt;
	struct err e = {0};

	if (t->done + t->failed + t->skipped + t->held == 0 &&
	    l->tally.held != b->run)
		return;
	pt = parts_add(names, l->job, l->job->name, "rule", NULL);
	if (l->tally.held == b->run)
		return;			/* it was told as held */
	b->g.part = pt;
	b->g.before = b->out.totals;
	b->g.before.done -= t->done;
	b->g.before.failed -= t->failed;
	b->g.before.held -= t->held;
	b->g.before.skipped -= t->skipped;
	b->g.part_began = l->began;
	b->g.log_at = l->log_at;
	doing_ended(&b->g, t->failed == 0 ?
	    (t->held > 0 ? RUN_HELD : RUN_DONE) :
	    t->done > 0 ? RUN_PARTIAL : RUN_FAILED, 0, ERR_NONE, "");
	if (tally_save(b->h, l->job->name, &l->tally, &e) < 0)
		doing_note(&b->g, LOG_ERROR, e.text);
}

int
burst_flush(struct burst *b, struct err *e)
{
	if (b->run == 0 || later_count(b->g.later) == 0)
		return 0;
	return later_flush(b->g.later, e) < 0 ? -1 : 1;
}

int
burst_end(struct burst *b, struct err *e)
{
	struct parts names = {0};
	size_t i;
	int r, flushed;

	if (b->run == 0)
		return 0;
	flushed = burst_flush(b, e);
	if (flushed < 0)
		doing_note(&b->g, LOG_ERROR, e->text);
	for (i = 0; i < b->n; i++)
		end_lane(b, &b->lanes[i], &names);
	b->g.part = names.n > 0 ? &names.v[names.n - 1] : NULL;
	r = doing_end_run(&b->g, &names, e);
	live_end(&b->g.live, b->h->catalog);
	b->last = b->run;
	b->run = 0;
	unclaim(b);
	for (i = 0; i < names.n; i++) {
		free((void *)(uintptr_t)names.v[i].name);
		free((void *)(uintptr_t)names.v[i].kind);
	}
	free(names.v);
	later_free(b->g.later);
	b->g.later = NULL;
	return flushed < 0 ? -1 : r;
}

int
burst_is_open(const struct burst *b)
{
	return b->run != 0;
}
