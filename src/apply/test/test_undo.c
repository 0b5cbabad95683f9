/*
 * test_undo.c -- what a run did is taken back, exactly, or refused with a
 * reason; and an undo is itself undone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/test/bench.h"
#include "util/clean.h"

/* The whole tree but for state and trash. */
static void
same_tree(struct bench *b, const char *want, const char *when)
{
	CLEAN_FREE char *got = bench_tree(b, "w");

	if (strcmp(got, want) != 0)
		fail_msg("%s:\n%s--- but was\n%s", when, want, got);
}

static void
make_mess(struct bench *b)
{
	struct fs_id x, id;

	bench_put(b, "w/in/a", "A");
	bench_put(b, "w/in/b", "B");
	bench_put(b, "w/in/c", "C");
	bench_put(b, "w/in/d", "D");
	bench_put(b, "w/in/x", "X");
	bench_put(b, "w/out/d", "old");
	bench_put(b, "w/dir/f", "F");
	bench_mkdir(b, "w/empty");
	bench_op(b, OP_MOVE, "w/in/a", "w/new/deep/a", 0);
	bench_op(b, OP_RENAME, "w/in/b", "w/in/b2", 0);
	bench_op(b, OP_TRASH, "w/in/c", NULL, 0);
	bench_op(b, OP_TRASH, "w/out/d", NULL, 0);
	bench_op(b, OP_MOVE, "w/in/d", "w/out/d", OP_REPLACES);
	x = bench_id(b, "w/in/x");
	bench_op(b, OP_COPY, "w/in/x", "w/copies/x", 0);
	bench_op(b, OP_LINK, "w/in/x", "w/copies/link", 0);
	bench_op_as(b, OP_MOVE, "w/in/x", "w/new/x", 0, &x, 0);
	bench_op_as(b, OP_MOVE, "w/new/x", "w/newer/x", OP_CHAINED, &x, 0);
	bench_op(b, OP_RMDIR, "w/empty", NULL, 0);
	id = bench_id(b, "w/dir/f");
	bench_op_as(b, OP_MOVE, "w/dir/f", "w/g", 0, &id, 0);
	bench_op(b, OP_MOVE, "w/dir", "w/newer/dir", OP_DIR);
}

static void
there_and_back(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *before = NULL, *after = NULL;
	int64_t run, undo;
	size_t i;

	make_mess(b);
	before = bench_tree(b, "w");
	assert_int_equal(bench_run(b), 0);
	for (i = 0; i < b->n_told; i++)
		bench_ended(b, i, OP_DONE, "");
	run = b->run;
	after = bench_tree(b, "w");
	bench_undo(b, run);
	undo = b->run;
	same_tree(b, before, "after undo");
	for (i = 0; i < b->n_told; i++)
		bench_ended(b, i, OP_DONE, "");
	/* And the undo is undone, as often as one likes. */
	bench_undo(b, undo);
	same_tree(b, after, "after undo of the undo");
	bench_undo(b, b->run);
	same_tree(b, before, "after the third undo");
	assert_int_equal(bench_litter(b, ""), 0);
}

static void
refuses(void **state)
{
	struct bench *b = *state;
	int64_t run;

	bench_put(b, "w/in/taken", "1");
	bench_put(b, "w/in/edited", "2");
	bench_put(b, "w/in/gone", "3");
	bench_put(b, "w/in/dead", "4");
	bench_put(b, "w/in/fine", "5");
	bench_op(b, OP_MOVE, "w/in/taken", "w/out/taken", 0);
	bench_op(b, OP_MOVE, "w/in/edited", "w/out/edited", 0);
	bench_op(b, OP_MOVE, "w/in/gone", "w/out/gone", 0);
	bench_op(b, OP_DELETE, "w/in/dead", NULL, OP_IRREVERSIBLE);
	bench_op(b, OP_MOVE, "w/in/fine", "w/out/fine", 0);
	assert_int_equal(bench_run(b), 0);
	run = b->run;
	bench_put(b, "w/in/taken", "another");
	bench_put(b, "w/out/edited", "2 and more");
	scratch_remove(&b->s, "w/out/gone");
	bench_undo(b, run);
	bench_ended(b, 0, OP_DONE, "");
	bench_ended(b, 1, OP_SKIPPED, "deleted for good");
	bench_ended(b, 2, OP_SKIPPED, "no longer where it was put");
	bench_ended(b, 3, OP_SKIPPED, "changed since");
	bench_ended(b, 4, OP_SKIPPED, "its old name is taken");
	assert_true(bench_is(b, "w/in/taken", "another"));
	assert_true(bench_is(b, "w/out/taken", "1"));
	assert_true(bench_is(b, "w/out/edited", "2 and more"));
	assert_true(bench_is(b, "w/in/fine", "5"));
}

