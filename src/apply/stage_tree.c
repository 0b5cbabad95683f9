/*
 * stage_tree.c -- a folder goes to another file system.
 *
 * It is copied whole into .fettle-<token>.part, with the means of tree.h; then
 * as any copy in stage.c.  At the end the old folder gets its hidden name, and
 * what the copy holds too, byte for byte as read back, goes from it
 * (matching.h).  What came or changed meanwhile keeps the folder: it gets its
 * old name back with just that in it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/matching.h"
#include "apply/stage_impl.h"
#include "apply/token.h"
#include "apply/tree_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct below {			/* a folder of the source */
	char		*path;		/* "" for the top */
	struct fs_id	 id;
};

struct copying_tree {
	struct hands	*h;
	struct fs_dir	*from;		/* the source's top */
	struct tree	 t;		/* the staging folder; no journal of its own */
	struct below	*v;		/* parents before children */
	size_t		 n, cap;
};

static void
fini(struct copying_tree *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
	fs_dir_free(c->from);
	fs_dir_free(c->t.top);
	fs_dir_free(c->t.own.dir);
	free(c->t.own.dir_path);
	buf_fini(&c->t.lost);
	set64_fini(&c->t.made);
}

static int
watch(void *arg, uint64_t bytes)
{
	struct copying_tree *c = arg;

	atomic_fetch_add_explicit(&c->h->a->bytes, bytes,
	    memory_order_relaxed);
	return hands_stopped(c->h);
}

static void
add_below(struct copying_tree *c, const char *path, const struct fs_id *id)
{
	XGROW(c->v, c->n, c->cap);
	c->v[c->n++] = (struct below){ xstrdup(path), *id };
}

static int
copy_link(struct copying_tree *c, const struct fs_dir *d, const char *name,
    const char *path, const struct fs_id *id, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(d->fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return err_sys(e, "read symlink");
	target[n] = '\0';
	return tree_symlink(&c->t, path, target, id, e);
}

static int
copy_file(struct copying_tree *c, const struct fs_dir *d, const char *name,
    const char *path, const struct fs_id *id, struct err *e)
{
	CLEAN_FD int fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "open");
	return tree_file(&c->t, path, fd, id, NULL, e);
}

static int
copy_one(struct copying_tree *c, const struct fs_dir *d, const char *name,
    const char *path, struct err *e)
{
	char q[QUOTE_SIZE];
	struct fs_id id;
	int r;

	if (hands_stopped(c->h))
		return err_set(e, ERR_STOPPED, "stopped");
	if (fs_stat(d, name, &id, e) < 0)
		return -1;
	if (S_ISDIR(id.mode)) {
		add_below(c, path, &id);
		r = tree_folder(&c->t, path, e);
	} else if (S_ISREG(id.mode))
		r = copy_file(c, d, name, path, &id, e);
	else if (S_ISLNK(id.mode))
		r = copy_link(c, d, name, path, &id, e);
	else if (S_ISFIFO(id.mode))
		r = tree_fifo(&c->t, path, &id, e);
	else
		r = err_set(e, ERR_DENIED, "a device or socket is in it");
	return r < 0 ? err_wrap(e, "%s", quote_to(q, sizeof(q), path)) : 0;
}

static int
copy_folder(struct copying_tree *c, const char *path, struct err *e)
{
	struct fs_names names = {0};
	struct fs_dir *d;
	size_t i;
	int r;

	if (fs_dir_below(c->from, path, &d, e) < 0)
		return -1;
	if (d->mnt != c->from->mnt)
		r = err_set(e, ERR_XDEV, "another disk is mounted in it");
	else
		r = fs_list(d, &names, e);
	for (i = 0; i < names.n && r == 0; i++) {
		CLEAN_FREE char *below = *path == '\0' ?
		    xstrdup(names.v[i].name) :
		    xasprintf("%s/%s", path, names.v[i].name);

		r = copy_one(c, d, names.v[i].name, below, e);
	}
	fs_names_free(&names);
	fs_dir_free(d);
	return r;
}

/* Folders' own metadata, when nothing more comes into them. */
static int
dress_folders(struct copying_tree *c, struct err *e)
{
	struct fs_dir *d;
	size_t i;
	int r = 0;

	for (i = c->n; i-- > 0 && r == 0;) {
		if (fs_dir_below(c->from, c->v[i].path, &d, e) < 0)
			return -1;
		r = tree_folder_meta(&c->t, c->v[i].path, d->fd, &c->v[i].id,
		    e);
		fs_dir_free(d);
	}
	return r;
}

static int
copy_all(struct copying_tree *c, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d, struct pending *p, struct err *e)
{
	char part[TOKEN_NAME];
	size_t i;

	token_part(it->token, part);
	if (fs_dir_below(s, it->op.from, &c->from, e) < 0 ||
	    fs_stat_fd(c->from, c->from->fd, &p->source, e) < 0)
		return -1;
	if (it->expect.ino != 0 && !fs_id_same(&p->source, &it->expect))
		return err_set(e, ERR_CHANGED,
		    "it changed since it was planned");
	if (mkdirat(d->fd, part, 0700) < 0)
		return err_sys(e, "write in %s", d->path);
	if (fs_dir_below(d, part, &c->t.top, e) < 0)
		return -1;
	add_below(c, "", &p->source);
	for (i = 0; i < c->n; i++) {
		CLEAN_FREE char *path = xstrdup(c->v[i].path);

		if (copy_folder(c, path, e) < 0)
			return -1;
	}
	if (dress_folders(c, e) < 0)
		return -1;
	if (c->t.lost.len > 0 && it->op.flags & OP_KEEP_META)
		return err_set(e, ERR_DENIED, "would be lost there: %s",
		    buf_str(&c->t.lost));
	return fs_stat_fd(d, c->t.top->fd, &p->part, e);
}

int
stage_tree_copy(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d, struct pending *p, struct err *e)
{
	CLEAN(fini) struct copying_tree c = { .h = h,
	    .t = { .o = { .min_free = h->a->o->min_free,
	    .min_free_percent = h->a->o->min_free_percent },
	    .dest = (struct fs_dir *)(uintptr_t)d,
	    .own.copier = h->copier, .lock = PTHREAD_MUTEX_INITIALIZER } };
	int r;

	c.t.own.t = &c.t;
	p->tree = 1;
	copier_watch(h->copier, watch, &c);
	r = copy_all(&c, it, s, d, p, e);
	copier_watch(h->copier, NULL, NULL);
	if (r == 0 && c.t.lost.len > 0)
		item_words(h->load, it, "not all owners or attributes could be "
		    "kept there");
	return r;
}

enum gone
tree_match_away(struct copier *copier, const struct fs_dir *s,
    const char *name, uint64_t token, const struct fs_dir *d, const char *to,
    struct err *e)
{
	struct fs_dir *away, *copy;
	char hidden[TOKEN_NAME];
	size_t left = 1;
	int r;

	token_gone(token, hidden);
	if (fs_dir_below(s, hidden, &away, e) < 0)
		return GONE_FAILED;
	if (fs_dir_below(d, to, &copy, e) < 0) {
		fs_dir_free(away);
		return gone_back(s, name, token, e) < 0 ? GONE_LEFT :
		    GONE_FAILED;
	}
	r = matching_away(copier, away, copy, &left, e);
	fs_dir_free(away);
	fs_dir_free(copy);
	if (r == 0 && left == 0 && unlinkat(s->fd, hidden, AT_REMOVEDIR) == 0)
		return GONE_DONE;
	return gone_back(s, name, token, e) < 0 ? GONE_LEFT : GONE_OTHER;
}
