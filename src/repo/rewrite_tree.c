/* rewrite_tree.c -- see rewrite_tree.h. */
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "repo/repo.h"
#include "repo/rewrite_tree.h"
#include "repo/save.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/map.h"
#include "util/xalloc.h"

/* What became of a folder. */
struct outcome {
	struct id	 id;
	int		 gone;
	struct rewrite_sums sums;
};

/* A folder that is being made. */
struct level {
	struct id	 old;
	struct buf	 text, out;
	struct tree_read read;
	size_t		 path;		/* length of its own */
	size_t		 kept;
	int		 changed, verdict;	/* verdict on the node it stands at */
	struct rewrite_sums sums;
};

struct rewriter {
	struct repo	*r;
	struct repo_hand *h;
	struct saver	*saver;
	const struct rewrite_watch *w;
	struct buf	 path, key;
	struct map	 known;		/* a place in v */
	struct outcome	*v;
	size_t		 n, cap;
	struct level	**levels;
	size_t		 n_levels, cap_levels;
};

struct rewriter *
rewriter_new(struct repo *r, struct saver *s, const struct rewrite_watch *w)
{
	struct rewriter *k = xalloc(sizeof(*k));

	k->r = r;
	k->saver = s;
	k->w = w;
	k->h = repo_hand_new(r);
	return k;
}

static void
pop(struct rewriter *k)
{
	struct level *l = k->levels[--k->n_levels];

	tree_read_fini(&l->read);
	buf_fini(&l->text);
	buf_fini(&l->out);
	free(l);
}

void
rewriter_free(struct rewriter *k)
{
	if (k == NULL)
		return;
	while (k->n_levels > 0)
		pop(k);
	repo_hand_free(k->h);
	buf_fini(&k->path);
	buf_fini(&k->key);
	map_fini(&k->known);
	free(k->v);
	free(k->levels);
	free(k);
}

/* ---- what is known ---- */

static void
make_key(struct rewriter *k, const struct id *tree)
{
	buf_reset(&k->key);
	buf_add(&k->key, tree->b, ID_LEN);
	if (k->w->by_path)
		buf_add(&k->key, k->path.data, k->path.len);
}

static int
is_known(struct rewriter *k, const struct id *tree, struct outcome *out)
{
	const uint64_t *at;

	make_key(k, tree);
	at = map_get(&k->known, k->key.data, k->key.len);
	if (at != NULL)
		*out = k->v[*at];
	return at != NULL;
}

static void
remember(struct rewriter *k, const struct id *tree, const struct outcome *o)
{
	make_key(k, tree);
	XGROW(k->v, k->n, k->cap);
	map_put(&k->known, k->key.data, k->key.len, k->n);
	k->v[k->n++] = *o;
}

/* ---- saving ---- */

static int
save(struct rewriter *k, const struct buf *text, struct id *out, struct err *e)
{
	struct saved how;

	if (k->saver != NULL)
		return saver_save(k->saver, k->h, BLOB_TREE, text->data,
		    text->len, out, &how, e);
	sha256_of(text->data, text->len, out->b);
	return 0;
}

static const char *
path_of(struct rewriter *k)
{
	return k->path.len > 0 ? buf_str(&k->path) : "/";
}

/* One that cannot be read: an empty one is made of it, or it ends. */
static int
replace_unread(struct rewriter *k, const struct err *why, struct outcome *o,
    struct err *e)
{
	CLEAN_BUF struct buf text = {0};

	if (why->kind == ERR_STOPPED || k->w->unread == NULL ||
	    k->w->unread(k->w->arg, path_of(k), why) != 0) {
		if (e != NULL)
			*e = *why;
		return -1;
	}
	*o = (struct outcome){ .gone = k->path.len == 0 };
	tree_begin(&text);
	tree_end(&text);
	/* Of a lost root nothing is made: an empty tree would lie there unused. */
	return o->gone ? 0 : save(k, &text, &o->id, e);
}

/* ---- the nodes of a folder ---- */

static void
add_raw(struct level *l, const void *text, size_t len)
{
	if (l->kept++ > 0)
		buf_addc(&l->out, ',');
	buf_add(&l->out, text, len);
}

/* Where the subtree's id stands in a node's text, or NULL.  Quotes inside of
 * strings are escaped, so it is not part of one. */
static unsigned char *
find_subtree(unsigned char *text, size_t len, const struct id *subtree)
{
	char want[sizeof("\"subtree\":\"") + ID_HEX] = "\"subtree\":\"";
	size_t n = strlen(want);
	unsigned char *at;

	id_hex(subtree, want + n);
	at = memmem(text, len, want, n + ID_HEX - 1);
	return at != NULL ? at + n : NULL;
}

/* As it was written, with another subtree. */
static void
add_moved(struct level *l, const struct id *subtree)
{
	CLEAN_BUF struct buf b = {0};
	struct node n = l->read.node;
	unsigned char *at;
	char hex[ID_HEX];

	buf_add(&b, l->text.data + l->read.begin, l->read.end - l->read.begin);
	at = n.has_subtree ? find_subtree(b.data, b.len, &n.subtree) : NULL;
	id_hex(subtree, hex);
	if (at != NULL)
		memcpy(at, hex, ID_HEX - 1);
	else {
		n.subtree = *subtree;
		n.has_subtree = 1;
		buf_reset(&b);
		node_write(&b, &n);
	}
	add_raw(l, b.data, b.len);
	l->changed = 1;
}

