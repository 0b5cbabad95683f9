/*
 * plan.c -- which files are old, and where they go.
 *
 * Hidden files and folders are left alone (a home folder's settings are old,
 * too), and so are symlinks, special files and what is still being written.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "apply/destination.h"
#include "archive/impl.h"
#include "fs/dir.h"
#include "fs/who.h"
#include "fs/writing.h"
#include "glob/glob.h"
#include "plan/conflict.h"
#include "plan/overlay.h"
#include "rules/name.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/map.h"
#include "util/set64.h"
#include "util/span.h"
#include "util/xalloc.h"
#include "walk/walk.h"

#define CHUNK		4096
#define NS_PER_US	1000

struct planning {
	const struct archive	*a;
	const struct archive_env *env;
	struct overlay		*o;
	struct plan		*p;
	uint32_t		 job;
	size_t			 top_len;	/* of the location's path */
	struct fs_sides		 sides;		/* of the folder in hand */
	uint64_t		 files;
	struct buf		 to_dir, extra, name;
	struct emptied {			/* folders that may be empty then */
		char		*path;
		uint64_t	 left;		/* names that stay in it */
		struct fs_id	 id;
	}			*dirs;
	size_t			 n_dirs, cap_dirs;
	struct map		 by_dir;	/* path -> index of dirs */
	struct map		 members;	/* bundle NUL member */
	struct map		 bundles;	/* month -> which of its names */
	struct err		*e;
};

static int
is_excluded(struct glob *const *v, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (glob_match(v[i], name, strlen(name)))
			return 1;
	return 0;
}

static int
enter(void *arg, const char *path, const char *name, int depth)
{
	const struct planning *g = arg;
	CLEAN_BUF struct buf abs = {0};
	const char *const *out;

	(void)depth;
	if (name[0] == '.' ||
	    is_excluded(g->a->exclude_dirs, g->a->n_dirs, name))
		return 0;
	buf_addf(&abs, "%s/%s", path, name);
	if (strcmp(buf_str(&abs), g->a->to) == 0)
		return 0;
	for (out = g->env->leave_out; out != NULL && *out != NULL; out++)
		if (strcmp(buf_str(&abs), *out) == 0)
			return 0;
	return 1;
}

/* The time that counts, in nanoseconds; 0 where it is not known. */
static int64_t
stamp(const struct archive *a, const struct fs_id *id)
{
	switch (a->by) {
	case BY_ADDED:
		return id->btime > id->mtime ? id->btime : id->mtime;
	case BY_ATIME:
		return id->atime;
	case BY_CTIME:
		return id->ctime;
	case BY_BIRTH:
		return id->btime;
	case BY_MTIME:
		break;
	}
	return id->mtime;
}

static int
is_old(const struct planning *g, const struct fs_id *id)
{
	int64_t t = stamp(g->a, id);

	if (t == 0 && g->a->by == BY_BIRTH)
		return 0;	/* the file system does not know */
	return g->env->now - t / NS_PER_US >= g->a->older_than;
}

static uint64_t
done_key(const struct planning *g, const struct fs_id *id)
{
	return plan_done_key(g->a->hash, id);
}

void
archive_takes_text(const struct archive *a, struct buf *out)
{
	static const char *const words[] = {
		[BY_MTIME] = "last changed", [BY_ADDED] = "added",
		[BY_ATIME] = "last read", [BY_CTIME] = "status changed",
		[BY_BIRTH] = "made",
	};

	buf_addf(out, "%s more than ", words[a->by]);
	span_print(out, a->older_than, 2);
	buf_adds(out, " ago");
}

static const char *
because(struct planning *g)
{
	buf_reset(&g->name);
	archive_takes_text(g->a, &g->name);
	return buf_str(&g->name);
}

