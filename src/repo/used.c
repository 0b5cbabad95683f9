/*
 * Folders wait on a stack, so what waits are the brothers of those on the way
 * down, never a whole level.  A folder is pushed by whoever sets its bit first.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "repo/index.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "repo/used.h"
#include "util/clean.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	8
#define THREADS_FAR	4	/* at least: they wait more than they work */
#define STEP		1000	/* trees between two words about it */

struct used {
	_Atomic uint64_t *bits;
	size_t		 n;
	uint64_t	 trees;
};

struct walk {
	struct repo	*r;
	struct used	*u;
	const struct used_watch *w;

	pthread_mutex_t	 lock;		/* of what is below */
	pthread_cond_t	 more;
	struct id	*stack;
	size_t		 n, cap;
	size_t		 busy;		/* threads that may push more */
	int		 failed;
	struct err	*e;
};

int
used_has(const struct used *u, size_t number)
{
	return number < u->n &&
	    atomic_load_explicit(&u->bits[number / 64],
	    memory_order_relaxed) >> number % 64 & 1;
}

uint64_t
used_trees(const struct used *u)
{
	return u->trees;
}

void
used_free(struct used *u)
{
	if (u == NULL)
		return;
	free(u->bits);
	free(u);
}

/* 1 if it was not set. */
static int
mark(struct used *u, size_t number)
{
	uint64_t bit = (uint64_t)1 << number % 64;
	_Atomic uint64_t *p = &u->bits[number / 64];

	/* Most are set already; looking is cheaper than writing. */
	if (atomic_load_explicit(p, memory_order_relaxed) & bit)
		return 0;
	return !(atomic_fetch_or_explicit(p, bit, memory_order_relaxed) & bit);
}

/* ---- faults ---- */

static void
fail(struct walk *k, const struct err *why)
{
	pthread_mutex_lock(&k->lock);
	if (!k->failed && k->e != NULL)
		*k->e = *why;
	k->failed = 1;
	pthread_cond_broadcast(&k->more);
	pthread_mutex_unlock(&k->lock);
}

static void
fault(struct walk *k, const struct id *tree, const char *name,
    const struct id *blob, const struct err *why)
{
	struct used_fault f = {
		.tree = tree, .name = name, .blob = blob, .why = why,
	};
	int end = 1;

	if (k->w != NULL && k->w->fault != NULL) {
		pthread_mutex_lock(&k->lock);
		end = k->failed || k->w->fault(k->w->arg, &f);
		pthread_mutex_unlock(&k->lock);
	}
	if (end)
		fail(k, why);
}

static void
wrong_node(struct walk *k, const struct id *tree, const struct node *n,
    const char *what)
{
	char hex[ID_SHORT];
	struct err why;

	id_short(tree, hex);
	err_set(&why, ERR_CORRUPT, "tree %s: %s", hex, what);
	fault(k, tree, n->name, NULL, &why);
}

static void
missing(struct walk *k, const struct id *tree, const struct node *n,
    enum blob_type t, const struct id *blob)
{
	char hex[ID_HEX], in[ID_SHORT];
	struct err why;

	id_hex(blob, hex);
	id_short(tree, in);
	err_set(&why, ERR_CORRUPT, "tree %s: %s blob %s is in no index", in,
	    t == BLOB_TREE ? "tree" : "data", hex);
	fault(k, tree, n->name, blob, &why);
}

/* ---- the stack ---- */

static void
push(struct walk *k, const struct id *tree)
{
	pthread_mutex_lock(&k->lock);
	XGROW(k->stack, k->n, k->cap);
	k->stack[k->n++] = *tree;
	pthread_cond_signal(&k->more);
	pthread_mutex_unlock(&k->lock);
}

/* The next folder: 1; or 0 if there is none and nobody can find another. */
static int
pop(struct walk *k, struct id *tree)
{
	int found;

	pthread_mutex_lock(&k->lock);
	while (k->n == 0 && k->busy > 0 && !k->failed)
		pthread_cond_wait(&k->more, &k->lock);
	found = k->n > 0 && !k->failed;
	if (found) {
		*tree = k->stack[--k->n];
		k->busy++;
		if (++k->u->trees % STEP == 0 && k->w != NULL &&
		    k->w->step != NULL)
			k->w->step(k->w->arg, k->u->trees);
	}
	pthread_mutex_unlock(&k->lock);
	return found;
}

static void
done(struct walk *k)
{
	pthread_mutex_lock(&k->lock);
	k->busy--;
	if (k->busy == 0)
		pthread_cond_broadcast(&k->more);
	pthread_mutex_unlock(&k->lock);
}

