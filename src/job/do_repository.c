/*
 * do_repository.c -- a backup into a repository: the snapshot is made, then
 * `keep` lets old ones go, and what nobody needs any more is pruned if it pays.
 *
 * Nothing is forgotten after a backup that may be worse than those before: one
 * with files that could not be read, without one of its sources, or with less
 * than half of the files that the last one had.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/place.h"
#include "backup/backup.h"
#include "backup/entry_keep.h"
#include "catalog/catalog.h"
#include "job/alarm.h"
#include "job/also.h"
#include "job/do_impl.h"
#include "job/thin.h"
#include "job/vault.h"
#include "repo/lock.h"
#include "repo/repo.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

#define SHRUNK_FROM	16	/* files: fewer are too few to tell */

struct backing {
	struct doing		*g;
	const struct backup_entry *b;
	struct repo		*r;
	struct lock		*lock;
	struct backup_result	 res;
	size_t			 missing;	/* sources that are not there */
	int64_t			 files_before;	/* -1: not known */
	struct change		 change;
	struct endings		 endings;	/* of what is new */
};

/* ---- what is told while it runs ---- */
static void
on_problem(void *arg, const char *path, const struct err *why)
{
	struct backing *k = arg;
	struct op op = { .kind = OP_BACKUP, .state = OP_FAILED, .from = "",
	    .to = "", .text = "", .from_dir = PLAN_NONE, .to_dir = PLAN_NONE };

	doing_on_op(k->g, &op, path, k->b->repository, why->text);
}

#define DENSE_FROM	4096	/* bytes: less is never made smaller */

static void
on_item(void *arg, const struct backup_item *i)
{
	struct backing *k = arg;

	if (i->what == BACKUP_NEW && !i->moved) {
		k->change.added++;
		endings_add(&k->endings, i->path);
	}
	if (i->what != BACKUP_CHANGED || i->added < DENSE_FROM ||
	    k->b->compression == REPO_COMPRESS_OFF)
		return;
	k->change.looked++;
	k->change.dense += i->packed >= i->added / 100 * 98;
}

static void
on_note(void *arg, const char *text)
{
	struct backing *k = arg;
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%s: %s", k->b->name, text);
	if (k->g->h->log != NULL)
		log_line(k->g->h->log, LOG_DEBUG, buf_str(&b));
}

static void
on_progress(void *arg, const struct backup_progress *p)
{
	struct backing *k = arg;

	k->g->total = p->total_files;
	k->g->total_bytes = p->total_bytes;
	k->g->current = p->current;
	doing_on_progress(k->g, p->files, p->bytes);
	k->g->current = NULL;
}

struct earlier {
	const char	*path;
	struct buf	*out;
	int		 found;
};

static int
each_event(void *arg, const struct event_row *row)
{
	struct earlier *m = arg;

	if ((row->event == EVENT_MOVED || row->event == EVENT_RENAMED) &&
	    strcmp(row->to, m->path) == 0) {
		buf_reset(m->out);
		buf_adds(m->out, row->from);
		m->found = 1;
	}
	return 0;
}

/* Where we moved it from, as the catalog knows. */
static int
on_moved(void *arg, const char *path, struct buf *earlier)
{
	struct backing *k = arg;
	struct earlier m = { path, earlier, 0 };
	struct err ignored = {0};

	catalog_where(k->g->h->catalog, path, each_event, &m, &ignored);
	return m.found;
}

/* ---- making it ---- */
/* The sources that are there; the others are told. */
static const char **
sources(struct backing *k)
{
	struct err why = {0};
	const char **v;
	size_t i, n = 0;

	for (i = 0; k->b->paths[i] != NULL;)
		i++;
	v = xallocn(i + 1, sizeof(*v));
	for (i = 0; k->b->paths[i] != NULL; i++) {
		if (access(k->b->paths[i], F_OK) == 0) {
			v[n++] = k->b->paths[i];
			continue;
		}
		err_sys(&why, "this source is not there");
		on_problem(k, k->b->paths[i], &why);
		k->missing++;
	}
	return v;
}

