/*
 * test_walk.c -- trees and snapshots out of repositories, and into them: those
 * that real restic made, ours, and broken ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/load.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/test/same_node.h"
#include "repo/test/scene.h"
#include "repo/tree.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

/* A repository that is open, and a hand. */
struct bench {
	struct repo	*r;
	struct repo_hand *h;
};

static void
bench_close(struct bench *b)
{
	repo_hand_free(b->h);
	repo_close(b->r);
}

#define CLEAN_BENCH	CLEAN(bench_close)

static struct bench
bench_of(struct repo *r)
{
	struct err e;

	if (repo_load_index(r, &e) < 0)
		fail_msg("%s", e.text);
	return (struct bench){ r, repo_hand_new(r) };
}

static struct bench
bench_tiny(void **state, const char *which)
{
	CLEAN_FREE char *path = scene_unpack(*state, which);

	return bench_of(scene_open(path, NULL));
}

/* ---- what a walk tells ---- */

struct heard {
	struct bench	*b;
	struct buf	 lines;
	const char	*pass, *end;	/* folders to pass by, or end at */
	int		 same;		/* each folder's text is written the same */
};

static int
hear_each(void *arg, const char *path, const struct node *n)
{
	CLEAN_BUF struct buf text = {0};
	struct heard *h = arg;

	buf_addf(&h->lines, "%s%s\n", path, n->type == NODE_DIR ? "/" : "");
	if (h->end != NULL && strcmp(path, h->end) == 0)
		return TREE_END;
	if (h->pass != NULL && strcmp(path, h->pass) == 0)
		return TREE_PASS;
	if (h->same && n->type == NODE_DIR) {
		assert_int_equal(tree_load(h->b->r, h->b->h, &n->subtree, &text,
		    NULL), 0);
		assert_writes_the_same(text.data, text.len);
	}
	return TREE_ENTER;
}

static int
hear_leave(void *arg, const char *path, const struct node *n)
{
	struct heard *h = arg;
	const char *name = strrchr(path, '/');

	assert_int_equal(n->type, NODE_DIR);
	assert_string_equal(n->name, name != NULL ? name + 1 : path);
	buf_addf(&h->lines, "leave %s\n", path);
	return TREE_PASS;
}

static int
hear_bad(void *arg, const char *path, const struct id *tree,
    const struct err *why)
{
	struct heard *h = arg;

	(void)tree;
	assert_int_not_equal(why->kind, ERR_NONE);
	buf_addf(&h->lines, "bad %s\n", path);
	return h->end != NULL && strcmp(h->end, "bad") == 0 ? TREE_END :
	    TREE_PASS;
}

static int
walk(struct bench *b, const struct id *root, struct heard *h)
{
	const struct tree_walk w = { hear_each, hear_leave, hear_bad, h };
	struct err e;

	h->b = b;
	buf_reset(&h->lines);
	return tree_walk(b->r, b->h, root, &w, &e);
}

static void
heard_fini(struct heard *h)
{
	buf_fini(&h->lines);
}

#define CLEAN_HEARD	CLEAN(heard_fini)

/* ---- what restic made ---- */

