/*
 * test_tree.c -- a tree appears whole or not at all, with all that its files
 * are beside their bytes, and an interrupted one is carried on with.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/test/bench.h"
#include "apply/tree.h"
#include "catalog/entry.h"
#include "crypto/sha256.h"
#include "util/clean.h"
#include "util/xalloc.h"

static int
setup(void **state)
{
	struct bench *b = xalloc(sizeof(*b));

	bench_open(b);
	bench_mkdir(b, "dest");
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}

static struct tree *
start(struct bench *b, const char *name, enum event event)
{
	CLEAN_FREE char *path = bench_path(b, "dest");
	struct tree_options o = { .catalog = b->catalog, .why = "test",
	    .event = (int)event };
	struct fs_dir *d;
	struct tree *t;

	assert_int_equal(fs_dir_open(path, &d, &b->e), 0);
	assert_int_equal(catalog_run_begin(b->catalog, "hand", "", 0, 1,
	    &o.run, &b->e), 0);
	assert_int_equal(catalog_run_job(b->catalog, o.run, "t", "backup", 1,
	    &o.job, &b->e), 0);
	if (tree_start(d, name, &o, &t, &b->e) < 0)
		fail_msg("%s", b->e.text);
	fs_dir_free(d);
	return t;
}

static void
add(struct bench *b, struct tree *t, const char *rel, const char *as,
    unsigned char *sum)
{
	CLEAN_FREE char *path = bench_path(b, rel);
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct fs_id id = bench_id(b, rel);

	if (tree_file(t, as, fd, &id, sum, &b->e) < 0)
		fail_msg("%s", b->e.text);
}

static void
whole(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *src = bench_path(b, "src/f");
	CLEAN_FREE char *dst = bench_path(b, "dest/new/sub/f");
	CLEAN_FREE char *hard = bench_path(b, "dest/new/hard");
	CLEAN_FREE char *pipe = bench_path(b, "dest/new/pipe");
	struct tree *t = start(b, "new", EVENT_RESTORED);
	struct timespec when[2] = { { 1, 2 }, { 1000000000, 123456789 } };
	unsigned char sum[32], want[32];
	struct stat st, st2;
	char value[8];
	struct fs_id id;

	bench_put(b, "src/f", "content");
	scratch_mode(&b->s, "src/f", 0640);
	scratch_xattr(&b->s, "src/f", "user.x", "value");
	assert_int_equal(utimensat(b->s.fd, "src/f", when, 0), 0);
	assert_int_equal(tree_folder(t, "sub", &b->e), 0);
	add(b, t, "src/f", "sub/f", sum);
	sha256_of("content", 7, want);
	assert_memory_equal(sum, want, 32);
	assert_int_equal(tree_link(t, "hard", "sub/f", &b->e), 0);
	id = bench_id(b, "src/f");
	assert_int_equal(tree_symlink(t, "sub/link", "../hard", &id, &b->e), 0);
	assert_int_equal(tree_fifo(t, "pipe", &id, &b->e), 0);
	assert_int_equal(tree_write(t, "manifest", "m", 1, &b->e), 0);
	assert_false(bench_there(b, "dest/new"));
	assert_int_equal(tree_commit(t, &b->e), 0);
	tree_free(t);
	assert_int_equal(bench_litter(b, "dest"), 0);
	assert_int_equal(stat(dst, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_true(st.st_mtim.tv_sec == 1000000000 &&
	    st.st_mtim.tv_nsec == 123456789);
	if (getxattr(src, "user.x", value, 8) == 5)
		assert_int_equal(getxattr(dst, "user.x", value, 8), 5);
	assert_int_equal(stat(hard, &st2), 0);
	assert_int_equal(st2.st_ino, st.st_ino);
	assert_int_equal(lstat(pipe, &st2), 0);
	assert_true(S_ISFIFO(st2.st_mode));
	assert_true(bench_is(b, "dest/new/sub/link", "content"));
	assert_true(bench_is(b, "dest/new/manifest", "m"));
}

static void
holes_stay(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *src = bench_path(b, "sparse");
	CLEAN_FREE char *dst = bench_path(b, "dest/new/sparse");
	struct tree *t = start(b, "new", EVENT_RESTORED);
	struct stat st;
	int fd;

	bench_put(b, "sparse", "");
	fd = open(src, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)40 << 20), 1);
	assert_int_equal(ftruncate(fd, (off_t)64 << 20), 0);
	close(fd);
	add(b, t, "sparse", "sparse", NULL);
	assert_int_equal(tree_commit(t, &b->e), 0);
	tree_free(t);
	assert_int_equal(stat(dst, &st), 0);
	assert_int_equal(st.st_size, 64 << 20);
	assert_in_range(st.st_blocks, 1, 8192);
}

static void
not_at_all(void **state)
{
	struct bench *b = *state;
	struct tree *t = start(b, "new", EVENT_BACKED_UP);
	char *said;

	bench_put(b, "f", "1");
	assert_int_equal(tree_folder(t, "deep", &b->e), 0);
	add(b, t, "f", "deep/f", NULL);
	tree_free(t);
	assert_int_equal(bench_litter(b, "dest"), 0);
	assert_false(bench_there(b, "dest/new"));
	/* The name was taken meanwhile: nothing is replaced. */
	t = start(b, "new", EVENT_RESTORED);
	add(b, t, "f", "f", NULL);
	bench_put(b, "dest/new/theirs", "2");
	assert_int_equal(tree_commit(t, &b->e), -1);
	assert_int_equal(b->e.kind, ERR_EXISTS);
	tree_free(t);
	assert_true(bench_is(b, "dest/new/theirs", "2"));
	assert_int_equal(bench_litter(b, "dest"), 0);
	said = bench_recover(b);
	assert_string_equal(said, "");
	free(said);
}

