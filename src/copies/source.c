/*
 * source.c -- walking what is to be copied: what is left out, what cannot be
 * read, in an order in which parents come before children.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies/impl.h"
#include "fs/dir.h"
#include "glob/glob.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
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
	const char *const	*leave_out;
	const struct source_report *r;
	size_t			 root;		/* which source */
	size_t			 top_len;	/* of its absolute path */
	struct buf		 path, abs;
	struct err		 fatal;		/* what ended the walk */
};

static int
is_left_out(const struct walking *w, const char *abs)
{
	const char *const *p;

	for (p = w->leave_out; p != NULL && *p != NULL; p++)
		if (strcmp(*p, abs) == 0)
			return 1;
	if (w->c->base != NULL && strcmp(w->c->base, abs) == 0)
		return 1;	/* our own copies */
	return glob_list_match(w->c->exclude, abs, strlen(abs));
}

/* abs and path of a name in folder dir_path. */
static void
name_it(struct walking *w, const char *dir_path, const char *name)
{
	const char *rel = dir_path + w->top_len;

	buf_reset(&w->abs);
	buf_addf(&w->abs, "%s%s%s", dir_path, strcmp(dir_path, "/") ? "/" : "",
	    name);
	rel += *rel == '/';
	buf_reset(&w->path);
	buf_adds(&w->path, w->c->at[w->root]);
	if (*rel != '\0')
		buf_addf(&w->path, "%s%s", w->path.len ? "/" : "", rel);
	buf_addf(&w->path, "%s%s", w->path.len ? "/" : "", name);
}

static int
enter(void *arg, const char *path, const char *name, int depth)
{
	struct walking *w = arg;
	CLEAN_BUF struct buf abs = {0};

	(void)depth;
	buf_addf(&abs, "%s%s%s", path, strcmp(path, "/") ? "/" : "", name);
	return !is_left_out(w, buf_str(&abs));
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

	if (d->dir == NULL)
		return 0;
	if (w->c->caches && is_cache(d->dir))
		return 1;
	for (name = w->c->if_present; name != NULL && *name != NULL; name++)
		if (fs_stat(d->dir, *name, &id, NULL) == 0)
			return 1;
	return 0;
}

static int
one_item(struct walking *w, const struct walk_dir *d, const struct fs_look *l)
{
	struct source_item it = { .dir = d->dir, .name = l->name };
	char q[QUOTE_SIZE];
	struct err e = {0};

	name_it(w, d->path, l->name);
	it.abs = buf_str(&w->abs);
	it.path = buf_str(&w->path);
	it.id = l->id;
	if (is_left_out(w, it.abs))
		return 0;
	if (l->error != 0) {
		if (l->error != ENOENT)
			w->r->failed(w->r->arg, it.abs, strerror(l->error));
		return 0;
	}
	if (S_ISSOCK(it.id.mode) || S_ISCHR(it.id.mode) || S_ISBLK(it.id.mode))
		return 0;
	if (S_ISREG(it.id.mode) && w->c->larger_than > 0 &&
	    it.id.size > w->c->larger_than)
		return 0;
	if (w->r->item(w->r->arg, &it, &e) == 0)
		return 0;
	if (e.kind == ERR_FULL || e.kind == ERR_STOPPED) {
		w->fatal = e;
		err_wrap(&w->fatal, "%s", quote_to(q, sizeof(q), it.abs));
		return -1;
	}
	w->r->failed(w->r->arg, it.abs, e.text);
	return 0;
}

/* All of a folder's names: looked at at once, told one by one. */
static int
one_folder(struct walking *w, const struct walk_dir *d)
{
	CLEAN_FREE struct fs_look *looks = NULL;
	size_t i;

	if (d->error != NULL) {
		w->r->failed(w->r->arg, d->path, d->error->text);
		return 0;
	}
	if (is_hollow(w, d))
		return 0;
	looks = xallocn(d->list.n, sizeof(*looks));
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

/* A source that is one file, not a folder. */
static int
single_file(struct walking *w, const char *path)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *parent = NULL;
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *dir = xstrndup(path, slash == path ? 1 :
	    (size_t)(slash - path));
	struct fs_look l = { .name = slash + 1 };
	struct err e = {0};
	struct walk_dir d;

	if (fs_dir_open(dir, &parent, &e) < 0 ||
	    fs_stat(parent, l.name, &l.id, &e) < 0)
		return -1;
	d = (struct walk_dir){ .path = dir, .dir = parent };
	w->top_len = strlen(dir);
	if (w->c->n_paths > 1) {
		struct source_item it = { .dir = parent, .name = l.name,
		    .path = w->c->at[w->root], .abs = path, .id = l.id };

		return w->r->item(w->r->arg, &it, &e);
	}
	return one_item(w, &d, &l);
}

/* The folder of a source itself, where several lie in one copy. */
static int
root_item(struct walking *w, const struct fs_dir *d, struct err *e)
{
	struct source_item it = { .dir = d, .name = "",
	    .path = w->c->at[w->root], .abs = d->path };

	if (fs_stat_fd(d, d->fd, &it.id, e) < 0)
		return -1;
	return w->r->item(w->r->arg, &it, e);
}

static int
walk_one(struct walking *w, const char *top, size_t *missing, struct err *e)
{
	struct walk_options o = { .max_depth = -1, .one_fs = w->c->one_fs,
	    .enter = enter, .arg = w };
	__attribute__((cleanup(walk_free_clean))) struct walk *k = NULL;
	struct walk_dir d;
	struct err why = {0};
	int r, first = 1;

	w->top_len = strcmp(top, "/") == 0 ? 0 : strlen(top);
	if (walk_open(&walk_disk, top, &o, &k, &why) < 0) {
		if (single_file(w, top) == 0)
			return 0;
		*missing += 1;
		w->r->failed(w->r->arg, top, why.text);
		return 0;
	}
	while ((r = walk_next(k, &d, e)) == 1) {
		if (first && d.error != NULL) {
			if (single_file(w, top) == 0)
				return 0;
			*missing += 1;
		}
		if (first && d.dir != NULL && root_item(w, d.dir, e) < 0)
			return -1;
		first = 0;
		if (one_folder(w, &d) < 0) {
			*e = w->fatal;
			return -1;
		}
	}
	return r;
}

int
source_walk(const struct copies *c, const char *const *leave_out,
    const struct source_report *r, size_t *missing, struct err *e)
{
	struct walking w = { .c = c, .leave_out = leave_out, .r = r };
	int ret = 0;

	*missing = 0;
	for (w.root = 0; w.root < c->n_paths && ret == 0; w.root++)
		ret = walk_one(&w, c->paths[w.root], missing, e);
	buf_fini(&w.path);
	buf_fini(&w.abs);
	return ret;
}