static void
check_tiny(void **state, const char *which, const char *root)
{
	CLEAN_BENCH struct bench b = bench_tiny(state, which);
	CLEAN_SNAPSHOT struct snapshot s;
	CLEAN_HEARD struct heard h = { .same = 1 };
	CLEAN_BUF struct buf text = {0};
	CLEAN_ARENA struct arena a = {0};
	int is_14 = strcmp(which, "tiny14") == 0;
	char hex[ID_HEX];
	const char *sub;
	struct node n;
	struct err e;

	if (snapshot_named(b.r, "latest:dir/inner", NULL, &s, &sub, &e) < 0)
		fail_msg("%s", e.text);
	id_hex(&s.tree, hex);
	assert_string_equal(hex, root);
	assert_string_equal(s.hostname, "fixhost");
	assert_string_equal(s.paths[0], "/tmp/fx/src");
	assert_string_equal(s.tags[0], "t1");

	assert_int_equal(tree_load(b.r, b.h, &s.tree, &text, &e), 0);
	/* It wrote bytes that are not UTF-8 as \ufffd: read, that is U+FFFD,
	 * which is written as it is. */
	if (!is_14)
		assert_writes_the_same(text.data, text.len);
	assert_int_equal(walk(&b, &s.tree, &h), 0);
	assert_string_equal(buf_str(&h.lines), "back\\slash\nctl-\x01\ndir/\n"
	    "dir/inner\nleave dir\nempty\nemptydir/\nleave emptydir\nfifo\n"
	    "hardlink\nhtml<>&\nlatin1-\xe9\nlink\nlink-bad\nnbsp-\xc2\xa0\n"
	    "new\nline\nplain.txt\nquote\"d\ntab\there\n"
	    "\xc3\xbc-\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\n");

	assert_int_equal(tree_find(b.r, b.h, &s.tree, sub, &a, &n, &e), 0);
	assert_string_equal(n.name, "inner");
	assert_int_equal(n.size, 5);
	assert_int_equal(n.n_content, 1);
	assert_int_equal(tree_find(b.r, b.h, &s.tree, "//hardlink/", &a, &n,
	    &e), 0);
	assert_int_equal(n.n_xattrs, 1);
	assert_memory_equal(n.xattrs[0].value, "\0\1value", 7);
	assert_int_equal(tree_find(b.r, b.h, &s.tree, "link-bad", &a, &n, &e),
	    0);
	/* 0.14 had no way to keep such a target. */
	assert_string_equal(n.target, is_14 ? "bad-\xef\xbf\xbd-target" :
	    "bad-\xff-target");
	assert_int_equal(tree_find(b.r, b.h, &s.tree, "/", &a, &n, &e), 0);
	assert_int_equal(n.type, NODE_DIR);
	assert_true(n.has_subtree && id_equal(&n.subtree, &s.tree));
	assert_int_equal(tree_find(b.r, b.h, &s.tree, "dir/none", &a, &n, &e),
	    -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(tree_find(b.r, b.h, &s.tree, "empty/x", &a, &n, &e),
	    -1);
	assert_int_equal(e.kind, ERR_NOENT);
}

static void
repositories_of_restic_018_are_read(void **state)
{
	check_tiny(state, "tiny18", "e498a534337ebb4e8fb9d96c04bfc9c4f54f130e42"
	    "33df653bf359916b7d2676");
}

static void
repositories_of_restic_014_are_read(void **state)
{
	check_tiny(state, "tiny14", "0cba93e8c15c6a860d27c75b3b46cce6d6f7a91b0db"
	    "af526fa8984f1747ee511");
}

/* ---- snapshots by name ---- */

static void
save_at(struct repo *r, int64_t sec, const char *host, struct id *id)
{
	CLEAN_SNAPSHOT struct snapshot s = { .time = { sec, 0, 0 } };
	struct err e;

	s.hostname = xstrdup(host);
	if (snapshot_save(r, &s, &e) < 0)
		fail_msg("%s", e.text);
	*id = s.id;
}

static void
assert_named(struct repo *r, const char *name, const struct snapshot_filter *f,
    const struct id *want)
{
	CLEAN_SNAPSHOT struct snapshot s;
	const char *sub;
	struct err e;

	if (snapshot_named(r, name, f, &s, &sub, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	assert_true(id_equal(&s.id, want));
	assert_int_equal(sub != NULL, strchr(name, ':') != NULL);
}

static void
assert_not_named(struct repo *r, const char *name,
    const struct snapshot_filter *f, enum err_kind kind)
{
	struct snapshot s;
	const char *sub;
	struct err e;

	assert_int_equal(snapshot_named(r, name, f, &s, &sub, &e), -1);
	assert_int_equal(e.kind, kind);
}

static void
snapshots_are_found_by_their_names(void **state)
{
	static const char *const hosts[] = { "a", NULL };
	const struct snapshot_filter f = { .hosts = hosts };
	CLEAN_BENCH struct bench b = bench_of(scene_make(*state, "named", 2));
	struct id ids[3];
	char hex[ID_HEX], name[ID_HEX + 8];

	assert_not_named(b.r, "latest", NULL, ERR_NOENT);
	save_at(b.r, 2000, "a", &ids[1]);
	save_at(b.r, 3000, "b", &ids[2]);
	save_at(b.r, 1000, "a", &ids[0]);
	assert_named(b.r, "latest", NULL, &ids[2]);
	assert_named(b.r, "latest:", NULL, &ids[2]);
	assert_named(b.r, "latest~0:/a:b", NULL, &ids[2]);
	assert_named(b.r, "latest~1", NULL, &ids[1]);
	assert_named(b.r, "latest~2", NULL, &ids[0]);
	assert_not_named(b.r, "latest~3", NULL, ERR_NOENT);
	assert_not_named(b.r, "latest~99999999999999999999", NULL, ERR_USAGE);
	assert_not_named(b.r, "latest~", NULL, ERR_USAGE);
	assert_not_named(b.r, "latest1", NULL, ERR_USAGE);
	assert_not_named(b.r, "", NULL, ERR_USAGE);
	assert_not_named(b.r, ":x", NULL, ERR_USAGE);
	assert_not_named(b.r, "../../config", NULL, ERR_USAGE);
	assert_named(b.r, "latest", &f, &ids[1]);
	assert_named(b.r, "latest~1", &f, &ids[0]);
	assert_not_named(b.r, "latest~2", &f, ERR_NOENT);
	id_hex(&ids[2], hex);
	assert_named(b.r, hex, &f, &ids[2]);
	snprintf(name, sizeof(name), "%.10s:/x", hex);
	assert_named(b.r, name, NULL, &ids[2]);
	hex[63] = hex[63] == '0' ? '1' : '0';
	assert_not_named(b.r, hex, NULL, ERR_NOENT);
}

static void
count_bad(void *arg, const struct id *id, const struct err *why)
{
	(void)id;
	assert_int_equal(why->kind, ERR_CORRUPT);
	++*(int *)arg;
}

/* One that cannot be read is told, and the others are there all the same. */
static void
a_broken_snapshot_hides_no_other(void **state)
{
	CLEAN_BENCH struct bench b = bench_of(scene_make(*state, "broken", 2));
	struct snapshots all;
	struct id ids[2], id;
	struct err e;
	int bad = 0;

	save_at(b.r, 2000, "a", &ids[1]);
	save_at(b.r, 1000, "a", &ids[0]);
	assert_int_equal(repo_put(b.r, STORE_SNAPSHOT, "{\"time\":1}", 10, &id,
	    &e), 0);
	assert_int_equal(snapshots_load(b.r, NULL, count_bad, &bad, &all, &e),
	    0);
	assert_int_equal(bad, 1);
	assert_int_equal(all.n, 2);
	assert_true(id_equal(&all.v[0].id, &ids[0]));
	assert_true(id_equal(&all.v[1].id, &ids[1]));
	snapshots_fini(&all);
	assert_int_equal(snapshots_load(b.r, NULL, NULL, NULL, &all, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
}

/* ---- trees of ours ---- */

static struct id
put_tree(struct bench *b, struct saver *s, const struct buf *text)
{
	struct saved how;
	struct err e;
	struct id id;

	if (saver_save(s, b->h, BLOB_TREE, text->data, text->len, &id, &how,
	    &e) < 0)
		fail_msg("%s", e.text);
	return id;
}

/* A folder of one folder, so often, round what is there. */
static struct id
wrap(struct bench *b, struct saver *s, struct id id, unsigned times)
{
	struct node n = { .name = "d", .type = NODE_DIR, .has_subtree = 1 };

	while (times-- > 0) {
		CLEAN_BUF struct buf text = {0};

		n.subtree = id;
		tree_begin(&text);
		tree_add(&text, &n);
		tree_end(&text);
		id = put_tree(b, s, &text);
	}
	return id;
}

static struct saver *
saver_of(struct bench *b)
{
	struct saver *s;
	struct err e;

	if (saver_new(b->r, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void
finish(struct saver *s)
{
	struct err e;

	if (saver_flush(s, &e) < 0)
		fail_msg("%s", e.text);
	saver_free(s);
}

/*
 * a/ (two files), b/ whose tree is not there, c/ without one, d/ that is not
 * JSON behind its first node, e.
 */
static struct id
broken_tree(struct bench *b, struct saver *s)
{
	CLEAN_BUF struct buf in_a = {0}, in_d = {0}, root = {0};
	struct node f = { .name = "1" };
	struct node n = { .type = NODE_DIR, .has_subtree = 1 };

	tree_begin(&in_a);
	tree_add(&in_a, &f);
	f.name = "2";
	tree_add(&in_a, &f);
	tree_end(&in_a);
	tree_begin(&in_d);
	tree_add(&in_d, &f);
	buf_adds(&in_d, ",{\"name\":5}]}");
	tree_begin(&root);
	n.name = "a";
	n.subtree = put_tree(b, s, &in_a);
	tree_add(&root, &n);
	n.name = "b";
	n.subtree.b[0] ^= 1;
	tree_add(&root, &n);
	n.name = "c";
	n.has_subtree = 0;
	tree_add(&root, &n);
	n.name = "d";
	n.has_subtree = 1;
	n.subtree = put_tree(b, s, &in_d);
	tree_add(&root, &n);
	f.name = "e";
	tree_add(&root, &f);
	tree_end(&root);
	return put_tree(b, s, &root);
}

static void
a_walk_goes_on_behind_what_is_broken(void **state)
{
	CLEAN_BENCH struct bench b = bench_of(scene_make(*state, "walk", 2));
	CLEAN_HEARD struct heard h = {0};
	struct tree_walk w = { hear_each, NULL, NULL, &h };
	struct saver *s = saver_of(&b);
	struct id root = broken_tree(&b, s), none = root;
	struct err e;

	finish(s);
	assert_int_equal(walk(&b, &root, &h), 0);
	assert_string_equal(buf_str(&h.lines), "a/\na/1\na/2\nleave a\nb/\n"
	    "bad b\nleave b\nc/\nbad c\nleave c\nd/\nd/2\nbad d\nleave d\n"
	    "e\n");
	h.pass = "a";
	h.end = "c";
	assert_int_equal(walk(&b, &root, &h), 1);
	assert_string_equal(buf_str(&h.lines), "a/\nb/\nbad b\nleave b\nc/\n");
	h.end = "bad";
	assert_int_equal(walk(&b, &root, &h), 1);
	assert_string_equal(buf_str(&h.lines), "a/\nb/\nbad b\n");
	/* Nobody to tell: it ends there, and says where. */
	h.pass = h.end = NULL;
	assert_int_equal(tree_walk(b.r, b.h, &root, &w, &e), -1);
	assert_non_null(strstr(e.text, "folder b"));
	none.b[0] ^= 1;
	assert_int_equal(tree_walk(b.r, b.h, &none, &w, &e), -1);
	assert_int_equal(walk(&b, &none, &h), 0);
	assert_string_equal(buf_str(&h.lines), "bad \n");
}

/* Nothing but memory of a level for a level, and an end to that. */
static void
depth_has_an_end(void **state)
{
	CLEAN_BENCH struct bench b = bench_of(scene_make(*state, "deep", 2));
	CLEAN_BUF struct buf empty = {0};
	CLEAN_HEARD struct heard h = {0};
	struct saver *s = saver_of(&b);
	struct id at_most, beyond;
	size_t i, lines = 0;

	tree_begin(&empty);
	tree_end(&empty);
	at_most = wrap(&b, s, put_tree(&b, s, &empty), TREE_DEPTH_MAX);
	beyond = wrap(&b, s, at_most, 1);
	finish(s);
	assert_int_equal(walk(&b, &at_most, &h), 0);
	assert_null(strstr(buf_str(&h.lines), "bad"));
	for (i = 0; i < h.lines.len; i++)
		lines += h.lines.data[i] == '\n';
	assert_int_equal(lines, 2 * TREE_DEPTH_MAX);
	assert_int_equal(walk(&b, &beyond, &h), 0);
	assert_non_null(strstr(buf_str(&h.lines), "bad"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repositories_of_restic_018_are_read),
		cmocka_unit_test(repositories_of_restic_014_are_read),
		cmocka_unit_test(snapshots_are_found_by_their_names),
		cmocka_unit_test(a_broken_snapshot_hides_no_other),
		cmocka_unit_test(a_walk_goes_on_behind_what_is_broken),
		cmocka_unit_test(depth_has_an_end),
	};

	return cmocka_run_group_tests(tests, scene_setup, scene_teardown);
}
