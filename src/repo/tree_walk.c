/* tree_walk.c -- trees out of a repository, one folder of them at a time. */
#include <stdlib.h>
#include <string.h>

#include "repo/load.h"
#include "repo/tree.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

int
tree_load(struct repo *r, struct repo_hand *h, const struct id *id,
    struct buf *out, struct err *e)
{
	return load_blob(r, h, BLOB_TREE, id, out, e);
}

/* ---- one path ---- */

static struct node
root_node(const struct id *root)
{
	return (struct node){ .name = "", .user = "", .group = "",
	    .type = NODE_DIR, .subtree = *root, .has_subtree = 1 };
}

/* A copy of all that lies in the reader's arena. */
static const char *
copy_text(struct arena *a, const char *s)
{
	return s != NULL ? arena_str(a, s) : NULL;
}

static const struct node_xattr *
copy_xattrs(struct arena *a, const struct node *n)
{
	struct node_xattr *v = arena_alloc(a, n->n_xattrs * sizeof(*v));
	const struct node_xattr *x;
	size_t i;

	for (i = 0; i < n->n_xattrs; i++) {
		x = &n->xattrs[i];
		v[i].name = copy_text(a, x->name);
		v[i].len = x->len;
		if (x->value != NULL)
			v[i].value = arena_dup(a, x->value, x->len);
	}
	return v;
}

static struct node
copy_node(struct arena *a, const struct node *n)
{
	struct node c = *n;
	struct id *ids;

	c.name = copy_text(a, n->name);
	c.user = copy_text(a, n->user);
	c.group = copy_text(a, n->group);
	c.target = copy_text(a, n->target);
	c.other = copy_text(a, n->other);
	c.xattrs = copy_xattrs(a, n);
	if (n->content != NULL) {
		ids = arena_alloc(a, n->n_content * sizeof(*ids));
		if (n->n_content > 0)
			memcpy(ids, n->content, n->n_content * sizeof(*ids));
		c.content = ids;
	}
	if (n->generic != NULL)
		c.generic = arena_dup(a, n->generic, n->generic_len);
	return c;
}

static int
not_there(const char *path, struct err *e)
{
	char q[QUOTE_SIZE];

	return err_set(e, ERR_NOENT, "%s is not in the snapshot",
	    quote_to(q, sizeof(q), path));
}

/* The node of this name (len bytes) in a tree's text: 1, 0 or -1. */
static int
find_name(const struct buf *text, const char *name, size_t len,
    struct arena *a, struct node *out, struct err *e)
{
	CLEAN_TREE_READ struct tree_read t;
	int more;

	tree_read_init(&t, text->data, text->len);
	while ((more = tree_read_next(&t, e)) == 1) {
		if (strlen(t.node.name) == len &&
		    memcmp(t.node.name, name, len) == 0) {
			*out = copy_node(a, &t.node);
			return 1;
		}
	}
	return more;
}

int
tree_find(struct repo *r, struct repo_hand *h, const struct id *root,
    const char *path, struct arena *a, struct node *out, struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	const char *at = path + strspn(path, "/");
	size_t len;
	int found;

	*out = root_node(root);
	for (; *at != '\0'; at += strspn(at, "/")) {
		len = strcspn(at, "/");
		if (out->type != NODE_DIR || !out->has_subtree)
			return not_there(path, e);
		if (tree_load(r, h, &out->subtree, &text, e) < 0 ||
		    (found = find_name(&text, at, len, a, out, e)) < 0)
			return -1;
		if (found == 0)
			return not_there(path, e);
		at += len;
	}
	return 0;
}

/* ---- all of it ---- */

/* A folder that was entered. */
struct level {
	struct buf	 text;
	struct tree_read read;
	size_t		 path;		/* length of its own path */
};

struct walk {
	struct repo	*r;
	struct repo_hand *h;
	const struct tree_walk *w;
	struct buf	 path;
	struct level	**levels;	/* each its own: readers do not move */
	size_t		 n, cap;
};

