/*
 * walk.c -- going through folders.
 *
 * Folders still to go to wait in one queue; depth first puts a folder's
 * children before the others, breadth first after them.  A node knows its
 * parent, and parents stay while they have children, so a path is put together
 * by climbing up and no path is kept.  A folder is opened below the nearest of
 * its parents that is still held; the longest unused is let go first, the top
 * never.  Nothing is recursive.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "walk/walk.h"

/* Besides these: the top, and what fs_dir_below and fs_list need meanwhile. */
#define HELD	(WALK_HELD - 4)

struct node {
	struct node	*next;		/* in the queue */
	struct node	*parent;
	struct fs_dir	*dir;		/* while it is held */
	unsigned	 refs;		/* its children, and itself in use */
	int		 depth;
	int		 planned;	/* it is not on disk */
	char		 name[];
};

struct walk {
	struct walk_source	*source;
	struct walk_options	 o;
	char			*top_path;
	struct fs_dir		*top;	/* NULL if it is only planned */
	struct node		*first, *last;	/* the queue */
	struct node		*held[HELD];	/* by use, the latest first */
	struct node		*now;	/* the folder that is out, or NULL */
	struct buf		 path;	/* its path */
	struct walk_list	 list;	/* and its list */
	struct err		 error;
	int			 ready;	/* the top is read, but not yet out */
};

static struct node *
node_new(struct node *parent, const char *name)
{
	size_t len = strlen(name) + 1;
	struct node *n = xalloc(sizeof(*n) + len);

	memcpy(n->name, name, len);
	n->refs = 1;
	n->parent = parent;
	if (parent != NULL) {
		parent->refs++;
		n->depth = parent->depth + 1;
	}
	return n;
}

static void
unhold(struct walk *w, struct node *n)
{
	int i;

	if (n->dir == NULL || n->dir == w->top)
		return;
	for (i = 0; w->held[i] != n; i++)
		continue;
	memmove(&w->held[i], &w->held[i + 1],
	    (size_t)(HELD - 1 - i) * sizeof(w->held[0]));
	w->held[HELD - 1] = NULL;
	fs_dir_free(n->dir);
	n->dir = NULL;
}

static void
hold(struct walk *w, struct node *n, struct fs_dir *dir)
{
	if (w->held[HELD - 1] != NULL)
		unhold(w, w->held[HELD - 1]);
	memmove(&w->held[1], &w->held[0], (HELD - 1) * sizeof(w->held[0]));
	w->held[0] = n;
	n->dir = dir;
}

/* It was used: the last to be let go. */
static void
touch(struct walk *w, struct node *n)
{
	struct fs_dir *dir = n->dir;
	int i;

	if (dir == w->top)
		return;
	for (i = 0; w->held[i] != n; i++)
		continue;
	memmove(&w->held[1], &w->held[0], (size_t)i * sizeof(w->held[0]));
	w->held[0] = n;
}

/* Let go of a node, and of the parents that were there for it only. */
static void
drop(struct walk *w, struct node *n)
{
	struct node *parent;

	for (; n != NULL && --n->refs == 0; n = parent) {
		parent = n->parent;
		unhold(w, n);
		free(n);
	}
}

/* Put the names between above (not included) and n into b, "/a/b". */
static void
add_names(struct buf *b, const struct node *above, const struct node *n)
{
	const struct node *i;
	unsigned char *end;
	size_t len = 0, part;

	for (i = n; i != above && i->parent != NULL; i = i->parent)
		len += 1 + strlen(i->name);
	end = buf_room(b, len) + len;
	b->len += len;
	for (i = n; i != above && i->parent != NULL; i = i->parent) {
		part = strlen(i->name);
		end -= part;
		memcpy(end, i->name, part);
		*--end = '/';
	}
}

static void
set_path(struct walk *w, const struct node *n)
{
	buf_reset(&w->path);
	if (n->parent == NULL || strcmp(w->top_path, "/") != 0)
		buf_adds(&w->path, w->top_path);
	add_names(&w->path, NULL, n);
}

/* Open n below the nearest parent that is held. */
static int
open_node(struct walk *w, struct node *n, struct err *e)
{
	struct node *from = n->parent;
	struct buf rel = {0};
	struct fs_dir *dir;
	int r;

	while (from->dir == NULL)
		from = from->parent;
	add_names(&rel, from, n);
	touch(w, from);
	r = fs_dir_below(from->dir, buf_str(&rel) + 1, &dir, e);
	buf_fini(&rel);
	if (r == 0)
		hold(w, n, dir);
	return r;
}

