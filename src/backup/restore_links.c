/* restore_links.c -- files with several names; see restore_links.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_links.h"
#include "backup/restore_look.h"
#include "backup/restore_record.h"
#include "backup/restore_window.h"
#include "repo/node.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/map.h"
#include "util/xalloc.h"

struct first {
	char		*path;
	uint64_t	 left;		/* other names to come */
};

struct first_names {
	struct map	 by_id;		/* inode and device: which of v */
	struct first	*v;
	size_t		 n, cap;
	size_t		*unused;	/* of v */
	size_t		 n_unused, cap_unused;
};

struct first_names *
links_first_new(void)
{
	return xalloc(sizeof(struct first_names));
}

void
links_first_free(struct first_names *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		free(l->v[i].path);
	map_fini(&l->by_id);
	free(l->v);
	free(l->unused);
	free(l);
}

static size_t
slot(struct first_names *l)
{
	if (l->n_unused > 0)
		return l->unused[--l->n_unused];
	XGROW(l->v, l->n, l->cap);
	return l->n++;
}

static void
remember(struct first_names *l, const uint64_t id[2], const struct rfolder *f,
    const struct node *n)
{
	struct buf path = {0};
	size_t i;

	rfolder_path(f, &path);
	if (path.len > 0)
		buf_addc(&path, '/');
	buf_adds(&path, n->name);
	if (path.len > LINKS_PATH_MAX) {
		buf_fini(&path);
		return;
	}
	i = slot(l);
	l->v[i] = (struct first){ buf_steal(&path), n->links - 1 };
	map_put(&l->by_id, id, 2 * sizeof(*id), i);
}

char *
links_first(struct first_names *l, const struct rfolder *f,
    const struct node *n)
{
	const uint64_t id[2] = { n->inode, n->device_id };
	uint64_t *at = map_get(&l->by_id, id, sizeof(id));
	struct first *first;
	char *path;

	if (at == NULL) {
		remember(l, id, f, n);
		return NULL;
	}
	first = &l->v[*at];
	if (--first->left > 0)
		return xstrdup(first->path);
	path = first->path;
	first->path = NULL;
	XGROW(l->unused, l->n_unused, l->cap_unused);
	l->unused[l->n_unused++] = (size_t)*at;
	map_remove(&l->by_id, id, sizeof(id));
	return path;
}

/* ---- making them ---- */
/* The folder of the first name, open, and the name in it. */
static int
open_first(struct rworker *w, const char *path, int *fd, const char **name,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *dir = xstrndup(path, slash != NULL ?
	    (size_t)(slash - path) : 0);

	*name = slash != NULL ? slash + 1 : path;
	return lay_folder(w->r->lay, dir, fd, e);
}

static int
is_same(int at, const char *name, const struct stat *first)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == first->st_dev && st.st_ino == first->st_ino;
}

/* Where there are no more links to be had, or none at all (FAT): a copy. */
static int
copy_first(int from, const char *first, int at, const struct record *rec,
    struct err *e)
{
	CLEAN_FD int in = openat(from, first, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	struct copier *c = copier_new();
	CLEAN_FD int out = -1;
	struct stat st;
	int r = -1;

	if (in < 0 || fstat(in, &st) < 0)
		err_sys(e, "read its other name");
	else if (lay_create(at, rec->name, &out, e) == 0)
		r = copier_copy(c, in, out, (uint64_t)st.st_size, COPY_NO_SUM,
		    NULL, e);
	if (r < 0 && out >= 0)
		lay_drop(at, rec->name);
	copier_free(c);
	return r < 0 ? -1 : lay_dress(out, &rec->meta, e);
}

static int
make_link(int from, const char *first, int at, const struct record *rec,
    struct err *e)
{
	if (lay_link(from, first, at, rec->name, e) == 0)
		return 0;
	if (e->sys != EMLINK && e->sys != EPERM && e->sys != EOPNOTSUPP &&
	    e->sys != EXDEV)
		return -1;
	return copy_first(from, first, at, rec, e);
}

static int
link_one(struct rworker *w, const struct rlink *l, const struct record *rec,
    enum restore_what *what, struct err *e)
{
	CLEAN_FD int from = -1;
	struct stat first;
	const char *name;
	int at;

	*what = RESTORE_UNCHANGED;
	if (rworker_at(w, l->folder, &at, e) < 0 ||
	    open_first(w, l->from, &from, &name, e) < 0)
		return -1;
	if (fstatat(from, name, &first, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(first.st_mode))
		return err_set(e, ERR_NOENT, "the file of which this is another "
		    "name, %.200s, is not there", l->from);
	if (is_same(at, rec->name, &first))
		return 0;
	switch (look_make_way(w, l->folder, rec, at, e)) {
	case THERE_LEFT:
		return 0;
	case THERE_NOT:
		*what = RESTORE_MADE;
		return make_link(from, name, at, rec, e);
	default:
		return -1;
	}
}

void
links_make(struct rworker *w, struct window *win, size_t from, size_t to)
{
	enum restore_what what = RESTORE_MADE;
	struct record rec;
	struct err e = {0};
	struct rlink *l;

	for (; from < to; from++) {
		l = &win->links[from];
		record_read(win->records.data + l->record, l->record_len,
		    &w->arena, w->r->pick, &rec);
		if (restore_over(w->r))
			;	/* only to be let go */
		else if (!w->r->o->dry_run &&
		    link_one(w, l, &rec, &what, &e) < 0)
			restore_problem(w, l->folder, rec.name, &e);
		else
			restore_item(w, l->folder, rec.name, what, 0);
		rfolder_unref(w, l->folder);
	}
}
