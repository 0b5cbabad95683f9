/*
 * do.c -- doing what was planned: one run, one number, part by part.
 *
 * Rules and archives go through apply; a backup makes its copy and then lets
 * apply remove what `keep` lets go.  A part that fails does not stop the next.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/due.h"
#include "job/parts.h"
#include "job/resource.h"
#include "job/state.h"
#include "job/tell.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#define MIN_FREE_PERCENT	5

struct doing {
	struct hall		*h;
	const struct job_doing	*d;
	const struct sink	*k;
	struct job_done		*out;
	struct part		*part;		/* the one in hand */
	struct job_totals	 before;	/* totals when it began */
	uint64_t		 total;		/* its operations */
	int64_t			 began;		/* time_mono when the run began */
	const char		*snapshot;
	int			 told;		/* why it failed, with its paths */
	struct archive_recorder	*recorder;
	size_t			 failed_parts;
};

/* The time now, told by the door's clock when the run began. */
static int64_t
now(const struct doing *g)
{
	return g->d->now + time_mono() - g->began;
}

static void
note(struct doing *g, enum log_level level, const char *text)
{
	if (g->h->log != NULL)
		log_line(g->h->log, level, text);
	if (g->k->note != NULL)
		g->k->note(g->k->arg, (int)level, text);
}

static void
on_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct doing *g = arg;

	tell_count(&g->out->totals, op);
	g->out->missed += (uint64_t)part_missed(g->part, op);
	part_tell(g->part, op, from, to, error, g->snapshot, g->k, g->h->log);
	if (g->recorder != NULL && op->state == OP_DONE)
		archive_record_add(g->recorder, op, from, to);
}

static void
on_progress(void *arg, uint64_t ops, uint64_t bytes)
{
	struct doing *g = arg;

	if (g->k->progress != NULL)
		g->k->progress(g->k->arg, g->part->name, ops, g->total, bytes);
}

static int
apply_it(struct doing *g, const struct plan *p, struct err *e)
{
	struct apply_options o = {
		.catalog = g->h->catalog, .run = g->out->run,
		.home_trash = g->h->s->home_trash,
		.min_free_percent = MIN_FREE_PERCENT,
		.stop = g->k->stop, .stop_arg = g->k->arg,
		.undoing = g->d->undoing,
	};
	struct apply_report r = { on_op, on_progress, g };

	if (g->part->job != NULL && g->part->job->kind == JOB_ARCHIVE)
		archive_min_free(g->part->job->archive, &o.min_free,
		    &o.min_free_percent);
	g->total = plan_len(p);
	return apply_plan(p, &o, &r, e);
}

/* The plan of one part without what the copy itself is: old copies that go. */
static int
split_backup(const struct part *pt, struct plan *rest, int *backups,
    struct err *e)
{
	struct plan_reader *r = plan_read(pt->plan);
	struct op op;
	int n;

	while ((n = plan_next(r, &op, e)) == 1) {
		if (op.kind == OP_BACKUP) {
			*backups += op.state == OP_PLANNED;
			continue;
		}
		if (op.from_dir != PLAN_NONE)
			op.from_dir = plan_add_dir(rest,
			    plan_dir(pt->plan, op.from_dir));
		if (op.to_dir != PLAN_NONE)
			op.to_dir = plan_add_dir(rest,
			    plan_dir(pt->plan, op.to_dir));
		op.why = plan_add_text(rest, plan_text(pt->plan, op.why));
		op.error = plan_add_text(rest, plan_text(pt->plan, op.error));
		if (plan_add(rest, &op, e) < 0)
			break;
	}
	plan_reader_free(r);
	return n;
}

/* Tell each operation of one kind in the part as it ended: backups, or (purge)
 * the old copies that are not let go after all. */