static int
make_snapshot(struct backing *k, struct err *e)
{
	CLEAN_FREE char *host = backup_host(), *tag = backup_entry_tag(k->b);
	const struct backup_events ev = { .arg = k, .progress = on_progress,
	    .problem = on_problem, .note = on_note, .moved = on_moved,
	    .item = on_item, .changes_only = 1 };
	struct backup_exclude *x = backup_entry_exclude(k->b, e);
	const char **paths, **tags;
	size_t n = 0;
	int r;

	if (x == NULL)
		return -1;
	while (k->b->tags != NULL && k->b->tags[n] != NULL)
		n++;
	tags = xallocn(n + 2, sizeof(*tags));
	if (n > 0)
		memcpy(tags, k->b->tags, n * sizeof(*tags));
	tags[n] = tag;
	paths = sources(k);
	struct backup_options o = {
		.paths = paths, .exclude = x, .tags = tags,
		.leave_out = (const char *const *)k->g->h->s->leave_out,
		.one_file_system = k->b->one_fs,
		.group_by = BACKUP_BY_DEFAULT,
		.host = k->b->host != NULL ? k->b->host : host,
		.program = "fettle " FETTLE_VERSION,
		.lock = k->lock, .stop = k->g->k->stop,
		.stop_arg = k->g->k->arg,
	};
	r = backup_run(k->r, &o, &ev, &k->res, e);
	free(paths);
	free(tags);
	backup_exclude_free(x);
	return r;
}

/* ---- letting old ones go ---- */
static const char *
why_keep_all(const struct backing *k)
{
	uint64_t files = k->res.summary.total_files;

	if (k->missing > 0 || (k->files_before >= SHRUNK_FROM &&
	    files < (uint64_t)k->files_before / 2))
		return "nothing is forgotten after a backup of which a source is "
		    "missing, or half of the files";
	return k->res.problems > 0 ?
	    "nothing is forgotten after a partial backup" : NULL;
}

/* What changed since the last one; a source that is not there, or a first
 * backup, tells nothing. */
static const struct change *
what_changed(struct backing *k)
{
	const struct snapshot_summary *s = &k->res.summary;
	uint64_t there = s->files_unmodified + s->files_changed + k->res.moved;
	struct change *c = &k->change;

	if (k->missing > 0 || k->files_before < 0)
		return NULL;
	c->before = (uint64_t)k->files_before;
	c->changed = s->files_changed;
	c->gone = c->before > there ? c->before - there : 0;
	c->one_ext = k->endings.n;
	memcpy(c->ext, k->endings.ext, sizeof(c->ext));
	return c;
}

/* How many files the newest snapshot had. */
static void
look_back(struct backing *k)
{
	struct snapshots l = {0};
	struct err ignored = {0};

	k->files_before = -1;
	if (backup_entry_snapshots(k->b, k->r, &l, &ignored) == 0 && l.n > 0 &&
	    l.v[l.n - 1].has_summary)
		k->files_before = (int64_t)l.v[l.n - 1].summary.total_files;
	snapshots_fini(&l);
}

/* Is it still to go, now that the new one is there? */
static int
goes(const struct snapshots *l, const unsigned char *gone, const char *hex)
{
	struct id id;
	size_t i;

	if (id_parse(hex, &id) < 0)
		return 0;
	for (i = 0; i < l->n; i++)
		if (id_equal(&l->v[i].id, &id))
			return gone[i];
	return 0;
}

static int
forget_planned(struct backing *k, const struct snapshots *l,
    const unsigned char *gone, struct err *e)
{
	struct plan_reader *in = plan_read(k->g->part->plan);
	CLEAN_BUF struct buf from = {0};
	struct err why = {0};
	struct op op;
	struct id id;
	int n, forgotten = 0;

	while ((n = plan_next(in, &op, e)) == 1) {
		if (op.kind != OP_PURGE)
			continue;
		buf_reset(&from);
		plan_from(k->g->part->plan, &op, &from);
		if (op.state != OP_PLANNED) {
			doing_on_op(k->g, &op, buf_str(&from), "",
			    plan_text(k->g->part->plan, op.error));
			continue;
		}
		if (!goes(l, gone, op.from)) {
			op.state = OP_SKIPPED;
			doing_on_op(k->g, &op, buf_str(&from), "",
			    "keep wants it after all");
			continue;
		}
		id_parse(op.from, &id);
		op.state = repo_remove(k->r, STORE_SNAPSHOT, &id, &why) < 0 ?
		    OP_FAILED : OP_DONE;
		forgotten += op.state == OP_DONE;
		doing_on_op(k->g, &op, buf_str(&from), "",
		    op.state == OP_DONE ? "" : why.text);
	}
	plan_reader_free(in);
	return n < 0 ? -1 : forgotten;
}

/* ---- keep ---- */
/* Under a lock of its own, which nobody else may share. */
static int
forget(struct backing *k, struct err *e)
{
	struct snapshots l = {0};
	unsigned char *gone = NULL;
	int r;

	k->g->phase = "forget";
	doing_live(k->g);
	if (lock_take(k->r, 1, k->b->retry_lock, &k->lock, e) < 0)
		return -1;
	r = backup_entry_snapshots(k->b, k->r, &l, e);
	gone = xalloc(l.n + 1);
	if (r == 0)
		r = backup_entry_decide(k->b, &l, doing_now(k->g), 0, gone, e);
	if (r == 0)
		r = forget_planned(k, &l, gone, e);
	if (r > 0 && k->b->prune == BACKUP_PRUNE_AUTO && !lock_lost(k->lock))
		thin_prune(k->g, k->r, k->b->name);
	free(gone);
	snapshots_fini(&l);
	lock_release(k->lock);
	k->lock = NULL;
	return r < 0 ? -1 : 0;
}

