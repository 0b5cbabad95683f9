/* walk.c -- folders are opened and listed; what is in them goes to workers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/batch.h"
#include "backup/checkpoint.h"
#include "backup/exclude.h"
#include "backup/folder.h"
#include "backup/impl.h"
#include "backup/lexical.h"
#include "backup/target.h"
#include "backup/walk.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define HELD	64	/* folders that are kept open on the way down */

static void
problem(struct run *r, const char *path, const char *what)
{
	struct err e = {0};

	err_sys(&e, "%s", what);
	run_problem(r, path, &e);
}

static char *
below(const char *path, const char *name)
{
	return xasprintf("%s/%s", strcmp(path, "/") == 0 ? "" : path, name);
}

static int
open_dir(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, fd;

	fd = openat(at, name, flags | O_NOATIME);
	return fd >= 0 || errno != EPERM ? fd : openat(at, name, flags);
}

/* ---- what is left out ---- */

struct keeping {
	const struct backup_exclude *x;
	const char	*only;		/* the one name that is kept, or NULL */
	int		 none;
	struct buf	 path;
	size_t		 len;		/* of the folder and its slash */
};

static int
keep(void *arg, const char *name)
{
	struct keeping *k = arg;

	if (k->none || (k->only != NULL && strcmp(name, k->only) != 0))
		return 0;
	k->path.len = k->len;
	buf_adds(&k->path, name);
	return !exclude_path(k->x, (const char *)k->path.data, k->path.len);
}

/* The tags that a folder has say which of its names are kept. */
static void
find_tags(struct run *r, int dirfd, const char *path, struct keeping *k)
{
	struct err why = {0};
	size_t i;
	int told;

	for (i = 0; k->x != NULL && i < k->x->n_tags; i++) {
		if (exclude_tagged(&k->x->tags[i], dirfd, &why, &told)) {
			k->none |= k->only != NULL &&
			    strcmp(k->only, k->x->tags[i].name) != 0;
			k->only = k->x->tags[i].name;
		}
		if (told)
			run_note(r, "%s: %s", path, why.text);
	}
}

static void
leave_out(struct folder *f)
{
	struct keeping k = { .x = f->r->o->exclude };

	if (k.x == NULL)
		return;
	find_tags(f->r, f->fd, f->path, &k);
	if (strcmp(f->path, "/") != 0)
		buf_adds(&k.path, f->path);
	buf_addc(&k.path, '/');
	k.len = k.path.len;
	names_keep(&f->names, keep, &k);
	buf_fini(&k.path);
}

/* Is it one of those that fettle leaves out by itself? */
static int
is_ours(const struct run *r, const struct look *l)
{
	size_t i;

	for (i = 0; i < r->n_left_out; i++)
		if (r->left_out[i].ino == l->ino &&
		    r->left_out[i].dev == l->dev)
			return 1;
	return 0;
}

/* ---- folders ---- */

/* Its own node; what cannot be read of its xattrs is told. */
static void
make_node(struct folder *f, int fd, struct look *l, const char *name)
{
	struct meta_at at = { fd, 0, "" };
	struct run *r = f->r;
	struct err e = {0};
	struct node n;

	l->xattrs = meta_has_xattrs(&at) != 0;
	meta_room_reset(&r->me.room);
	if (meta_node(&r->owners, &r->me.room, l, &at, name, r->o->with_atime,
	    &n, &e) < 0)
		run_problem(r, f->path, &e);
	folder_node(f, &n);
}

/* A kid of f in this slot: its past is the slot's. */
static struct folder *
new_kid(struct folder *f, size_t slot, char *path)
{
	struct slot *s = &f->slots[slot];
	const char *name = names_get(&f->names, s->entry);
	struct folder *kid = folder_new(f->r, f, slot, path,
	    xasprintf("%s/%s", f->snap, name));

	kid->seen = s->seen;
	kid->before = s->before;
	kid->depth = f->depth + 1;
	kid->past_ids.n = s->n_ids;
	if (s->n_ids > 0)
		memcpy(kid->past_ids.id, s->ids, s->n_ids * sizeof(*s->ids));
	free(s->ids);
	s->ids = NULL;
	return kid;
}

static void
list(struct folder *f)
{
	struct err e = {0};

	if (names_list(&f->names, f->fd, &e) < 0) {
		run_problem(f->r, f->path, &e);
		names_fini(&f->names);
	}
	leave_out(f);
	folder_slots(f);
	if (f->n_slots > 0 && f->past_ids.n > 0) {
		folder_load_past(f, f->r->me.hand);
		folder_find_past(f);
	}
}

/*
 * A folder on the disk, just opened (fd is taken): NULL if it is left out.  A
 * mount point that is not to be entered is there, and empty.
 */