/* The next free name for a taken one, and how apply goes on from there. */
static int
free_name(struct planning *g, const char *dir, const char *name, char *out,
    size_t size)
{
	size_t len = strlen(name), stem = name_stem(name, len);
	CLEAN_FREE char *s = xstrndup(name, stem);
	CLEAN_BUF struct buf b = {0};
	struct conflict c = { .mode = CONFLICT_RENAME, .stem = s,
	    .separator = " ", .extension = name + stem, .first = 2 };
	uint64_t n;
	int taken;

	buf_reset(&g->extra);
	conflict_pack(&g->extra, &c);
	buf_adds(&b, name);
	for (n = 2; ; n++) {
		taken = overlay_taken(g->o, dir, buf_str(&b), g->e);
		if (taken < 0)
			return -1;
		if (!taken)
			break;
		buf_reset(&b);
		if (conflict_name(&c, n, &b) < 0)
			return err_set(g->e, ERR_EXISTS, "no free name");
	}
	snprintf(out, size, "%s", buf_str(&b));
	return 0;
}

/* The folder below `to` in which a file of this folder goes. */
static const char *
target_dir(struct planning *g, const char *path)
{
	buf_reset(&g->to_dir);
	buf_addf(&g->to_dir, "%s%s", g->a->to, path + g->top_len);
	return buf_str(&g->to_dir);
}

/*
 * The path of a file within its bundle, into extra.  Two locations may have
 * the same relative path: the second gets the next name.
 */
static int
name_member(struct planning *g, const char *path, const char *name,
    const char *bundle)
{
	size_t len = strlen(name), stem = name_stem(name, len), folder;
	CLEAN_FREE char *s = xstrndup(name, stem);
	struct conflict c = { .mode = CONFLICT_RENAME, .stem = s,
	    .separator = " ", .extension = name + stem, .first = 2 };
	CLEAN_BUF struct buf key = {0};
	uint64_t n;
	int added;

	buf_reset(&g->extra);
	buf_addf(&g->extra, "%s%s", path + g->top_len +
	    (path[g->top_len] == '/'), path[g->top_len] ? "/" : "");
	folder = g->extra.len;
	buf_adds(&g->extra, name);
	for (n = 2;; n++) {
		record_key(&key, bundle, buf_str(&g->extra));
		map_add(&g->members, key.data, key.len, &added);
		if (added)
			return 0;
		g->extra.len = folder;
		if (conflict_name(&c, n, &g->extra) < 0)
			return err_set(g->e, ERR_EXISTS, "no free name");
	}
}

/*
 * The bundle of a month.  One that is there already is whole and stays as it
 * is: the month's next name is taken, the same for all of this plan.
 */
static int
name_bundle(struct planning *g, const struct fs_look *l, char *out,
    size_t size)
{
	time_t t = (time_t)(l->id.mtime / 1000000000);
	CLEAN_BUF struct buf b = {0};
	struct conflict c = { .mode = CONFLICT_RENAME, .separator = " ",
	    .extension = ".tar.zst", .first = 2 };
	char month[16];
	uint64_t *n;
	struct tm tm;
	int added, taken = 0;

	gmtime_r(&t, &tm);
	strftime(month, sizeof(month), "%Y-%m", &tm);
	c.stem = month;
	n = map_add(&g->bundles, month, strlen(month), &added);
	if (added)
		*n = 1;
	for (;; ++*n) {
		buf_reset(&b);
		if (*n == 1)
			buf_addf(&b, "%s%s", month, c.extension);
		else if (conflict_name(&c, *n, &b) < 0)
			return err_set(g->e, ERR_EXISTS, "no free name");
		if (added)
			taken = overlay_taken(g->o, g->a->to, buf_str(&b),
			    g->e);
		if (taken <= 0)
			break;
	}
	snprintf(out, size, "%s", buf_str(&b));
	return taken;
}