/* A file that is written to while it is read is not taken for whole. */
static void
changed(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *path = bench_path(b, "f");
	struct tree *t = start(b, "new", EVENT_RESTORED);
	struct fs_id id;
	int fd;

	bench_put(b, "f", "short");
	id = bench_id(b, "f");
	bench_put(b, "f", "longer than before");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(tree_file(t, "f", fd, &id, NULL, &b->e), -1);
	assert_int_equal(b->e.kind, ERR_CHANGED);
	close(fd);
	id = bench_id(b, "f");
	bench_put(b, "f", "");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(tree_file(t, "f", fd, &id, NULL, &b->e), -1);
	assert_int_equal(b->e.kind, ERR_CHANGED);
	close(fd);
	assert_int_equal(tree_commit(t, &b->e), 0);
	tree_free(t);
	assert_false(bench_there(b, "dest/new/f"));
}

static void
carries_on(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *same = bench_path(b, "dest/new/a/same");
	struct tree *t = start(b, "one", EVENT_BACKED_UP);
	struct fs_id before, after;
	struct stat st;

	bench_put(b, "same", "same");
	bench_put(b, "f", "first");
	assert_int_equal(tree_folder(t, "a", &b->e), 0);
	assert_int_equal(tree_folder(t, "b", &b->e), 0);
	assert_int_equal(tree_folder(t, "b/c", &b->e), 0);
	add(b, t, "same", "a/same", NULL);
	add(b, t, "f", "a/f", NULL);
	add(b, t, "f", "b/c/old", NULL);
	tree_keep(t);
	tree_free(t);
	assert_int_equal(bench_litter(b, "dest"), 1);
	bench_put(b, "f", "other");
	t = start(b, "new", EVENT_BACKED_UP);
	assert_int_equal(tree_folder(t, "a", &b->e), 0);
	assert_int_equal(tree_folder(t, "b", &b->e), 0);
	add(b, t, "same", "a/same", NULL);
	add(b, t, "f", "a/f", NULL);
	before = bench_id(b, "same");
	assert_int_equal(tree_commit(t, &b->e), 0);
	tree_free(t);
	after = bench_id(b, "dest/new/a/same");
	assert_true(after.mtime == before.mtime);
	assert_true(bench_is(b, "dest/new/a/f", "other"));
	assert_false(bench_there(b, "dest/new/b/c"));
	assert_int_equal(bench_litter(b, "dest"), 0);
	assert_int_equal(stat(same, &st), 0);
	assert_int_equal(st.st_nlink, 1);
}