/* The old name is taken between planning the undo and doing it. */
static void
never_overwrites(void **state)
{
	struct bench *b = *state;

	bench_put(b, "w/in/f", "F");
	bench_op(b, OP_MOVE, "w/in/f", "w/out/f", 0);
	assert_int_equal(bench_run(b), 0);
	plan_free(b->plan);
	b->plan = plan_new(-1);
	assert_int_equal(apply_plan_undo(b->catalog, b->run, NULL, 0, b->plan,
	    &b->e), 0);
	bench_put(b, "w/in/f", "somebody else's");
	b->undoing = 1;
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_SKIPPED, "taken now");
	assert_true(bench_is(b, "w/in/f", "somebody else's"));
	assert_true(bench_is(b, "w/out/f", "F"));
}

static void
some_paths(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *one = bench_path(b, "w/in/one");
	CLEAN_FREE char *sub = bench_path(b, "w/sub");
	const char *paths[] = { one, sub };
	struct fs_id id;
	int64_t run;

	bench_put(b, "w/in/one", "1");
	bench_put(b, "w/in/two", "2");
	bench_put(b, "w/sub/deep/three", "3");
	id = bench_id(b, "w/in/one");
	bench_op(b, OP_MOVE, "w/in/one", "w/a/one", 0);
	bench_op_as(b, OP_MOVE, "w/a/one", "w/b/one", OP_CHAINED, &id, 0);
	bench_op(b, OP_MOVE, "w/in/two", "w/b/two", 0);
	bench_op(b, OP_MOVE, "w/sub/deep/three", "w/b/three", 0);
	assert_int_equal(bench_run(b), 0);
	run = b->run;
	plan_free(b->plan);
	b->plan = plan_new(-1);
	assert_int_equal(apply_plan_undo(b->catalog, run, paths, 2, b->plan,
	    &b->e), 0);
	b->undoing = 1;
	assert_int_equal(bench_run(b), 0);
	assert_true(bench_is(b, "w/in/one", "1"));
	assert_true(bench_is(b, "w/b/two", "2"));
	assert_true(bench_is(b, "w/sub/deep/three", "3"));
	assert_false(bench_there(b, "w/a"));
	assert_true(bench_there(b, "w/b"));
}

static void
trash_has_its_info(void **state)
{
	struct bench *b = *state;

	bench_put(b, "w/in/a b\n", "A");
	bench_op(b, OP_TRASH, "w/in/a b\n", NULL, 0);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	if (bench_there(b, "home/Trash")) {
		CLEAN_FREE char *tree = bench_tree(b, "home/Trash");

		assert_non_null(strstr(tree, "a b\n.trashinfo"));
	}
	bench_undo(b, b->run);
	assert_true(bench_is(b, "w/in/a b\n", "A"));
	if (bench_there(b, "home/Trash")) {
		CLEAN_FREE char *tree = bench_tree(b, "home/Trash");

		assert_null(strstr(tree, "trashinfo"));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_enter, bench_exit)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(there_and_back), TEST(refuses), TEST(never_overwrites),
		TEST(some_paths), TEST(trash_has_its_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
