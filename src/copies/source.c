/*
 * source.c -- walking what is to be copied: what is left out, what cannot be
 * read, in an order in which parents come before children.
 *
 * fettle's own folders are known by identity, not by spelling: a place of
 * copies reached by another path must not be copied into itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/destination.h"
#include "copies/impl.h"
#include "fs/dir.h"
#include "glob/glob.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "walk/walk.h"

#define CACHE_TAG	"Signature: 8a477f597d28d172789f06886806bc55"

static void
walk_free_clean(struct walk **w)
{
	walk_free(*w);
}

struct walking {
	const struct copies	*c;
	const struct source_report *r;
	size_t			 root;		/* which source */
	size_t			 top_len;	/* of its absolute path */
	struct buf		 path, abs;
	struct own {				/* folders of fettle's */
		uint64_t	 fs, ino;
	}			*own;
	size_t			 n_own, cap_own;
	const char		**in;		/* sub-folders to be entered, */
	size_t			 n_in, cap_in;	/* in the list's order */
	size_t			 next_in;
	struct err		 fatal;		/* what ended the walk */
};

/* ---- what is left out ---- */
static void
add_own(struct walking *w, const char *path)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *d = NULL;
	struct fs_id id;

	if (path == NULL || fs_dir_look(path, &d, NULL) < 0 ||
	    fs_stat_fd(d, d->fd, &id, NULL) < 0)
		return;
	XGROW(w->own, w->n_own, w->cap_own);
	w->own[w->n_own++] = (struct own){ id.fs, id.ino };
}

/* Does a destination hold nothing but copies?  Then it is left out whole; else
 * only the copies are, as the rest may be the user's. */
static int
is_only_ours(const char *base)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *d = NULL;
	struct fs_names names;
	struct fs_dir *own;
	size_t i;
	int r = 1;

	if (base == NULL || fs_dir_look(base, &d, NULL) < 0 ||
	    fs_list(d, &names, NULL) < 0)
		return 0;
	for (i = 0; i < names.n && r; i++) {
		CLEAN_FREE char *in = xasprintf("%s/" COPIES_OWN,
		    names.v[i].name);

		if (strcmp(names.v[i].name, DESTINATION_MARKER) == 0)
			continue;
		r = fs_dir_below(d, in, &own, NULL) == 0;
		if (r)
			fs_dir_free(own);
	}
	fs_names_free(&names);
	return r;
}

static int
is_own(const struct walking *w, const struct fs_id *id)
{
	size_t i;

	for (i = 0; i < w->n_own; i++)
		if (w->own[i].ino == id->ino && w->own[i].fs == id->fs)
			return 1;
	return 0;
}

static int
is_left_out(const struct walking *w, const char *abs, const struct fs_id *id)
{
	return (S_ISDIR(id->mode) && is_own(w, id)) ||
	    glob_list_match(w->c->exclude, abs, strlen(abs)) ||
	    S_ISSOCK(id->mode) || S_ISCHR(id->mode) || S_ISBLK(id->mode) ||
	    (S_ISREG(id->mode) && w->c->larger_than > 0 &&
	    id->size > w->c->larger_than);
}

/* Only what was copied as a folder is entered; the walk asks in the order of
 * its list. */
static int
enter(void *arg, const char *path, const char *name, int depth)
{
	struct walking *w = arg;

	(void)path;
	(void)depth;
	if (w->next_in >= w->n_in || w->in[w->next_in] != name)
		return 0;
	w->next_in++;
	return 1;
}