static int
add_op(struct planning *g, const char *path, const struct fs_look *l,
    const char *error)
{
	struct op op = { .kind = OP_ARCHIVE, .job = g->job, .from = l->name,
	    .id = l->id, .text = "", .to_dir = PLAN_NONE, .to = "" };
	char name[NAME_BYTES + 1];
	const char *dir;

	op.from_dir = plan_add_dir(g->p, path);
	op.why = plan_add_text(g->p, because(g));
	if (error != NULL) {
		op.state = OP_SKIPPED;
		op.error = plan_add_text(g->p, error);
		return plan_add(g->p, &op, g->e);
	}
	op.flags = g->a->loose_meta ? 0 : OP_KEEP_META;
	op.done_key = done_key(g, &l->id);
	if (g->a->bundle) {
		op.kind = OP_BUNDLE;
		op.to_dir = plan_add_dir(g->p, g->a->to);
		if (name_bundle(g, l, name, sizeof(name)) < 0)
			return -1;
		op.to = name;
		overlay_remove(g->o, path, l->name);
		if (name_member(g, path, l->name, name) < 0)
			return -1;
		op.text = buf_str(&g->extra);
		return plan_add(g->p, &op, g->e);
	}
	dir = target_dir(g, path);
	if (free_name(g, dir, l->name, name, sizeof(name)) < 0)
		return -1;
	op.to_dir = plan_add_dir(g->p, dir);
	op.to = name;
	op.extra = g->extra.data;
	op.extra_len = g->extra.len;
	overlay_move(g->o, path, l->name, dir, name, &l->id, DT_REG);
	return plan_add(g->p, &op, g->e);
}

/* 1 if it goes, 0 if it stays, -1. */
static int
one_file(struct planning *g, const char *path, const struct fs_look *l)
{
	if (l->error != 0 || !S_ISREG(l->id.mode) || !is_old(g, &l->id))
		return 0;
	if (g->env->done != NULL && set64_has(g->env->done, done_key(g, &l->id)))
		return add_op(g, path, l, "already put away once and taken back; "
		    "run --again") < 0 ? -1 : 0;
	if (l->writing)
		return add_op(g, path, l, fs_writing_text(
		    (enum fs_writing)l->writing)) < 0 ? -1 : 0;
	return add_op(g, path, l, NULL) < 0 ? -1 : 1;
}

static int
is_candidate(const struct planning *g, const struct walk_entry *en)
{
	return en->type == DT_REG && en->name[0] != '.' &&
	    !is_excluded(g->a->exclude_files, g->a->n_files, en->name);
}

/* What an earlier rule brings here is looked at where it lies now. */
static void
look_at_note(struct fs_look *l, const struct walk_entry *en)
{
	const struct overlay_note *n = en->note;

	l->id = n->id;
	l->error = 0;
	l->writing = 0;
}

static int
one_chunk(struct planning *g, const struct walk_dir *d, size_t from, size_t n,
    uint64_t *left)
{
	CLEAN_FREE struct fs_look *v = xallocn(n, sizeof(*v));
	CLEAN_FREE struct fs_look *real = xallocn(n, sizeof(*real));
	CLEAN_FREE size_t *which = xallocn(n, sizeof(*which));
	size_t i, k = 0;
	int r;

	for (i = 0; i < n; i++) {
		const struct walk_entry *en = &d->list.v[from + i];

		v[i].name = en->name;
		v[i].error = -1;
		if (!is_candidate(g, en))
			continue;
		g->files++;
		if (en->note != NULL)
			look_at_note(&v[i], en);
		else {
			real[k].name = en->name;
			which[k++] = i;
		}
	}
	if (d->dir != NULL)
		fs_look_many(d->dir, real, k, 1);
	for (i = 0; i < k && d->dir != NULL; i++) {
		v[which[i]] = real[i];
		if (real[i].writing == FS_QUIET &&
		    fs_sides_has(&g->sides, real[i].name))
			v[which[i]].writing = FS_SIDE_FILE;
	}
	for (i = 0; i < n; i++) {
		r = one_file(g, d->path, &v[i]);
		if (r < 0)
			return -1;
		*left += r == 0;
	}
	return 0;
}

