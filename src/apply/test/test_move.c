/*
 * test_move.c -- moves do what the plan says, and nothing else: no name is
 * replaced, no other file is taken, one failure stops no other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/test/bench.h"
#include "util/clean.h"

static void
moves(void **state)
{
	struct bench *b = *state;
	char name[300];
	unsigned i;

	memset(name, 'x', 255);
	name[255] = '\0';
	bench_put(b, "in/a", "A");
	bench_put(b, "in/-rf", "B");
	bench_put(b, "in/new\nline", "C");
	bench_put(b, "in/\xff\xfe", "D");
	bench_op(b, OP_MOVE, "in/a", "out/deep/er/a", 0);
	bench_op(b, OP_MOVE, "in/-rf", "out/deep/$HOME.txt", 0);
	bench_op(b, OP_RENAME, "in/new\nline", "in/{x}", 0);
	bench_op(b, OP_ARCHIVE, "in/\xff\xfe", "out/\xff\xfe", 0);
	assert_int_equal(bench_run(b), 0);
	for (i = 0; i < 4; i++)
		bench_ended(b, i, OP_DONE, "");
	assert_true(bench_is(b, "out/deep/er/a", "A"));
	assert_true(bench_is(b, "out/deep/$HOME.txt", "B"));
	assert_true(bench_is(b, "in/{x}", "C"));
	assert_true(bench_is(b, "out/\xff\xfe", "D"));
	assert_int_equal(bench_litter(b, ""), 0);
}

static void
long_names(void **state)
{
	struct bench *b = *state;
	char rel[600], to[600], name[256];
	unsigned i;

	memset(name, 'x', 255);
	name[255] = '\0';
	snprintf(rel, sizeof(rel), "in/%s", name);
	snprintf(to, sizeof(to), "out/%s", name);
	bench_put(b, rel, "long");
	bench_op(b, OP_MOVE, rel, to, 0);
	bench_op(b, OP_TRASH, to, NULL, OP_CHAINED);
	for (i = 0; i < 3; i++)
		name[250 + i] = (char)0xe2;
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	bench_ended(b, 1, OP_DONE, "");
}

/* P2: a taken name is never replaced, whatever lies there. */
static void
never_overwrites(void **state)
{
	struct bench *b = *state;

	bench_put(b, "in/f", "F");
	bench_put(b, "in/g", "G");
	bench_put(b, "in/h", "H");
	bench_put(b, "out/f", "other");
	bench_put(b, "out/dir/precious", "P");
	scratch_link(&b->s, "nowhere", "out/link");
	bench_op(b, OP_MOVE, "in/f", "out/f", 0);
	bench_op(b, OP_MOVE, "in/g", "out/dir", 0);
	bench_op(b, OP_MOVE, "in/h", "out/link", 0);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_SKIPPED, "f is taken now");
	bench_ended(b, 1, OP_SKIPPED, "taken");
	bench_ended(b, 2, OP_SKIPPED, "taken");
	assert_true(bench_is(b, "out/f", "other"));
	assert_true(bench_is(b, "out/dir/precious", "P"));
	assert_true(bench_is(b, "in/h", "H"));
	assert_int_equal(readlinkat(b->s.fd, "out/link", (char[8]){0}, 7), 7);
}

static void
next_names(void **state)
{
	struct bench *b = *state;
	struct fs_id id;

	bench_put(b, "in/f.tar.gz", "F");
	bench_put(b, "out/f.tar.gz", "1");
	bench_put(b, "out/f 2.tar.gz", "2");
	id = bench_id(b, "in/f.tar.gz");
	bench_op_as(b, OP_MOVE, "in/f.tar.gz", "out/f.tar.gz", 0, &id, 1);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	assert_true(bench_is(b, "out/f 3.tar.gz", "F"));
	assert_non_null(strstr(b->told[0].to, "out/f 3.tar.gz"));
}