static int
tell_ended(struct doing *g, enum op_kind kind, enum op_state state,
    const char *error, struct err *e)
{
	CLEAN_BUF struct buf from = {0}, to = {0};
	struct plan_reader *r = plan_read(g->part->plan);
	const char *why;
	struct op op;
	int n;

	while ((n = plan_next(r, &op, e)) == 1) {
		if (op.kind != kind)
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
		on_op(g, &op, buf_str(&from), buf_str(&to), why);
	}
	plan_reader_free(r);
	return n;
}

/* After a copy that may be worse than those before, nothing is let go. */
static const char *
why_keep_all(const struct copies_result *res)
{
	if (res->shrunk)
		return "nothing is forgotten after a backup of which a source is "
		    "missing, or half of the files";
	return res->partial ? "nothing is forgotten after a partial backup" :
	    NULL;
}

static int
copy_is_made(struct doing *g, const struct copies_result *res,
    const struct plan *rest, struct err *e)
{
	const char *keep = why_keep_all(res);
	CLEAN_BUF struct buf text = {0};
	int r;

	g->snapshot = res->name;
	r = tell_ended(g, OP_BACKUP, OP_DONE, "", e);
	g->snapshot = NULL;
	g->out->totals.files += res->files;
	g->out->totals.bytes += res->bytes;
	if (res->shrunk) {
		buf_addf(&text, "%s: a source is missing, or half of the files "
		    "that were there before", g->part->name);
		note(g, LOG_WARNING, buf_str(&text));
	}
	if (r < 0)
		return -1;
	return keep != NULL ? tell_ended(g, OP_PURGE, OP_SKIPPED, keep, e) :
	    apply_it(g, rest, e);
}

/* Make the copy, and let the old ones go. */
static int
make_copy(struct doing *g, const struct copies_env *env,
    const struct plan *rest, struct err *e)
{
	struct apply_report r = { on_op, on_progress, g };
	struct copies_result res = {0};
	struct err why = {0}, ignored = {0};

	if (copies_run(g->part->job->copies, env, &r, &res, &why) < 0) {
		tell_ended(g, OP_BACKUP, why.kind == ERR_STOPPED ? OP_SKIPPED :
		    OP_FAILED, why.text, &ignored);
		g->told = why.kind != ERR_STOPPED;
		*e = why;
		return -1;
	}
	if (res.state == OP_DONE)
		return copy_is_made(g, &res, rest, e);
	return tell_ended(g, OP_BACKUP, res.state, why.text, e);
}

