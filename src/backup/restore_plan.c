/*
 * restore_plan.c -- the walk through the snapshot's trees; see restore_plan.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_team.h"
#include "backup/restore_impl.h"
#include "backup/restore_links.h"
#include "backup/restore_look.h"
#include "backup/restore_open.h"
#include "backup/restore_owner.h"
#include "backup/restore_pick.h"
#include "backup/restore_plan.h"
#include "backup/restore_record.h"
#include "backup/restore_window.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/xalloc.h"

#define WINDOW_MIN	((size_t)256 << 10)	/* bytes: the first */
#define WINDOW_MAX	((size_t)8 << 20)
#define SLICE		4096			/* blobs of a file in one window */

struct planner {
	struct restore	*r;
	struct rworker	*w;
	struct window	*win;
	size_t		 limit;		/* of the window's weight */
	struct rfolder	*at;
	struct first_names *firsts;
	struct new_owners *owners;
	uint32_t	 number;	/* of the next file */
	struct buf	 path;		/* "/" and the walk's */
	struct err	 broken;	/* a root that cannot be read */
};

static void
problem(struct planner *k, const char *name, const char *text)
{
	struct err e = {0};

	err_set(&e, ERR_CORRUPT, "%s", text);
	if (!k->r->proving)
		restore_problem(k->w, k->at, name, &e);
}

/* ---- windows ---- */
static void
give(struct planner *k)
{
	k->win = team_give(k->r->team, k->win);
	if (k->limit < WINDOW_MAX)
		k->limit *= 2;
}

static void
give_if_full(struct planner *k)
{
	if (window_weight(k->win) >= k->limit)
		give(k);
}

static uint32_t
put_record(struct planner *k, const struct node *n, uint32_t *len)
{
	size_t at = k->win->records.len;

	record_pack(&k->win->records, k->r->pick, n, owner_uid(k->owners, n),
	    owner_gid(k->owners, n));
	*len = (uint32_t)(k->win->records.len - at);
	return (uint32_t)at;
}

static struct rfile *
put_file(struct planner *k, const struct node *n, uint32_t number)
{
	struct window *win = k->win;
	struct rfile *f;

	XGROW(win->files, win->n_files, win->cap_files);
	f = &win->files[win->n_files++];
	*f = (struct rfile){ .folder = k->at, .number = number,
	    .first = (uint32_t)win->n_uses, .alone = 1 };
	rfolder_ref(k->at);
	f->record = put_record(k, n, &f->record_len);
	return f;
}

/* ---- files ---- */
/* How long it is, by the index, and whether all of it is to be had. */
static int
measure(struct planner *k, const struct node *n, uint64_t *size)
{
	char hex[ID_SHORT], text[80];
	uint32_t len;
	size_t i;

	*size = 0;
	for (i = 0; i < n->n_content; i++) {
		if (!index_plain(k->r->repo->index, BLOB_DATA, &n->content[i],
		    &len)) {
			id_short(&n->content[i], hex);
			snprintf(text, sizeof(text), "its piece %s is in no "
			    "index", hex);
			problem(k, n->name, text);
			return -1;
		}
		*size += len;
	}
	return 0;
}

/* Blobs from `first` on, n of them, at *at of the file: into this window. */
static void
put_slice(struct planner *k, const struct node *n, struct ropen *o,
    uint32_t number, size_t first, size_t count, uint64_t *at)
{
	struct rfile *f = put_file(k, n, number);
	uint32_t which = (uint32_t)(k->win->n_files - 1);
	struct blob_at where;
	size_t i;

	f->open = o;
	f->alone = count == n->n_content;
	f->n = (uint32_t)count;
	if (o != NULL)
		atomic_fetch_add(&o->left, count);
	for (i = first; i < first + count; i++) {
		/* measure() found it, and nothing goes out of an index. */
		if (!index_find(k->r->repo->index, BLOB_DATA, &n->content[i],
		    &where))
			where = (struct blob_at){0};
		window_use(k->win, which, *at, &n->content[i], &where);
		*at += where.plain;
	}
}