static int
one_folder(struct planning *g, const struct walk_dir *d)
{
	struct emptied *m;
	uint64_t left = 0;
	size_t i, n;
	int r = 0;

	for (i = 0; i < d->list.n; i++)
		fs_sides_add(&g->sides, d->list.v[i].name);
	for (i = 0; i < d->list.n && r == 0; i += n) {
		n = d->list.n - i < CHUNK ? d->list.n - i : CHUNK;
		r = one_chunk(g, d, i, n, &left);
	}
	fs_sides_fini(&g->sides);
	if (r < 0)
		return -1;
	if (d->depth == 0 || d->dir == NULL || d->list.n == 0)
		return 0;
	XGROW(g->dirs, g->n_dirs, g->cap_dirs);
	map_put(&g->by_dir, d->path, strlen(d->path), g->n_dirs);
	m = &g->dirs[g->n_dirs++];
	*m = (struct emptied){ .path = xstrdup(d->path), .left = left };
	return fs_stat_fd(d->dir, d->dir->fd, &m->id, g->e);
}

static struct emptied *
find_dir(struct planning *g, const char *path)
{
	uint64_t *at = map_get(&g->by_dir, path, strlen(path));

	return at != NULL ? &g->dirs[*at] : NULL;
}

/* Folders that the job empties, children first; a parent may follow. */
static int
add_rmdirs(struct planning *g)
{
	struct op op = { .kind = OP_RMDIR, .job = g->job, .to_dir = PLAN_NONE,
	    .to = "", .text = "", .flags = OP_DIR };
	struct emptied *parent;
	size_t i;
	char *slash;
	int r = 0;

	op.why = plan_add_text(g->p, "the job empties this folder");
	for (i = g->n_dirs; i-- > 0 && r == 0;) {
		if (g->dirs[i].left > 0)
			continue;
		slash = strrchr(g->dirs[i].path, '/');
		*slash = '\0';
		op.from = slash + 1;
		op.from_dir = plan_add_dir(g->p, g->dirs[i].path);
		op.id = g->dirs[i].id;
		overlay_remove(g->o, g->dirs[i].path, op.from);
		r = plan_add(g->p, &op, g->e);
		parent = find_dir(g, g->dirs[i].path);
		if (parent != NULL && parent->left > 0)
			parent->left--;
		*slash = '/';
	}
	return r;
}

/* A location that is not there, or cannot be read, is told. */
static int
add_absent(struct planning *g, const char *top, const char *why)
{
	const char *slash = strrchr(top, '/');
	CLEAN_FREE char *dir = xstrndup(top, slash == top ? 1 :
	    (size_t)(slash - top));
	struct op op = { .kind = OP_ARCHIVE, .state = OP_FAILED, .job = g->job,
	    .from = slash + 1, .to_dir = PLAN_NONE, .to = "", .text = "" };

	op.from_dir = plan_add_dir(g->p, dir);
	op.why = plan_add_text(g->p, "a location of the archive");
	op.error = plan_add_text(g->p, why);
	return plan_add(g->p, &op, g->e);
}

static int
one_location(struct planning *g, const char *top, size_t *absent)
{
	struct walk_options o = { .max_depth = g->a->subfolders ? -1 : 0,
	    .one_fs = 1, .enter = enter, .arg = g };
	CLEAN(fs_end) uid_t before = fs_who();
	struct walk *w;
	struct walk_dir d;
	struct err why = {0};
	int r;

	g->top_len = strcmp(top, "/") == 0 ? 0 : strlen(top);
	if (fs_be(fs_owner(top), &why) < 0 ||
	    walk_open(overlay_source(g->o), top, &o, &w, &why) < 0) {
		*absent += 1;
		return add_absent(g, top, why.text);
	}
	while ((r = walk_next(w, &d, g->e)) == 1) {
		if (d.depth == 0)	/* the walk's own spelling counts */
			g->top_len = strcmp(d.path, "/") == 0 ? 0 :
			    strlen(d.path);
		*absent += d.depth == 0 && d.error != NULL;
		if (d.error != NULL)
			r = add_absent(g, d.path, d.error->text);
		else
			r = one_folder(g, &d);
		if (r < 0)
			break;
	}
	walk_free(w);
	return r;
}