static int
is_cache(const struct fs_dir *d)
{
	char got[sizeof(CACHE_TAG) - 1];
	CLEAN_FD int fd = openat(d->fd, "CACHEDIR.TAG",
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && read(fd, got, sizeof(got)) == (ssize_t)sizeof(got) &&
	    memcmp(got, CACHE_TAG, sizeof(got)) == 0;
}

/* A folder of which only the shell is kept: a cache, or marked as left out. */
static int
is_hollow(const struct walking *w, const struct walk_dir *d)
{
	const char **name;
	struct fs_id id;

	if (w->c->caches && is_cache(d->dir))
		return 1;
	for (name = w->c->if_present; name != NULL && *name != NULL; name++)
		if (fs_stat(d->dir, *name, &id, NULL) == 0)
			return 1;
	return 0;
}

/* ---- one thing ---- */

/* Hand it on: 0, or -1 where the walk cannot go on. */
static int
hand_on(struct walking *w, const struct source_item *it)
{
	struct err e = {0};

	if (w->r->item(w->r->arg, it, &e) == 0)
		return 0;
	if (e.kind == ERR_FULL || e.kind == ERR_ABSENT ||
	    e.kind == ERR_STOPPED) {
		w->fatal = e;
		return -1;
	}
	w->r->failed(w->r->arg, it->abs, e.text);
	return 1;
}

/* abs and path of a name in folder dir_path. */
static void
name_it(struct walking *w, const char *dir_path, const char *name)
{
	const char *rel = dir_path + w->top_len;

	buf_reset(&w->abs);
	buf_adds(&w->abs, dir_path);
	if (strcmp(dir_path, "/") != 0)
		buf_addc(&w->abs, '/');
	buf_adds(&w->abs, name);
	rel += *rel == '/';
	buf_reset(&w->path);
	buf_adds(&w->path, w->c->at[w->root]);
	if (*rel != '\0') {
		if (w->path.len > 0)
			buf_addc(&w->path, '/');
		buf_adds(&w->path, rel);
	}
	if (w->path.len > 0)
		buf_addc(&w->path, '/');
	buf_adds(&w->path, name);
}

static int
one_item(struct walking *w, const struct walk_dir *d, const struct fs_look *l)
{
	struct source_item it = { .dir = d->dir, .name = l->name, .id = l->id };
	int r;

	name_it(w, d->path, l->name);
	it.abs = buf_str(&w->abs);
	it.path = buf_str(&w->path);
	if (l->error != 0) {
		if (l->error != ENOENT && !glob_list_match(w->c->exclude,
		    it.abs, w->abs.len))
			w->r->failed(w->r->arg, it.abs, strerror(l->error));
		return 0;
	}
	if (strcmp(l->name, DESTINATION_MARKER) == 0 ||
	    is_left_out(w, it.abs, &it.id))
		return 0;
	r = hand_on(w, &it);
	if (r == 0 && S_ISDIR(it.id.mode)) {
		XGROW(w->in, w->n_in, w->cap_in);
		w->in[w->n_in++] = l->name;
	}
	return r < 0 ? -1 : 0;
}

/* All of a folder's names: looked at at once, told one by one. */
static int
one_folder(struct walking *w, const struct walk_dir *d)
{
	CLEAN_FREE struct fs_look *looks = NULL;
	size_t i;

	w->n_in = w->next_in = 0;
	if (d->error != NULL) {
		w->r->failed(w->r->arg, d->path, d->error->text);
		return 0;
	}
	if (d->dir == NULL || is_hollow(w, d))
		return 0;
	looks = xallocn(d->list.n + 1, sizeof(*looks));
	for (i = 0; i < d->list.n; i++)
		looks[i].name = d->list.v[i].name;
	fs_look_many(d->dir, looks, d->list.n, 0);
	for (i = 0; i < d->list.n; i++) {
		if (w->r->stop != NULL && w->r->stop(w->r->arg))
			return err_set(&w->fatal, ERR_STOPPED, "stopped");
		if (one_item(w, d, &looks[i]) < 0)
			return -1;
	}
	return 0;
}

/* ---- one source ---- */

/*
 * A source that is a file: 1, or 0 if it is none.  A symlink to a file is
 * followed, as one to a folder is.
 */
static int
single_file(struct walking *w, const char *top)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *parent = NULL;
	CLEAN_FREE char *real = realpath(top, NULL);
	CLEAN_FREE char *dir = NULL;
	struct source_item it = { .abs = top, .path = w->c->at[w->root] };
	const char *slash = real != NULL ? strrchr(real, '/') : NULL;

	if (slash == NULL || slash[1] == '\0')
		return 0;
	dir = xstrndup(real, slash == real ? 1 : (size_t)(slash - real));
	if (fs_dir_read(dir, &parent, NULL) < 0 ||
	    fs_stat(parent, slash + 1, &it.id, NULL) < 0 ||
	    !S_ISREG(it.id.mode))
		return 0;
	it.dir = parent;
	it.name = slash + 1;
	if (*it.path == '\0')
		it.path = strrchr(top, '/') + 1;
	return hand_on(w, &it) < 0 ? -1 : 1;
}

