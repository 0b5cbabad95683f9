/* restore_folder.c -- folders of the target; see restore_folder.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/lay.h"
#include "backup/names.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_pick.h"
#include "backup/restore_record.h"
#include "repo/node.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define HELD	64	/* folders that the walk keeps open on the way down */

static struct rfolder *
new_folder(struct restore *r, struct rfolder *up, const char *name)
{
	size_t len = strlen(name) + 1;
	struct rfolder *f = xalloc(sizeof(*f) + len);

	f->up = up;
	f->serial = atomic_fetch_add(&r->serial, 1) + 1;
	f->refs = 1;
	f->fd = -1;
	memcpy(f->name, name, len);
	if (up != NULL) {
		f->depth = up->depth + 1;
		rfolder_ref(up);
	}
	return f;
}

struct rfolder *
rfolder_new(struct restore *r, struct rfolder *up, const struct node *n,
    uint32_t uid, uint32_t gid)
{
	struct rfolder *f = new_folder(r, up, n->name);
	struct buf b = {0};

	f->tree = n->subtree;
	record_pack(&b, r->pick, n, uid, gid);
	f->record_len = b.len;
	f->record = b.data;
	return f;
}

struct rfolder *
rfolder_root(struct restore *r, const struct id *tree)
{
	struct rfolder *f = new_folder(r, NULL, "");

	f->tree = *tree;
	f->real = 1;
	f->made = r->lay == NULL;
	return f;
}

void
rfolder_path(const struct rfolder *f, struct buf *out)
{
	const struct rfolder *up;
	size_t len = 0, n;
	unsigned char *end;

	for (up = f; up->up != NULL; up = up->up)
		len += strlen(up->name) + 1;
	if (len == 0)
		return;
	buf_room(out, len);
	out->len += len - 1;
	end = out->data + out->len;
	for (up = f; up->up != NULL; up = up->up) {
		n = strlen(up->name);
		end -= n;
		memcpy(end, up->name, n);
		if (up->up->up != NULL)
			*--end = '/';
	}
}

/* ---- for the walk ---- */
int
rfolder_fd(struct rworker *w, struct rfolder *f, int *fd, struct err *e)
{
	if (f->fd < 0) {
		buf_reset(&w->path);
		rfolder_path(f, &w->path);
		if (lay_folder(w->r->lay, buf_str(&w->path), &f->fd, e) < 0) {
			f->fd = -1;
			return -1;
		}
	}
	*fd = f->fd;
	return 0;
}

/* In a dry run: what is there is opened, what is not would be made. */
static int
pretend(struct rworker *w, struct rfolder *f, struct err *e)
{
	struct err why = {0};
	int fd;

	f->made = f->up->made;
	if (f->made || rfolder_fd(w, f, &fd, &why) == 0)
		return 0;
	f->made = 1;
	if (why.kind == ERR_NOENT || restore_may_replace(w->r))
		return 0;
	*e = why;
	return -1;
}

static int
make(struct rworker *w, struct rfolder *f, struct err *e)
{
	int at, r;

	if (w->r->o->dry_run)
		return pretend(w, f, e);
	if (rfolder_fd(w, f->up, &at, e) < 0)
		return -1;
	r = lay_make_folder(w->r->lay, at, f->name,
	    restore_may_replace(w->r) ? LAY_REPLACE : 0, &f->fd, e);
	if (r < 0) {
		f->fd = -1;
		return -1;
	}
	f->made = r == 1;
	return 0;
}

int
rfolder_need(struct rworker *w, struct rfolder *f)
{
	struct rfolder *next;
	struct err e = {0};

	while (!f->real) {
		for (next = f; !next->up->real && !next->up->lost;)
			next = next->up;
		next->lost |= next->up->lost;
		/* Also one that is here only for what is in it. */
		if (!next->lost)
			atomic_fetch_add(&w->r->total_files, 1);
		if (!next->lost && make(w, next, &e) < 0) {
			next->lost = 1;
			restore_problem(w, next, "", &e);
		}
		if (next->lost) {
			f->lost = 1;
			return -1;
		}
		next->real = 1;
	}
	return 0;
}

