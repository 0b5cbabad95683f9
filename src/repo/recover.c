/* recover.c -- see recover.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "repo/recover.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/tree.h"
#include "repo/who.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	8
#define STEP		100

struct search {
	struct repo	*r;
	void (*step)(void *arg, uint64_t done, uint64_t total);
	void		*arg;
	struct recover	*out;
	struct id	*trees;		/* all there are, as they lie in packs */
	size_t		 n, cap;
	uint64_t	*named;		/* bits by index_number: somebody does */

	pthread_mutex_t	 lock;		/* of named, and of what is below */
	size_t		 next;
	int		 stopped;
};

/* ---- which there are ---- */

static int
add_trees(void *arg, const struct index_pack *p)
{
	struct search *s = arg;
	size_t i;

	for (i = 0; i < p->n; i++) {
		if (p->v[i].type != BLOB_TREE)
			continue;
		XGROW(s->trees, s->n, s->cap);
		s->trees[s->n++] = p->v[i].id;
	}
	return 0;
}

static void
set_named(struct search *s, const struct id *tree)
{
	size_t n = index_number(s->r->index, BLOB_TREE, tree);

	if (n != SIZE_MAX)
		s->named[n / 64] |= (uint64_t)1 << n % 64;
}

static int
is_named(const struct search *s, const struct id *tree)
{
	size_t n = index_number(s->r->index, BLOB_TREE, tree);

	return n != SIZE_MAX && (s->named[n / 64] >> n % 64 & 1);
}

/* ---- what they name ---- */

static int
next_tree(struct search *s, struct id *tree)
{
	const struct repo_options *o = &s->r->options;
	int more;

	pthread_mutex_lock(&s->lock);
	s->stopped |= o->stop != NULL && o->stop(o->stop_arg);
	more = !s->stopped && s->next < s->n;
	if (more) {
		*tree = s->trees[s->next++];
		if (s->step != NULL && s->next % STEP == 0)
			s->step(s->arg, s->next, s->n);
	}
	pthread_mutex_unlock(&s->lock);
	return more;
}

/* The folders in one, into kids: 0, or -1. */
static int
read_tree(struct search *s, struct repo_hand *h, const struct id *tree,
    struct buf *text, struct buf *kids)
{
	CLEAN_TREE_READ struct tree_read t = {0};
	int more;

	buf_reset(kids);
	if (tree_load(s->r, h, tree, text, NULL) < 0)
		return -1;
	tree_read_init(&t, text->data, text->len);
	while ((more = tree_read_next(&t, NULL)) == 1)
		if (t.node.type == NODE_DIR && t.node.has_subtree)
			buf_add(kids, t.node.subtree.b, ID_LEN);
	return more;
}

static void
work(void *arg, unsigned who)
{
	CLEAN_BUF struct buf text = {0}, kids = {0};
	struct search *s = arg;
	struct repo_hand *h = repo_hand_new(s->r);
	struct id tree;
	size_t i;
	int bad;

	(void)who;
	while (next_tree(s, &tree)) {
		bad = read_tree(s, h, &tree, &text, &kids) < 0;
		pthread_mutex_lock(&s->lock);
		for (i = 0; i < kids.len; i += ID_LEN)
			set_named(s, (const struct id *)(const void *)
			    (kids.data + i));
		if (bad) {	/* nothing can be had of it */
			s->out->bad++;
			set_named(s, &tree);
		}
		pthread_mutex_unlock(&s->lock);
	}
	repo_hand_free(h);
}

/* What it held is what is looked for here. */
static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	(void)arg;
	(void)id;
	(void)why;
}

static int
see_snapshots(struct search *s, struct err *e)
{
	struct snapshots all;
	size_t i;

	if (snapshots_load(s->r, NULL, bad_snapshot, NULL, &all, e) < 0)
		return -1;
	for (i = 0; i < all.n; i++)
		set_named(s, &all.v[i].tree);
	snapshots_fini(&all);
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return id_cmp(a, b);
}

