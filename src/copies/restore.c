/*
 * restore.c -- bringing files back out of a copy.
 *
 * To a target that is not there yet, the copy is built as a new tree and shown
 * by one rename.  Otherwise it is a plan, done by apply like any other: nothing
 * is overwritten, a taken name gets the next one, and it can be undone.  What
 * is there already, as it was, is left alone.
 *
 * Below the target (or the source path) no symlink is followed.
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
#include "copies/restoring.h"
#include "fs/dir.h"
#include "fs/who.h"
#include "plan/conflict.h"
#include "rules/name.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* What of path lies below top: NULL if nothing, else "" or "/...". */
static const char *
below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (strncmp(path, top, n) != 0)
		return NULL;
	if (n > 0 && top[n - 1] == '/')
		n--;
	return path[n] == '\0' || path[n] == '/' ? path + n : NULL;
}

/* Was this entry asked for, by its source or by its path in the copy?  The
 * path that did, and what of the entry lies below it. */
static const char *
asked(const struct restoring *s, const struct copy_entry *en, const char **rest)
{
	const char *p;
	size_t i;

	for (i = 0; i < s->what->n_paths; i++) {
		p = s->what->paths[i];
		*rest = below(*p == '/' ? en->source : en->path, p);
		if (*rest != NULL)
			return p;
	}
	return NULL;
}

static const char *
last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where an entry goes: 1, or 0 if it was not asked for.  *base is how much of
 * it may be reached by symlinks. */
static int
goal(const struct restoring *s, const struct copy_entry *en, struct buf *to,
    size_t *base)
{
	const char *target = s->what->target, *rest = "", *p = NULL;

	if (s->what->n_paths > 0 && (p = asked(s, en, &rest)) == NULL)
		return 0;
	buf_reset(to);
	if (*target == '\0') {
		buf_adds(to, en->source);
		*base = en->root_len;
		return 1;
	}
	*base = strlen(target);
	buf_addf(to, "%s/", strcmp(target, "/") == 0 ? "" : target);
	if (p == NULL)
		buf_adds(to, en->path);
	else	/* a folder that was asked for keeps its name and its inside */
		buf_addf(to, "%s%s", last_of(p), rest);
	return 1;
}

/* ---- telling ---- */
static void
tell(struct restoring *s, enum op_state state, const struct copy_entry *en,
    const char *to, const char *why)
{
	CLEAN_BUF struct buf from = {0};
	struct op op = { .kind = OP_COPY, .state = state, .from_dir = PLAN_NONE,
	    .to_dir = PLAN_NONE, .from = "", .to = "", .text = "",
	    .error = state == OP_SKIPPED };

	buf_addf(&from, "%s/%s/%s", s->c->place, s->name, en->path);
	s->r->op(s->r->arg, &op, buf_str(&from), to, why);
	s->n += state == OP_DONE;
}