static void
close_fd(struct rfolder *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void
rfolder_entered(struct rfolder *f)
{
	if (f->depth > HELD)
		close_fd(f->up);
}

void
rfolder_left(struct rworker *w, struct rfolder *f)
{
	close_fd(f);
	rfolder_unref(w, f);
}

/* ---- the end of a folder ---- */
/* The names that its tree has: 0 or -1. */
static int
read_names(struct rworker *w, const struct rfolder *f, struct names *out,
    struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	CLEAN_TREE_READ struct tree_read t;
	int more;

	tree_read_init(&t, NULL, 0);
	if (tree_load(w->r->repo, w->hand, &f->tree, &text, e) < 0)
		return -1;
	tree_read_init(&t, text.data, text.len);
	while ((more = tree_read_next(&t, e)) == 1)
		names_add(out, t.node.name, 0);
	names_sort(out);
	return more;
}

static void
delete_one(struct rworker *w, const struct rfolder *f, int fd, const char *name)
{
	struct err e = {0};

	buf_reset(&w->path);
	buf_addc(&w->path, '/');
	rfolder_path(f, &w->path);
	if (w->path.len > 1)
		buf_addc(&w->path, '/');
	buf_adds(&w->path, name);
	if (!pick_path(w->r->pick, (const char *)w->path.data,
	    w->path.len).itself)
		return;
	if (!w->r->o->dry_run && lay_clear(fd, name, 1, &e) < 0)
		restore_problem(w, f, name, &e);
	else
		restore_item(w, f, name, RESTORE_DELETED, 0);
}

static int
delete_others(struct rworker *w, const struct rfolder *f, int fd,
    struct err *e)
{
	CLEAN(names_fini) struct names have = {0}, want = {0};
	CLEAN_FD int list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (list < 0)
		return err_sys(e, "list the folder");
	if (read_names(w, f, &want, e) < 0 || names_list(&have, list, e) < 0)
		return -1;
	for (i = 0; i < have.n && !restore_over(w->r); i++)
		if (names_find(&want, names_get(&have, i)) == SIZE_MAX)
			delete_one(w, f, fd, names_get(&have, i));
	return 0;
}

static int
may_delete(const struct restore *r, const struct rfolder *f)
{
	return r->o->delete && !f->made && !f->unsure && !r->no_delete &&
	    f->real;
}

static int
finish_there(struct rworker *w, const struct rfolder *f, struct err *e)
{
	struct restore *r = w->r;
	struct record rec;
	struct err why = {0};
	int fd;

	if (rworker_at(w, f, &fd, e) < 0)
		return -1;
	if (may_delete(r, f) && delete_others(w, f, fd, &why) < 0)
		restore_problem(w, f, "", &why);
	if (r->o->dry_run || f->record == NULL ||
	    (!f->made && !restore_may_replace(r)))
		return 0;
	record_read(f->record, f->record_len, &w->arena, w->r->pick, &rec);
	return lay_dress(fd, &rec.meta, e);
}

static void
finish(struct rworker *w, const struct rfolder *f)
{
	struct err e = {0};

	if (!f->real || restore_over(w->r) || w->r->proving)
		return;
	if (!(w->r->o->dry_run && f->made) && finish_there(w, f, &e) < 0)
		restore_problem(w, f, "", &e);
	else if (f->up != NULL)
		restore_item(w, f, "", f->made || restore_may_replace(w->r) ?
		    RESTORE_MADE : RESTORE_UNCHANGED, 0);
}

void
rfolder_unref(struct rworker *w, struct rfolder *f)
{
	struct rfolder *up;

	while (f != NULL && atomic_fetch_sub(&f->refs, 1) == 1) {
		finish(w, f);
		up = f->up;
		free(f->record);
		free(f);
		f = up;
	}
}