/* What was linked from an older copy keeps that copy's metadata. */
static void
older_copies_are_safe(void **state)
{
	struct bench *b = *state;
	CLEAN_FREE char *old = bench_path(b, "dest/old");
	struct tree *t;
	struct fs_dir *d;
	struct stat st;

	bench_put(b, "dest/old/f", "bytes");
	bench_put(b, "f", "bytes");
	scratch_mode(&b->s, "f", 0600);
	assert_int_equal(fs_dir_open(old, &d, &b->e), 0);
	t = start(b, "new", EVENT_BACKED_UP);
	assert_int_equal(tree_link_from(t, "f", d, "f", &b->e), 0);
	tree_keep(t);
	tree_free(t);
	t = start(b, "new", EVENT_BACKED_UP);
	add(b, t, "f", "f", NULL);
	assert_int_equal(tree_commit(t, &b->e), 0);
	tree_free(t);
	assert_int_equal(fstatat(d->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_mode & 0777, 0644);
	fs_dir_free(d);
}

static void
names_are_checked(void **state)
{
	struct bench *b = *state;
	struct tree *t = start(b, "new", EVENT_RESTORED);

	assert_int_equal(tree_folder(t, "../x", &b->e), -1);
	assert_int_equal(tree_folder(t, "..", &b->e), -1);
	assert_int_equal(tree_folder(t, "a/../b", &b->e), -1);
	assert_int_equal(tree_write(t, "/tmp/fettle-escape", "x", 1, &b->e),
	    -1);
	tree_free(t);
	assert_int_equal(access("/tmp/fettle-escape", F_OK), -1);
}

#define HANDS	4
#define EACH	60

struct filling {
	struct bench	*b;
	struct tree	*t;
	unsigned	 number;
	unsigned	 put;
	struct err	 e;
};

static void *
fill_by_hand(void *arg)
{
	struct filling *f = arg;
	struct tree_hand *h = tree_hand_new(f->t);
	CLEAN_FREE char *src = bench_path(f->b, "f");
	CLEAN_FD int fd = open(src, O_RDONLY | O_CLOEXEC);
	struct fs_id id = bench_id(f->b, "f");
	unsigned char sum[32], want[32];
	unsigned i;

	sha256_of("bytes", 5, want);
	for (i = 0; i < EACH; i++) {
		CLEAN_FREE char *as = xasprintf("%u/%u-%u", i % 3, f->number, i);

		f->put += tree_hand_file(h, as, fd, &id, sum, &f->e) == 0 &&
		    memcmp(sum, want, 32) == 0;
	}
	tree_hand_free(h);
	return NULL;
}

/* Also into a staging folder that is carried on with: what is not made anew
 * goes, whichever hand made the rest. */
static void
several_hands(void **state)
{
	struct bench *b = *state;
	struct filling f[HANDS];
	pthread_t threads[HANDS];
	struct tree *t;
	unsigned i, turn;

	bench_put(b, "f", "bytes");
	for (turn = 0; turn < 2; turn++) {
		t = start(b, "new", EVENT_BACKED_UP);
		for (i = 0; i < 3; i++) {
			char dir[2] = { (char)('0' + i), '\0' };

			assert_int_equal(tree_folder(t, dir, &b->e), 0);
		}
		if (turn == 0)
			add(b, t, "f", "1/left", NULL);
		for (i = 0; i < HANDS; i++) {
			f[i] = (struct filling){ b, t, i, 0, {0} };
			assert_int_equal(pthread_create(&threads[i], NULL,
			    fill_by_hand, &f[i]), 0);
		}
		for (i = 0; i < HANDS; i++) {
			pthread_join(threads[i], NULL);
			assert_string_equal(f[i].e.text, "");
			assert_int_equal(f[i].put, EACH);
		}
		if (turn == 0)
			tree_keep(t);
		else
			assert_int_equal(tree_commit(t, &b->e), 0);
		tree_free(t);
	}
	assert_true(bench_is(b, "dest/new/0/0-0", "bytes"));
	assert_true(bench_is(b, "dest/new/2/3-59", "bytes"));
	assert_false(bench_there(b, "dest/new/1/left"));
	assert_int_equal(bench_litter(b, "dest"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole), TEST(holes_stay), TEST(not_at_all), TEST(changed),
		TEST(carries_on), TEST(older_copies_are_safe),
		TEST(names_are_checked), TEST(several_hands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
