/* also.c -- see also.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "backup/entry.h"
#include "backup/entry_keep.h"
#include "conf/conf.h"
#include "conf/get.h"
#include "job/also.h"
#include "job/do_impl.h"
#include "job/thin.h"
#include "job/vault.h"
#include "plan/plan.h"
#include "repo/copy.h"
#include "repo/lock.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* ---- the configuration ---- */
static void
check_one(const struct settings *s, const struct conf_node *entry,
    const char *name, const struct conf_node *at, struct conf_faults *f)
{
	const struct conf_node *own = conf_get(entry, "name");
	const struct job *j = settings_job(s, name);

	if (own != NULL && own->kind == CONF_SCALAR &&
	    strcmp(own->text, name) == 0)
		conf_bad(at, "that is this backup itself", f);
	else if (j == NULL || j->kind != JOB_BACKUP)
		conf_bad(at, "there is no backup of this name (also_to names "
		    "others of the backups here)", f);
	else if (j->backup == NULL)
		conf_bad(at, "that backup has no repository, it makes plain "
		    "copies", f);
}

void
also_check(const struct settings *s, const struct conf_node *list,
    struct conf_faults *f)
{
	CLEAN_ARENA struct arena a = {0};
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	struct conf_strs names;
	size_t i;

	while ((n = conf_next(&it)) != NULL) {
		names = (struct conf_strs){0};
		if (conf_get(n, "also_to") == NULL ||
		    conf_strs(conf_get(n, "also_to"), &a, &names, f) != 1)
			continue;
		for (i = 0; i < names.n; i++)
			check_one(s, n, names.text[i], names.node[i], f);
	}
}

void
also_find(const struct settings *s)
{
	struct backup_entry *b;
	const struct job *to;
	const char **places;
	size_t i, k, n;

	for (i = 0; i < s->n_jobs; i++) {
		b = s->jobs[i].backup;
		if (b == NULL || b->also_to == NULL)
			continue;
		for (n = 0; b->also_to[n] != NULL; n++)
			;
		places = arena_alloc(&b->mem, (n + 1) * sizeof(*places));
		for (k = n = 0; b->also_to[k] != NULL; k++) {
			to = settings_job(s, b->also_to[k]);
			if (to != NULL && to->backup != NULL)
				places[n++] = to->backup->repository;
		}
		b->also_places = places;
	}
}

/* ---- the plan ---- */
/* A place as a plan has it: what is before its last '/', and what is behind. */
static uint32_t
split_place(struct plan *p, const char *place, const char **name)
{
	const char *slash = strrchr(place, '/');
	CLEAN_FREE char *dir = NULL;

	if (slash == NULL || slash[1] == '\0') {
		*name = "";
		return plan_add_dir(p, place);
	}
	dir = xstrndup(place, slash == place ? 1 : (size_t)(slash - place));
	*name = slash + 1;
	return plan_add_dir(p, dir);
}