/* A file of several blobs; one of very many goes into several windows. */
static void
put_large(struct planner *k, const struct node *n, uint32_t number,
    uint64_t size)
{
	struct buf b = {0};
	struct ropen *o = NULL;
	uint64_t at = 0;
	size_t i, count;

	if (!k->r->proving) {
		record_pack(&b, k->r->pick, n, owner_uid(k->owners, n),
		    owner_gid(k->owners, n));
		o = ropen_new(k->r->open, k->at, b.data, b.len, size, number);
		buf_fini(&b);
	}
	for (i = 0; i < n->n_content && !restore_over(k->r); i += count) {
		count = n->n_content - i < SLICE ? n->n_content - i : SLICE;
		put_slice(k, n, o, number, i, count, &at);
		k->win->opens += o != NULL ? sizeof(*o) + o->record_len : 0;
		give_if_full(k);
	}
	if (o != NULL)
		ropen_put(k->w, o, 1);
}

static void
put_content(struct planner *k, const struct node *n)
{
	uint32_t number = k->number++;
	uint64_t size, at = 0;

	if (k->r->proving && !restore_is_whole(k->r, number))
		return;
	if (n->content == NULL) {
		problem(k, n->name, "the snapshot does not say what is in it");
		return;
	}
	if (measure(k, n, &size) < 0)
		return;
	if (size != n->size)
		problem(k, n->name, "what the snapshot has of it is not as long "
		    "as it was");
	if (!k->r->proving)
		atomic_fetch_add(&k->r->total_bytes, size);
	if (n->n_content > 1) {
		put_large(k, n, number, size);
		return;
	}
	put_slice(k, n, NULL, number, 0, n->n_content, &at);
	give_if_full(k);
}

/*
 * In a folder that was there, what --overwrite leaves alone is not the file of
 * which others are names.
 */
static int
will_be_left(struct planner *k, const struct node *n)
{
	enum restore_overwrite over = k->r->o->overwrite;
	struct record rec = { .name = n->name, .meta.mtime = {
	    .tv_sec = n->mtime.sec, .tv_nsec = n->mtime.nsec } };
	struct there t;

	if (k->at->made || over == RESTORE_ALWAYS || over == RESTORE_IF_CHANGED)
		return 0;
	return look_at_name(k->w, k->at, &rec, n->size, &t, NULL) ==
	    THERE_LEFT;
}

static void
put_link(struct planner *k, const struct node *n, char *from)
{
	struct window *win = k->win;
	struct rlink *l;

	XGROW(win->links, win->n_links, win->cap_links);
	l = &win->links[win->n_links++];
	*l = (struct rlink){ .folder = k->at, .from = from };
	rfolder_ref(k->at);
	l->record = put_record(k, n, &l->record_len);
	win->opens += strlen(from);
	give_if_full(k);
}

static void
put_regular(struct planner *k, const struct node *n)
{
	char *from = NULL;

	if (n->links > 1 && !will_be_left(k, n))
		from = links_first(k->firsts, k->at, n);
	if (from == NULL)
		put_content(k, n);
	else if (k->r->proving)
		free(from);
	else
		put_link(k, n, from);
}

/* ---- what is no file ---- */
static int
make_special(const struct node *n, const struct record *rec, int at,
    struct err *e)
{
	switch (n->type) {
	case NODE_SYMLINK:
		if (n->target == NULL || *n->target == '\0')
			return err_set(e, ERR_CORRUPT, "a symlink to nowhere");
		return lay_symlink(at, n->name, n->target, &rec->meta, e);
	case NODE_FIFO:
		return lay_special(at, n->name, S_IFIFO, 0, &rec->meta, e);
	case NODE_DEV:
		return lay_special(at, n->name, S_IFBLK, n->device, &rec->meta,
		    e);
	case NODE_CHARDEV:
		return lay_special(at, n->name, S_IFCHR, n->device, &rec->meta,
		    e);
	default:
		return err_set(e, ERR_USAGE, "a thing of a kind that is not known "
		    "here: %.40s", n->other != NULL ? n->other : "?");
	}
}

