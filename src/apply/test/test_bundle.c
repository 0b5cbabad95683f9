/*
 * test_bundle.c -- files go into one tar.zst, which any tar can read, and come
 * out of it again; no source goes that is not in it, byte for byte.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/test/bench.h"
#include "util/clean.h"

static void
add(struct bench *b, const char *from, const char *to, const char *member)
{
	CLEAN_FREE char *path = bench_path(b, from), *goal = bench_path(b, to);
	char *name = strrchr(path, '/'), *bundle = strrchr(goal, '/');
	struct op op = { .kind = OP_BUNDLE, .job = b->job, .text = member,
	    .id = bench_id(b, from), .from = name + 1, .to = bundle + 1,
	    .why = plan_add_text(b->plan, "old") };

	*name = *bundle = '\0';
	op.from_dir = plan_add_dir(b->plan, path);
	op.to_dir = plan_add_dir(b->plan, goal);
	assert_int_equal(plan_add(b->plan, &op, &b->e), 0);
}

/* Everything but the state: 12 files, two months. */
static void
fill(struct bench *b)
{
	struct timespec when[2] = { { 3, 4 }, { 1700000000, 123456789 } };
	char from[64], member[64];
	unsigned i;

	for (i = 0; i < 12; i++) {
		snprintf(from, sizeof(from), "w/in/%u/f\n%u", i % 3, i);
		snprintf(member, sizeof(member), "%u/f\n%u", i % 3, i);
		bench_put(b, from, from);
		scratch_mode(&b->s, from, 0600 + i);
		assert_int_equal(utimensat(b->s.fd, from, when, 0), 0);
		add(b, from, i % 2 ? "w/old/2026-01.tar.zst" :
		    "w/old/2026-02.tar.zst", member);
	}
}

/* A program that is there, by PATH and without a shell. */
static int
runs(const char *program, const char *option)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 1);
		dup2(null, 2);
		execlp(program, program, option, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

/* As somebody would who has only tar. */
static int
tar_knows(struct bench *b, const char *bundle, const char *member)
{
	CLEAN_FREE char *path = bench_path(b, bundle);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 1);
		dup2(null, 2);
		execlp("tar", "tar", "--zstd", "-xOf", path, member,
		    (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static void
in_and_out(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *before = NULL, *after = NULL, *again = NULL;
	int64_t run, undo;
	size_t i;

	fill(b);
	before = bench_tree(b, "w");
	assert_int_equal(bench_run(b), 0);
	run = b->run;
	for (i = 0; i < 12; i++)
		bench_ended(b, i, OP_DONE, "");
	assert_true(bench_there(b, "w/old/2026-01.tar.zst"));
	assert_true(bench_there(b, "w/old/2026-02.tar.zst"));
	assert_false(bench_there(b, "w/in/0/f\n0"));
	assert_int_equal(bench_litter(b, ""), 0);
	bench_undo(b, run);
	undo = b->run;
	after = bench_tree(b, "w");
	assert_string_equal(before, after);
	bench_undo(b, undo);
	assert_true(bench_there(b, "w/old/2026-01.tar.zst"));
	assert_false(bench_there(b, "w/in/0/f\n0"));
	bench_undo(b, b->run);
	again = bench_tree(b, "w");
	assert_string_equal(before, again);
}

static void
readable_by_tar(void **state)
{
	struct bench *b = *state;

	if (!runs("tar", "--version") || !runs("zstd", "--version")) {
		print_message("needs tar and zstd\n");
		skip();
	}
	bench_put(b, "w/in/plain", "P");
	add(b, "w/in/plain", "w/old/x.tar.zst", "in/plain");
	assert_int_equal(bench_run(b), 0);
	assert_true(tar_knows(b, "w/old/x.tar.zst", "in/plain"));
	assert_false(tar_knows(b, "w/old/x.tar.zst", "in/other"));
}

/* A bundle that is there is never touched; the same month goes beside it. */
static void
second_bundle(void **state)
{
	struct bench *b = *state;

	bench_put(b, "w/in/a", "A");
	bench_put(b, "w/in/b", "B");
	bench_put(b, "w/old/m.tar.zst", "something else");
	add(b, "w/in/a", "w/old/m.tar.zst", "a");
	add(b, "w/in/b", "w/old/m.tar.zst", "a");
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	bench_ended(b, 1, OP_DONE, "");
	assert_non_null(strstr(b->told[0].to, "m 2.tar.zst"));
	assert_true(bench_is(b, "w/old/m.tar.zst", "something else"));
	/* Two files of one member path are two members. */
	bench_undo(b, b->run);
	assert_true(bench_is(b, "w/in/a", "A"));
	assert_true(bench_is(b, "w/in/b", "B"));
	assert_false(bench_there(b, "w/old/m 2.tar.zst"));
}

static void
changed_members_stay(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *d = bench_path(b, "w/in/d");
	int fd;

	bench_put(b, "w/in/a", "A");
	bench_put(b, "w/in/b", "B");
	bench_put(b, "w/in/c", "C");
	bench_put(b, "w/in/d", "D");
	add(b, "w/in/a", "w/old/m.tar.zst", "a");
	add(b, "w/in/b", "w/old/m.tar.zst", "b");
	add(b, "w/in/c", "w/old/m.tar.zst", "c");
	add(b, "w/in/d", "w/old/m.tar.zst", "d");
	bench_put(b, "w/in/b", "B, changed");
	scratch_remove(&b->s, "w/in/c");
	fd = open(d, O_WRONLY | O_CLOEXEC);
	assert_int_equal(bench_run(b), 0);
	close(fd);
	bench_ended(b, 0, OP_DONE, "");
	bench_ended(b, 1, OP_SKIPPED, "changed since");
	bench_ended(b, 2, OP_SKIPPED, "no longer there");
	bench_ended(b, 3, OP_SKIPPED, "still being written");
	assert_true(bench_is(b, "w/in/b", "B, changed"));
	assert_true(bench_is(b, "w/in/d", "D"));
	bench_undo(b, b->run);
	assert_true(bench_is(b, "w/in/a", "A"));
	assert_false(bench_there(b, "w/old"));
}

/* As long as one file is only in the bundle, the bundle stays. */
static void
bundle_stays(void **state)
{
	struct bench *b = *state;

	bench_put(b, "w/in/a", "A");
	bench_put(b, "w/in/b", "B");
	add(b, "w/in/a", "w/old/m.tar.zst", "a");
	add(b, "w/in/b", "w/old/m.tar.zst", "b");
	assert_int_equal(bench_run(b), 0);
	plan_free(b->plan);
	b->plan = plan_new(-1);
	assert_int_equal(apply_plan_undo(b->catalog, b->run, NULL, 0, b->plan,
	    &b->e), 0);
	bench_put(b, "w/in/a", "taken meanwhile");
	b->undoing = 1;
	assert_int_equal(bench_run(b), 0);
	assert_true(bench_is(b, "w/in/a", "taken meanwhile"));
	assert_true(bench_is(b, "w/in/b", "B"));
	assert_true(bench_there(b, "w/old/m.tar.zst"));
	bench_ended(b, 2, OP_SKIPPED, "still holds files");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_enter, bench_exit)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_and_out), TEST(readable_by_tar), TEST(second_bundle),
		TEST(changed_members_stay), TEST(bundle_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