/* The folder of a source itself. */
static int
root_item(struct walking *w, const struct fs_dir *d)
{
	struct source_item it = { .dir = d, .name = "",
	    .path = w->c->at[w->root], .abs = d->path };

	if (fs_stat_fd(d, d->fd, &it.id, &w->fatal) < 0)
		return -1;
	if (w->c->place != NULL && w->n_own > 0 && w->own[0].ino == it.id.ino &&
	    w->own[0].fs == it.id.fs)
		return err_set(&w->fatal, ERR_USAGE,
		    "it is the folder in which its own copies lie");
	return hand_on(w, &it) < 0 ? -1 : 0;
}

/* The walk's own spelling of the path counts from here on. */
static int
first_folder(struct walking *w, const struct walk_dir *d, struct fs_dir **top)
{
	w->top_len = strcmp(d->path, "/") == 0 ? 0 : strlen(d->path);
	if (d->dir == NULL)
		return err_set(&w->fatal, ERR_NOENT, "it is not there");
	return fs_dir_below(d->dir, "", top, &w->fatal) < 0 ? -1 :
	    root_item(w, *top);
}

static int
folders(struct walking *w, struct walk *k, struct fs_dir **top)
{
	struct walk_dir d;
	int r;

	while ((r = walk_next(k, &d, &w->fatal)) == 1) {
		if (*top == NULL && first_folder(w, &d, top) < 0)
			return -1;
		if (one_folder(w, &d) < 0)
			return -1;
	}
	return r;
}

static int
walk_one(struct walking *w, const char *top, size_t *missing)
{
	struct walk_options o = { .max_depth = -1, .one_fs = w->c->one_fs,
	    .reading = 1,
	    .enter = enter, .arg = w };
	__attribute__((cleanup(walk_free_clean))) struct walk *k = NULL;
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *held = NULL;
	struct err why = {0};
	int r;

	if (walk_open(&walk_disk, top, &o, &k, &why) < 0) {
		r = single_file(w, top);
		if (r != 0)
			return r < 0 ? -1 : 0;
		*missing += 1;
		w->r->failed(w->r->arg, top, why.text);
		return 0;
	}
	if (folders(w, k, &held) < 0)
		return -1;
	if (held != NULL)
		w->r->root_done(w->r->arg, held, w->c->at[w->root]);
	return 0;
}

int
source_walk(const struct copies *c, const char *const *leave_out,
    const struct source_report *r, size_t *missing, struct err *e)
{
	struct walking w = { .c = c, .r = r };
	int ret = 0;

	*missing = 0;
	add_own(&w, c->place);		/* the first: see root_item */
	if (is_only_ours(c->base))
		add_own(&w, c->base);
	for (; leave_out != NULL && *leave_out != NULL; leave_out++)
		add_own(&w, *leave_out);
	for (w.root = 0; w.root < c->n_paths && ret == 0; w.root++)
		ret = walk_one(&w, c->paths[w.root], missing);
	if (ret < 0)
		*e = w.fatal;
	buf_fini(&w.path);
	buf_fini(&w.abs);
	free(w.own);
	free(w.in);
	return ret;
}

int
copies_takes(const struct copies *c, const char *path)
{
	size_t i, n;

	for (i = 0; i < c->n_paths; i++) {
		n = strlen(c->paths[i]);
		if (strncmp(path, c->paths[i], n) == 0 &&
		    (path[n] == '/' || path[n] == '\0'))
			return !glob_list_match(c->exclude, path, strlen(path));
	}
	return 0;
}