/* Its disk is not there: nothing is moved, one operation a location waits. */
static int
add_waiting(struct planning *g, const char *why)
{
	struct op op = { .kind = OP_ARCHIVE, .state = OP_WAITING, .job = g->job,
	    .text = "" };
	const char *from, *to = strrchr(g->a->to, '/');
	CLEAN_FREE char *to_dir = xstrndup(g->a->to, to == g->a->to ? 1 :
	    (size_t)(to - g->a->to));
	size_t i;
	int r = 0;

	op.to = to + 1;
	op.to_dir = plan_add_dir(g->p, to_dir);
	op.why = plan_add_text(g->p, "archive is due");
	op.error = plan_add_text(g->p, why);
	for (i = 0; i < g->a->n_locations && r == 0; i++) {
		from = strrchr(g->a->locations[i], '/');
		CLEAN_FREE char *dir = xstrndup(g->a->locations[i],
		    from == g->a->locations[i] ? 1 :
		    (size_t)(from - g->a->locations[i]));

		op.from_dir = plan_add_dir(g->p, dir);
		op.from = from + 1;
		r = plan_add(g->p, &op, g->e);
	}
	return r;
}

static char *
known_as(const struct archive *a)
{
	return xasprintf("%s\n\n%s", a->name, a->to);
}

int
archive_prepare(const struct archive *a, struct catalog *c, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *d = NULL;
	CLEAN_BUF struct buf why = {0};
	CLEAN_FREE char *as = known_as(a);
	CLEAN(fs_end) uid_t before = fs_who();

	if (fs_be(fs_owner(a->to), e) < 0)
		return -1;
	switch (destination_open(c, as, a->to, 1, &d, &why, e)) {
	case DESTINATION_HELD:
		return 0;
	case DESTINATION_FAILED:
		return -1;
	default:
		return err_set(e, ERR_ABSENT, "%s", buf_str(&why));
	}
}

static enum destination
look_at_destination(const struct archive *a, struct catalog *c,
    struct buf *why, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *to = NULL;
	CLEAN(fs_end) uid_t before = fs_who();
	CLEAN_FREE char *as = known_as(a);

	if (fs_be(fs_owner(a->to), e) < 0)
		return DESTINATION_FAILED;
	return destination_open(c, as, a->to, 0, &to, why, e);
}

int
archive_plan(const struct archive *a, const struct archive_env *env,
    struct overlay *o, struct plan *p, uint32_t job, size_t *locations,
    size_t *absent, struct err *e)
{
	struct planning g = { .a = a, .env = env, .o = o, .p = p, .job = job,
	    .e = e };
	CLEAN_BUF struct buf why = {0};
	size_t i;
	int r = 0;

	*locations = a->n_locations;
	*absent = 0;
	switch (look_at_destination(a, env->catalog, &why, e)) {
	case DESTINATION_FAILED:
		return -1;
	case DESTINATION_ABSENT:
		return add_waiting(&g, buf_str(&why));
	default:
		break;
	}
	for (i = 0; i < a->n_locations && r == 0; i++)
		r = one_location(&g, a->locations[i], absent);
	plan_count_files(p, job, g.files);
	if (r == 0 && a->remove_empty)
		r = add_rmdirs(&g);
	for (i = 0; i < g.n_dirs; i++)
		free(g.dirs[i].path);
	free(g.dirs);
	map_fini(&g.by_dir);
	map_fini(&g.members);
	map_fini(&g.bundles);
	buf_fini(&g.to_dir);
	buf_fini(&g.extra);
	buf_fini(&g.name);
	return r;
}