int
also_plan(const struct settings *s, const struct job *j, struct plan *p,
    uint32_t job, struct err *e)
{
	struct op op = { .kind = OP_BACKUP, .job = job, .text = ALSO };
	CLEAN_BUF struct buf why = {0};
	const char **name;
	const struct job *to;

	op.from_dir = split_place(p, j->backup->repository, &op.from);
	for (name = j->backup->also_to; name != NULL && *name != NULL; name++) {
		if ((to = settings_job(s, *name)) == NULL || to->backup == NULL)
			continue;
		buf_reset(&why);
		buf_addf(&why, "also to %s%s", *name, thin_applies(j->backup,
		    to->backup) ? ", and `keep` there, too" : "");
		op.why = plan_add_text(p, buf_str(&why));
		op.to_dir = split_place(p, to->backup->repository, &op.to);
		op.extra = *name;
		op.extra_len = strlen(*name) + 1;
		if (plan_add(p, &op, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- doing it ---- */
int
also_any(const struct doing *g)
{
	return g->part->job->backup->also_to != NULL;
}

/* The next operation of ours: 1, 0, -1. */
static int
next_of_ours(struct plan_reader *in, struct op *op, struct err *e)
{
	int n;

	while ((n = plan_next(in, op, e)) == 1)
		if (op->kind == OP_BACKUP && strcmp(op->text, ALSO) == 0)
			break;
	return n;
}

static void
tell(struct doing *g, struct op *op, enum op_state state, const char *words)
{
	CLEAN_BUF struct buf from = {0}, to = {0};

	plan_from(g->part->plan, op, &from);
	plan_to(g->part->plan, op, &to);
	if (op->state == OP_PLANNED)
		op->state = state;
	else
		words = plan_text(g->part->plan, op->error);
	doing_on_op(g, op, buf_str(&from), buf_str(&to), words);
}

int
also_skip(struct doing *g, const char *why, struct err *e)
{
	struct plan_reader *in = plan_read(g->part->plan);
	struct op op;
	int n;

	while ((n = next_of_ours(in, &op, e)) == 1)
		tell(g, &op, OP_SKIPPED, why);
	plan_reader_free(in);
	return n;
}

static int
is_newer(const struct snapshot *a, const struct snapshot *b)
{
	return a->time.sec != b->time.sec ? a->time.sec > b->time.sec :
	    a->time.nsec > b->time.nsec;
}

/*
 * From which of ours on they are to be copied: those newer than the newest that
 * is there (which may be gone here by now); the newest alone if none is.  Both
 * lists are from oldest to newest.
 */
static size_t
copy_from(const struct snapshots *ours, const struct snapshots *there)
{
	size_t i = ours->n;

	if (there->n == 0)
		return i > 0 ? i - 1 : 0;
	while (i > 0 && is_newer(&ours->v[i - 1], &there->v[there->n - 1]))
		i--;
	return i;
}

static void
on_bad(void *arg, const struct snapshot *s, const struct err *why)
{
	struct err *first = arg;

	(void)s;
	if (first->kind == ERR_NONE)
		*first = *why;
}

/* Under the lock of `to`. */
static int
copy_to(const struct backup_entry *b, struct repo *from, struct repo *to,
    struct err *e)
{
	struct snapshots ours = {0}, there = {0};
	CLEAN_FREE const struct snapshot **v = NULL;
	struct err bad = {0};
	const struct copy_watch w = { .bad = on_bad, .arg = &bad };
	struct copy_totals t;
	size_t i, n = 0;
	int r = 0;

	if (repo_load_index(to, e) < 0 ||
	    backup_entry_snapshots(b, from, &ours, e) < 0)
		return -1;
	if (backup_entry_snapshots(b, to, &there, e) < 0)
		r = -1;
	if (r == 0) {
		v = xallocn(ours.n + 1, sizeof(*v));
		for (i = copy_from(&ours, &there); i < ours.n; i++)
			v[n++] = &ours.v[i];
		r = copy_run(from, to, v, n, &w, &t, e);
	}
	if (r == 0 && bad.kind != ERR_NONE) {
		if (e != NULL)
			*e = bad;
		r = -1;
	}
	snapshots_fini(&ours);
	snapshots_fini(&there);
	return r;
}

static int
copy_one(struct doing *g, const struct job *to, struct repo *from,
    const char *keep_all, int *waiting, struct err *e)
{
	const struct backup_entry *b = g->part->job->backup;
	struct lock *lock;
	struct repo *r;
	int ret;

	if (vault_open(g->h, to, &r, waiting, e) < 0)
		return -1;
	if (lock_take(r, 0, b->retry_lock, &lock, e) < 0)
		return -1;
	ret = copy_to(b, from, r, e);
	if (ret == 0 && lock_lost(lock))
		ret = err_set(e, ERR_LOCKED, "the lock could not be refreshed in "
		    "time");
	lock_release(lock);
	if (ret == 0 && keep_all == NULL)
		thin_target(g, to, r);
	return ret;
}

static void
tell_failed(struct doing *g, struct op *op, const struct job *to, int waiting,
    struct err *why)
{
	char q[QUOTE_SIZE];

	if (!waiting)
		err_wrap(why, "copy to %s", quote_to(q, sizeof(q),
		    to->backup->repository));
	tell(g, op, waiting ? OP_WAITING : why->kind == ERR_STOPPED ?
	    OP_SKIPPED : OP_FAILED, why->text);
}

int
also_do(struct doing *g, struct repo *from, const char *keep_all,
    struct err *e)
{
	struct plan_reader *in = plan_read(g->part->plan);
	const struct job *to;
	struct err why;
	struct op op;
	int n, waiting;

	while ((n = next_of_ours(in, &op, e)) == 1) {
		why = (struct err){0};
		waiting = 0;
		to = op.extra_len > 0 ? settings_job(g->h->s, op.extra) : NULL;
		if (op.state != OP_PLANNED || to == NULL || to->backup == NULL)
			tell(g, &op, OP_SKIPPED, "the configuration has changed");
		else if (copy_one(g, to, from, keep_all, &waiting, &why) == 0)
			tell(g, &op, OP_DONE, "");
		else
			tell_failed(g, &op, to, waiting, &why);
	}
	plan_reader_free(in);
	return n;
}