static void
put_special(struct planner *k, const struct node *n)
{
	enum restore_what what = RESTORE_MADE;
	CLEAN_BUF struct buf b = {0};
	struct record rec;
	struct err e = {0};
	int at = -1, r = -1;

	record_pack(&b, k->r->pick, n, owner_uid(k->owners, n),
	    owner_gid(k->owners, n));
	record_read(b.data, b.len, &k->w->arena, k->r->pick, &rec);
	if (k->r->o->dry_run && k->at->made)
		r = 0;
	else if (rfolder_fd(k->w, k->at, &at, &e) == 0)
		switch (look_make_way(k->w, k->at, &rec, at, &e)) {
		case THERE_LEFT:
			what = RESTORE_UNCHANGED;
			r = 0;
			break;
		case THERE_NOT:
			r = k->r->o->dry_run ? 0 :
			    make_special(n, &rec, at, &e);
			break;
		default:
			break;
		}
	if (r != 0)
		restore_problem(k->w, k->at, n->name, &e);
	if (r >= 0)
		restore_item(k->w, k->at, n->name, what, 0);
}

/* ---- the walk ---- */
static enum tree_do
meet_folder(struct planner *k, const struct node *n, struct picked p)
{
	struct rfolder *f;

	if (!p.itself && !p.below)
		return TREE_PASS;
	f = rfolder_new(k->r, k->at, n, owner_uid(k->owners, n),
	    owner_gid(k->owners, n));
	if (p.itself && !k->r->proving)
		rfolder_need(k->w, f);
	if (f->lost || !p.below) {
		rfolder_left(k->w, f);
		return TREE_PASS;
	}
	rfolder_entered(f);
	k->at = f;
	return TREE_ENTER;
}

static void
meet(struct planner *k, const struct node *n)
{
	if (!k->r->proving) {
		if (rfolder_need(k->w, k->at) < 0)
			return;
		atomic_fetch_add(&k->r->total_files, 1);
	}
	if (n->type == NODE_FILE)
		put_regular(k, n);
	else if (!k->r->proving)
		put_special(k, n);
}

static int
each(void *arg, const char *path, const struct node *n)
{
	struct planner *k = arg;
	struct picked p;

	restore_tick(k->r);
	if (restore_over(k->r))
		return TREE_END;
	if (!node_name_ok(n->name)) {
		/* What it says is there cannot be known, so nothing goes. */
		atomic_store(&k->r->no_delete, 1);
		problem(k, "", "the snapshot has a name in it that cannot be: "
		    "empty, or with a slash or a NUL, or . or ..");
		return TREE_PASS;
	}
	if (n->type == NODE_SOCKET)
		return TREE_PASS;
	buf_reset(&k->path);
	buf_addc(&k->path, '/');
	buf_adds(&k->path, path);
	p = pick_path(k->r->pick, (const char *)k->path.data, k->path.len);
	if (n->type == NODE_DIR)
		return (int)meet_folder(k, n, p);
	if (p.itself)
		meet(k, n);
	return TREE_PASS;
}

static int
leave(void *arg, const char *path, const struct node *n)
{
	struct planner *k = arg;
	struct rfolder *f = k->at;

	(void)path;
	(void)n;
	k->at = f->up;
	rfolder_left(k->w, f);
	return TREE_PASS;
}

static int
bad(void *arg, const char *path, const struct id *tree, const struct err *why)
{
	struct planner *k = arg;

	(void)path;
	(void)tree;
	k->at->unsure = 1;
	if (k->at->up == NULL && k->number == 0)
		k->broken = *why;
	else if (!k->r->proving)
		restore_problem(k->w, k->at, "", why);
	return TREE_PASS;
}

static void
walk(struct planner *k)
{
	const struct tree_walk w = { each, leave, bad, k };
	struct rfolder *root = rfolder_root(k->r, &k->r->o->tree), *f;

	k->at = root;
	tree_walk(k->r->repo, k->w->hand, &root->tree, &w, NULL);
	give(k);
	team_wait(k->r->team);
	while ((f = k->at) != NULL) {	/* several, if it ended early */
		k->at = f->up;
		rfolder_left(k->w, f);
	}
}

int
plan_all(struct restore *r, struct err *e)
{
	struct planner k = { .r = r, .w = &r->workers[r->n_workers],
	    .firsts = links_first_new(), .owners = owners_new(r->o->by_name) };
	struct store_caps caps;

	store_caps(r->repo->store, &caps);
	k.limit = caps.near ? WINDOW_MIN : WINDOW_MAX;
	k.win = team_give(r->team, NULL);
	walk(&k);
	links_first_free(k.firsts);
	owners_drop(k.owners);
	buf_fini(&k.path);
	if (restore_over(r))
		*e = r->fatal;
	else if (k.broken.kind != ERR_NONE)
		*e = k.broken;
	else
		return 0;
	return -1;
}
