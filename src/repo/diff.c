/*
 * diff.c -- two trees side by side.
 *
 * Both lists of a folder are sorted by name, so they are merged.  Which blobs
 * are only on one side is known at the end, from a byte a blob.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/diff.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/err.h"
#include "util/xalloc.h"

enum { BEFORE = 1, AFTER = 2, COMMON = 4 };

struct diff {
	struct repo		*r;
	struct repo_hand	*h;
	const struct diff_options *o;
	struct diff_totals	*t;
	unsigned char		*seen;		/* a byte a blob */
	size_t			 n;
	struct buf		 path;
};

/* One folder being read; t.node is the next, if there. */
struct side {
	struct buf		 text;
	struct tree_read	 t;
	int			 there, open;
};

static int
next(struct side *s, struct err *e)
{
	s->there = tree_read_next(&s->t, e);
	return s->there < 0 ? -1 : 0;
}

static int
side_open(struct diff *d, struct side *s, const struct id *tree, struct err *e)
{
	*s = (struct side){0};
	if (tree_load(d->r, d->h, tree, &s->text, e) < 0)
		return -1;
	tree_read_init(&s->t, s->text.data, s->text.len);
	s->open = 1;
	return next(s, e);
}

static void
side_close(struct side *s)
{
	if (s->open)
		tree_read_fini(&s->t);
	buf_fini(&s->text);
}

static void
mark(struct diff *d, enum blob_type t, const struct id *id, int bits)
{
	size_t n = index_number(d->r->index, t, id);

	if (n < d->n)
		d->seen[n] |= (unsigned char)bits;
}

static void
mark_node(struct diff *d, const struct node *n, int bits)
{
	size_t i;

	for (i = 0; n->type == NODE_FILE && i < n->n_content; i++)
		mark(d, BLOB_DATA, &n->content[i], bits);
	if (n->type == NODE_DIR && n->has_subtree)
		mark(d, BLOB_TREE, &n->subtree, bits);
}

static void
count(struct diff_side *s, const struct node *n)
{
	if (n->type == NODE_FILE)
		s->files++;
	else if (n->type == NODE_DIR)
		s->dirs++;
	else
		s->others++;
}

static size_t
enter(struct diff *d, const struct node *n)
{
	size_t len = d->path.len;

	buf_adds(&d->path, n->name);
	if (n->type == NODE_DIR)
		buf_addc(&d->path, '/');
	return len;
}

static void
leave(struct diff *d, size_t len)
{
	d->path.len = len;
	buf_str(&d->path);
}

static int
tell(struct diff *d, const char *modifier)
{
	return d->o->each != NULL ?
	    d->o->each(d->o->arg, buf_str(&d->path), modifier) : 0;
}

/* A folder that cannot be read is told, and the rest goes on. */
static int
bad(struct diff *d, const struct err *why)
{
	if (d->o->bad != NULL)
		d->o->bad(d->o->arg, buf_str(&d->path), why);
	return 0;
}

/* All below a folder that is on one side only (modifier), or on both (NULL). */
static int
whole(struct diff *d, const struct id *tree, int bits, const char *modifier,
    struct diff_side *c)
{
	struct err why = {0};
	struct side s;
	size_t len;
	int r = 0;

	if (side_open(d, &s, tree, &why) < 0)
		r = bad(d, &why);
	for (; r == 0 && s.there == 1;) {
		len = enter(d, &s.t.node);
		mark_node(d, &s.t.node, bits);
		if (modifier != NULL) {
			count(c, &s.t.node);
			r = tell(d, modifier);
		}
		if (r == 0 && s.t.node.type == NODE_DIR &&
		    s.t.node.has_subtree)
			r = whole(d, &s.t.node.subtree, bits, modifier, c);
		leave(d, len);
		if (r == 0 && next(&s, &why) < 0)
			r = bad(d, &why);
	}
	side_close(&s);
	return r;
}

static int
one_side(struct diff *d, const struct node *n, int bits, const char *modifier,
    struct diff_side *c)
{
	size_t len = enter(d, n);
	int r;

	mark_node(d, n, bits);
	count(c, n);
	r = tell(d, modifier);
	if (r == 0 && n->type == NODE_DIR && n->has_subtree)
		r = whole(d, &n->subtree, bits, modifier, c);
	leave(d, len);
	return r;
}

static int
same_content(const struct node *a, const struct node *b)
{
	return a->n_content == b->n_content && (a->n_content == 0 ||
	    memcmp(a->content, b->content, a->n_content * ID_LEN) == 0);
}