static void
add_node(struct level *l)
{
	CLEAN_BUF struct buf b = {0};

	if (l->verdict == REWRITE_KEEP) {
		add_raw(l, l->text.data + l->read.begin,
		    l->read.end - l->read.begin);
		return;
	}
	node_write(&b, &l->read.node);
	add_raw(l, b.data, b.len);
	l->changed = 1;
}

/* The folder that this level stands at is done. */
static void
take_outcome(struct rewriter *k, struct level *l, const struct outcome *o)
{
	const struct node *n = &l->read.node;

	if (o->gone)
		l->changed = 1;
	else if (n->has_subtree && id_equal(&n->subtree, &o->id))
		add_node(l);
	else
		add_moved(l, &o->id);
	l->sums.files += o->sums.files;
	l->sums.bytes += o->sums.bytes;
	k->path.len = l->path;
}

/* ---- the walk ---- */

/* 1: a level was pushed; 0: the outcome is there already; -1. */
static int
begin(struct rewriter *k, const struct id *tree, struct outcome *o,
    struct err *e)
{
	struct err why;
	struct level *l;

	if (is_known(k, tree, o))
		return 0;
	if (k->n_levels > TREE_DEPTH_MAX) {
		err_set(&why, ERR_CORRUPT, "too many folders in folders");
		return replace_unread(k, &why, o, e);
	}
	l = xalloc(sizeof(*l));
	XGROW(k->levels, k->n_levels, k->cap_levels);
	k->levels[k->n_levels++] = l;
	l->old = *tree;
	l->path = k->path.len;
	tree_read_init(&l->read, NULL, 0);
	if (tree_load(k->r, k->h, tree, &l->text, &why) < 0) {
		pop(k);
		return replace_unread(k, &why, o, e);
	}
	tree_read_init(&l->read, l->text.data, l->text.len);
	tree_begin(&l->out);
	return 1;
}

/* The end of a folder, or of what of it could be read (why). */
static int
finish(struct rewriter *k, const struct err *why, struct outcome *o,
    struct err *e)
{
	struct level *l = k->levels[k->n_levels - 1];
	int r = 0;

	*o = (struct outcome){ .id = l->old, .sums = l->sums };
	if (why != NULL)
		r = replace_unread(k, why, o, e);
	else if (l->kept == 0 && k->w->empty != NULL)
		o->gone = !k->w->empty(k->w->arg, path_of(k));
	if (r == 0 && why == NULL && !o->gone && l->changed) {
		tree_end(&l->out);
		r = save(k, &l->out, &o->id, e);
	}
	if (r == 0)
		remember(k, &l->old, o);
	pop(k);
	return r;
}

static int
begin_dir(struct rewriter *k, struct level *l, struct err *e)
{
	struct outcome o;
	struct err why;
	int r;

	if (l->read.node.has_subtree)
		r = begin(k, &l->read.node.subtree, &o, e);
	else {
		err_set(&why, ERR_CORRUPT, "a folder without a tree");
		r = replace_unread(k, &why, &o, e);
	}
	if (r == 0)
		take_outcome(k, l, &o);
	return r < 0 ? -1 : 0;
}

static int
do_node(struct rewriter *k, struct level *l, struct err *e)
{
	struct node *n = &l->read.node;

	buf_addc(&k->path, '/');
	buf_adds(&k->path, n->name);
	l->verdict = k->w->node == NULL ? REWRITE_KEEP :
	    k->w->node(k->w->arg, path_of(k), n);
	if (l->verdict == REWRITE_DROP)
		l->changed = 1;
	else if (n->type == NODE_DIR)
		return begin_dir(k, l, e);
	else {
		add_node(l);
		if (n->type == NODE_FILE) {
			l->sums.files++;
			l->sums.bytes += n->size;
		}
	}
	k->path.len = l->path;
	return 0;
}

static int
has_stopped(const struct rewriter *k, struct err *e)
{
	const struct repo_options *o = &k->r->options;

	if (o->stop == NULL || !o->stop(o->stop_arg))
		return 0;
	err_set(e, ERR_STOPPED, "stopped");
	return 1;
}

/* A node, or the end of a folder; in the end the root's outcome is in o. */
static int
step(struct rewriter *k, struct outcome *o, struct err *e)
{
	struct level *l = k->levels[k->n_levels - 1];
	struct err why;
	int more = tree_read_next(&l->read, &why);

	if (more == 1)
		return do_node(k, l, e);
	if (has_stopped(k, e) || finish(k, more < 0 ? &why : NULL, o, e) < 0)
		return -1;
	if (k->n_levels > 0)
		take_outcome(k, k->levels[k->n_levels - 1], o);
	return 0;
}

int
rewriter_tree(struct rewriter *k, const struct id *root, struct id *out,
    struct rewrite_sums *sums, struct err *e)
{
	struct outcome o = {0};
	int r;

	buf_reset(&k->path);
	r = begin(k, root, &o, e);
	while (r >= 0 && k->n_levels > 0)
		r = step(k, &o, e);
	while (k->n_levels > 0)
		pop(k);
	if (r < 0)
		return -1;
	*out = o.id;
	if (sums != NULL)
		*sums = o.sums;
	return o.gone;
}