void
restoring_tell(struct restoring *s, enum op_state state,
    const struct copy_entry *en, const char *why)
{
	CLEAN_BUF struct buf to = {0};
	size_t base;

	goal(s, en, &to, &base);
	tell(s, state, en, buf_str(&to), why);
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

/* Hold the first base bytes of dir, opened as any path is: 1, 0, -1. */
static int
hold_base(struct restoring *s, const char *dir, size_t base, struct err *e)
{
	CLEAN_FREE char *top = xstrndup(dir, base > 0 ? base : 1);
	struct err why = {0};

	if (s->out_path != NULL && strcmp(s->out_path, top) == 0)
		return 1;
	hand_fini(&s->out);
	free(s->out_path);
	s->out_path = NULL;
	if (fs_dir_read(top, &s->out.top, &why) == 0) {
		s->out_path = xstrdup(top);
		return 1;
	}
	if (why.kind == ERR_NOENT)
		return 0;
	*e = why;
	return -1;
}

/*
 * Hold the folder dir, in which something goes: 1 and *out, 0 if it is not
 * there yet, -1.
 */
static int
hold_goal(struct restoring *s, const char *dir, size_t base,
    const struct fs_dir **out, struct err *e)
{
	size_t len = strlen(dir);
	CLEAN_FREE char *inside = NULL;
	struct err why = {0};
	const char *name;
	int r;

	base = base < len ? base : len;	/* the source path itself is a file */
	if ((r = hold_base(s, dir, base, e)) != 1)
		return r;
	dir += base;
	inside = xasprintf("%s/", dir + (*dir == '/'));
	*out = *inside == '/' ? s->out.top :
	    hand_folder(&s->out, inside, &name, &why);
	if (*out != NULL)
		return 1;
	if (why.kind == ERR_NOENT)
		return 0;
	*e = why;
	return -1;
}

/* Is the very thing there already? */
static int
is_there(const struct fs_dir *d, const char *name, const struct copy_entry *en,
    const struct fs_id *id)
{
	struct fs_id now;

	if (fs_stat(d, name, &now, NULL) < 0 ||
	    ((now.mode ^ id->mode) & S_IFMT) != 0)
		return 0;
	if (S_ISDIR(now.mode))
		return 1;
	return (en->kind == 'f' || en->kind == 'h') && now.size == id->size &&
	    now.mtime == id->mtime;
}

static void
fill_op(struct op *op, const struct copy_entry *en)
{
	if (en->kind == 'l') {
		op->kind = OP_SYMLINK;
		op->text = en->target;
		op->id = (struct fs_id){0};
	} else if (en->kind == 'd') {
		op->kind = OP_MKDIR;
		op->id.mode |= 0700;	/* files are to go into it */
	}
}

/* The folder of `to` as plans name it: its base without symlinks. */
static int
real_dir(struct restoring *s, struct plan *p, const char *dir, size_t base,
    uint32_t *out, struct err *e)
{
	size_t len = strlen(dir);
	CLEAN_FREE char *top = NULL;
	CLEAN_BUF struct buf b = {0};

	base = base < len ? base : len;
	top = xstrndup(dir, base);
	if (s->real_of == NULL || strcmp(s->real_of, top) != 0) {
		free(s->real_of);
		free(s->real);
		s->real_of = s->real = NULL;
		if (fs_way(base > 0 ? top : "/", &s->real, e) < 0)
			return -1;
		s->real_of = xstrdup(top);
	}
	buf_addf(&b, "%s%s", strcmp(s->real, "/") == 0 ? "" : s->real,
	    dir + base);
	*out = plan_add_dir(p, b.len > 0 ? buf_str(&b) : "/");
	return 0;
}

/* One entry, to path `to`: planned, or told as it stands. */
static int
plan_entry(struct restoring *s, const struct copy_entry *en, struct buf *to,
    size_t base, struct plan *p, struct err *e)
{
	CLEAN_BUF struct buf from = {0}, extra = {0};
	struct op op = { .kind = OP_COPY, .text = "", .flags = OP_RESTORES };
	const char *name;
	const struct fs_dir *d = hand_folder(&s->in, en->path, &name, e);
	const struct fs_dir *out;
	char *slash;
	int r;

	if (d == NULL || fs_stat(d, name, &op.id, e) < 0)
		return -1;
	buf_addf(&from, "%s/%s/%s", s->place->real, s->name, en->path);
	buf_str(&from);
	slash = strrchr((char *)from.data, '/');
	*slash = '\0';
	op.from_dir = plan_add_dir(p, (char *)from.data);
	op.from = name;
	buf_str(to);
	slash = strrchr((char *)to->data, '/');
	op.to = slash + 1;
	*slash = '\0';
	r = hold_goal(s, (char *)to->data, base, &out, e);
	if (r < 0)
		return -1;
	*slash = '/';
	if (r == 1 && is_there(out, op.to, en, &op.id)) {
		if (en->kind != 'd')
			tell(s, OP_SKIPPED, en, buf_str(to),
			    "it is there, as it was");
		return 0;
	}
	*slash = '\0';
	if (real_dir(s, p, (char *)to->data, base, &op.to_dir, e) < 0)
		return -1;
	pack_conflict(&extra, op.to);
	op.extra = extra.data;
	op.extra_len = extra.len;
	op.why = plan_add_text(p, "restored from a copy");
	fill_op(&op, en);
	r = plan_add(p, &op, e);
	*slash = '/';
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
plan_all(struct restoring *s, struct plan *p, struct err *e)
{
	CLEAN_BUF struct buf to = {0};
	struct manifest_entry en;
	struct err why = {0};
	size_t base, asked_for = 0;
	char q[QUOTE_SIZE];
	int r;

	while ((r = manifest_next(s->m, &en, e)) == 1) {
		if (!goal(s, &en.en, &to, &base))
			continue;
		asked_for++;
		if (en.en.kind == 'p')
			tell(s, OP_SKIPPED, &en.en, buf_str(&to),
			    "a fifo is only restored with a whole copy");
		else if (plan_entry(s, &en.en, &to, base, p, &why) < 0)
			tell(s, OP_FAILED, &en.en, buf_str(&to), why.text);
	}
	if (r == 0 && asked_for == 0)
		return err_set(e, ERR_NOENT, "copy %s holds none of that",
		    quote_to(q, sizeof(q), s->name));
	return r;
}

static int
as_plan(struct restoring *s, struct err *e)
{
	struct apply_options o = { .catalog = s->env->catalog,
	    .run = s->env->run, .min_free_percent = s->env->min_free_percent,
	    .stop = s->env->stop, .stop_arg = s->env->stop_arg };
	struct apply_report r = { count_op, NULL, s };
	struct plan *p = plan_new(-1);
	int ret;

	plan_add_job(p, s->c->name, "restore", 0);
	ret = plan_all(s, p, e);
	if (ret == 0)
		ret = apply_plan(p, &o, &r, e);
	plan_free(p);
	return ret;
}

static int
restore(struct restoring *s, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *parent = NULL;
	CLEAN_FREE char *dir = NULL;
	const char *target = s->what->target, *slash = strrchr(target, '/');
	struct fs_id id;

	if (slash == NULL || slash[1] == '\0' || s->what->n_paths > 0)
		return as_plan(s, e);
	dir = xstrndup(target, slash == target ? 1 : (size_t)(slash - target));
	/* A tree is ours; below another's folder all is his, piece by piece. */
	if (fs_owner(dir) != fs_who())
		return as_plan(s, e);
	if (fs_dir_open(dir, &parent, e) < 0)
		return -1;
	if (fs_stat(parent, slash + 1, &id, NULL) == 0)
		return as_plan(s, e);
	return restore_tree(s, parent, slash + 1, e);
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
	    manifest_open(s.place, s.name, &s.m, e) == 0 &&
	    manifest_verify(s.m, e) == 0 &&
	    fs_dir_below(s.place, s.name, &s.in.top, e) == 0)
		ret = restore(&s, e);
	*restored = s.n;
	manifest_close(s.m);
	hand_fini(&s.in);
	hand_fini(&s.out);
	free(s.out_path);
	free(s.real_of);
	free(s.real);
	fs_dir_free(s.place);
	free(s.name);
	return ret;
}