/* All but content and subtree: as they would be written. */
static int
same_rest(const struct node *a, const struct node *b)
{
	CLEAN_BUF struct buf x = {0}, y = {0};
	struct node m = *a, n = *b;

	m.n_content = n.n_content = 0;
	m.has_subtree = n.has_subtree = 0;
	node_write(&x, &m);
	node_write(&y, &n);
	return x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

static void
modifier_of(struct diff *d, const struct node *a, const struct node *b,
    char out[5])
{
	size_t k = 0;

	if (a->type != b->type)
		out[k++] = 'T';
	if (a->type == NODE_FILE && b->type == NODE_FILE &&
	    !same_content(a, b)) {
		out[k++] = 'M';
		d->t->changed_files++;
		if (same_rest(a, b))
			out[k++] = '?';
	} else if (d->o->metadata && (!same_rest(a, b) ||
	    a->has_subtree != b->has_subtree || (a->has_subtree &&
	    !id_equal(&a->subtree, &b->subtree))))
		out[k++] = 'U';
	out[k] = '\0';
}

static int both_trees(struct diff *d, const struct id *a, const struct id *b);

static int
both_sides(struct diff *d, const struct node *a, const struct node *b)
{
	char modifier[5];
	size_t len = enter(d, b);
	int r = 0;

	mark_node(d, a, BEFORE);
	mark_node(d, b, AFTER);
	modifier_of(d, a, b, modifier);
	if (modifier[0] != '\0')
		r = tell(d, modifier);
	if (r == 0 && a->has_subtree && b->has_subtree)
		r = id_equal(&a->subtree, &b->subtree) ?
		    whole(d, &a->subtree, COMMON, NULL, NULL) :
		    both_trees(d, &a->subtree, &b->subtree);
	leave(d, len);
	return r;
}

/* The next name of either side, or of both: 0, or what each said. */
static int
step(struct diff *d, struct side *x, struct side *y, struct err *why)
{
	int c = !x->there ? 1 : !y->there ? -1 :
	    strcmp(x->t.node.name, y->t.node.name), r;

	r = c == 0 ? both_sides(d, &x->t.node, &y->t.node) :
	    c < 0 ? one_side(d, &x->t.node, BEFORE, "-", &d->t->removed) :
	    one_side(d, &y->t.node, AFTER, "+", &d->t->added);
	if (r == 0 && c <= 0 && next(x, why) < 0)
		return -1;
	if (r == 0 && c >= 0 && next(y, why) < 0)
		return -1;
	return r;
}

static int
both_trees(struct diff *d, const struct id *a, const struct id *b)
{
	struct side x = {0}, y = {0};
	struct err why = {0};
	int r = 0;

	if (side_open(d, &x, a, &why) < 0 || side_open(d, &y, b, &why) < 0)
		r = bad(d, &why);
	else
		while (r == 0 && (x.there || y.there))
			if ((r = step(d, &x, &y, &why)) < 0) {
				bad(d, &why);
				break;
			}
	side_close(&x);
	side_close(&y);
	return r > 0 ? r : 0;
}

static int
add_blob(void *arg, const struct index_pack *p)
{
	struct diff *d = arg;
	struct diff_side *s;
	size_t i, n;

	for (i = 0; i < p->n; i++) {
		n = index_number(d->r->index, p->v[i].type, &p->v[i].id);
		if (n >= d->n || (d->seen[n] != BEFORE && d->seen[n] != AFTER))
			continue;
		s = d->seen[n] == BEFORE ? &d->t->removed : &d->t->added;
		d->seen[n] = 0;		/* once, wherever else it lies */
		s->data_blobs += p->v[i].type == BLOB_DATA;
		s->tree_blobs += p->v[i].type == BLOB_TREE;
		s->bytes += p->v[i].plain;
	}
	return 0;
}

int
diff_trees(struct repo *r, const struct id *before, const struct id *after,
    const struct diff_options *o, struct diff_totals *out, struct err *e)
{
	struct diff d = { .r = r, .o = o, .t = out,
	    .n = index_count(r->index) };
	int ret;

	*out = (struct diff_totals){0};
	d.h = repo_hand_new(r);
	d.seen = xalloc(d.n + 1);
	mark(&d, BLOB_TREE, before, BEFORE);
	mark(&d, BLOB_TREE, after, AFTER);
	buf_addc(&d.path, '/');
	ret = id_equal(before, after) ? 0 : both_trees(&d, before, after);
	if (ret == 0)
		ret = index_packs(r->index, add_blob, &d, e);
	repo_hand_free(d.h);
	free(d.seen);
	buf_fini(&d.path);
	return ret < 0 ? -1 : 0;
}
