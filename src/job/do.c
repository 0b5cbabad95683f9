/*
 * do.c -- doing what was planned: one run, one number, part by part.
 *
 * Rules and archives go through apply; a backup makes its copy and then lets
 * apply remove what `keep` lets go.  A part that fails does not stop the next.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/brought.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "job/alarm.h"
#include "job/also.h"
#include "job/do_impl.h"
#include "job/due.h"
#include "job/metrics.h"
#include "job/parts.h"
#include "job/resource.h"
#include "job/room.h"
#include "job/state.h"
#include "job/tell.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#define MIN_FREE_PERCENT	5

/* The time now, told by the door's clock when the run began. */
int64_t
doing_now(const struct doing *g)
{
	return g->d->now + time_mono() - g->began;
}

void
doing_note(struct doing *g, enum log_level level, const char *text)
{
	log_write(g->h->log, level, &(struct log_fields){ .text = text,
	    .run = g->out->run });
	if (g->k->note != NULL)
		g->k->note(g->k->arg, (int)level, text);
}

/* What the journal does not hold; it holds a plain copy. */
static void
remember(struct doing *g, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct told_row row = { .kind = op->kind, .state = op->state,
	    .job = g->part->name, .from = from, .to = to, .why = error,
	    .snapshot = g->snapshot != NULL ? g->snapshot : "" };
	const struct job *job = g->part->job;

	if (op->state == OP_DONE && job != NULL && job->backup == NULL)
		return;
	told_add(&g->told_ops, &row);
}

void
doing_on_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct doing *g = arg;

	tell_count(&g->out->totals, op);
	g->out->missed += (uint64_t)part_missed(g->part, op);
	part_tell(g->part, op, from, to, error, g->snapshot, g->k, g->h->log);
	remember(g, op, from, to, error);
	if (g->recorder != NULL && op->state == OP_DONE)
		archive_record_add(g->recorder, op, from, to);
	if (!live_is_due(&g->live))
		return;
	g->current = from;
	doing_live(g);
	g->current = NULL;
}

void
doing_live(struct doing *g)
{
	struct live_report r = { .job = g->part->name, .phase = g->phase,
	    .current = g->current, .run = g->out->run, .began = g->d->now,
	    .files = g->files, .total_files = g->total, .bytes = g->bytes,
	    .total_bytes = g->total_bytes };

	live_tell(&g->live, g->h->catalog, &r);
}

void
doing_on_progress(void *arg, uint64_t ops, uint64_t bytes)
{
	struct doing *g = arg;

	g->files = ops;
	g->bytes = bytes;
	if (g->k->progress != NULL)
		g->k->progress(g->k->arg, g->part->name, ops, g->total, bytes);
	if (live_is_due(&g->live))
		doing_live(g);
}

int
doing_apply_with(struct doing *g, const struct plan *p,
    const struct apply_report *r, struct err *e)
{
	struct apply_options o = {
		.catalog = g->h->catalog, .run = g->out->run,
		.home_trash = g->h->s->home_trash,
		.min_free_percent = MIN_FREE_PERCENT,
		.stop = g->k->stop, .stop_arg = g->k->arg,
		.undoing = g->d->undoing,
		.ask = g->k->ask, .ask_arg = g->k->arg, .later = g->later,
		.brought = g->brought,
	};

	if (g->part->job != NULL && g->part->job->kind == JOB_ARCHIVE)
		archive_min_free(g->part->job->archive, &o.min_free,
		    &o.min_free_percent);
	g->total = plan_len(p);
	/* Of files that arrive there are many small plans. */
	if (g->later == NULL || live_is_due(&g->live))
		doing_live(g);
	return apply_plan(p, &o, r, e);
}

int
doing_apply(struct doing *g, const struct plan *p, struct err *e)
{
	struct apply_report r = { doing_on_op, doing_on_progress, g };

	return doing_apply_with(g, p, &r, e);
}