static int
has_purges(const struct plan *p)
{
	return plan_count(p, 0, OP_PURGE, OP_PLANNED) +
	    plan_count(p, 0, OP_PURGE, OP_SKIPPED) > 0;
}

/* Where the server cannot flush what it is given, "saved" says less. */
static void
say_if_unsure(struct backing *k)
{
	CLEAN_BUF struct buf b = {0};
	struct store_caps caps;

	store_caps(k->r->store, &caps);
	if (!caps.unsure)
		return;
	buf_addf(&b, "%s: not known to be durable: the server cannot flush "
	    "(fsync@openssh.com)", k->b->name);
	doing_note(k->g, LOG_WARNING, buf_str(&b));
}

static int
snapshot_is_made(struct backing *k, struct err *e)
{
	const char *keep = why_keep_all(k);
	CLEAN_BUF struct buf alarm = {0};
	char brief[ID_SHORT];
	int r;

	id_short(&k->res.snapshot, brief);
	k->g->snapshot = brief;
	r = doing_tell_ended(k->g, OP_BACKUP, OP_DONE, "", e);
	k->g->out->totals.files += k->res.summary.total_files;
	k->g->out->totals.bytes += k->res.summary.data_added;
	say_if_unsure(k);
	if (doing_alarm(k->g, what_changed(k), &alarm))
		keep = buf_str(&alarm);
	if (r == 0 && also_any(k->g))
		r = also_do(k->g, k->r, keep, e);
	k->g->snapshot = NULL;
	lock_release(k->lock);
	k->lock = NULL;
	if (r < 0 || !has_purges(k->g->part->plan))
		return r;
	return keep != NULL ? doing_tell_ended(k->g, OP_PURGE, OP_SKIPPED, keep,
	    e) : forget(k, e);
}

static int
save(struct backing *k, struct err *e)
{
	int r;

	if (lock_take(k->r, 0, k->b->retry_lock, &k->lock, e) < 0)
		return -1;
	/* On their way together, while none of them is needed yet. */
	store_list_ahead(k->r->store, STORE_SNAPSHOT);
	store_list_ahead(k->r->store, STORE_INDEX);
	look_back(k);
	r = repo_load_index(k->r, e);
	if (r == 0)
		r = make_snapshot(k, e);
	if (r == 0 && lock_lost(k->lock))
		r = err_set(e, ERR_LOCKED, "the lock could not be refreshed in "
		    "time");
	if (r == 0 && also_any(k->g))
		return 0;		/* it is held for the copies, too */
	lock_release(k->lock);
	k->lock = NULL;
	return r;
}

/* Is there room where it lies, if that is this machine? */
static int
has_room(const struct backup_entry *b, struct err *e)
{
	return b->repository[0] != '/' || place_room(b->repository, b->min_free,
	    b->min_free_percent, e) == 0;
}

static int
not_made(struct doing *g, enum op_state state, const char *why, struct err *e)
{
	if (doing_tell_ended(g, OP_BACKUP, state, why, e) < 0)
		return -1;
	return also_skip(g, "the backup was not made", e);
}

int
do_repository(struct doing *g, struct err *e)
{
	struct backing k = { .g = g, .b = g->part->job->backup };
	struct err why = {0}, ignored = {0};
	uint32_t number;
	int waiting = 0;

	if (catalog_run_job(g->h->catalog, g->out->run, g->part->name, "backup",
	    plan_job(g->part->plan, 0)->hash, &number, e) < 0)
		return -1;
	if (vault_open(g->h, g->part->job, &k.r, &waiting, &why) < 0 && waiting)
		return not_made(g, OP_WAITING, why.text, e);
	if (k.r != NULL && !has_room(k.b, &why))
		return not_made(g, OP_HELD, why.text, e);
	if (k.r == NULL || save(&k, &why) < 0) {
		also_skip(g, "the backup was not made", &ignored);
		doing_tell_ended(g, OP_BACKUP, why.kind == ERR_STOPPED ?
		    OP_SKIPPED : OP_FAILED, why.text, &ignored);
		g->told = why.kind != ERR_STOPPED;
		*e = why;
		return -1;
	}
	return snapshot_is_made(&k, e);
}