static struct folder *
real_kid(struct folder *f, size_t slot, int fd, char *path, uint64_t dev)
{
	struct folder *kid;
	struct look l;

	if (look_at(fd, "", &l) < 0) {
		problem(f->r, path, "look at it");
	} else if (!is_ours(f->r, &l)) {
		kid = new_kid(f, slot, path);
		kid->fd = fd;
		kid->dev = dev;
		kid->ino = l.ino;
		kid->own_dev = l.dev;
		make_node(kid, fd, &l,
		    names_get(&f->names, f->slots[slot].entry));
		if (!f->r->o->one_file_system || l.dev == dev)
			list(kid);
		return kid;
	}
	close(fd);
	free(path);
	return NULL;
}

static struct folder *
open_kid(struct folder *f, size_t slot)
{
	const char *name = names_get(&f->names, f->slots[slot].entry);
	CLEAN_FREE char *path = below(f->path, name);
	char *taken;
	int fd;

	if (f->depth >= TREE_DEPTH_MAX) {
		errno = ENAMETOOLONG;
		problem(f->r, path, "go on below it");
		return NULL;
	}
	fd = open_dir(f->fd, name);
	if (fd < 0) {
		if (errno != ENOENT)
			problem(f->r, path, "open");
		return NULL;
	}
	taken = path;
	path = NULL;
	return real_kid(f, slot, fd, taken, f->dev);
}

/* ---- targets ---- */

/* The device that --one-file-system asks for at a path: that of the nearest
 * path above that was asked for. */
static uint64_t
device_of(const struct run *r, const char *path)
{
	CLEAN_FREE char *at = xstrdup(path);
	const uint64_t *dev;
	char *up;

	for (;;) {
		dev = map_get(&r->devices, at, strlen(at));
		if (dev != NULL || strcmp(at, "/") == 0)
			return dev != NULL ? *dev : 0;
		up = lexical_dir(at);
		free(at);
		at = up;
	}
}

/* A target's folder and what it is: -1 if it cannot be had.  Whoever names a
 * path wants it: no pattern and no tag above it leaves it out (restic 0.19). */
static int
look_target(struct run *r, const struct target *t, struct fs_dir **dir,
    struct look *l)
{
	CLEAN_FREE char *up = lexical_dir(t->path);
	struct err e = {0};

	*dir = NULL;
	if (fs_dir_look(up, dir, &e) < 0) {
		run_problem(r, t->path, &e);
		return -1;
	}
	if (look_at((*dir)->fd, lexical_base(t->path), l) < 0) {
		problem(r, t->path, "look at it");
		fs_dir_free(*dir);
		*dir = NULL;
		return -1;
	}
	return 0;
}

static void
add_target(struct folder *f, const struct target *t)
{
	struct fs_dir *dir = NULL;
	unsigned char type = DT_DIR;
	struct look l;

	if (t->path != NULL) {
		if (look_target(f->r, t, &dir, &l) < 0)
			return;
		fs_dir_free(dir);
		type = (unsigned char)IFTODT(l.mode);
	}
	f->targets = xrealloc(f->targets, f->names.n + 1,
	    sizeof(*f->targets));
	f->targets[f->names.n] = t;
	names_add(&f->names, t->name, type);
}

/* A folder whose names are targets. */
static void
list_targets(struct folder *f, const struct target *t)
{
	size_t i;

	f->virtual = 1;
	for (i = 0; i < t->n; i++)
		add_target(f, t->kids[i]);
	folder_slots(f);
	if (f->n_slots > 0 && f->past_ids.n > 0) {
		folder_load_past(f, f->r->me.hand);
		folder_find_past(f);
	}
}

/* Above the paths that were asked for: with its metadata, or not at all. */
static struct folder *
virtual_kid(struct folder *f, size_t slot, const struct target *t)
{
	struct err e = {0};
	struct folder *kid;
	struct fs_dir *dir;
	struct look l;

	if (fs_dir_look(t->meta, &dir, &e) < 0) {
		run_fail(f->r, &e);
		return NULL;
	}
	kid = new_kid(f, slot, xstrdup(t->meta));
	if (look_at(dir->fd, "", &l) < 0) {
		err_sys(&e, "look at %s", t->meta);
		run_fail(f->r, &e);
	} else {
		make_node(kid, dir->fd, &l, t->name);
	}
	fs_dir_free(dir);
	list_targets(kid, t);
	return kid;
}

static struct folder *
target_kid(struct folder *f, size_t slot)
{
	const struct target *t = f->targets[f->slots[slot].entry];
	struct fs_dir *dir;
	struct folder *kid = NULL;
	struct look l;
	int fd;

	if (t->path == NULL)
		return virtual_kid(f, slot, t);
	if (look_target(f->r, t, &dir, &l) < 0)
		return NULL;
	fd = open_dir(dir->fd, lexical_base(t->path));
	if (fd < 0)
		problem(f->r, t->path, "open");
	else
		kid = real_kid(f, slot, fd, xstrdup(t->path),
		    device_of(f->r, t->path));
	fs_dir_free(dir);
	return kid;
}

