/*
 * test_cache_run.c -- files of runs where the file system knows no O_TMPFILE:
 * they have a name at once, which is a temporary one, and none is left behind.
 * cache_run.c is compiled in, with an O_TMPFILE that no kernel takes.
 */
#include <fcntl.h>
#undef O_TMPFILE
#define O_TMPFILE	(O_DIRECTORY | O_CREAT)
#include "repo/cache_run.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "testing/scratch.h"
#include "util/xalloc.h"


static struct scratch where;
static int dir = -1;

static int
make_dir(void **state)
{
	(void)state;
	where = scratch_new();
	dir = where.fd;
	return 0;
}

static int
drop_dir(void **state)
{
	(void)state;
	scratch_free(&where);
	return 0;
}

/* Names in the folder; one of them is kept in last. */
static int
names(char last[256])
{
	DIR *d = opendir(where.path);
	const struct dirent *de;
	int n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.') {
			snprintf(last, 256, "%s", de->d_name);
			n++;
		}
	closedir(d);
	return n;
}

static void
a_dropped_one_leaves_nothing(void **state)
{
	struct cache_run_file f;
	struct err e;
	char name[256];

	(void)state;
	assert_int_equal(cache_run_make(dir, &f, &e), 0);
	assert_int_equal(names(name), 1);
	assert_memory_equal(name, TEMP_PREFIX, strlen(TEMP_PREFIX));
	cache_run_drop(&f);
	assert_int_equal(names(name), 0);
}

static void
a_published_one_has_one_name(void **state)
{
	struct cache_run_file f;
	struct err e;
	char name[256];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {	/* somebody else made the same */
		assert_int_equal(cache_run_make(dir, &f, &e), 0);
		assert_int_equal(cache_run_publish(&f, "run-1"), 1);
		cache_run_drop(&f);
		assert_int_equal(names(name), 1);
		assert_string_equal(name, "run-1");
	}
	cache_run_remove(dir, "run-1");
	assert_int_equal(names(name), 0);
}

static void
without_a_folder_it_has_none(void **state)
{
	struct cache_run_file f;
	struct err e;
	char name[256];
	const char *tmp = getenv("TMPDIR");
	char *was = xstrdup(tmp != NULL ? tmp : "/tmp");

	(void)state;
	assert_int_equal(setenv("TMPDIR", where.path, 1), 0);
	assert_int_equal(cache_run_make(-1, &f, &e), 0);
	assert_int_equal(names(name), 0);
	assert_int_equal(write(f.fd, "x", 1), 1);
	assert_int_equal(cache_run_publish(&f, "run-1"), 0);
	cache_run_drop(&f);
	/* nowhere at all: memory */
	assert_int_equal(setenv("TMPDIR", "/nowhere", 1), 0);
	assert_int_equal(cache_run_make(-1, &f, &e), 0);
	cache_run_drop(&f);
	assert_int_equal(names(name), 0);
	assert_int_equal(setenv("TMPDIR", was, 1), 0);
	free(was);
}

static void
note(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
}

static void
what_was_left_a_day_ago_goes(void **state)
{
	const struct timespec old[2] = { { .tv_sec = time_now() / 1000000 -
	    2 * 86400 }, { .tv_sec = time_now() / 1000000 - 2 * 86400 } };
	struct cache_run_file a, b;
	struct err e;
	char name[256];
	int n = 0;

	(void)state;
	assert_int_equal(cache_run_make(dir, &a, &e), 0);
	assert_int_equal(cache_run_make(dir, &b, &e), 0);
	assert_int_equal(futimens(a.fd, old), 0);
	cache_run_each(dir, note, &n);
	assert_int_equal(n, 0);
	assert_int_equal(names(name), 1);
	assert_string_equal(name, b.temp);
	cache_run_drop(&a);
	cache_run_drop(&b);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dropped_one_leaves_nothing),
		TEST(a_published_one_has_one_name),
		TEST(without_a_folder_it_has_none),
		TEST(what_was_left_a_day_ago_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