/* A file that is not the one that was looked at stays where it is. */
static void
changed_since(void **state)
{
	struct bench *b = *state;

	bench_put(b, "in/grown", "1");
	bench_put(b, "in/swapped", "2");
	bench_put(b, "in/gone", "3");
	bench_put(b, "in/good", "4");
	bench_op(b, OP_MOVE, "in/grown", "out/grown", 0);
	bench_op(b, OP_MOVE, "in/swapped", "out/swapped", 0);
	bench_op(b, OP_MOVE, "in/gone", "out/gone", 0);
	bench_op(b, OP_MOVE, "in/good", "out/good", 0);
	bench_put(b, "in/grown", "1 and more");
	scratch_remove(&b->s, "in/swapped");
	scratch_link(&b->s, "/etc/passwd", "in/swapped");
	scratch_remove(&b->s, "in/gone");
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_SKIPPED, "changed since it was planned");
	bench_ended(b, 1, OP_SKIPPED, "changed since it was planned");
	bench_ended(b, 2, OP_SKIPPED, "no longer there");
	bench_ended(b, 3, OP_DONE, "");
	assert_true(bench_is(b, "in/grown", "1 and more"));
	assert_true(bench_there(b, "in/swapped"));
	assert_false(bench_there(b, "out/swapped"));
}

