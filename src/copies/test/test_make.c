/* Making copies: what is linked, what is copied, what is never called saved. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies/test/kit.h"
#include "util/clean.h"
#include "util/xalloc.h"

static char *
path(struct kit *k, const char *rel)
{
	return bench_path(&k->b, rel);
}

static void
made(struct kit *k)
{
	if (kit_run(k) < 0)
		fail_msg("run: %s", k->e.text);
	assert_int_equal(k->res.state, OP_DONE);
}

/* Bytes other than those there, with the size and the times kept. */
static void
rewrite(const char *file, const char *text)
{
	struct stat st;
	int fd = open(file, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, text, strlen(text), 0),
	    (ssize_t)strlen(text));
	assert_int_equal(futimens(fd, (struct timespec[2]){ st.st_atim,
	    st.st_mtim }), 0);
	close(fd);
}

static void
test_unchanged_is_linked(void **state)
{
	struct kit k;
	uint64_t a;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	bench_put(&k.b, "D/sub/b", "two");
	made(&k);
	assert_int_equal(k.res.copied, 2);
	a = kit_ino(&k, "sub/b");
	made(&k);
	assert_int_equal(k.res.linked, 2);
	assert_int_equal(k.res.copied, 0);
	assert_int_equal(kit_ino(&k, "sub/b"), a);
	kit_close(&k);
}

static void
test_moved_is_linked(void **state)
{
	struct kit k;
	uint64_t a;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	bench_put(&k.b, "D/log", "a log");
	made(&k);
	a = kit_ino(&k, "log");
	/* As logs are rotated: the name is taken by another file then. */
	scratch_move(&k.b.s, "D/log", "D/a");
	bench_put(&k.b, "D/log", "the next log");
	made(&k);
	assert_int_equal(kit_ino(&k, "a"), a);
	assert_int_equal(k.res.copied, 1);
	kit_close(&k);
}

/* Equal size and mtime, other bytes: the ctime gives it away. */
static void
test_other_bytes_are_copied(void **state)
{
	struct kit k;
	CLEAN_FREE char *file = NULL, *in = NULL;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	made(&k);
	file = path(&k, "D/a");
	rewrite(file, "two");
	made(&k);
	in = kit_in(&k, "a");
	assert_true(bench_is(&k.b, in, "two"));
	kit_close(&k);
}

/* Only the mode differs: a link would change the old copy, too. */
static void
test_other_mode_is_copied(void **state)
{
	struct kit k;
	uint64_t a;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	made(&k);
	a = kit_ino(&k, "a");
	scratch_mode(&k.b.s, "D/a", 0600);
	made(&k);
	assert_int_not_equal(kit_ino(&k, "a"), a);
	kit_close(&k);
}

/* Somebody wrote into the old copy: it must not become the new one. */
static void
test_edited_copy_is_not_linked(void **state)
{
	struct kit k;
	CLEAN_FREE char *old = NULL, *in = NULL;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	made(&k);
	old = kit_in(&k, "a");
	bench_put(&k.b, old, "spoilt");
	made(&k);
	in = kit_in(&k, "a");
	assert_true(bench_is(&k.b, in, "one"));
	kit_close(&k);
}

static void
test_hard_links_stay(void **state)
{
	struct kit k;
	int top;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	bench_mkdir(&k.b, "D/sub");
	top = k.b.s.fd;
	assert_int_equal(linkat(top, "D/a", top, "D/sub/b", 0), 0);
	made(&k);
	assert_int_equal(kit_ino(&k, "a"), kit_ino(&k, "sub/b"));
	made(&k);
	assert_int_equal(kit_ino(&k, "a"), kit_ino(&k, "sub/b"));
	assert_int_equal(k.res.copied, 0);
	kit_close(&k);
}

/* A source that cannot be opened is missing, not an empty folder. */
static void
test_missing_is_told(void **state)
{
	struct kit k;
	CLEAN_FREE char *gone = NULL;

	(void)state;
	kit_open_entry(&k, "{name: b, paths: [@/D, @/gone], copies: @/B}");
	bench_put(&k.b, "D/a", "one");
	scratch_link(&k.b.s, "/nowhere at all", "gone");
	made(&k);
	assert_int_equal(k.res.partial, 1);
	assert_int_equal(k.res.shrunk, 1);
	assert_int_equal(kit_failures(&k), 1);
	gone = kit_in(&k, "gone");
	assert_false(bench_there(&k.b, gone));
	kit_close(&k);
}

static void
test_single_file(void **state)
{
	struct kit k;
	CLEAN_FREE char *in = NULL;

	(void)state;
	kit_open_entry(&k, "{name: b, paths: @/D/a.txt, copies: @/B}");
	bench_put(&k.b, "D/a.txt", "one");
	made(&k);
	in = kit_in(&k, "a.txt");
	assert_true(bench_is(&k.b, in, "one"));
	kit_close(&k);
}

