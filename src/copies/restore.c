/*
 * restore.c -- bringing files back out of a copy.
 *
 * To a target that is not there yet, the copy (or the paths asked for) is built
 * as a new tree and shown by one rename.  Otherwise it is a plan of OP_COPY
 * operations, done by apply like any other: nothing is overwritten, a taken
 * name gets the next one, and it can be undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/tree.h"
#include "catalog/catalog.h"
#include "copies/impl.h"
#include "fs/dir.h"
#include "plan/conflict.h"
#include "rules/name.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

struct restoring {
	const struct copies	*c;
	const struct copies_env	*env;
	const struct copies_restore *what;
	const struct apply_report *r;
	struct fs_dir		*place, *top;
	char			*name;
	struct manifest		 m;
	uint64_t		 n;		/* done */
};

static int
below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/');
}

/* Was this entry asked for, by its source or by its path in the copy? */
static int
is_asked(const struct restoring *s, const struct copy_entry *en)
{
	size_t i;

	for (i = 0; i < s->what->n_paths; i++) {
		const char *p = s->what->paths[i];

		if (*p == '/' ? below(en->source, p) : below(en->path, p))
			return 1;
	}
	return s->what->n_paths == 0;
}

/* ---- as a plan ---- */
static void
pack_conflict(struct buf *out, const char *name)
{
	size_t len = strlen(name), stem = name_stem(name, len);
	CLEAN_FREE char *s = xstrndup(name, stem);
	struct conflict c = { .mode = CONFLICT_RENAME, .stem = s,
	    .separator = " ", .extension = name + stem, .first = 2 };

	conflict_pack(out, &c);
}

/*
 * Does a symlink lie on the way from top down to dir?  What is restored goes
 * where the copy was made, never where somebody points it meanwhile.
 */
static int
led_astray(const char *top, const char *dir, struct err *e)
{
	struct fs_dir *d, *next;
	size_t n = strlen(top), len;
	struct fs_id id;
	int r = 0;

	if (strncmp(dir, top, n) != 0 || fs_dir_open(top, &d, NULL) < 0)
		return 0;	/* then nothing is there to be astray in */
	for (dir += n; r == 0; dir += len) {
		dir += strspn(dir, "/");
		len = strcspn(dir, "/");
		CLEAN_FREE char *name = xstrndup(dir, len);

		if (len == 0 || fs_stat(d, name, &id, NULL) < 0)
			break;
		if (S_ISLNK(id.mode))
			r = err_set(e, ERR_CHANGED, "a symlink lies in the way: "
			    "%.200s in %.200s", name, d->path);
		else if (fs_dir_below(d, name, &next, e) < 0)
			r = -1;
		else {
			fs_dir_free(d);
			d = next;
		}
	}
	fs_dir_free(d);
	return r;
}

/* The folder that holds everything restored: the target, or the source. */
static const char *
top_of(const struct restoring *s, const char *source)
{
	size_t i;

	if (*s->what->target != '\0')
		return s->what->target;
	for (i = 0; i < s->c->n_paths; i++)
		if (below(source, s->c->paths[i]))
			return s->c->paths[i];
	return source;
}

/* The folder and name to which an entry goes, and the real top it stays in. */
static char *
goal(const struct restoring *s, const struct copy_entry *en, struct buf *dir,
    const char **name)
{
	const char *top = top_of(s, en->source), *slash;
	char *real = fs_real_path(top);

	buf_adds(dir, real);
	if (*s->what->target == '\0')
		buf_adds(dir, en->source + strlen(top));
	else if (s->what->n_paths > 0)
		buf_adds(dir, strrchr(en->source, '/'));
	else
		buf_addf(dir, "/%s", en->path);
	slash = strrchr(buf_str(dir), '/');
	*name = slash + 1;
	return real;
}

