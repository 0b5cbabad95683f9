#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/index.h"
#include "repo/load.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/test/history.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

/* Half of it can be compressed. */
static void
fill(const struct history *h, struct buf *b)
{
	size_t max = h->blob_max ? h->blob_max : 12000;
	size_t n = 200 + random64() % max, i;

	buf_reset(b);
	for (i = 0; i < n; i++)
		buf_addc(b, (char)(i % 2 ? random64() : 'a'));
}

static void
change(struct history *h, struct saver *s, struct repo_hand *hand, size_t d,
    size_t f)
{
	struct buf b = {0};
	struct saved how;
	size_t i;

	h->blobs[d][f] = random64() % (HISTORY_BLOBS + 1);
	h->size[d][f] = 0;
	for (i = 0; i < h->blobs[d][f]; i++) {
		fill(h, &b);
		OK(saver_save(s, hand, BLOB_DATA, b.data, b.len,
		    &h->content[d][f][i], &how, &e));
		h->size[d][f] += b.len;
	}
	h->changes++;
	buf_fini(&b);
}

static void
save_folder(const struct history *h, struct saver *s, struct repo_hand *hand,
    size_t d, struct id *out)
{
	struct buf b = {0};
	struct saved how;
	char name[32];
	size_t f;

	tree_begin(&b);
	for (f = 0; f < HISTORY_FILES; f++) {
		struct node n = {
			.name = name, .type = NODE_FILE, .mode = 0644,
			.user = "", .group = "", .links = 1,
			.inode = d * 100 + f + 1, .size = h->size[d][f],
			.content = h->content[d][f],
			.n_content = h->blobs[d][f],
		};

		snprintf(name, sizeof(name), "file%02zu", f);
		tree_add(&b, &n);
	}
	tree_end(&b);
	OK(saver_save(s, hand, BLOB_TREE, b.data, b.len, out, &how, &e));
	buf_fini(&b);
}

static void
save_root(const struct history *h, struct saver *s, struct repo_hand *hand,
    struct id *out)
{
	struct buf b = {0};
	struct saved how;
	char name[32];
	size_t d;

	tree_begin(&b);
	for (d = 0; d < HISTORY_FOLDERS; d++) {
		struct node n = {
			.name = name, .type = NODE_DIR,
			.mode = 0x80000000 | 0755, .user = "", .group = "",
			.inode = 1000 + d, .has_subtree = 1,
		};

		snprintf(name, sizeof(name), "folder%02zu", d);
		save_folder(h, s, hand, d, &n.subtree);
		tree_add(&b, &n);
	}
	tree_end(&b);
	OK(saver_save(s, hand, BLOB_TREE, b.data, b.len, out, &how, &e));
	buf_fini(&b);
}

/* It was saved, and is needed by a snapshot still. */
static int
is_there(const struct history *h, const struct repo *r, size_t d, size_t f)
{
	size_t i;

	for (i = 0; i < h->blobs[d][f]; i++)
		if (!index_has(r->index, BLOB_DATA, &h->content[d][f][i]))
			return 0;
	return h->changes > 0;
}

void
history_go_on(struct history *h, struct repo *r, unsigned share)
{
	struct repo_hand *hand = repo_hand_new(r);
	char *paths[] = { (char[]){"/home"}, NULL };
	struct snapshot snap = {
		.paths = paths, .hostname = (char[]){"here"},
		.username = (char[]){"me"},
		.time = { .sec = 1700000000 + (int64_t)h->changes },
	};
	struct saver *s;
	size_t d, f;

	OK(saver_new(r, &s, &e));
	for (d = 0; d < HISTORY_FOLDERS; d++)
		for (f = 0; f < HISTORY_FILES; f++)
			if (!is_there(h, r, d, f) || random64() % 100 < share)
				change(h, s, hand, d, f);
	save_root(h, s, hand, &snap.tree);
	OK(saver_flush(s, &e));
	saver_free(s);
	repo_hand_free(hand);
	OK(snapshot_save(r, &snap, &e));
}

void
history_repeat(struct history *h, struct repo *r, size_t blobs)
{
	struct repo_hand *hand = repo_hand_new(r);
	struct buf b = {0};
	struct saver *s;
	size_t d, f, i;

	OK(saver_new(r, &s, &e));
	while (blobs-- > 0) {
		d = random64() % HISTORY_FOLDERS;
		f = random64() % HISTORY_FILES;
		for (i = 0; i < h->blobs[d][f]; i++) {
			OK(load_blob(r, hand, BLOB_DATA, &h->content[d][f][i],
			    &b, &e));
			OK(saver_save_known(s, hand, &(struct known_blob){
			    .type = BLOB_DATA, .id = &h->content[d][f][i],
			    .data = b.data, .len = b.len, .again = 1 }, NULL,
			    &e));
		}
	}
	OK(saver_flush(s, &e));
	saver_free(s);
	repo_hand_free(hand);
	buf_fini(&b);
}

static int
count(void *arg, const struct store_name *n, uint64_t size)
{
	(void)n;
	(void)size;
	++*(size_t *)arg;
	return 0;
}

size_t
history_snapshots(struct repo *r)
{
	size_t n = 0;

	OK(store_list(r->store, STORE_SNAPSHOT, count, &n, &e));
	return n;
}

struct list {
	struct id	*v;
	size_t		 n, cap;
};

static int
add(void *arg, const struct store_name *n, uint64_t size)
{
	struct list *l = arg;

	(void)size;
	XGROW(l->v, l->n, l->cap);
	memcpy(l->v[l->n++].b, n->id, ID_LEN);
	return 0;
}

void
history_forget(struct repo *r, unsigned chance)
{
	struct list l = {0};
	size_t i;

	OK(store_list(r->store, STORE_SNAPSHOT, add, &l, &e));
	for (i = 0; i < l.n; i++)
		if (random64() % 100 < chance)
			OK(repo_remove(r, STORE_SNAPSHOT, &l.v[i], &e));
	free(l.v);
}

struct checker {
	struct repo	*r;
	struct repo_hand *hand;
	struct buf	 b;
};

static int
check_node(void *arg, const char *path, const struct node *n)
{
	struct checker *c = arg;
	uint64_t size = 0;
	size_t i;

	(void)path;
	for (i = 0; n->type == NODE_FILE && i < n->n_content; i++) {
		OK(load_blob(c->r, c->hand, BLOB_DATA, &n->content[i], &c->b,
		    &e));
		size += c->b.len;
	}
	assert_int_equal(size, n->size);
	return 1;
}

void
history_check(struct repo *r)
{
	struct checker c = { .r = r, .hand = repo_hand_new(r) };
	struct tree_walk w = { .each = check_node, .arg = &c };
	struct list l = {0};
	struct snapshot s;
	size_t i;

	OK(store_list(r->store, STORE_SNAPSHOT, add, &l, &e));
	for (i = 0; i < l.n; i++) {
		OK(snapshot_load(r, &l.v[i], &s, &e));
		OK(tree_walk(r, c.hand, &s.tree, &w, &e));
		snapshot_fini(&s);
	}
	free(l.v);
	buf_fini(&c.b);
	repo_hand_free(c.hand);
}
