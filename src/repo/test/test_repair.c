/*
 * test_repair.c -- mending is no worse than the damage at any instant, and trees
 * that are made anew keep what nobody touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/index.h"
#include "repo/repair.h"
#include "repo/rewrite.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/test/history.h"
#include "repo/test/scene.h"
#include "repo/tree.h"
#include "store/fault.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)
#define PACK	((size_t)64 << 10)

struct past {
	struct history	 h;
	struct repo	*r;
	char		*path;
};

static void
begin(struct past *p, void **state, const char *name)
{
	*p = (struct past){ .path = scene_path(*state, name) };
	p->r = scene_make(*state, name, 2);
	p->r->options.pack_size = PACK;
	OK(repo_load_index(p->r, &e));
}

static void
reopen(struct past *p, int index)
{
	repo_close(p->r);
	p->r = scene_open(p->path, NULL);
	p->r->options.pack_size = PACK;
	if (index)
		OK(repo_load_index(p->r, &e));
}

static void
end(struct past *p)
{
	repo_close(p->r);
	free(p->path);
}

/* ---- one of the files of a kind ---- */

struct pick {
	struct store_name name;
	uint64_t	 seen;
};

static int
pick_one(void *arg, const struct store_name *n, uint64_t size)
{
	struct pick *p = arg;

	(void)size;
	if (random64() % ++p->seen == 0)
		p->name = *n;
	return 0;
}

static struct store_name
one_of(struct repo *r, enum store_kind kind)
{
	struct pick p = {0};

	OK(store_list(r->store, kind, pick_one, &p, &e));
	assert_true(p.seen > 0);
	return p.name;
}

/* ---- index ---- */

static const struct repair_watch quiet = { .lock = NULL };

/* 1 if the n-th call of the store was not reached. */
static int
mend_index_till(struct past *p, uint64_t nth, int all)
{
	struct repair_index x;
	struct store *real;
	int done;

	reopen(p, 0);
	real = p->r->store;
	p->r->store = store_fault(real, FAULT_DEAD, nth);
	done = repair_index(p->r, all, &quiet, &x, &e) == 0 &&
	    store_fault_calls(p->r->store) < nth;
	return done;
}

static void
mending_the_index_may_be_interrupted(void **state)
{
	struct repair_index x;
	struct store_name n;
	struct past p;
	uint64_t nth;
	int done = 0, all;

	for (all = 0; all < 2; all++) {
		begin(&p, state, all ? "all" : "index");
		for (nth = 1, done = 0; !done; nth += 1 + nth / 4) {
			history_go_on(&p.h, p.r, 20);
			n = one_of(p.r, STORE_INDEX);
			OK(store_remove(p.r->store, &n, &e));
			done = mend_index_till(&p, nth, all);
			reopen(&p, 0);
			OK(repair_index(p.r, 0, &quiet, &x, &e));
			history_check(p.r);
			reopen(&p, 1);
			history_check(p.r);
		}
		end(&p);
	}
}

/* One that cannot be read goes, and nothing that it alone named is lost. */
static void
a_damaged_index_file_goes(void **state)
{
	struct repair_index x;
	struct store_name bad = { .kind = STORE_INDEX };
	struct past p;
	uint64_t size;

	begin(&p, state, "damaged");
	history_go_on(&p.h, p.r, 20);
	memset(bad.id, 7, sizeof(bad.id));
	OK(store_put(p.r->store, &bad, "this is no index file", 21, &e));
	reopen(&p, 0);
	assert_int_equal(repo_load_index(p.r, &e), -1);
	reopen(&p, 0);
	OK(repair_index(p.r, 0, &quiet, &x, &e));
	assert_int_equal(x.bad_files, 1);
	assert_int_equal(x.added, 0);
	assert_int_equal(store_size(p.r->store, &bad, &size, &e), -1);
	reopen(&p, 1);
	history_check(p.r);
	OK(repair_index(p.r, 0, &quiet, &x, &e));
	assert_false(x.changed);
	end(&p);
}

/* ---- packs ---- */

/* Of packs that are fine nothing may be missing at any instant. */
static void
mending_packs_may_be_interrupted(void **state)
{
	struct repair_packs x;
	struct store *real;
	struct store_name n;
	struct past p;
	struct id packs[2];
	uint64_t nth;
	int done = 0, i;

	begin(&p, state, "packs");
	for (nth = 1; !done; nth += 1 + nth / 4) {
		history_go_on(&p.h, p.r, 20);
		for (i = 0; i < 2; i++) {
			n = one_of(p.r, STORE_PACK);
			memcpy(packs[i].b, n.id, ID_LEN);
		}
		real = p.r->store;
		p.r->store = store_fault(real, FAULT_DEAD, nth);
		done = repair_packs(p.r, packs, 2, &quiet, &x, &e) == 0 &&
		    store_fault_calls(p.r->store) < nth;
		if (done) {
			assert_int_equal(x.lost, 0);
			assert_true(x.saved > 0);
		}
		reopen(&p, 1);
		history_check(p.r);
	}
	end(&p);
}

/* ---- trees ---- */

static int
drop_file05(void *arg, const char *path, struct node *n)
{
	(void)arg;
	(void)n;
	return strcmp(path, "/folder02/file05") == 0 ? REWRITE_DROP :
	    REWRITE_KEEP;
}