/* A target that is no folder is a batch of its own. */
static void
push_target(struct folder *f, size_t i)
{
	const struct target *t = f->targets[i];
	struct fs_dir *dir;
	struct look l;

	if (look_target(f->r, t, &dir, &l) < 0) {
		folder_put(f, i, i + 1, NULL, 0, f->r->me.hand);
		return;
	}
	batch_push_target(f, i, dir, t->path, device_of(f->r, t->path));
}

/* ---- the way ---- */

static void
push_files(struct folder *f)
{
	size_t i, end, n = f->names.n;

	for (i = 0; i < n && !run_check(f->r); i = end) {
		end = i + 1;
		if (f->names.v[i].type == DT_DIR)
			continue;
		if (f->virtual) {
			push_target(f, i);
			continue;
		}
		while (end < n && end - i < BATCH_MAX &&
		    f->names.v[end].type != DT_DIR)
			end++;
		batch_push(f, i, end);
	}
}

/* Far below, folders on the way are closed; on the way back ".." must lead to
 * the same one. */
static void
reopen(struct folder *f, const struct folder *kid)
{
	struct look l;
	int fd;

	if (f->fd >= 0 || f->virtual)
		return;
	fd = open_dir(kid->fd, "..");
	if (fd >= 0 && look_at(fd, "", &l) == 0 && l.ino == f->ino &&
	    l.dev == f->own_dev) {
		f->fd = fd;
		return;
	}
	if (fd >= 0) {
		close(fd);
		errno = ESTALE;
	}
	problem(f->r, f->path, "it was moved while it was read");
}

static void
close_above(struct folder *f)
{
	size_t i;

	for (i = 0; i < HELD && f != NULL; i++)
		f = f->up;
	if (f != NULL && f->fd >= 0 && f->up != NULL) {
		close(f->fd);
		f->fd = -1;
	}
}

/* The next of f's sub-folders: NULL if it is left out. */
static struct folder *
enter(struct folder *f, size_t slot)
{
	struct folder *kid = f->virtual ? target_kid(f, slot) :
	    open_kid(f, slot);

	if (kid == NULL) {
		folder_skip_slot(f, slot, f->r->me.hand);
		return NULL;
	}
	pthread_mutex_lock(&f->r->lock);
	f->slots[slot].open = kid;
	pthread_mutex_unlock(&f->r->lock);
	close_above(kid);
	return kid;
}

/* Nothing of f's files can be had: it was moved away under us. */
static void
lose_files(struct folder *f)
{
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (f->names.v[i].type != DT_DIR)
			folder_put(f, i, i + 1, NULL, 0, f->r->me.hand);
}

static void
start(struct run *r, const struct target *t)
{
	struct folder *f = folder_new(r, NULL, 0,
	    xstrdup(t->path != NULL ? t->path : ""), xstrdup(""));
	struct err e = {0};
	struct fs_dir *dir;
	struct look l = {0};

	r->root = r->at = f;
	f->past_ids = r->parents.trees;
	if (t->path == NULL) {
		list_targets(f, t);
		return;
	}
	if (fs_dir_look(t->path, &dir, &e) < 0) {
		run_fail(r, &e);
		return;
	}
	/* Another descriptor: this one is at its own place in the list. */
	f->fd = open_dir(dir->fd, ".");
	fs_dir_free(dir);
	if (f->fd < 0 || look_at(f->fd, "", &l) < 0) {
		err_sys(&e, "open %s", t->path);
		run_fail(r, &e);
		return;
	}
	f->dev = f->own_dev = l.dev;
	f->ino = l.ino;
	list(f);
}

int
walk(struct run *r, const struct target *t)
{
	struct folder *f, *kid;

	start(r, t);
	while ((f = r->at) != NULL && !run_check(r)) {
		checkpoint_if_due(r);
		run_progress(r);
		if (f->walked < f->n_slots) {
			kid = enter(f, f->walked++);
			if (kid != NULL)
				r->at = kid;
			continue;
		}
		if (f->fd < 0 && !f->virtual)
			lose_files(f);
		else
			push_files(f);
		if (run_over(r))
			break;
		r->at = f->up;
		if (r->at != NULL)
			reopen(r->at, f);
		folder_close(f, r->me.hand);
	}
	return run_over(r) ? -1 : 0;
}

void
walk_abandon(struct run *r)
{
	struct folder *f, *up;

	for (f = r->at; f != NULL; f = up) {
		up = f->up;
		folder_free(f);
	}
	r->at = r->root = NULL;
}
