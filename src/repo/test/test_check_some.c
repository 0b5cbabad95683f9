/*
 * test_check_some.c -- a check asks a far store for few things, and of some
 * snapshots only for what they need.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/check.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/test/scene.h"
#include "repo/tree.h"
#include "store/fault.h"
#include "store/store_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"

#define FOLDERS	200

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

struct past {
	char		*path;
	struct repo	*r;
	struct store	*store;		/* borrowed: it counts */
	struct buf	 told;
};

static void
save(struct saver *s, struct repo_hand *h, enum blob_type t,
    const struct buf *b, struct id *id)
{
	struct saved how;

	OK(saver_save(s, h, t, b->data, b->len, id, &how, &e));
}

/* A folder with one file, whose one blob is "HOST n". */
static void
save_folder(struct saver *s, struct repo_hand *h, const char *host, unsigned n,
    struct id *id)
{
	CLEAN_BUF struct buf text = {0}, tree = {0};
	struct id content;
	struct node file = { .name = "file", .type = NODE_FILE, .mode = 0644,
	    .user = "", .group = "", .links = 1, .content = &content,
	    .n_content = 1 };

	buf_addf(&text, "%s %u", host, n);
	file.size = text.len;
	save(s, h, BLOB_DATA, &text, &content);
	tree_begin(&tree);
	tree_add(&tree, &file);
	tree_end(&tree);
	save(s, h, BLOB_TREE, &tree, id);
}

/* A snapshot of this host: FOLDERS folders, each another tree. */
static void
go_on(struct past *p, const char *host)
{
	CLEAN_BUF struct buf tree = {0};
	struct repo_hand *h = repo_hand_new(p->r);
	char name[16], here[16], *paths[] = { (char[]){"/home"}, NULL };
	struct snapshot snap = { .paths = paths, .hostname = here,
	    .username = (char[]){"me"}, .time = { .sec = 1700000000 } };
	struct node n = { .name = name, .type = NODE_DIR,
	    .mode = 0x80000000 | 0755, .user = "", .group = "",
	    .has_subtree = 1 };
	struct saver *s;
	unsigned i;

	snprintf(here, sizeof(here), "%s", host);
	OK(saver_new(p->r, &s, &e));
	tree_begin(&tree);
	for (i = 0; i < FOLDERS; i++) {
		snprintf(name, sizeof(name), "f%03u", i);
		save_folder(s, h, host, i, &n.subtree);
		tree_add(&tree, &n);
	}
	tree_end(&tree);
	save(s, h, BLOB_TREE, &tree, &snap.tree);
	OK(saver_flush(s, &e));
	saver_free(s);
	repo_hand_free(h);
	OK(snapshot_save(p->r, &snap, &e));
}

/* As another process would, by way of a store that counts. */
static void
again(struct past *p, int near)
{
	struct repo_options o = { .password = SCENE_PASSWORD,
	    .password_len = strlen(SCENE_PASSWORD) };
	struct store *inner;

	repo_close(p->r);
	OK(store_open(p->path, NULL, &inner, &e));
	p->store = store_fault(inner, FAULT_FAIL, 0);
	p->store->caps.near = near;
	OK(repo_open(p->store, &o, &p->r, &e));
}

static void
begin(struct past *p, void **state, const char *name)
{
	*p = (struct past){ .path = scene_path(*state, name) };
	p->r = scene_make(*state, name, 2);
	OK(repo_load_index(p->r, &e));
	go_on(p, "one");
	go_on(p, "two");
}

static void
end(struct past *p)
{
	repo_close(p->r);
	buf_fini(&p->told);
	free(p->path);
}

static void
hear(void *arg, const struct check_fault *f)
{
	struct past *p = arg;

	buf_addf(&p->told, "%s\n", f->text);
}

static struct check_result
check(struct past *p, struct check_options o, int near)
{
	struct check_result out;

	again(p, near);
	buf_reset(&p->told);
	o.fault = hear;
	o.arg = p;
	OK(check_run(p->r, &o, &out, &e));
	buf_str(&p->told);
	return out;
}

/* ---- tests ---- */

/*
 * Two packs of trees, 402 trees: what is asked for grows with the packs.  (A near
 * store is asked for each tree; that costs nothing there.)
 */
static void
a_far_check_fetches_packs_of_trees_whole(void **state)
{
	struct check_result out;
	uint64_t before;
	struct past p;

	begin(&p, state, "far");
	again(&p, 0);
	before = store_fault_calls(p.store);
	out = check(&p, (struct check_options){0}, 0);
	assert_int_equal(out.errors + out.hints, 0);
	assert_int_equal(out.trees, 2 * (FOLDERS + 1));
	print_message("far: %u calls, %u trees, %u packs\n",
	    (unsigned)(store_fault_calls(p.store) - before),
	    (unsigned)out.trees, (unsigned)out.packs);
	assert_true(store_fault_calls(p.store) - before < 20);
	out = check(&p, (struct check_options){0}, 1);
	assert_int_equal(out.trees, 2 * (FOLDERS + 1));
	end(&p);
}

static int
turn_a_bit_of(void *arg, const struct store_name *n, uint64_t size)
{
	struct past *p = arg;
	unsigned char byte = 0xff;
	CLEAN_FREE void *data = NULL;
	size_t len;

	(void)size;
	OK(store_get_all(p->r->store, n, SIZE_MAX, &data, &len, &e));
	((unsigned char *)data)[40] ^= byte;	/* in its first blob */
	OK(store_remove(p->r->store, n, &e));
	OK(store_put(p->r->store, n, data, len, &e));
	return 0;
}

/* What was fetched whole is looked at as if it had come alone. */
static void
damage_is_found_far_as_near(void **state)
{
	struct check_result far, near;
	struct past p;

	begin(&p, state, "damaged");
	again(&p, 1);
	OK(store_list(p.r->store, STORE_PACK, turn_a_bit_of, &p, &e));
	far = check(&p, (struct check_options){0}, 0);
	near = check(&p, (struct check_options){0}, 1);
	assert_int_equal(far.errors, 2);
	assert_int_equal(near.errors, 2);
	assert_int_equal(far.trees, near.trees);
	end(&p);
}

static void
of_some_snapshots_only_their_packs_are_read(void **state)
{
	static const char *const hosts[] = { "one", NULL };
	static const char *const nobody[] = { "nobody", NULL };
	static const char *const latest[] = { "latest", "latest", NULL };
	const struct snapshot_filter one = { .hosts = hosts };
	const struct snapshot_filter none = { .hosts = nobody };
	struct check_options o = { .data = { .part = CHECK_ALL_DATA } };
	struct check_result out;
	struct past p;

	begin(&p, state, "some");
	out = check(&p, o, 1);
	assert_int_equal(out.packs_read, 4);
	o.filter = &one;
	out = check(&p, o, 1);
	assert_int_equal(out.packs, 4);
	assert_int_equal(out.packs_read, 2);
	assert_int_equal(out.trees, FOLDERS + 1);
	o.names = latest;
	out = check(&p, o, 1);
	assert_int_equal(out.packs_read, 2);
	assert_int_equal(out.errors, 0);
	o = (struct check_options){ .filter = &none };
	again(&p, 1);
	assert_int_equal(check_run(p.r, &o, &out, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_far_check_fetches_packs_of_trees_whole),
		cmocka_unit_test(damage_is_found_far_as_near),
		cmocka_unit_test(of_some_snapshots_only_their_packs_are_read),
	};

	return cmocka_run_group_tests(tests, scene_setup, scene_teardown);
}
