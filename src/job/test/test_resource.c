/* test_resource.c -- what a job works on: real paths, none below another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "job/resource.h"
#include "testing/scratch.h"
#include "util/xalloc.h"

static int
has(const struct resources *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->v[i], path) == 0)
			return 1;
	return 0;
}

static void
none_lies_below_another(void **state)
{
	struct resources r = {0};

	(void)state;
	resources_add(&r, "/a/b");
	resources_add(&r, "/a/b/c");
	assert_int_equal(r.n, 1);
	resources_add(&r, "/a/bc/");
	assert_int_equal(r.n, 2);
	assert_true(has(&r, "/a/bc"));
	resources_add(&r, "/a/bd/e");
	resources_add(&r, "/a");
	assert_int_equal(r.n, 1);
	assert_true(has(&r, "/a"));
	resources_add(&r, "/");
	assert_true(has(&r, "/"));
	assert_null(r.v[r.n]);
	resources_fini(&r);
}

static void
sets_meet_where_one_lies_in_the_other(void **state)
{
	struct resources a = {0}, b = {0};

	(void)state;
	assert_false(resources_meet(&a, &b));
	resources_add(&a, "/home/me/Downloads");
	resources_add(&a, "/home/me/Music");
	resources_add(&b, "/media/stick");
	assert_false(resources_meet(&a, &b));
	resources_add(&b, "/home/me");
	assert_true(resources_meet(&a, &b));
	assert_true(resources_meet(&b, &a));
	resources_fini(&a);
	resources_fini(&b);
}

/* What lies on another machine has no folder here to be looked for. */
static void
a_far_place_is_one_too(void **state)
{
	static const char *const places[] = { "sftp:me@far:/srv/r",
	    "s3:https://s3.example.org/bucket/home", "rclone:box", "" };
	struct resources a = {0}, b = {0};
	size_t i;

	(void)state;
	for (i = 0; *places[i] != '\0'; i++) {
		resources_add_real(&a, places[i]);
		assert_int_equal(a.n, i + 1);
	}
	resources_add_real(&b, "sftp:me@far:/srv/other");
	assert_false(resources_meet(&a, &b));
	resources_add_real(&b, "sftp:me@far:/srv/r");
	assert_true(resources_meet(&a, &b));
	resources_fini(&a);
	resources_fini(&b);
}

/* However many there are, all stay covered, and few are kept. */
static void
many_become_their_parents(void **state)
{
	struct resources r = {0}, one;
	char path[64];
	int i;

	(void)state;
	for (i = 0; i < 5 * RESOURCES_MAX; i++) {
		snprintf(path, sizeof(path), "/top/%d/%d", i / 7, i);
		resources_add(&r, path);
		assert_true(r.n <= RESOURCES_MAX);
	}
	for (i = 0; i < 5 * RESOURCES_MAX; i++) {
		snprintf(path, sizeof(path), "/top/%d/%d", i / 7, i);
		one = (struct resources){0};
		resources_add(&one, path);
		assert_true(resources_meet(&r, &one));
		resources_fini(&one);
	}
	resources_add(&r, "/other");
	assert_true(has(&r, "/other"));
	assert_false(has(&r, "/"));
	resources_fini(&r);
}

/* A symlink is what it leads to; what is not there yet is its folder. */
static void
real_paths_are_taken(void **state)
{
	struct scratch s = scratch_new();
	const char *real = scratch_path(&s, "real");
	const char *link = scratch_path(&s, "link");
	const char *gone = scratch_path(&s, "link/not/there");
	struct resources r = {0};

	(void)state;
	scratch_dir(&s, "real");
	scratch_link(&s, "real", "link");
	resources_add_real(&r, link);
	assert_int_equal(r.n, 1);
	assert_true(has(&r, real));
	resources_add_real(&r, gone);
	assert_int_equal(r.n, 1);
	scratch_free(&s);
	resources_fini(&r);
}

/* A worker claims what its plan names, and the plan of a backup names the
 * repository: it was looked for on the disk once, and the worker ended there. */
static void
repositories_elsewhere_are_claimed_by_name(void **state)
{
	static const char *const places[][2] = {
		{ "sftp:me@host:/path", "sftp:host:/path" },
		{ "sftp://me@host:2222//path", "sftp://host:2222//path" },
		{ "s3:https://host/bucket", "s3:https://host/bucket" },
		{ "rest:https://me:secret@host/x/", "rest:https://host/x" },
		{ "rclone:remote:path", "rclone:remote:path" },
		{ "local:/no/such", "/" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct resources r = {0};

		resources_add_real(&r, places[i][0]);
		assert_int_equal(r.n, 1);
		assert_string_equal(r.v[0], places[i][1]);
		resources_fini(&r);
	}
}

static void
many_elsewhere_become_few(void **state)
{
	struct resources r = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		char *place = xasprintf("rclone:r%zu:", i);

		resources_add_real(&r, place);
		free(place);
	}
	assert_true(r.n < 3000);
	resources_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_lies_below_another),
		cmocka_unit_test(sets_meet_where_one_lies_in_the_other),
		cmocka_unit_test(a_far_place_is_one_too),
		cmocka_unit_test(many_become_their_parents),
		cmocka_unit_test(real_paths_are_taken),
		cmocka_unit_test(repositories_elsewhere_are_claimed_by_name),
		cmocka_unit_test(many_elsewhere_become_few),
	};

	return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