/* A symlink swapped in for a folder leads nowhere. */
static void
folder_swapped(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *victim = bench_path(b, "victim");

	bench_put(b, "in/f", "F");
	bench_mkdir(b, "victim");
	bench_op(b, OP_MOVE, "in/f", "out/sub/f", 0);
	if (getuid() != 0)
		skip();
	scratch_link(&b->s, victim, "out");
	assert_int_equal(fchownat(b->s.fd, "out", 4242, 4242,
	    AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(bench_run(b), 0);
	assert_int_equal(b->told[0].state, OP_FAILED);
	assert_true(bench_is(b, "in/f", "F"));
	assert_false(bench_there(b, "victim/sub"));
}

/* A chain: each builds on what the one before did. */
static void
chains(void **state)
{
	struct bench *b = *state;
	struct fs_id x, y;

	bench_put(b, "d/x", "X");
	bench_put(b, "d/y", "Y");
	x = bench_id(b, "d/x");
	y = bench_id(b, "d/y");
	/* Swap them, and then send one further. */
	bench_op_as(b, OP_RENAME, "d/x", "d/t", 0, &x, 0);
	bench_op_as(b, OP_RENAME, "d/y", "d/x", 0, &y, 0);
	bench_op_as(b, OP_RENAME, "d/t", "d/y", OP_CHAINED, &x, 0);
	bench_op_as(b, OP_MOVE, "d/y", "e/f/y", OP_CHAINED, &x, 0);
	assert_int_equal(bench_run(b), 0);
	assert_true(bench_is(b, "d/x", "Y"));
	assert_true(bench_is(b, "e/f/y", "X"));
}

/* overwrite: the old target goes first; if the new one cannot come it is
 * taken back at once. */
static void
replaces(void **state)
{
	struct bench *b = *state;

	bench_put(b, "in/f", "new");
	bench_put(b, "in/g", "new");
	bench_put(b, "out/f", "old");
	bench_put(b, "out/g", "old");
	bench_op(b, OP_TRASH, "out/f", NULL, 0);
	bench_op(b, OP_MOVE, "in/f", "out/f", OP_REPLACES);
	bench_op(b, OP_TRASH, "out/g", NULL, 0);
	bench_op(b, OP_MOVE, "in/g", "out/g", OP_REPLACES);
	bench_put(b, "in/g", "changed since");
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 0, OP_DONE, "");
	bench_ended(b, 1, OP_DONE, "");
	bench_ended(b, 2, OP_SKIPPED, "put back");
	bench_ended(b, 3, OP_SKIPPED, "changed");
	assert_true(bench_is(b, "out/f", "new"));
	assert_true(bench_is(b, "out/g", "old"));
	assert_true(bench_is(b, "in/g", "changed since"));
}

static void
others(void **state)
{
	struct bench *b = *state;

	bench_put(b, "in/copy", "C");
	bench_put(b, "in/link", "L");
	bench_put(b, "in/away", "A");
	bench_mkdir(b, "in/empty");
	bench_put(b, "in/full/x", "X");
	bench_put(b, "old/a/b/c", "1");
	bench_op(b, OP_COPY, "in/copy", "out/copy", 0);
	bench_op(b, OP_LINK, "in/link", "out/link", 0);
	bench_op(b, OP_SYMLINK, "in/link", "out/symlink", 0);
	bench_op(b, OP_DELETE, "in/away", NULL, OP_IRREVERSIBLE);
	bench_op(b, OP_RMDIR, "in/empty", NULL, 0);
	bench_op(b, OP_RMDIR, "in/full", NULL, 0);
	bench_op(b, OP_PURGE, "old", NULL, OP_DIR);
	bench_op(b, OP_MKDIR, NULL, "made/folder", 0);
	bench_op(b, OP_ECHO, NULL, NULL, 0);
	assert_int_equal(bench_run(b), 0);
	bench_ended(b, 5, OP_SKIPPED, "not empty");
	bench_ended(b, 8, OP_DONE, "");
	assert_true(bench_is(b, "out/copy", "C"));
	assert_true(bench_is(b, "in/copy", "C"));
	assert_true(bench_is(b, "out/link", "L"));
	assert_true(bench_is(b, "out/symlink", "L"));
	assert_false(bench_there(b, "in/away"));
	assert_false(bench_there(b, "in/empty"));
	assert_true(bench_is(b, "in/full/x", "X"));
	assert_false(bench_there(b, "old"));
	assert_true(bench_there(b, "made/folder"));
	assert_int_equal(bench_litter(b, ""), 0);
}

static int
stop_at(void *arg)
{
	unsigned *left = arg;

	return *left == 0 || --*left == 0;
}

/* Stopped between two operations: what was done is whole, the rest as it was,
 * and the journal has no loose end. */
static void
stops(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *said = NULL;
	unsigned left = 50, i, moved = 0;
	char from[32], to[32];

	for (i = 0; i < 100; i++) {
		snprintf(from, sizeof(from), "in/%u", i);
		snprintf(to, sizeof(to), "out/%u", i);
		bench_put(b, from, from);
		bench_op(b, OP_MOVE, from, to, 0);
	}
	b->stop = stop_at;
	b->stop_arg = &left;
	assert_int_equal(bench_run(b), -1);
	assert_int_equal(b->e.kind, ERR_STOPPED);
	for (i = 0; i < 100; i++) {
		snprintf(from, sizeof(from), "in/%u", i);
		snprintf(to, sizeof(to), "out/%u", i);
		moved += (unsigned)bench_is(b, to, from);
		assert_true(bench_is(b, to, from) ^ bench_is(b, from, from));
	}
	assert_in_range(moved, 40, 50);
	assert_int_equal(b->n_told, moved);
	said = bench_recover(b);
	assert_string_equal(said, "");
}

/* Many loads, with a folder each for a thousand: all arrive, in order. */
static void
many(void **state)
{
	struct bench *b = *state;
	struct fs_id id = {0};
	char from[64], to[64];
	unsigned i;

	for (i = 0; i < 9000; i++) {
		snprintf(from, sizeof(from), "in/%u", i);
		snprintf(to, sizeof(to), "out/%u/%u", i / 1000, i);
		bench_put(b, from, "");
		id = bench_id(b, from);
		bench_op_as(b, OP_MOVE, from, to, 0, &id, 0);
	}
	assert_int_equal(bench_run(b), 0);
	assert_int_equal(b->n_told, 9000);
	for (i = 0; i < 9000; i++) {
		snprintf(to, sizeof(to), "out/%u/%u", i / 1000, i);
		bench_ended(b, i, OP_DONE, "");
		assert_non_null(strstr(b->told[i].to, to));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_enter, bench_exit)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moves), TEST(long_names), TEST(never_overwrites),
		TEST(next_names), TEST(changed_since), TEST(folder_swapped),
		TEST(chains), TEST(replaces), TEST(others), TEST(stops),
		TEST(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
