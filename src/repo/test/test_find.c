/*
 * test_find.c -- what is found in many snapshots is what is found in each of
 * them, and each folder is read once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "glob/glob.h"
#include "repo/find.h"
#include "repo/index.h"
#include "repo/snapshot.h"
#include "repo/test/history.h"
#include "repo/test/scene.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/map.h"

struct heard {
	struct buf	 lines;
	struct map	 folders;
	const struct find_names *names;
	size_t		 left;		/* of what may be found; 0: no end */
	int		 bad;
};

static int
each(void *arg, struct finder *f, const struct id *tree, const char *path,
    const struct node *n)
{
	struct heard *h = arg;
	char line[200];
	int len;

	map_put(&h->folders, tree->b, ID_LEN, 1);
	len = snprintf(line, sizeof(line), "%s %llu\n", path,
	    (unsigned long long)n->size);
	if (find_matches(h->names, path, n))
		finder_note(f, line, (size_t)len);
	return n->type == NODE_DIR ? TREE_ENTER : TREE_PASS;
}

static int
found(void *arg, const void *text, size_t len)
{
	struct heard *h = arg;

	buf_add(&h->lines, text, len);
	return h->left > 0 && --h->left == 0;
}

static void
bad(void *arg, const char *path, const struct id *tree, const struct err *why)
{
	struct heard *h = arg;

	(void)path;
	(void)tree;
	assert_int_equal(why->kind, ERR_NOENT);
	h->bad++;
}

static void
heard_fini(struct heard *h)
{
	buf_fini(&h->lines);
	map_fini(&h->folders);
}

static uint64_t
walk_all(struct repo *r, const struct snapshots *l, int keep, struct heard *h)
{
	const struct find_watch w = { .each = each, .found = found, .bad = bad,
	    .arg = h };
	struct finder *f = finder_new(r, &w, keep);
	struct err e = {0};
	uint64_t trees;
	size_t i;

	for (i = 0; i < l->n; i++) {
		buf_addf(&h->lines, "snapshot %zu\n", i);
		if (finder_walk(f, &l->v[i].tree, &e) != 0)
			fail_msg("%s", e.text);
	}
	trees = finder_trees(f);
	finder_free(f);
	return trees;
}

static void
compare(struct repo *r, const struct snapshots *l, const char *pattern)
{
	struct find_names names = { .patterns = NULL };
	struct heard once = { .names = &names }, every = { .names = &names };
	struct glob_list *g = glob_list_new(0);
	uint64_t trees;

	assert_int_equal(glob_list_add(g, pattern, NULL), 0);
	names.patterns = g;
	trees = walk_all(r, l, 1, &once);
	assert_int_equal(trees, once.folders.n);
	assert_true(walk_all(r, l, 0, &every) > trees);
	assert_int_equal(once.folders.n, every.folders.n);
	assert_string_equal(buf_str(&once.lines), buf_str(&every.lines));
	heard_fini(&once);
	heard_fini(&every);
	glob_list_free(g);
}

static void
each_folder_is_read_once(void **state)
{
	struct history h = { .changes = 0, .blob_max = 200 };
	struct repo *r = scene_make(*state, "once", 2);
	struct snapshots l;
	struct err e;
	int i;

	assert_int_equal(repo_load_index(r, &e), 0);
	for (i = 0; i < 8; i++)
		history_go_on(&h, r, 3);
	assert_int_equal(snapshots_load(r, NULL, NULL, NULL, &l, &e), 0);
	assert_int_equal(l.n, 8);
	compare(r, &l, "file03");
	compare(r, &l, "*");
	compare(r, &l, "/folder02");
	compare(r, &l, "nothing");
	snapshots_fini(&l);
	repo_close(r);
}

/* What was begun and not ended is not taken for all there is. */
static void
a_walk_that_was_ended_is_not_remembered(void **state)
{
	struct history h = { .changes = 0, .blob_max = 200 };
	struct repo *r = scene_make(*state, "ended", 2);
	struct glob_list *g = glob_list_new(0);
	const struct find_names names = { .patterns = g };
	struct heard heard = { .names = &names, .left = 20 };
	const struct find_watch w = { .each = each, .found = found, .bad = bad,
	    .arg = &heard };
	struct snapshots l;
	struct finder *f;
	struct err e;
	size_t some;

	assert_int_equal(repo_load_index(r, &e), 0);
	history_go_on(&h, r, 50);
	assert_int_equal(snapshots_load(r, NULL, NULL, NULL, &l, &e), 0);
	assert_int_equal(glob_list_add(g, "*", NULL), 0);
	f = finder_new(r, &w, 1);
	assert_int_equal(finder_walk(f, &l.v[0].tree, &e), 1);
	some = heard.lines.len;
	buf_reset(&heard.lines);
	assert_int_equal(finder_walk(f, &l.v[0].tree, &e), 0);
	assert_true(heard.lines.len > 2 * some);
	finder_free(f);
	heard_fini(&heard);
	glob_list_free(g);
	snapshots_fini(&l);
	repo_close(r);
}

/* A root that nobody has: told each time, and never taken for an empty one. */
static void
what_cannot_be_read_is_told_each_time(void **state)
{
	struct repo *r = scene_make(*state, "unread", 2);
	struct heard heard = {0};
	const struct find_watch w = { .each = each, .found = found, .bad = bad,
	    .arg = &heard };
	struct finder *f;
	struct err e;
	struct id id;

	random_id(&id);
	assert_int_equal(repo_load_index(r, &e), 0);
	f = finder_new(r, &w, 1);
	if (finder_walk(f, &id, &e) != 0 || finder_walk(f, &id, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(heard.bad, 2);
	finder_free(f);
	heard_fini(&heard);
	repo_close(r);
}

static void
ids_by_their_beginnings(void **state)
{
	struct find_ids *k = find_ids_new();
	struct id id = { .b = { 0x12, 0x34, 0x56 } }, other = { .b = { 0x12,
	    0x44 } };
	char hex[ID_HEX];
	struct err e;

	(void)state;
	assert_int_equal(find_ids_add(k, BLOB_DATA, "123", &e), 0);
	find_ids_ready(k);
	assert_true(find_ids_has(k, BLOB_DATA, &id));
	assert_false(find_ids_has(k, BLOB_TREE, &id));
	assert_false(find_ids_has(k, BLOB_DATA, &other));
	id_hex(&other, hex);
	assert_int_equal(find_ids_add(k, BLOB_TREE, hex, &e), 0);
	assert_int_equal(find_ids_add(k, BLOB_TREE, hex, &e), 0);
	find_ids_ready(k);
	assert_true(find_ids_has(k, BLOB_TREE, &other));
	assert_false(find_ids_has(k, BLOB_TREE, &id));
	assert_int_equal(find_ids_add(k, BLOB_TREE, "", &e), -1);
	assert_int_equal(find_ids_add(k, BLOB_TREE, "12g", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	find_ids_free(k);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_folder_is_read_once),
		TEST(a_walk_that_was_ended_is_not_remembered),
		TEST(what_cannot_be_read_is_told_each_time),
		cmocka_unit_test(ids_by_their_beginnings),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
