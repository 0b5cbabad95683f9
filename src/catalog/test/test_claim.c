/* test_claim.c -- never two at work in one folder. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/claim.h"
#include "catalog/test/common.h"
#include "util/xalloc.h"

#define DEADLINE_S	10

static void
overlap_is_same_or_below(void **state)
{
	static const struct {
		const char	*a, *b;
		int		 is;
	} v[] = {
		{ "/a", "/a", 1 }, { "/a", "/a/", 1 }, { "/a", "/a/b", 1 },
		{ "/a/b/c", "/a", 1 }, { "/", "/a", 1 }, { "/", "/", 1 },
		{ "/a", "/ab", 0 }, { "/a/b", "/a/c", 0 }, { "/a b", "/a", 0 },
		{ "/a/bc", "/a/b/c", 0 }, { "/a//", "/a/b", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(claim_overlap(v[i].a, v[i].b), v[i].is);
		assert_int_equal(claim_overlap(v[i].b, v[i].a), v[i].is);
	}
}

struct house {
	char		*dir, *state;
	struct catalog	*owner, *one, *two;
};

static int
enter(void **state)
{
	struct house *h = xalloc(sizeof(*h));
	struct err e = {0};

	h->dir = test_dir();
	h->state = test_state(h->dir);
	h->owner = test_open(h->state, CATALOG_DAEMON, "daemon");
	OK(catalog_serve(h->owner, &e));
	h->one = test_open(h->state, CATALOG_RUN, "run");
	h->two = test_open(h->state, CATALOG_RUN, "run");
	*state = h;
	return 0;
}

static int
leave(void **state)
{
	struct house *h = *state;

	catalog_close(h->one);
	catalog_close(h->two);
	catalog_close(h->owner);
	free(h->state);
	test_dir_free(h->dir);
	free(h);
	return 0;
}

static int
claim(struct catalog *c, const char *what, const char *path, struct err *e)
{
	const char *paths[] = { path, NULL };

	return catalog_claim(c, what, paths, e);
}

static void
a_second_one_is_refused_by_name(void **state)
{
	struct house *h = *state;
	struct err e = {0};
	char pid[32];

	snprintf(pid, sizeof(pid), "pid %ld (sort downloads)", (long)getpid());
	OK(claim(h->one, "sort downloads", "/d", &e));
	OK(claim(h->one, "again", "/d/below", &e));
	assert_int_equal(claim(h->two, "other", "/d/below/x", &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	assert_non_null(strstr(e.text, pid));
	assert_non_null(strstr(e.text, "/d"));
	OK(claim(h->two, "other", "/e", &e));
	assert_int_equal(claim(h->owner, "daemon", "/", &e), -1);
	catalog_unclaim(h->one);
	OK(claim(h->two, "other", "/d", &e));
}

static void
all_or_none(void **state)
{
	struct house *h = *state;
	const char *both[] = { "/free", "/d", NULL };
	struct err e = {0};

	OK(claim(h->one, "one", "/d", &e));
	assert_int_equal(catalog_claim(h->two, "two", both, &e), -1);
	OK(claim(h->one, "one", "/free", &e));
}

static void
the_owner_claims_like_the_others(void **state)
{
	struct house *h = *state;
	struct err e = {0};

	OK(claim(h->owner, "daemon", "/d", &e));
	assert_int_equal(claim(h->one, "run", "/d", &e), -1);
	catalog_unclaim(h->owner);
	OK(claim(h->one, "run", "/d", &e));
}

/* The owner notices when it comes to it, so this is tried until it does. */
static void
the_end_of_a_connection_frees(void **state)
{
	struct house *h = *state;
	struct err e = {0};
	time_t end = time(NULL) + DEADLINE_S;
	int r;

	OK(claim(h->one, "run", "/d", &e));
	catalog_close(h->one);
	h->one = NULL;
	while ((r = claim(h->two, "run", "/d", &e)) < 0 && time(NULL) < end)
		sched_yield();
	assert_int_equal(r, 0);
}

static void
who_only_asks_claims_nothing(void **state)
{
	struct house *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_ASK, "where");
	struct err e = {0};

	assert_int_equal(claim(c, "where", "/d", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	catalog_close(c);
}

static void
guests_are_those_who_may_change_files(void **state)
{
	struct house *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_ASK, "where");
	time_t end = time(NULL) + DEADLINE_S;

	assert_int_equal(catalog_guests(h->owner), 2);
	catalog_close(c);
	catalog_close(h->one);
	h->one = NULL;
	while (catalog_guests(h->owner) != 1 && time(NULL) < end)
		sched_yield();
	assert_int_equal(catalog_guests(h->owner), 1);
}

/* One repository elsewhere is one resource, too. */
static void
places_elsewhere_are_claimed(void **state)
{
	struct house *h = *state;
	struct err e = {0};

	OK(claim(h->one, "far", "sftp:host:/repo", &e));
	assert_int_equal(claim(h->two, "far", "sftp:host:/repo", &e), -1);
	OK(claim(h->two, "other", "sftp:host:/repo2", &e));
	OK(claim(h->owner, "daemon", "/", &e));
}

static void
a_relative_path_is_refused(void **state)
{
	struct house *h = *state;
	struct err e = {0};

	assert_int_equal(claim(h->one, "run", "d", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlap_is_same_or_below),
		T(a_second_one_is_refused_by_name),
		T(all_or_none),
		T(the_owner_claims_like_the_others),
		T(the_end_of_a_connection_frees),
		T(who_only_asks_claims_nothing),
		T(guests_are_those_who_may_change_files),
		T(places_elsewhere_are_claimed),
		T(a_relative_path_is_refused),
	};

	return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
