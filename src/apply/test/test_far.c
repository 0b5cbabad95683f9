/*
 * test_far.c -- to another file system and back: a source goes only when its
 * copy is whole, and nothing that a file has is lost on the way.
 *
 * Needs two file systems: TMPDIR (or /tmp) and /dev/shm.  Else it is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/matching.h"
#include "apply/test/bench.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/xalloc.h"

static struct scratch shm;
static const char *far;		/* its path; "" where there is no second file system */

static int
setup(void **state)
{
	struct bench *b = xalloc(sizeof(*b));
	struct stat here, there;

	bench_open(b);
	bench_plan(b);
	shm = (struct scratch){ .fd = -1 };
	far = shm.path;
	if (fstat(b->s.fd, &here) == 0 && stat("/dev/shm", &there) == 0 &&
	    here.st_dev != there.st_dev && access("/dev/shm", W_OK) == 0)
		shm = scratch_below("/dev/shm");
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	if (far[0] != '\0')
		scratch_free(&shm);
	return bench_exit(state);
}

static char *
out(const char *rel)
{
	return xasprintf("%s/%s", far, rel);
}

#define NEED_FAR() do {							\
	if (far[0] == '\0') {						\
		print_message("needs /dev/shm beside TMPDIR\n");	\
		skip();							\
	}								\
} while (0)

static void
file(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *src = bench_path(b, "in/f"), *dst = out("sub/f");
	struct timespec when[2] = { { 5, 6 }, { 1000000000, 987654321 } };
	struct stat st;
	char value[16];
	int fd, has_xattr;

	NEED_FAR();
	bench_put(b, "in/f", "");
	fd = open(src, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "end", 3, (off_t)8 << 20), 3);
	close(fd);
	scratch_mode(&b->s, "in/f", 0614);
	has_xattr = scratch_xattr(&b->s, "in/f", "user.fettle", "v") == 0;
	assert_int_equal(utimensat(b->s.fd, "in/f", when, 0), 0);
	bench_op(b, OP_MOVE, "in/f", dst, 0);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	assert_false(bench_there(b, "in/f"));
	assert_int_equal(stat(dst, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0614);
	assert_int_equal(st.st_size, (8 << 20) + 3);
	assert_in_range(st.st_blocks, 1, 64);
	assert_true(st.st_mtim.tv_sec == 1000000000 &&
	    st.st_mtim.tv_nsec == 987654321);
	if (has_xattr && b->told[0].error[0] == '\0')
		assert_int_equal(getxattr(dst, "user.fettle", value, 16), 1);
	bench_undo(b, b->run);
	bench_ended(b, 0, OP_DONE, "");
	assert_true(bench_there(b, "in/f"));
	assert_int_equal(stat(src, &st), 0);
	assert_int_equal(st.st_size, (8 << 20) + 3);
	assert_int_equal(access(dst, F_OK), -1);
	assert_int_equal(bench_litter(b, ""), 0);
	assert_int_equal(bench_litter(b, far), 0);
}

static void
folder(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *dst = out("dir");
	CLEAN_FREE char *before = NULL, *after = NULL, *back = NULL;

	NEED_FAR();
	bench_put(b, "in/dir/a/b/c/deep", "D");
	bench_put(b, "in/dir/a/f", "F");
	bench_mkdir(b, "in/dir/empty");
	bench_put(b, "in/dir/ro/x", "X");
	scratch_link(&b->s, "f", "in/dir/a/link");
	scratch_mode(&b->s, "in/dir/ro", 0555);
	before = bench_tree(b, "in/dir");
	bench_op(b, OP_MOVE, "in/dir", dst, OP_DIR);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	assert_false(bench_there(b, "in/dir"));
	after = bench_tree(b, dst);
	assert_string_equal(before, after);
	bench_undo(b, b->run);
	bench_ended(b, 0, OP_DONE, "");
	back = bench_tree(b, "in/dir");
	assert_string_equal(before, back);
	assert_int_equal(bench_litter(b, ""), 0);
	assert_int_equal(bench_litter(b, far), 0);
}

/* What is not in the copy keeps its place when the source of a copied folder
 * goes. */
static void
only_what_matches(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *a = bench_path(b, "a"), *c = bench_path(b, "copy");
	struct copier *copier = copier_new();
	struct fs_dir *away, *copy;
	size_t left;

	bench_put(b, "a/same", "1");
	bench_put(b, "a/sub/same", "2");
	bench_put(b, "a/sub/changed", "3");
	bench_put(b, "a/new/file", "4");
	bench_put(b, "copy/same", "1");
	bench_put(b, "copy/sub/same", "2");
	bench_put(b, "copy/sub/changed", "x");
	assert_int_equal(fs_dir_open(a, &away, &b->e), 0);
	assert_int_equal(fs_dir_open(c, &copy, &b->e), 0);
	assert_int_equal(matching_away(copier, away, copy, &left, &b->e), 0);
	assert_int_equal(left, 4);
	assert_false(bench_there(b, "a/same"));
	assert_false(bench_there(b, "a/sub/same"));
	assert_true(bench_is(b, "a/sub/changed", "3"));
	assert_true(bench_is(b, "a/new/file", "4"));
	fs_dir_free(away);
	fs_dir_free(copy);
	copier_free(copier);
}