int
doing_tell_ended(struct doing *g, enum op_kind kind, enum op_state state,
    const char *error, struct err *e)
{
	CLEAN_BUF struct buf from = {0}, to = {0};
	struct plan_reader *r = plan_read(g->part->plan);
	const char *why;
	struct op op;
	int n;

	while ((n = plan_next(r, &op, e)) == 1) {
		if (op.kind != kind || strcmp(op.text, ALSO) == 0)
			continue;
		buf_reset(&from);
		buf_reset(&to);
		plan_from(g->part->plan, &op, &from);
		plan_to(g->part->plan, &op, &to);
		why = plan_text(g->part->plan, op.error);
		if (op.state == OP_PLANNED) {
			op.state = state;
			op.error = state == OP_SKIPPED;	/* it is on purpose */
			why = error;
		}
		doing_on_op(g, &op, buf_str(&from), buf_str(&to), why);
	}
	plan_reader_free(r);
	return n;
}

/* How many operations of a plan are to be done. */
static uint64_t
to_do(const struct plan *p)
{
	uint64_t n = 0;
	int k;

	for (k = 0; k < OP_KINDS; k++)
		n += plan_count(p, 0, (enum op_kind)k, OP_PLANNED);
	return n;
}

static int
do_archive(struct doing *g, struct err *e)
{
	struct err why = {0};
	int r;

	if (g->part->job != NULL && to_do(g->part->plan) > 0 &&
	    archive_prepare(g->part->job->archive, g->h->catalog, e) < 0)
		return -1;
	if (g->part->job != NULL)
		g->recorder = archive_record(g->part->job->archive, doing_now(g));
	r = doing_apply(g, g->part->plan, e);
	if (archive_record_close(g->recorder, &why) < 0) {
		err_wrap(&why, "%s: the manifest is not whole", g->part->name);
		doing_note(g, LOG_ERROR, why.text);
		g->out->totals.failed++;
	}
	g->recorder = NULL;
	return r;
}

/* How the part in hand ended, from what it added to the totals. */
static enum run_state
part_state(const struct doing *g)
{
	const struct job_totals *t = &g->out->totals, *b = &g->before;

	if (t->failed > b->failed)
		return t->done > b->done ? RUN_PARTIAL : RUN_FAILED;
	return t->held > b->held ? RUN_HELD : RUN_DONE;
}

int
doing_alarm(struct doing *g, const struct change *c, struct buf *why)
{
	CLEAN_BUF struct buf text = {0};
	int64_t run = g->out->run;

	if (!alarm_of(g->h, g->part->name, &run, why)) {
		if (c == NULL || !change_is_sudden(c, g->h->s->guard.max_change,
		    why))
			return 0;
		alarm_raise(g->h, g->part->name, run, doing_now(g),
		    buf_str(why));
	}
	buf_addf(&g->alarm, "%s; nothing is forgotten or put away until fettle "
	    "approve %lld", buf_str(why), (long long)run);
	buf_addf(&text, "%s is held: %s", g->part->name, buf_str(&g->alarm));
	doing_note(g, LOG_WARNING, buf_str(&text));
	g->out->totals.held++;
	return 1;
}

static int
do_backup(struct doing *g, struct err *e)
{
	if (g->part->job == NULL)
		return err_set(e, ERR_NOENT, "there is no such backup any more");
	return g->part->job->backup != NULL ? do_repository(g, e) :
	    do_copies(g, e);
}

static void
part_failed(struct doing *g, const struct err *e)
{
	if (e->kind == ERR_STOPPED)
		return;
	if (g->failed_parts++ == 0)
		g->out->failed_kind = (int)e->kind;
	else if (g->out->failed_kind != (int)e->kind)
		g->out->failed_kind = ERR_NONE;
}

static int
do_work(struct doing *g, struct part *pt, struct err *e)
{
	if (pt->failed != NULL)
		return err_set(e, ERR_IO, "%s", pt->failed);
	if (strcmp(pt->kind, "backup") == 0)
		return do_backup(g, e);
	if (strcmp(pt->kind, "archive") == 0)
		return do_archive(g, e);
	return doing_apply(g, pt->plan, e);
}

