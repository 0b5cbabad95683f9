/*
 * do_copies.c -- a backup as plain copies: the copy is made, and then apply
 * removes what `keep` lets go.
 */
#include <string.h>

#include "apply/apply.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/alarm.h"
#include "job/do_impl.h"
#include "util/buf.h"
#include "util/err.h"

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

static void
on_new(void *arg, const char *path)
{
	endings_add(arg, path);
}

/* Of content nothing is known here: that would be to compress what is only
 * copied. */
static struct change
what_changed(const struct copies_result *res, const struct endings *new)
{
	const uint64_t there = res->known + res->changed;
	struct change c = { .before = res->before, .changed = res->changed,
	    .gone = res->before > there ? res->before - there : 0,
	    .added = res->added, .one_ext = new->n };

	memcpy(c.ext, new->ext, sizeof(c.ext));
	return c;
}

static int
copy_is_made(struct doing *g, const struct copies_result *res,
    const struct endings *new, const struct plan *rest, struct err *e)
{
	const struct change change = what_changed(res, new);
	const char *keep = why_keep_all(res);
	CLEAN_BUF struct buf text = {0}, alarm = {0};
	int r;

	g->snapshot = res->name;
	r = doing_tell_ended(g, OP_BACKUP, OP_DONE, "", e);
	g->snapshot = NULL;
	g->out->totals.files += res->files;
	g->out->totals.bytes += res->bytes;
	if (res->shrunk) {
		buf_addf(&text, "%s: a source is missing, or half of the files "
		    "that were there before", g->part->name);
		doing_note(g, LOG_WARNING, buf_str(&text));
	}
	if (doing_alarm(g, res->shrunk ? NULL : &change, &alarm))
		keep = buf_str(&alarm);
	if (r < 0)
		return -1;
	return keep != NULL ? doing_tell_ended(g, OP_PURGE, OP_SKIPPED, keep, e) :
	    doing_apply(g, rest, e);
}

/* Make the copy, and let the old ones go.  -1: it was told already. */
static int
make_copy(struct doing *g, const struct copies_env *places,
    const struct plan *rest, struct err *e)
{
	struct copies_env env = *places;
	struct endings new = {0};
	struct apply_report r = { doing_on_op, doing_on_progress, g };
	struct copies_result res = {0};
	struct err why = {0}, ignored = {0};

	env.is_new = on_new;
	env.is_new_arg = &new;
	if (copies_run(g->part->job->copies, &env, &r, &res, &why) < 0) {
		doing_tell_ended(g, OP_BACKUP, why.kind == ERR_STOPPED ? OP_SKIPPED :
		    OP_FAILED, why.text, &ignored);
		g->told = why.kind != ERR_STOPPED;
		*e = why;
		return -1;
	}
	if (res.state == OP_DONE)
		return copy_is_made(g, &res, &new, rest, e);
	return doing_tell_ended(g, OP_BACKUP, res.state, why.text, e);
}

int
do_copies(struct doing *g, struct err *e)
{
	struct plan *rest = plan_new(g->h->cache);
	struct copies_env env = {
		.catalog = g->h->catalog, .now = doing_now(g),
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
		ret = backups == 0 ? doing_tell_ended(g, OP_BACKUP, OP_WAITING, "", e) :
		    make_copy(g, &env, rest, e);
	plan_free(rest);
	return ret;
}