/*
 * Open and list n, which becomes the folder that is out: 0, 1 if it is to be
 * passed over in silence, -1 with w->error.
 */
static int
visit(struct walk *w, struct node *n)
{
	w->now = n;
	w->error = (struct err){0};
	set_path(w, n);
	n->planned = n->parent != NULL ? n->parent->planned : w->top == NULL;
	if (n->parent != NULL && !n->planned &&
	    open_node(w, n, &w->error) < 0) {
		if (w->error.kind != ERR_NOENT)
			return -1;
		n->planned = 1;
	}
	if (n->dir != NULL && w->top != NULL && n->dir->dev != w->top->dev &&
	    (w->o.one_fs || (w->o.no_kernel && fs_dir_of_kernel(n->dir))))
		return 1;
	if (w->source->list(w->source, n->dir, buf_str(&w->path), &w->list,
	    &w->error) == 0)
		return 0;
	w->list = (struct walk_list){0};
	return w->error.kind == ERR_NOENT ? 1 : -1;
}

/* The sub-folders of the folder that is out go into the queue. */
static void
enqueue(struct walk *w)
{
	struct node *first = NULL, **end = &first, *last = NULL;
	const struct walk_entry *v = w->list.v;
	const char *path = buf_str(&w->path);
	int depth = w->now->depth + 1;
	size_t i;

	for (i = 0; v != NULL && i < w->list.n; i++) {
		if (v[i].type != DT_DIR || (w->o.enter != NULL &&
		    !w->o.enter(w->o.arg, path, v[i].name, depth)))
			continue;
		last = *end = node_new(w->now, v[i].name);
		end = &last->next;
	}
	if (first == NULL)
		return;
	if (w->o.breadth && w->first != NULL) {
		w->last->next = first;
		w->last = last;
		return;
	}
	last->next = w->first;
	if (w->first == NULL)
		w->last = last;
	w->first = first;
}

/* Done with the folder that is out. */
static void
leave(struct walk *w)
{
	if (w->now == NULL)
		return;
	if (w->o.max_depth < 0 || w->now->depth < w->o.max_depth)
		enqueue(w);
	w->source->release(w->source, &w->list);
	w->list = (struct walk_list){0};
	drop(w, w->now);
	w->now = NULL;
}

static char *
without_slash(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

int
walk_open(struct walk_source *s, const char *top, const struct walk_options *o,
    struct walk **out, struct err *e)
{
	struct fs_dir *dir = NULL;
	struct err mine = {0};
	struct node *n;
	struct walk *w;

	if ((o != NULL && o->reading ? fs_dir_read : fs_dir_open)(top, &dir,
	    &mine) < 0 && mine.kind != ERR_NOENT) {
		if (e != NULL)
			*e = mine;
		return -1;
	}
	w = xalloc(sizeof(*w));
	w->source = s;
	if (o != NULL)
		w->o = *o;
	w->top = dir;
	w->top_path = dir != NULL ? xstrdup(dir->path) : without_slash(top);
	n = node_new(NULL, "");
	n->dir = dir;
	if (visit(w, n) == 0) {
		w->ready = 1;
		*out = w;
		return 0;
	}
	if (e != NULL)
		*e = dir == NULL && w->error.kind == ERR_NOENT ? mine : w->error;
	walk_free(w);
	return -1;
}

static void
hand_out(struct walk *w, int failed, struct walk_dir *out)
{
	*out = (struct walk_dir){
		.path = buf_str(&w->path),
		.dir = w->now->dir,
		.depth = w->now->depth,
		.list = w->list,
		.error = failed ? &w->error : NULL,
	};
}

int
walk_next(struct walk *w, struct walk_dir *out, struct err *e)
{
	struct node *n;
	int r;

	(void)e;
	for (;;) {
		r = 0;
		if (!w->ready) {
			leave(w);
			if ((n = w->first) == NULL)
				return 0;
			w->first = n->next;
			n->next = NULL;
			r = visit(w, n);
		}
		w->ready = 0;
		if (r != 1 && (r < 0 || w->now->depth >= w->o.min_depth)) {
			hand_out(w, r < 0, out);
			return 1;
		}
	}
}

void
walk_free(struct walk *w)
{
	struct node *n;

	if (w == NULL)
		return;
	if (w->list.v != NULL || w->list.own != NULL)
		w->source->release(w->source, &w->list);
	drop(w, w->now);
	while ((n = w->first) != NULL) {
		w->first = n->next;
		drop(w, n);
	}
	fs_dir_free(w->top);
	buf_fini(&w->path);
	free(w->top_path);
	free(w);
}
