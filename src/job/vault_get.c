/* vault_get.c -- files out of a repository, as a run; see vault_get.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "apply/place.h"
#include "backup/entry.h"
#include "backup/restore.h"
#include "fs/dir.h"
#include "job/job.h"
#include "job/side.h"
#include "job/vault.h"
#include "job/vault_get.h"
#include "plan/conflict.h"
#include "repo/lock.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "rules/name.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"
#include "walk/walk.h"

#define STAGING	"got-"	/* and our pid */

struct getting {
	struct side	*g;
	const struct job *j;
	const char	*snapshot, *source, *name, *dir;
	char		*staging;	/* absolute: what stands for the folder that
					   source lies in */
	struct plan	*p;
	uint64_t	 n;		/* operations planned */
};

static void
free_dir(struct fs_dir **d)
{
	fs_dir_free(*d);
}
#define CLEAN_DIR	CLEAN(free_dir)

/* ---- telling ---- */
/* Where in the snapshot a path of the staging folder came from. */
static void
came_from(const struct getting *k, const char *path, struct buf *out)
{
	const char *rest = path + strlen(k->staging);
	size_t up = (size_t)(k->name - k->source);

	buf_addf(out, "%s:%s:%.*s", k->j->name, k->snapshot, (int)(up - 1),
	    k->source);
	buf_adds(out, *rest == '/' ? rest : "/");
}

static void
on_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct getting *k = arg;
	CLEAN_BUF struct buf b = {0};

	if (strncmp(from, k->staging, strlen(k->staging)) == 0)
		came_from(k, from, &b);
	else
		buf_adds(&b, from);
	k->g->report.op(k->g->report.arg, op, buf_str(&b), to, error);
}

static void
tell(struct getting *k, enum op_state state, const char *from, const char *to,
    const char *why)
{
	struct op op = { .kind = OP_COPY, .state = state, .from_dir = PLAN_NONE,
	    .to_dir = PLAN_NONE, .from = "", .to = "", .text = "",
	    .error = state == OP_SKIPPED };

	k->g->report.op(k->g->report.arg, &op, from, to, why);
}

static void
on_problem(void *arg, const char *path, const struct err *why)
{
	struct getting *k = arg;
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%s:%s:%s", k->j->name, k->snapshot, path);
	tell(k, OP_FAILED, buf_str(&b), "", why->text);
}

/* ---- out of the repository ---- */
/* The name as a pattern that nothing else matches. */
static char *
pattern_of(const char *name)
{
	struct buf b = {0};

	buf_addc(&b, '/');
	for (; *name != '\0'; name++) {
		if (strchr("*?[\\", *name) != NULL)
			buf_addc(&b, '\\');
		buf_addc(&b, *name);
	}
	return buf_steal(&b);
}

static int
restore(struct getting *k, struct repo *r, const struct id *tree,
    const char *top, struct err *e)
{
	CLEAN_FREE char *pattern = pattern_of(k->name);
	const char *const include[] = { pattern, NULL };
	struct restore_options o = { .tree = *tree, .top = top,
	    .target = k->staging, .include = include,
	    .stop = k->g->k->stop, .stop_arg = k->g->k->arg };
	const struct restore_events ev = { .arg = k, .problem = on_problem };
	struct restore_result out;

	return restore_run(r, &o, &ev, &out, e);
}

static int
bring(struct getting *k, const struct id *root, struct err *e)
{
	CLEAN_FREE char *top = xstrndup(k->source,
	    (size_t)(k->name - k->source));
	CLEAN_ARENA struct arena a = {0};
	struct lock *lock = NULL;
	struct repo_hand *hand;
	struct node n;
	struct repo *r;
	int ret;

	if (vault_index(k->g->h, k->j, &r, e) < 0 ||
	    lock_take(r, 0, k->j->backup->retry_lock, &lock, e) < 0)
		return -1;
	hand = repo_hand_new(r);
	ret = tree_find(r, hand, root, top, &a, &n, e);
	repo_hand_free(hand);
	if (ret == 0)
		ret = restore(k, r, &n.subtree, top, e);
	lock_release(lock);
	return ret;
}

/* ---- the plan ---- */
static void
pack_conflict(struct buf *out, const char *name)
{
	size_t len = strlen(name), stem = name_stem(name, len);
	CLEAN_FREE char *s = xstrndup(name, stem);
	struct conflict c = { .mode = CONFLICT_RENAME, .stem = s,
	    .separator = " ", .extension = name + stem, .first = 2 };

	conflict_pack(out, &c);
}

/* Is it there already, as it was? */
static int
is_there(const char *dir, const char *name, const struct fs_id *id)
{
	CLEAN_DIR struct fs_dir *d = NULL;
	struct fs_id now;

	if (fs_dir_look(dir, &d, NULL) < 0 || fs_stat(d, name, &now, NULL) < 0 ||
	    ((now.mode ^ id->mode) & S_IFMT) != 0)
		return 0;
	return S_ISDIR(now.mode) || (S_ISREG(now.mode) &&
	    now.size == id->size && now.mtime == id->mtime);
}

static int
read_link(const struct fs_dir *d, const char *name, struct buf *out,
    struct err *e)
{
	ssize_t n;

	buf_room(out, 65536);
	n = readlinkat(d->fd, name, (char *)out->data, 65535);
	if (n < 0)
		return err_sys(e, "read the symlink");
	out->len = (size_t)n;
	buf_str(out);
	return 0;
}