static void
taken_name(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *dst = out("f.txt"), *next = out("f 2.txt");
	struct fs_id id;

	NEED_FAR();
	bench_put(b, "in/f", "new");
	bench_put(b, dst, "old");
	id = bench_id(b, "in/f");
	bench_op_as(b, OP_MOVE, "in/f", dst, 0, &id, 1);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	assert_true(bench_is(b, dst, "old"));
	assert_true(bench_is(b, next, "new"));
}

/* Somebody has it open for writing: it is not copied. */
static void
being_written(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *src = bench_path(b, "in/f"), *dst = out("f");
	int fd;

	NEED_FAR();
	bench_put(b, "in/f", "1");
	bench_op(b, OP_MOVE, "in/f", dst, 0);
	fd = open(src, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(bench_run(b), 0);
	close(fd);
	bench_ended(b, 0, OP_SKIPPED, "still being written");
	assert_true(bench_is(b, "in/f", "1"));
	assert_int_equal(access(dst, F_OK), -1);
	assert_int_equal(bench_litter(b, far), 0);
}

static void
changed_since(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *dst = out("f"), *dst2 = out("g");

	NEED_FAR();
	bench_put(b, "in/f", "1");
	bench_put(b, "in/g", "2");
	bench_op(b, OP_MOVE, "in/f", dst, 0);
	bench_op(b, OP_COPY, "in/g", dst2, 0);
	bench_put(b, "in/f", "1 and more");
	scratch_remove(&b->s, "in/g");
	scratch_link(&b->s, "/etc/passwd", "in/g");
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_SKIPPED, "changed since");
	bench_ended(b, 1, OP_SKIPPED, "changed since");
	assert_int_equal(access(dst, F_OK), -1);
	assert_int_equal(access(dst2, F_OK), -1);
}

/* Below min_free the whole job is held, never half done. */
static void
no_room(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *dst = out("f");

	NEED_FAR();
	bench_put(b, "in/f", "1");
	bench_put(b, "in/g", "2");
	bench_op(b, OP_MOVE, "in/g", "out/g", 0);
	bench_op(b, OP_MOVE, "in/f", dst, 0);
	b->min_free = (uint64_t)1 << 60;
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_HELD, "not enough room");
	bench_ended(b, 1, OP_HELD, "not enough room");
	assert_true(bench_is(b, "in/f", "1"));
	assert_true(bench_is(b, "in/g", "2"));
}

/* What follows a copy works on the copy. */
static void
chained(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *one = out("one"), *two = out("two");
	struct fs_id id, other;

	NEED_FAR();
	bench_put(b, "in/f", "F");
	bench_put(b, "in/g", "G");
	id = bench_id(b, "in/f");
	other = bench_id(b, "in/g");
	bench_op_as(b, OP_MOVE, "in/f", one, 0, &id, 0);
	bench_op_as(b, OP_MOVE, one, two, OP_CHAINED, &id, 0);
	bench_op_as(b, OP_MOVE, two, "back/f", OP_CHAINED, &id, 0);
	/* Its name was freed by the first. */
	bench_op_as(b, OP_RENAME, "in/g", "in/f", 0, &other, 0);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	bench_ended(b, 1, OP_DONE, "");
	bench_ended(b, 2, OP_DONE, "");
	bench_ended(b, 3, OP_DONE, "");
	assert_true(bench_is(b, "back/f", "F"));
	assert_true(bench_is(b, "in/f", "G"));
	bench_undo(b, b->run);
	assert_true(bench_is(b, "in/f", "F"));
	assert_true(bench_is(b, "in/g", "G"));
}

/* Many, in more than one flush, and one of them fails. */
static void
many(void **state)
{
	struct bench *b = *state;
	char from[64], to[128];
	unsigned i;

	NEED_FAR();
	for (i = 0; i < 2500; i++) {
		snprintf(from, sizeof(from), "in/%u", i);
		snprintf(to, sizeof(to), "%s/%u/%u", far, i % 7, i);
		bench_put(b, from, from);
		bench_op(b, OP_MOVE, from, to, 0);
	}
	bench_put(b, "in/1234", "changed since it was planned");
	assert_int_equal(bench_run(b), 0);
	for (i = 0; i < 2500; i++) {
		snprintf(from, sizeof(from), "in/%u", i);
		snprintf(to, sizeof(to), "%s/%u/%u", far, i % 7, i);
		bench_ended(b, i, i == 1234 ? OP_SKIPPED : OP_DONE, "");
		if (i != 1234)
			assert_true(bench_is(b, to, from));
		assert_int_equal(bench_there(b, from), i == 1234);
	}
	assert_int_equal(bench_litter(b, far), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file), TEST(folder), TEST(only_what_matches),
		TEST(taken_name), TEST(being_written), TEST(changed_since),
		TEST(no_room), TEST(chained), TEST(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