static int
do_backup(struct doing *g, struct err *e)
{
	struct plan *rest = plan_new(g->h->cache);
	struct copies_env env = {
		.catalog = g->h->catalog, .now = now(g),
		.leave_out = (const char *const *)g->h->s->leave_out,
		.run = g->out->run,
		.stop = g->k->stop, .stop_arg = g->k->arg,
	};
	int ret = -1, backups = 0;

	copies_min_free(g->part->job->copies, &env.min_free,
	    &env.min_free_percent);
	plan_add_job(rest, g->part->name, g->part->kind, 0);
	if (split_backup(g->part, rest, &backups, e) == 0 &&
	    catalog_run_job(g->h->catalog, g->out->run, g->part->name, "backup",
	    plan_job(g->part->plan, 0)->hash, &env.job, e) == 0)
		ret = backups == 0 ? tell_ended(g, OP_BACKUP, OP_WAITING, "", e) :
		    make_copy(g, &env, rest, e);
	plan_free(rest);
	return ret;
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
		g->recorder = archive_record(g->part->job->archive, now(g));
	r = apply_it(g, g->part->plan, e);
	if (archive_record_close(g->recorder, &why) < 0) {
		err_wrap(&why, "%s: the manifest is not whole", g->part->name);
		note(g, LOG_ERROR, why.text);
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

static void
do_part(struct doing *g, struct part *pt)
{
	CLEAN_BUF struct buf text = {0};
	struct err e = {0};
	int r = 0, waiting;

	g->part = pt;
	g->told = 0;
	g->before = g->out->totals;
	buf_addf(&text, "run %lld: %s", (long long)g->out->run, pt->name);
	catalog_tell(g->h->catalog, buf_str(&text));
	if (pt->failed != NULL)
		r = err_set(&e, ERR_IO, "%s", pt->failed);
	else if (strcmp(pt->kind, "backup") == 0)
		r = pt->job != NULL ? do_backup(g, &e) : err_set(&e, ERR_NOENT,
		    "there is no such backup any more");
	else if (strcmp(pt->kind, "archive") == 0)
		r = do_archive(g, &e);
	else
		r = apply_it(g, pt->plan, &e);
	waiting = g->out->totals.waiting > g->before.waiting;
	if (r < 0) {
		err_wrap(&e, "%s", pt->name);
		if (!g->told)
			note(g, LOG_ERROR, e.text);
		g->failed_parts += e.kind != ERR_STOPPED;
		state_ended(g->h, pt, g->out->run, now(g), RUN_FAILED, 0,
		    e.text);
		return;
	}
	if (pt->absent > 0 && pt->absent == pt->locations) {
		g->failed_parts++;
		state_ended(g->h, pt, g->out->run, now(g), RUN_FAILED, 0,
		    "none of its locations is there");
		return;
	}
	state_ended(g->h, pt, g->out->run, now(g), part_state(g), waiting, "");
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

static void
do_due_part(struct doing *g, struct part *pt)
{
	int64_t instant = begin_due(g, pt);

	do_part(g, pt);
	due_end(g->h, pt->job, instant, g->d->now, stopped(g));
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
		note(g, LOG_WARNING, buf_str(&text));
		state_ended(g->h, &p->v[i], g->out->run, g->d->now, RUN_HELD, 0,
		    p->v[i].held);
	}
	if (held.n > 0) {
		r = job_hold(g->h, g->out->run, &held, e);
		for (i = 0; r == 0 && i < held.n; i++)
			due_end(g->h, held.v[i].job, begin_due(g, &held.v[i]),
			    g->d->now, 0);
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

/* Write the run's end, and its summary line. */
static int
end_run(struct doing *g, const struct parts *p, struct err *e)
{
	const struct job_totals *t = &g->out->totals;
	CLEAN_BUF struct buf b = {0}, jobs = {0};
	struct run r = { .number = g->out->run, .ended = now(g) };
	struct err why = {0};
	size_t i;

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
		log_line(g->h->log, LOG_INFO, buf_str(&b));
		if (log_flush(g->h->log, &why) < 0 && g->k->note != NULL) {
			buf_reset(&b);
			buf_addf(&b, "the log %s/%s cannot be written: %s",
			    g->h->s->log_dir, g->h->s->log_name, why.text);
			g->k->note(g->k->arg, LOG_WARNING, buf_str(&b));
		}
	}
	return catalog_run_end(g->h->catalog, &r, e);
}

int
job_do(struct hall *h, struct parts *p, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e)
{
	struct doing g = { .h = h, .d = d, .k = k, .out = out,
	    .began = time_mono() };
	size_t i;
	int ret = -1;

	*out = (struct job_done){0};
	if (parts_claim(h, p, k, e) < 0)
		return -1;
	if (catalog_run_begin(h->catalog, d->trigger, d->command, d->undoes,
	    d->now, &out->run, e) < 0)
		goto out;
	for (i = 0; i < p->n; i++) {
		if (stopped(&g))
			break;
		if (p->v[i].held == NULL)
			do_due_part(&g, &p->v[i]);
	}
	if (hold_parts(&g, p, e) == 0)
		ret = end_run(&g, p, e);
out:
	catalog_unclaim(h->catalog);
	return ret;
}

int
job_exit(const struct job_done *d)
{
	if (d->state == RUN_STOPPED)
		return 130;
	if (d->all_failed)
		return 1;
	if (d->totals.failed > 0 || d->missed > 0)
		return 3;
	return d->totals.held > 0 ? 4 : 0;
}