static void
rewriting_may_be_interrupted(void **state)
{
	const struct rewrite_watch w = { .node = drop_file05, .by_path = 1 };
	const struct rewrite_options o = { .tree = &w, .forget = 1 };
	struct snapshots l;
	struct store *real;
	struct past p;
	uint64_t nth;
	size_t before;
	int done = 0;

	begin(&p, state, "rewrite");
	for (nth = 1; !done; nth += 1 + nth / 4) {
		history_go_on(&p.h, p.r, 20);
		history_go_on(&p.h, p.r, 20);
		before = history_snapshots(p.r);
		OK(snapshots_load(p.r, NULL, NULL, NULL, &l, &e));
		real = p.r->store;
		p.r->store = store_fault(real, FAULT_DEAD, nth);
		done = rewrite_snapshots(p.r, &l, &o, &e) == 0 &&
		    store_fault_calls(p.r->store) < nth;
		snapshots_fini(&l);
		reopen(&p, 1);
		history_check(p.r);
		assert_true(history_snapshots(p.r) >= before);
		if (done)
			assert_int_equal(history_snapshots(p.r), before);
		history_forget(p.r, 50);
	}
	end(&p);
}

static struct id
put(struct repo *r, struct saver *s, const char *text)
{
	struct repo_hand *h = repo_hand_new(r);
	struct saved how;
	struct id id;

	OK(saver_save(s, h, BLOB_TREE, text, strlen(text), &id, &how, &e));
	repo_hand_free(h);
	return id;
}

#define REST	"\"mode\":420,\"mtime\":\"2020-01-01T00:00:00Z\"," \
	"\"atime\":\"2020-01-01T00:00:00Z\",\"ctime\":\"2020-01-01T00:00:00Z\"," \
	"\"uid\":0,\"gid\":0"

static int
drop_x_in_b(void *arg, const char *path, struct node *n)
{
	(void)n;
	++*(int *)arg;
	return strcmp(path, "/b/x") == 0 ? REWRITE_DROP : REWRITE_KEEP;
}

/* Members of later versions, in nodes that stay and in folders that change; one
 * folder at two paths, of which one changes. */
static void
what_nobody_touched_keeps_its_bytes(void **state)
{
	struct repo *r = scene_make(*state, "bytes", 2);
	int nodes = 0;
	const struct rewrite_watch w = { .node = drop_x_in_b, .by_path = 1,
	    .arg = &nodes };
	CLEAN_BUF struct buf text = {0}, want = {0};
	struct repo_hand *h = repo_hand_new(r);
	struct rewrite_sums sums;
	struct id sub, new_sub, root, out;
	char hex[ID_HEX];
	struct rewriter *k;
	struct saver *s;

	OK(saver_new(r, &s, &e));
	sub = put(r, s, "{\"nodes\":[{\"name\":\"x\",\"type\":\"file\"," REST
	    ",\"content\":[]},{\"name\":\"y\",\"type\":\"file\"," REST
	    ",\"size\":5,\"later\":{\"a\":[1]},\"content\":[]}]}\n");
	id_hex(&sub, hex);
	buf_addf(&text, "{\"nodes\":[{\"name\":\"a\",\"type\":\"dir\"," REST
	    ",\"later\":1,\"content\":null,\"subtree\":\"%s\"},{\"name\":\"b\","
	    "\"type\":\"dir\"," REST ",\"later\":\"\\\"subtree\\\":\\\"%s\\\"\","
	    "\"content\":null,\"subtree\":\"%s\",\"more\":2}]}\n", hex, hex,
	    hex);
	root = put(r, s, buf_str(&text));
	OK(saver_flush(s, &e));

	k = rewriter_new(r, s, &w);
	OK(rewriter_tree(k, &root, &out, &sums, &e));
	assert_int_equal(sums.files, 3);
	assert_int_equal(sums.bytes, 10);
	assert_int_equal(nodes, 6);
	OK(rewriter_tree(k, &root, &out, &sums, &e));
	assert_int_equal(nodes, 6);
	rewriter_free(k);
	new_sub = put(r, s, "{\"nodes\":[{\"name\":\"y\",\"type\":\"file\"," REST
	    ",\"size\":5,\"later\":{\"a\":[1]},\"content\":[]}]}\n");
	OK(saver_flush(s, &e));
	id_hex(&new_sub, hex);
	buf_add(&want, text.data, text.len);
	memcpy(want.data + want.len - strlen("\",\"more\":2}]}\n") - 64, hex, 64);
	OK(tree_load(r, h, &out, &text, &e));
	assert_string_equal(buf_str(&text), buf_str(&want));
	saver_free(s);
	repo_hand_free(h);
	repo_close(r);
}

static void
nothing_changed_is_the_same_tree(void **state)
{
	static const struct rewrite_watch keep = { .by_path = 0 };
	struct snapshots l;
	struct rewriter *k;
	struct past p;
	struct id out;

	begin(&p, state, "same");
	history_go_on(&p.h, p.r, 20);
	OK(snapshots_load(p.r, NULL, NULL, NULL, &l, &e));
	k = rewriter_new(p.r, NULL, &keep);
	OK(rewriter_tree(k, &l.v[0].tree, &out, NULL, &e));
	assert_true(id_equal(&out, &l.v[0].tree));
	rewriter_free(k);
	snapshots_fini(&l);
	end(&p);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mending_the_index_may_be_interrupted),
		TEST(a_damaged_index_file_goes),
		TEST(mending_packs_may_be_interrupted),
		TEST(rewriting_may_be_interrupted),
		TEST(what_nobody_touched_keeps_its_bytes),
		TEST(nothing_changed_is_the_same_tree),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