/* ---- a folder ---- */

static void
see_file(struct walk *k, const struct id *tree, const struct node *n)
{
	size_t i, number;

	for (i = 0; i < n->n_content; i++) {
		number = index_number(k->r->index, BLOB_DATA, &n->content[i]);
		if (number == SIZE_MAX)
			missing(k, tree, n, BLOB_DATA, &n->content[i]);
		else
			mark(k->u, number);
	}
}

static void
see_dir(struct walk *k, const struct id *tree, const struct node *n)
{
	size_t number;

	if (!n->has_subtree) {
		wrong_node(k, tree, n, "a folder without a tree");
		return;
	}
	number = index_number(k->r->index, BLOB_TREE, &n->subtree);
	if (number == SIZE_MAX)
		missing(k, tree, n, BLOB_TREE, &n->subtree);
	else if (mark(k->u, number))
		push(k, &n->subtree);
}

static void
see_node(struct walk *k, const struct id *tree, const struct node *n)
{
	if (!node_name_ok(n->name))
		wrong_node(k, tree, n, "a name that cannot be");
	if (n->type == NODE_FILE)
		see_file(k, tree, n);
	else if (n->type == NODE_DIR)
		see_dir(k, tree, n);
	else if (n->type == NODE_OTHER)
		wrong_node(k, tree, n, "a node of a type that nobody knows");
}

static int
has_ended(struct walk *k)
{
	const struct repo_options *o = &k->r->options;
	struct err why;
	int ended;

	pthread_mutex_lock(&k->lock);
	ended = k->failed;
	pthread_mutex_unlock(&k->lock);
	if (!ended && o->stop != NULL && o->stop(o->stop_arg)) {
		err_set(&why, ERR_STOPPED, "stopped");
		fail(k, &why);
		ended = 1;
	}
	return ended;
}

static void
see_tree(struct walk *k, struct repo_hand *h, const struct id *tree,
    struct buf *text)
{
	CLEAN_TREE_READ struct tree_read t = {0};
	struct err why = {0};
	char hex[ID_SHORT];
	int r;

	if (tree_load(k->r, h, tree, text, &why) < 0) {
		fault(k, tree, NULL, tree, &why);
		return;
	}
	tree_read_init(&t, text->data, text->len);
	while ((r = tree_read_next(&t, &why)) == 1) {
		if (t.unordered)
			wrong_node(k, tree, &t.node, "not in order");
		see_node(k, tree, &t.node);
	}
	if (r < 0) {
		id_short(tree, hex);
		err_wrap(&why, "tree %s", hex);
		fault(k, tree, NULL, NULL, &why);
	}
}

static void
work(void *arg, unsigned who)
{
	CLEAN_BUF struct buf text = {0};
	struct walk *k = arg;
	struct repo_hand *h = repo_hand_new(k->r);
	struct id tree;

	(void)who;
	while (pop(k, &tree)) {
		if (!has_ended(k))
			see_tree(k, h, &tree, &text);
		done(k);
	}
	repo_hand_free(h);
}

static void
push_root(struct walk *k, const struct id *root)
{
	size_t number = index_number(k->r->index, BLOB_TREE, root);
	struct err why;
	char hex[ID_HEX];

	if (number != SIZE_MAX) {
		if (mark(k->u, number))
			push(k, root);
		return;
	}
	id_hex(root, hex);
	err_set(&why, ERR_CORRUPT, "tree blob %s is in no index", hex);
	fault(k, root, NULL, root, &why);
}

static unsigned
threads_for(const struct repo *r)
{
	unsigned n = crew_fit(THREADS_MAX);
	struct store_caps caps;

	store_caps(r->store, &caps);
	return caps.near || n > THREADS_FAR ? n : THREADS_FAR;
}

int
used_find(struct repo *r, const struct id *roots, size_t n,
    const struct used_watch *w, struct used **out, struct err *e)
{
	struct used *u = xalloc(sizeof(*u));
	struct walk k = { .r = r, .u = u, .w = w, .e = e };
	size_t i;

	u->n = index_count(r->index);
	u->bits = xallocn(u->n / 64 + 1, sizeof(*u->bits));
	pthread_mutex_init(&k.lock, NULL);
	pthread_cond_init(&k.more, NULL);
	for (i = n; i-- > 0;)
		push_root(&k, &roots[i]);
	crew_once(threads_for(r), work, &k);
	pthread_cond_destroy(&k.more);
	pthread_mutex_destroy(&k.lock);
	free(k.stack);
	if (k.failed) {
		used_free(u);
		return -1;
	}
	*out = u;
	return 0;
}