/* One entry of the staging folder d, to the same name in dir. */
static int
plan_entry(struct getting *k, const struct fs_dir *d, const char *name,
    const char *dir, struct err *e)
{
	CLEAN_BUF struct buf extra = {0}, link = {0}, from = {0}, to = {0};
	CLEAN_FREE char *real = fs_real_path(dir);
	struct op op = { .kind = OP_COPY, .from = name, .to = name, .text = "",
	    .flags = OP_RESTORES };

	if (fs_stat(d, name, &op.id, e) < 0)
		return -1;
	if (is_there(dir, name, &op.id)) {
		if (S_ISDIR(op.id.mode))
			return 0;
		buf_addf(&from, "%s/%s", d->path, name);
		buf_addf(&to, "%s/%s", dir, name);
		tell(k, OP_SKIPPED, buf_str(&from), buf_str(&to),
		    "it is there, as it was");
		return 0;
	}
	if (S_ISLNK(op.id.mode)) {
		if (read_link(d, name, &link, e) < 0)
			return -1;
		op.kind = OP_SYMLINK;
		op.text = buf_str(&link);
		op.id = (struct fs_id){0};
	} else if (S_ISDIR(op.id.mode)) {
		op.kind = OP_MKDIR;
		op.id.mode |= 0700;	/* files are to go into it */
	} else if (!S_ISREG(op.id.mode))
		return err_set(e, ERR_USAGE, "what is neither file nor folder is "
		    "brought back by restore only");
	pack_conflict(&extra, name);
	op.extra = extra.data;
	op.extra_len = extra.len;
	op.from_dir = plan_add_dir(k->p, d->real);
	op.to_dir = plan_add_dir(k->p, real);
	op.why = plan_add_text(k->p, "restored from a snapshot");
	k->n++;
	return plan_add(k->p, &op, e);
}

static void
plan_or_tell(struct getting *k, const struct fs_dir *d, const char *name,
    const char *dir)
{
	CLEAN_BUF struct buf staged = {0}, from = {0};
	struct err e = {0};

	if (plan_entry(k, d, name, dir, &e) == 0)
		return;
	buf_addf(&staged, "%s/%s", d->path, name);
	came_from(k, buf_str(&staged), &from);
	tell(k, OP_FAILED, buf_str(&from), dir, e.text);
}

/* All of the staging folder; its own path becomes dir. */
static int
plan_all(struct getting *k, struct err *e)
{
	const struct walk_options o = { .max_depth = -1 };
	struct walk_dir d;
	struct walk *w;
	size_t i;
	int r;

	if (walk_open(&walk_disk, k->staging, &o, &w, e) < 0)
		return -1;
	while ((r = walk_next(w, &d, e)) == 1) {
		CLEAN_FREE char *dir = xasprintf("%s%s",
		    strcmp(k->dir, "/") == 0 ? "" : k->dir,
		    d.path + strlen(k->staging));

		for (i = 0; d.dir != NULL && i < d.list.n; i++)
			plan_or_tell(k, d.dir, d.list.v[i].name,
			    *dir != '\0' ? dir : "/");
	}
	walk_free(w);
	return r;
}

static int
put(struct getting *k, struct err *e)
{
	const struct apply_options o = { .catalog = k->g->h->catalog,
	    .run = k->g->out->run, .stop = k->g->k->stop,
	    .stop_arg = k->g->k->arg };
	const struct apply_report r = { on_op, k->g->report.progress, k };
	int ret;

	k->p = plan_new(-1);
	plan_add_job(k->p, k->j->name, "restore", 0);
	ret = plan_all(k, e);
	if (ret == 0 && k->n > 0)
		ret = apply_plan(k->p, &o, &r, e);
	plan_free(k->p);
	return ret;
}

/* ---- the staging folder ---- */
/* What was left by one that was killed goes. */
static void
clear_old(const struct fs_dir *cache)
{
	struct fs_names l;
	size_t i;
	long pid;

	if (fs_list(cache, &l, NULL) < 0)
		return;
	for (i = 0; i < l.n; i++) {
		if (strncmp(l.v[i].name, STAGING, strlen(STAGING)) != 0)
			continue;
		pid = strtol(l.v[i].name + strlen(STAGING), NULL, 10);
		if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			tree_away(cache, l.v[i].name, NULL);
	}
	fs_names_free(&l);
}

int
vault_get(struct side *g, const struct job *j, const struct id *tree,
    const char *snapshot, const char *source, const char *dir, struct err *e)
{
	CLEAN_DIR struct fs_dir *cache = NULL, *made = NULL;
	CLEAN_FREE char *name = xasprintf(STAGING "%ld", (long)getpid());
	CLEAN_FREE char *staging = NULL;
	struct getting k = { .g = g, .j = j, .snapshot = snapshot,
	    .source = source, .name = strrchr(source, '/') + 1, .dir = dir };
	int r;

	if (fs_dir_open(g->h->s->cache_dir, &cache, e) < 0)
		return -1;
	clear_old(cache);
	tree_away(cache, name, NULL);
	if (place_folder(cache, name, &made, e) < 0)
		return -1;
	k.staging = staging = xstrdup(made->path);
	r = bring(&k, tree, e);
	if (r == 0)
		r = put(&k, e);
	tree_away(cache, name, NULL);
	return r;
}
