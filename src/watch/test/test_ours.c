/* test_ours.c -- our own moves trigger nothing, everybody else's do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fs/id.h"
#include "watch/ours.h"

static const struct fs_id mine = { .ino = 11, .size = 5, .mtime = 7 };
static const struct fs_id other = { .ino = 12, .size = 5, .mtime = 7 };
static const struct fs_id written = { .ino = 11, .size = 6, .mtime = 8 };

static int
all_done(void *arg, size_t i, const char *path)
{
	(void)arg, (void)i, (void)path;
	return 1;
}

static int
none_done(void *arg, size_t i, const char *path)
{
	(void)arg, (void)i, (void)path;
	return 0;
}

static char said[64];

static void
again(void *arg, const char *path)
{
	(void)arg;
	strncpy(said, path, sizeof(said) - 1);
}

static void
a_move_is_known_by_the_file(void **state)
{
	struct ours *o = ours_new();

	(void)state;
	ours_expect(o, 1, 0, "/d/a", &mine);
	assert_true(ours_has(o, "/d/a", &mine));
	assert_false(ours_has(o, "/d/a", &other));
	assert_false(ours_has(o, "/d/a", &written));
	assert_false(ours_has(o, "/d/b", &mine));
	ours_free(o);
}

/* Its events may come after its end, but not after the queue was empty. */
static void
forgotten_once_all_was_heard(void **state)
{
	struct ours *o = ours_new();

	(void)state;
	ours_expect(o, 1, 0, "/d/a", &mine);
	ours_drained(o);
	assert_true(ours_has(o, "/d/a", &mine));
	ours_ended(o, 1, all_done, again, NULL);
	assert_true(ours_has(o, "/d/a", &mine));
	ours_drained(o);
	assert_false(ours_has(o, "/d/a", &mine));
	assert_int_equal(ours_len(o), 0);
	ours_free(o);
}

/* A copy is known by its path; if it was not made, what came was another's. */
static void
a_copy_that_failed_was_not_ours(void **state)
{
	struct ours *o = ours_new();

	(void)state;
	said[0] = '\0';
	ours_expect(o, 1, 0, "/d/a", NULL);
	ours_expect(o, 2, 0, "/d/b", NULL);
	assert_true(ours_has(o, "/d/a", &other));
	ours_ended(o, 1, all_done, again, NULL);
	assert_string_equal(said, "");
	assert_true(ours_has(o, "/d/b", &other));
	ours_ended(o, 2, none_done, again, NULL);
	assert_string_equal(said, "/d/b");
	assert_false(ours_has(o, "/d/b", &other));
	ours_free(o);
}

static void
several_at_one_path(void **state)
{
	struct ours *o = ours_new();

	(void)state;
	ours_expect(o, 1, 0, "/d/a", &mine);
	ours_expect(o, 2, 0, "/d/a", &other);
	ours_ended(o, 1, all_done, again, NULL);
	ours_drained(o);
	assert_false(ours_has(o, "/d/a", &mine));
	assert_true(ours_has(o, "/d/a", &other));
	ours_clear(o);
	assert_false(ours_has_path(o, "/d/a"));
	ours_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_is_known_by_the_file),
		cmocka_unit_test(forgotten_once_all_was_heard),
		cmocka_unit_test(a_copy_that_failed_was_not_ours),
		cmocka_unit_test(several_at_one_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