static void
pop(struct walk *k)
{
	struct level *l = k->levels[--k->n];

	tree_read_fini(&l->read);
	buf_fini(&l->text);
	free(l);
}

static void
walk_fini(struct walk *k)
{
	while (k->n > 0)
		pop(k);
	free(k->levels);
	buf_fini(&k->path);
}

static const char *
path_of(struct walk *k)
{
	return buf_str(&k->path);
}

/* 0 to go on, 1 to end, -1. */
static int
tell_bad(struct walk *k, const struct id *tree, const struct err *why,
    struct err *e)
{
	char q[QUOTE_SIZE];

	if (k->w->bad == NULL) {
		if (e != NULL)
			*e = *why;
		return err_wrap(e, "folder %s",
		    quote_to(q, sizeof(q), path_of(k)));
	}
	return k->w->bad(k->w->arg, path_of(k), tree, why) == TREE_END;
}

static int
load_level(struct walk *k, const struct id *tree, struct err *e)
{
	struct level *l;

	if (k->n > TREE_DEPTH_MAX)
		return err_set(e, ERR_CORRUPT, "too many folders in folders");
	l = xalloc(sizeof(*l));
	XGROW(k->levels, k->n, k->cap);
	k->levels[k->n++] = l;
	l->path = k->path.len;
	tree_read_init(&l->read, NULL, 0);
	if (tree_load(k->r, k->h, tree, &l->text, e) < 0) {
		pop(k);
		return -1;
	}
	tree_read_init(&l->read, l->text.data, l->text.len);
	return 0;
}

/* The node that l stands at is behind us: its parent's path again. */
static void
cut_path(struct walk *k, const struct level *l)
{
	k->path.len = l->path;
}

static void
add_name(struct walk *k, const char *name)
{
	if (k->path.len > 0)
		buf_addc(&k->path, '/');
	buf_adds(&k->path, name);
}

/* The folder that this level's reader stands at is done. */
static int
leave(struct walk *k, struct level *l)
{
	int what = TREE_PASS;

	if (k->w->leave != NULL)
		what = k->w->leave(k->w->arg, path_of(k), &l->read.node);
	cut_path(k, l);
	return what == TREE_END;
}

static int
enter(struct walk *k, struct level *l, struct err *e)
{
	const struct node *n = &l->read.node;
	struct err why = {0};
	int done;

	if (n->type != NODE_DIR) {
		cut_path(k, l);
		return 0;
	}
	if (!n->has_subtree)
		err_set(&why, ERR_CORRUPT, "a folder without a tree");
	else if (load_level(k, &n->subtree, &why) == 0)
		return 0;
	done = tell_bad(k, &n->subtree, &why, e);
	return done != 0 ? done : leave(k, l);
}

/* The folder is read to its end, or as far as could be. */
static int
finish(struct walk *k)
{
	pop(k);
	return k->n > 0 ? leave(k, k->levels[k->n - 1]) : 0;
}

/* One node, or the end of a folder. */
static int
step(struct walk *k, const struct id *root, struct err *e)
{
	struct level *l = k->levels[k->n - 1];
	struct err why = {0};
	int more = tree_read_next(&l->read, &why), what;

	if (more < 0) {
		what = tell_bad(k, k->n > 1 ?
		    &k->levels[k->n - 2]->read.node.subtree : root, &why, e);
		if (what != 0)
			return what;
	}
	if (more <= 0)
		return finish(k);
	add_name(k, l->read.node.name);
	what = k->w->each(k->w->arg, path_of(k), &l->read.node);
	if (what == TREE_ENTER)
		return enter(k, l, e);
	cut_path(k, l);
	return what == TREE_END;
}

int
tree_walk(struct repo *r, struct repo_hand *h, const struct id *root,
    const struct tree_walk *w, struct err *e)
{
	CLEAN(walk_fini) struct walk k = { .r = r, .h = h, .w = w };
	struct err why = {0};
	int done = 0;

	if (load_level(&k, root, &why) < 0)
		return tell_bad(&k, root, &why, e);
	while (done == 0 && k.n > 0)
		done = step(&k, root, e);
	return done;
}