/* exclude_if_present: only the shell of the folder, and no failure below. */
static void
test_hollow(void **state)
{
	struct kit k;
	CLEAN_FREE char *shell = NULL, *inside = NULL;

	(void)state;
	kit_open(&k, ", exclude_if_present: .nobackup");
	bench_put(&k.b, "D/a", "one");
	bench_put(&k.b, "D/big/.nobackup", "");
	bench_put(&k.b, "D/big/deep/er/file", "x");
	made(&k);
	assert_int_equal(kit_failures(&k), 0);
	shell = kit_in(&k, "big");
	inside = kit_in(&k, "big/deep");
	assert_true(bench_there(&k.b, shell));
	assert_false(bench_there(&k.b, inside));
	kit_close(&k);
}

/* A destination below the source, spelled otherwise, is not copied. */
static void
test_not_into_itself(void **state)
{
	struct kit k;
	CLEAN_FREE char *in = NULL, *mine = NULL;

	(void)state;
	kit_open_entry(&k, "{name: b, paths: @/D, copies: @/way/B}");
	bench_put(&k.b, "D/a", "one");
	scratch_link(&k.b.s, "D", "way");
	made(&k);
	bench_put(&k.b, "D/B/of the user's", "mine");
	made(&k);
	in = xasprintf("D/B/b/%s/B/b", k.res.name);
	assert_false(bench_there(&k.b, in));
	mine = xasprintf("D/B/b/%s/B/of the user's", k.res.name);
	assert_true(bench_is(&k.b, mine, "mine"));
	kit_close(&k);
}

/* An emptied source is shrunk, and still is when it is copied again. */
static void
test_shrunk_stays_shrunk(void **state)
{
	struct kit k;
	char rel[32];
	int i;

	(void)state;
	kit_open(&k, "");
	for (i = 0; i < 10; i++) {
		snprintf(rel, sizeof(rel), "D/%d", i);
		bench_put(&k.b, rel, "x");
	}
	made(&k);
	assert_int_equal(k.res.shrunk, 0);
	for (i = 0; i < 8; i++) {
		snprintf(rel, sizeof(rel), "D/%d", i);
		scratch_remove(&k.b.s, rel);
	}
	made(&k);
	assert_int_equal(k.res.shrunk, 1);
	made(&k);
	assert_int_equal(k.res.shrunk, 1);
	k.now += INT64_C(31) * 86400 * 1000000;
	made(&k);
	assert_int_equal(k.res.shrunk, 0);	/* a month later it is believed */
	kit_close(&k);
}

static int
stop_at_once(void *arg)
{
	atomic_int *left = arg;	/* copying threads ask as well */

	return atomic_fetch_sub(left, 1) <= 0;
}

/* Stopped: nothing is shown, and the next run is whole. */
static void
test_stopped(void **state)
{
	struct kit k;
	atomic_int left = 3;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	bench_put(&k.b, "D/b", "two");
	bench_put(&k.b, "D/c", "three");
	bench_put(&k.b, "D/d", "four");
	k.b.stop = stop_at_once;
	k.b.stop_arg = &left;
	assert_int_equal(kit_run(&k), -1);
	assert_int_equal(k.e.kind, ERR_STOPPED);
	assert_false(bench_there(&k.b, "B/b/latest"));
	k.b.stop = NULL;
	made(&k);
	assert_int_equal(k.res.files, 4);
	assert_int_equal(bench_litter(&k.b, "B/b"), 0);
	kit_close(&k);
}

/* Somebody who stops does not wait for the end of a large file. */
static void
test_stopped_within_a_file(void **state)
{
	struct kit k;
	atomic_int left = 4;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "begins with some bytes");
	scratch_length(&k.b.s, "D/a", 64 << 20);
	k.b.stop = stop_at_once;
	k.b.stop_arg = &left;
	assert_int_equal(kit_run(&k), -1);
	assert_int_equal(k.e.kind, ERR_STOPPED);
	assert_int_equal(k.res.copied, 0);
	assert_true(atomic_load(&left) > -60);	/* a MiB at a time */
	kit_close(&k);
}

#define MANY	300

static int
note_path(void *arg, const struct copy_entry *en)
{
	buf_addf(arg, "%c %s\n", en->kind, en->path);
	return 0;
}

/* Several threads copy; the manifest is in the walk's order all the same, and
 * every sum is its own file's. */