static int
plan_entry(struct restoring *s, const struct copy_entry *en, struct plan *p,
    struct err *e)
{
	CLEAN_BUF struct buf from = {0}, to = {0}, extra = {0};
	struct op op = { .kind = OP_COPY, .text = "" };
	CLEAN_FREE char *top = NULL, *source = NULL;
	const char *slash, *name;
	struct fs_dir *d;
	int r;

	source = fs_real_path(s->c->place);
	buf_addf(&from, "%s/%s/%s", source, s->name, en->path);
	slash = strrchr(buf_str(&from), '/');
	op.from = slash + 1;
	top = goal(s, en, &to, &name);
	op.to = name;
	pack_conflict(&extra, name);
	op.extra = extra.data;
	op.extra_len = extra.len;
	op.why = plan_add_text(p, "restored from a copy");
	from.data[slash - (const char *)from.data] = '\0';
	to.data[name - 1 - (const char *)to.data] = '\0';
	op.from_dir = plan_add_dir(p, (const char *)from.data);
	op.to_dir = plan_add_dir(p, *(const char *)to.data ?
	    (const char *)to.data : "/");
	if (led_astray(top, (const char *)to.data, e) < 0 ||
	    fs_dir_open((const char *)from.data, &d, e) < 0)
		return -1;
	r = fs_stat(d, op.from, &op.id, e);
	fs_dir_free(d);
	return r < 0 ? -1 : plan_add(p, &op, e);
}

/* ---- as a new tree ---- */
static int
tree_entry(struct restoring *s, struct tree *t, const struct copy_entry *en,
    struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *sub = NULL;
	const char *slash = strrchr(en->path, '/');
	CLEAN_FREE char *dir = slash ? xstrndup(en->path,
	    (size_t)(slash - en->path)) : NULL;
	const char *name = slash ? slash + 1 : en->path;
	CLEAN_FD int fd = -1;
	struct fs_dir *d = s->top;
	struct fs_id id;

	if (en->kind == 'h')
		return tree_link(t, en->path, en->target, e);
	if (dir != NULL) {
		if (fs_dir_below(s->top, dir, &sub, e) < 0)
			return -1;
		d = sub;
	}
	if (fs_stat(d, name, &id, e) < 0)
		return -1;
	if (en->kind == 'd')
		return tree_folder(t, en->path, e);
	if (en->kind == 'l')
		return tree_symlink(t, en->path, en->target, &id, e);
	if (en->kind == 'p')
		return tree_fifo(t, en->path, &id, e);
	fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %.200s", en->path);
	return tree_file(t, en->path, fd, &id, NULL, e);
}

static void
tell(struct restoring *s, enum op_state state, const struct copy_entry *en,
    const char *why)
{
	CLEAN_BUF struct buf from = {0}, to = {0};
	struct op op = { .kind = OP_COPY, .state = state, .from_dir = PLAN_NONE,
	    .to_dir = PLAN_NONE, .from = "", .to = "", .text = "" };

	buf_addf(&from, "%s/%s/%s", s->c->place, s->name, en->path);
	buf_addf(&to, "%s/%s", s->what->target, en->path);
	s->r->op(s->r->arg, &op, buf_str(&from), buf_str(&to), why);
	s->n += state == OP_DONE;
}

static int
folder_metas(struct restoring *s, struct tree *t, struct err *e)
{
	struct fs_dir *d;
	struct fs_id id;
	size_t i;
	int r;

	for (i = s->m.n; i-- > 0;) {
		if (s->m.v[i].en.kind != 'd')
			continue;
		if (fs_dir_below(s->top, s->m.v[i].en.path, &d, e) < 0)
			return -1;
		r = fs_stat_fd(d, d->fd, &id, e);
		if (r == 0)
			r = tree_folder_meta(t, s->m.v[i].en.path, d->fd, &id, e);
		fs_dir_free(d);
		if (r < 0)
			return -1;
	}
	if (fs_stat_fd(s->top, s->top->fd, &id, e) < 0)
		return -1;
	return tree_folder_meta(t, "", s->top->fd, &id, e);
}