/* A tree that lies in several packs was listed as often. */
static void
gather(struct search *s)
{
	struct recover *x = s->out;
	size_t i, k = 0;

	x->roots = xallocn(s->n + 1, sizeof(*x->roots));
	for (i = 0; i < s->n; i++)
		if (!is_named(s, &s->trees[i]))
			x->roots[x->n++] = s->trees[i];
	if (x->n > 1)
		qsort(x->roots, x->n, sizeof(*x->roots), by_id);
	for (i = 0; i < x->n; i++)
		if (k == 0 || !id_equal(&x->roots[k - 1], &x->roots[i]))
			x->roots[k++] = x->roots[i];
	x->n = k;
	x->trees = s->n;
}

int
recover_find(struct repo *r, void (*step)(void *arg, uint64_t done,
    uint64_t total), void *arg, struct recover *out, struct err *e)
{
	struct search s = { .r = r, .step = step, .arg = arg, .out = out };
	CLEAN_FREE uint64_t *named = xallocn(index_count(r->index) / 64 + 1,
	    sizeof(*named));
	int ret;

	*out = (struct recover){0};
	s.named = named;
	pthread_mutex_init(&s.lock, NULL);
	ret = index_packs(r->index, add_trees, &s, e);
	if (ret == 0)
		crew_once(crew_fit(THREADS_MAX), work, &s);
	if (ret == 0 && s.stopped)
		ret = err_set(e, ERR_STOPPED, "stopped");
	if (ret == 0)
		ret = see_snapshots(&s, e);
	if (ret == 0)
		gather(&s);
	pthread_mutex_destroy(&s.lock);
	free(s.trees);
	return ret;
}

/* ---- saving them ---- */

/* Its name: as short as tells it from its neighbours. */
static void
name_of(const struct recover *x, size_t i, char out[ID_HEX])
{
	char other[ID_HEX];

	id_hex(&x->roots[i], out);
	if (i > 0) {
		id_hex(&x->roots[i - 1], other);
		if (memcmp(out, other, ID_SHORT - 1) == 0)
			return;
	}
	if (i + 1 < x->n) {
		id_hex(&x->roots[i + 1], other);
		if (memcmp(out, other, ID_SHORT - 1) == 0)
			return;
	}
	out[ID_SHORT - 1] = '\0';
}

static void
make_tree(const struct recover *x, const struct node_time *t, struct buf *out)
{
	char name[ID_HEX];
	struct node n = { .name = name, .type = NODE_DIR, .mode = 0755,
	    .mtime = *t, .atime = *t, .ctime = *t, .user = "", .group = "",
	    .has_subtree = 1 };
	size_t i;

	n.mode |= UINT32_C(1) << 31;
	tree_begin(out);
	for (i = 0; i < x->n; i++) {
		name_of(x, i, name);
		n.subtree = x->roots[i];
		tree_add(out, &n);
	}
	tree_end(out);
}

static int
save_tree(struct repo *r, const struct buf *text, struct id *tree,
    struct err *e)
{
	struct repo_hand *h;
	struct saver *s;
	struct saved how;
	int ret;

	if (saver_new(r, &s, e) < 0)
		return -1;
	h = repo_hand_new(r);
	ret = saver_save(s, h, BLOB_TREE, text->data, text->len, tree, &how, e);
	if (ret == 0)
		ret = saver_flush(s, e);
	repo_hand_free(h);
	saver_free(s);
	return ret;
}

int
recover_save(struct repo *r, const struct recover *x, int64_t now,
    struct id *snapshot, struct err *e)
{
	char path[] = "/recover", tag[] = "recovered";
	char program[] = "fettle " FETTLE_VERSION;
	char *paths[] = { path, NULL }, *tags[] = { tag, NULL };
	CLEAN_BUF struct buf text = {0};
	struct snapshot s = { .paths = paths, .tags = tags,
	    .program = program };
	struct who me;
	int64_t sec = now / 1000000;

	who_am_i(&me);
	s.hostname = me.hostname;
	s.username = me.username;
	s.uid = me.uid;
	s.gid = me.gid;
	node_time_local(sec, (int32_t)(now - sec * 1000000) * 1000, &s.time);
	make_tree(x, &s.time, &text);
	if (save_tree(r, &text, &s.tree, e) < 0 || snapshot_save(r, &s, e) < 0)
		return -1;
	*snapshot = s.id;
	return 0;
}