static void
test_order_of_the_manifest(void **state)
{
	CLEAN_BUF struct buf lines = {0}, want = {0};
	CLEAN_FREE char *said = NULL;
	struct kit k;
	char name[32], text[32];
	int i, r;

	(void)state;
	kit_open(&k, "");
	for (i = 0; i < MANY / 50; i++)
		buf_addf(&want, "d d%d\n", i);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "D/d%d/f%03d", i / 50, i);
		snprintf(text, sizeof(text), "content %d", i);
		bench_put(&k.b, name, text);
		buf_addf(&want, "%c d%d/f%03d\n", i == 299 ? 'h' : 'f', i / 50,
		    i);
	}
	/* The first ones take longest, the last is a link to one of them. */
	scratch_length(&k.b.s, "D/d0/f000", 24 << 20);
	scratch_remove(&k.b.s, "D/d5/f299");
	assert_int_equal(linkat(k.b.s.fd, "D/d0/f001", k.b.s.fd, "D/d5/f299",
	    0), 0);
	made(&k);
	assert_int_equal(k.res.copied, MANY - 1);
	assert_int_equal(k.res.files, MANY);
	if (copies_ls(k.c, NULL, note_path, &lines, &k.e) < 0)
		fail_msg("%s", k.e.text);
	assert_string_equal(buf_str(&lines), buf_str(&want));
	said = kit_check(&k, &r);
	assert_string_equal(said, "");
	kit_close(&k);
}

/* The marker tells an empty mount point from the disk. */
static void
test_other_folder_is_waiting(void **state)
{
	struct kit k;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/a", "one");
	made(&k);
	scratch_move(&k.b.s, "B", "away");
	bench_mkdir(&k.b, "B");
	assert_int_equal(kit_run(&k), 0);
	assert_int_equal(k.res.state, OP_WAITING);
	assert_false(bench_there(&k.b, "B/b"));
	assert_int_equal(unlinkat(k.b.s.fd, "B", AT_REMOVEDIR), 0);
	assert_int_equal(kit_run(&k), 0);
	assert_int_equal(k.res.state, OP_WAITING);
	scratch_move(&k.b.s, "away", "B");
	made(&k);
	/* Sent elsewhere it begins there, and waits for nothing. */
	kit_again(&k, "{name: b, paths: @/D, copies: @/C}");
	made(&k);
	assert_true(bench_there(&k.b, "C/b/latest"));
	kit_close(&k);
}

static void
test_names_that_lead_out(void **state)
{
	static const char *const names[] = { "..", ".", "a/b", "''", ".hidden" };
	CLEAN_FREE char *entry = NULL;
	struct kit k;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		free(entry);
		entry = xasprintf("{name: %s, paths: @/D, copies: @/B}",
		    names[i]);
		kit_open_entry(&k, entry);
		if (k.c != NULL)
			fail_msg("a job may be called %s", names[i]);
		kit_close(&k);
	}
}

static void
test_check(void **state)
{
	struct kit k;
	CLEAN_FREE char *said = NULL, *more = NULL, *in = NULL, *file = NULL;
	CLEAN_FREE char *first = NULL, *manifest = NULL, *clean = NULL;
	int r;

	(void)state;
	kit_open(&k, "");
	bench_put(&k.b, "D/sub/a", "one");
	made(&k);
	first = xstrdup(k.res.name);
	made(&k);
	clean = kit_check(&k, &r);
	assert_string_equal(clean, "");
	assert_int_equal(r, 0);
	in = kit_in(&k, "sub/a");
	file = path(&k, in);
	rewrite(file, "onf");
	said = kit_check(&k, &r);
	assert_int_equal(r, 1);
	assert_non_null(strstr(said, first));	/* both copies share it */
	assert_non_null(strstr(said, k.res.name));
	/* A copy whose manifest is lost is not passed over. */
	manifest = xasprintf("B/b/.fettle/%s.manifest", first);
	scratch_remove(&k.b.s, manifest);
	more = kit_check(&k, &r);
	assert_int_equal(r, 1);
	assert_non_null(strstr(more, first));
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged_is_linked),
		cmocka_unit_test(test_moved_is_linked),
		cmocka_unit_test(test_other_bytes_are_copied),
		cmocka_unit_test(test_other_mode_is_copied),
		cmocka_unit_test(test_edited_copy_is_not_linked),
		cmocka_unit_test(test_hard_links_stay),
		cmocka_unit_test(test_missing_is_told),
		cmocka_unit_test(test_single_file),
		cmocka_unit_test(test_hollow),
		cmocka_unit_test(test_not_into_itself),
		cmocka_unit_test(test_shrunk_stays_shrunk),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_stopped_within_a_file),
		cmocka_unit_test(test_order_of_the_manifest),
		cmocka_unit_test(test_other_folder_is_waiting),
		cmocka_unit_test(test_names_that_lead_out),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