static int
as_tree(struct restoring *s, struct fs_dir *parent, const char *name,
    struct err *e)
{
	struct tree_options o = { .catalog = s->env->catalog,
	    .run = s->env->run, .job = s->env->job,
	    .why = "restored from a copy", .event = EVENT_RESTORED };
	struct tree *t;
	struct err why = {0};
	size_t i;
	int r;

	if (tree_start(parent, name, &o, &t, e) < 0)
		return -1;
	for (i = 0; i < s->m.n; i++) {
		r = tree_entry(s, t, &s->m.v[i].en, &why);
		if (r < 0 && why.kind == ERR_FULL) {
			*e = why;
			tree_free(t);
			return -1;
		}
		if (s->m.v[i].en.kind != 'd' || r < 0)
			tell(s, r < 0 ? OP_FAILED : OP_DONE, &s->m.v[i].en,
			    r < 0 ? why.text : "");
	}
	r = folder_metas(s, t, e);
	if (r == 0)
		r = tree_commit(t, e);
	tree_free(t);
	return r;
}

static void
count_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct restoring *s = arg;

	s->n += op->state == OP_DONE;
	s->r->op(s->r->arg, op, from, to, error);
}

static int
as_plan(struct restoring *s, struct err *e)
{
	struct apply_options o = { .catalog = s->env->catalog,
	    .run = s->env->run, .min_free_percent = s->env->min_free_percent,
	    .stop = s->env->stop, .stop_arg = s->env->stop_arg };
	struct apply_report r = { count_op, NULL, s };
	struct plan *p = plan_new(-1);
	struct err why = {0};
	size_t i, asked = 0;
	int ret = 0;

	plan_add_job(p, s->c->name, "restore", 0);
	for (i = 0; i < s->m.n && ret == 0; i++) {
		if (s->m.v[i].en.kind == 'd' || !is_asked(s, &s->m.v[i].en))
			continue;
		asked++;
		if (plan_entry(s, &s->m.v[i].en, p, &why) < 0)
			tell(s, OP_FAILED, &s->m.v[i].en, why.text);
	}
	if (asked == 0)
		ret = err_set(e, ERR_NOENT, "copy %.200s holds none of that",
		    s->name);
	else
		ret = apply_plan(p, &o, &r, e);
	plan_free(p);
	return ret;
}

static int
restore(struct restoring *s, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *parent = NULL;
	CLEAN_FREE char *dir = NULL;
	const char *slash = strrchr(s->what->target, '/');
	struct fs_id id;

	if (slash == NULL || s->what->n_paths > 0)
		return as_plan(s, e);
	dir = xstrndup(s->what->target, slash == s->what->target ? 1 :
	    (size_t)(slash - s->what->target));
	if (fs_dir_open(dir, &parent, e) < 0)
		return -1;
	if (fs_stat(parent, slash + 1, &id, NULL) == 0)
		return as_plan(s, e);
	return as_tree(s, parent, slash + 1, e);
}

int
copies_restore(const struct copies *c, const struct copies_env *env,
    const struct copies_restore *what, const struct apply_report *r,
    uint64_t *restored, struct err *e)
{
	struct restoring s = { .c = c, .env = env, .what = what, .r = r };
	int ret = -1;

	if (copies_hold(c, &s.place, e) == 0 &&
	    copies_pick(c, s.place, what->name, what->as_of, &s.name, e) == 0 &&
	    manifest_load(s.place, s.name, &s.m, e) == 0 &&
	    fs_dir_below(s.place, s.name, &s.top, e) == 0)
		ret = restore(&s, e);
	*restored = s.n;
	manifest_fini(&s.m);
	fs_dir_free(s.top);
	fs_dir_free(s.place);
	free(s.name);
	return ret;
}