static enum run_state
do_part(struct doing *g, struct part *pt)
{
	CLEAN_BUF struct buf text = {0};
	struct err e = {0};
	enum run_state how;
	int r = 0, waiting;

	g->part = pt;
	g->told = 0;
	g->before = g->out->totals;
	g->phase = "do";
	buf_reset(&g->alarm);
	g->total = g->total_bytes = g->files = g->bytes = 0;
	doing_live(g);
	buf_addf(&text, "run %lld: %s", (long long)g->out->run, pt->name);
	catalog_tell(g->h->catalog, buf_str(&text));
	doing_began(g);
	r = doing_hooked(g, pt, do_work, &e);
	waiting = g->out->totals.waiting > g->before.waiting;
	if (r < 0) {
		buf_reset(&text);
		buf_addf(&text, "%s: %s", pt->name, e.text);
		if (!g->told)
			doing_note(g, LOG_ERROR, buf_str(&text));
		part_failed(g, &e);
		doing_ended(g, RUN_FAILED, 0, e.kind, e.text);
		return e.kind == ERR_STOPPED ? RUN_STOPPED : RUN_FAILED;
	}
	if (pt->absent > 0 && pt->absent == pt->locations) {
		g->failed_parts++;
		g->out->failed_kind = ERR_NONE;
		doing_ended(g, RUN_FAILED, 0, ERR_ABSENT,
		    "none of its locations is there");
		return RUN_FAILED;
	}
	how = part_state(g);
	if (pt->job != NULL)
		room_note(g->h, pt->job, doing_now(g));
	/* The backup itself is there: that was a success. */
	if (how == RUN_HELD && g->alarm.len > 0)
		state_ended(g->h, pt, g->out->run, doing_now(g), RUN_DONE, 0, "");
	doing_ended(g, how, waiting, ERR_NONE, buf_str(&g->alarm));
	return how;
}

static int
stopped(const struct doing *g)
{
	return g->k->stop != NULL && g->k->stop(g->k->arg);
}

/* The due instant that this part is run for, or 0. */
static int64_t
begin_due(const struct doing *g, const struct part *pt)
{
	if (pt->job == NULL || strcmp(g->d->trigger, "schedule") != 0)
		return 0;
	return due_begin(g->h, pt->job, g->d->now);
}

/* After each part, since the next one may take hours. */
static void
keep_told(struct doing *g)
{
	struct err e = {0};

	if (told_save(&g->told_ops, g->h->catalog, g->out->run, &e) == 0)
		return;
	err_wrap(&e, "run %lld: keep what was told", (long long)g->out->run);
	doing_note(g, LOG_WARNING, e.text);
}

static void
do_due_part(struct doing *g, struct part *pt)
{
	int64_t instant = begin_due(g, pt);
	enum run_state how = do_part(g, pt);

	keep_told(g);
	due_end(g->h, pt->job, instant, doing_now(g), stopped(g) ?
	    DUE_STOPPED : how == RUN_FAILED ? DUE_FAILED : DUE_DONE);
}

/* Keep what a guard held as one plan under this run's number. */
static int
hold_parts(struct doing *g, const struct parts *p, struct err *e)
{
	struct parts held = {0};
	CLEAN_BUF struct buf text = {0};
	size_t i;
	int r = 0;

	held.v = xallocn(p->n, sizeof(*held.v));
	for (i = 0; i < p->n; i++) {
		if (p->v[i].held == NULL)
			continue;
		held.v[held.n++] = p->v[i];
		buf_reset(&text);
		buf_addf(&text, "%s is held: %s; fettle approve %lld, or reject",
		    p->v[i].name, p->v[i].held, (long long)g->out->run);
		doing_note(g, LOG_WARNING, buf_str(&text));
		g->part = &p->v[i];
		g->before = g->out->totals;
		g->part_began = 0;
		doing_ended(g, RUN_HELD, 0, ERR_HELD, p->v[i].held);
	}
	if (held.n > 0) {
		r = job_hold(g->h, g->out->run, &held, e);
		for (i = 0; r == 0 && i < held.n; i++)
			due_end(g->h, held.v[i].job, begin_due(g, &held.v[i]),
			    g->d->now, DUE_DONE);
		if (r == 0)
			r = parts_tell(&held, g->k, &g->out->totals, e);
	}
	free(held.v);
	return r;
}

static enum run_state
run_state(const struct doing *g, size_t parts)
{
	const struct job_totals *t = &g->out->totals;

	if (stopped(g))
		return RUN_STOPPED;
	if (g->failed_parts > 0)
		return g->failed_parts == parts ? RUN_FAILED : RUN_PARTIAL;
	if (t->failed > 0)
		return RUN_PARTIAL;
	return t->held > 0 ? RUN_HELD : RUN_DONE;
}

int
doing_end_run(struct doing *g, const struct parts *p, struct err *e)
{
	const struct job_totals *t = &g->out->totals;
	CLEAN_BUF struct buf b = {0}, jobs = {0};
	struct run r = { .number = g->out->run, .ended = doing_now(g) };
	struct err why = {0};
	size_t i;

	keep_told(g);
	told_fini(&g->told_ops);
	for (i = 0; i < p->n; i++)
		buf_addf(&jobs, "%s%s", i ? "\n" : "", p->v[i].name);
	g->out->state = (int)run_state(g, p->n);
	g->out->all_failed = g->failed_parts > 0;
	r.state = (enum run_state)g->out->state;
	r.done = t->done;
	r.changes = t->changes;
	r.skipped = t->skipped;
	r.failed = t->failed;
	r.held = t->held;
	r.waiting = t->waiting;
	r.jobs = (char *)(uintptr_t)buf_str(&jobs);
	buf_addf(&b, "run %lld: %llu done, %llu skipped, %llu failed, %llu held, "
	    "%llu waiting", (long long)g->out->run, (unsigned long long)t->done,
	    (unsigned long long)t->skipped, (unsigned long long)t->failed,
	    (unsigned long long)t->held, (unsigned long long)t->waiting);
	if (g->h->log != NULL) {
		log_write(g->h->log, LOG_INFO, &(struct log_fields){
		    .text = buf_str(&b), .run = g->out->run });
		if (log_flush(g->h->log, &why) < 0 && g->k->note != NULL) {
			buf_reset(&b);
			buf_addf(&b, "the log %s/%s cannot be written: %s",
			    g->h->s->log_dir, g->h->s->log_name, why.text);
			g->k->note(g->k->arg, LOG_WARNING, buf_str(&b));
		}
	}
	return catalog_run_end(g->h->catalog, &r, e);
}

/* What later parts go on with, if any does. */
static int
want_brought(struct doing *g, const struct parts *p, struct err *e)
{
	for (size_t i = 1; i < p->n; i++) {
		if (p->v[i].plan == NULL || !plan_has_chained(p->v[i].plan))
			continue;
		if (g->brought == NULL)
			g->brought = brought_new();
		if (brought_want(g->brought, p->v[i].plan, e) < 0)
			return -1;
	}
	return 0;
}

int
job_do(struct hall *h, struct parts *p, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e)
{
	struct doing g = { .h = h, .d = d, .k = k, .out = out,
	    .began = time_mono() };
	size_t i;
	struct job_totals before;
	int64_t part_began;
	int ret = -1;

	*out = (struct job_done){0};
	if (parts_claim(h, p, k, e) < 0)
		return -1;
	if (want_brought(&g, p, e) < 0 ||
	    catalog_run_begin(h->catalog, d->trigger, d->command, d->undoes,
	    d->now, &out->run, e) < 0)
		goto out;
	for (i = 0; i < p->n; i++) {
		p->v[i].run = out->run;
		if (stopped(&g))
			break;
		if (p->v[i].held == NULL) {
			part_began = time_mono();
			before = out->totals;
			do_due_part(&g, &p->v[i]);
			metrics_count(h, &p->v[i], &before, &out->totals,
			    time_mono() - part_began);
		}
	}
	if (hold_parts(&g, p, e) == 0)
		ret = doing_end_run(&g, p, e);
	for (i = 0; i < p->n; i++)
		if (p->v[i].held != NULL)
			metrics_count(h, &p->v[i], &out->totals, &out->totals, 0);
	metrics_write(h, doing_now(&g));
out:
	live_end(&g.live, h->catalog);
	brought_free(g.brought);
	buf_fini(&g.alarm);
	told_fini(&g.told_ops);
	catalog_unclaim(h->catalog);
	return ret;
}

int
job_exit(const struct job_done *d)
{
	if (d->state == RUN_STOPPED)
		return 130;
	if (d->all_failed)
		return d->failed_kind == ERR_ABSENT ? 10 :
		    d->failed_kind == ERR_LOCKED ? 11 :
		    d->failed_kind == ERR_PASSWORD ? 12 : 1;
	if (d->totals.failed > 0 || d->missed > 0)
		return 3;
	return d->totals.held > 0 ? 4 : 0;
}
