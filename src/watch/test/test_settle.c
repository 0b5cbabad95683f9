/* test_settle.c -- a file is left until it has settled, and never forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "watch/settle.h"

#define S		INT64_C(1000000)

static const struct settle_wish two = { .settle = 2 * S };
static const struct settle_wish at_once = {0};

static const struct settle_facts quiet = { .there = 1, .size = 5,
    .mtime = 7 };
static const struct settle_facts written = { .there = 1, .size = 5,
    .mtime = 7, .writing = FS_OPEN_WRITER };

/* Look at all that is due: how many were. */
static int
look(struct settle *s, const struct settle_facts *x, int64_t now)
{
	struct settle_file *f;
	int n = 0;

	while ((f = settle_due(s, now)) != NULL) {
		settle_look(s, f, x, now);
		assert_true(++n < 100000);
	}
	return n;
}

static void
steady_for_long_enough(void **state)
{
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a", 10 * S, 10 * S, 0, &two);
	assert_true(settle_next(s) == 10 * S);
	look(s, &quiet, 10 * S);
	assert_null(settle_take(s, -1));
	assert_true(settle_next(s) == 12 * S);
	look(s, &quiet, 12 * S);
	assert_string_equal(settle_take(s, -1)->path, "/d/a");
	assert_null(settle_take(s, -1));
	settle_back(s, "/d/a", NULL, 12 * S, 0);
	assert_int_equal(settle_len(s), 0);
	settle_free(s);
}

/* Written between two looks, without a word from the kernel. */
static void
a_change_begins_anew(void **state)
{
	static const struct settle_facts other = { .there = 1, .size = 6,
	    .mtime = 8 };
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a", 0, 0, 0, &two);
	look(s, &quiet, 0);
	look(s, &other, 2 * S);
	assert_null(settle_take(s, -1));
	look(s, &other, 4 * S - 1);
	assert_null(settle_take(s, -1));
	look(s, &other, 4 * S);
	assert_non_null(settle_take(s, -1));
	settle_free(s);
}

/* Slow writers close and reopen: each close counts from then on. */
static void
closed_and_opened_again(void **state)
{
	struct settle *s = settle_new();
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		settle_touch(s, "/d/a", i * S, i * S, 0, &two);
		look(s, &quiet, i * S);
		assert_null(settle_take(s, -1));
	}
	look(s, &quiet, 11 * S);
	assert_non_null(settle_take(s, -1));
	settle_free(s);
}

static void
while_it_is_written_it_waits(void **state)
{
	struct settle *s = settle_new();
	struct settle_file *f;
	int64_t now = 0;
	int i;

	(void)state;
	settle_touch(s, "/d/a", 0, 0, 0, &at_once);
	for (i = 0; i < 20; i++) {
		now = settle_next(s);
		assert_true(now < INT64_MAX);
		f = settle_due(s, now);
		settle_look(s, f, &written, now);
		assert_int_equal(f->state, SETTLE_WRITING);
		assert_non_null(strstr(settle_why(f), "still being written"));
		assert_null(settle_take(s, -1));
	}
	/* Looked at ever more seldom, but looked at. */
	assert_true(settle_next(s) - now <= 30 * S);
	look(s, &quiet, settle_next(s));
	assert_non_null(settle_take(s, -1));
	settle_free(s);
}

static void
a_partial_name_waits_for_another(void **state)
{
	static const struct settle_facts part = { .there = 1,
	    .writing = FS_PARTIAL_NAME };
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a.part", 0, 0, 0, &at_once);
	look(s, &part, 0);
	assert_true(settle_next(s) == INT64_MAX);
	assert_int_equal(settle_len(s), 1);
	settle_gone(s, "/d/a.part");
	assert_int_equal(settle_len(s), 0);
	settle_free(s);
}

static void
a_side_file_went(void **state)
{
	static const struct settle_facts side = { .there = 1,
	    .writing = FS_SIDE_FILE };
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a", 0, 0, 0, &at_once);
	look(s, &side, 0);
	assert_int_equal(look(s, &side, 1), 0);
	settle_poke(s, "/d/a", 1);
	assert_int_equal(look(s, &quiet, 1), 1);
	assert_non_null(settle_take(s, -1));
	settle_free(s);
}

static void
after_counts_from_its_arrival(void **state)
{
	static const struct settle_wish w = { .settle = S, .after = 60 * S };
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a", 100 * S, 70 * S, 1, &w);
	look(s, &quiet, 100 * S);
	assert_true(settle_next(s) == 130 * S);
	look(s, &quiet, 130 * S);
	assert_int_equal(settle_ready(s, 1), 1);
	assert_int_equal(settle_ready(s, 0), 0);
	assert_null(settle_take(s, 0));
	assert_non_null(settle_take(s, 1));
	settle_free(s);
}

static void
what_happens_while_it_is_away_counts(void **state)
{
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a", 0, 0, 0, &at_once);
	settle_touch(s, "/d/b", 0, 0, 0, &at_once);
	settle_touch(s, "/d/c", 0, 0, 0, &at_once);
	look(s, &quiet, 0);
	while (settle_take(s, -1) != NULL)
		continue;
	settle_touch(s, "/d/a", 1, 1, 0, &at_once);	/* replaced */
	settle_gone(s, "/d/b");
	settle_back(s, "/d/a", NULL, 2, 0);
	settle_back(s, "/d/b", "it is held", 2, 3);
	settle_back(s, "/d/c", "it is held", 2, 3);
	assert_int_equal(settle_len(s), 2);
	look(s, &quiet, 2);
	assert_string_equal(settle_take(s, -1)->path, "/d/a");
	assert_null(settle_take(s, -1));
	look(s, &quiet, 3);
	assert_string_equal(settle_take(s, -1)->path, "/d/c");
	settle_free(s);
}

static void
the_worker_died(void **state)
{
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/a", 0, 0, 0, &at_once);
	look(s, &quiet, 0);
	assert_non_null(settle_take(s, -1));
	settle_all_back(s, 5);
	look(s, &quiet, 5);
	assert_non_null(settle_take(s, -1));
	settle_free(s);
}

static void
a_folder_went(void **state)
{
	struct settle *s = settle_new();

	(void)state;
	settle_touch(s, "/d/x/a", 0, 0, 0, &two);
	settle_touch(s, "/d/x/y/b", 0, 0, 0, &two);
	settle_touch(s, "/d/xy", 0, 0, 0, &two);
	settle_gone_below(s, "/d/x");
	assert_int_equal(settle_len(s), 1);
	settle_free(s);
}

/*
 * Anything in any order: every file that was touched comes to be taken once
 * after its last touch, and not before it was steady for as long as wished.
 */
#define FILES	40
static void
none_is_forgotten(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct settle *s = settle_new();
	int64_t last[FILES], now = 0;
	int taken[FILES] = {0}, left[FILES] = {0};
	struct settle_file *f;
	char path[16];
	int i, k;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (k = 0; k < FILES; k++)
		last[k] = -1;
	for (i = 0; i < 20000; i++) {
		k = rand() % FILES;
		snprintf(path, sizeof(path), "/d/%d", k);
		now += rand() % (S / 2);
		if (rand() % 3 == 0 && i < 19000) {
			settle_touch(s, path, now, now, rand() % 2, &two);
			last[k] = now;
			taken[k] = left[k] = 0;
		} else if (rand() % 50 == 0) {
			settle_gone(s, path);
			left[k] = 1;
		}
		look(s, rand() % 4 == 0 && i < 19000 ? &written : &quiet, now);
		while ((f = settle_take(s, -1)) != NULL) {
			k = (int)strtol(f->path + 3, NULL, 10);
			assert_true(now - last[k] >= 2 * S);
			assert_int_equal(taken[k]++, 0);
			settle_back(s, f->path, NULL, now, 0);
		}
	}
	look(s, &quiet, now += 60 * S);
	look(s, &quiet, now += 60 * S);
	while ((f = settle_take(s, -1)) != NULL)
		assert_int_equal(taken[strtol(f->path + 3, NULL, 10)]++, 0);
	for (k = 0; k < FILES; k++)
		assert_true(last[k] < 0 || left[k] || taken[k] == 1);
	settle_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_for_long_enough),
		cmocka_unit_test(a_change_begins_anew),
		cmocka_unit_test(closed_and_opened_again),
		cmocka_unit_test(while_it_is_written_it_waits),
		cmocka_unit_test(a_partial_name_waits_for_another),
		cmocka_unit_test(a_side_file_went),
		cmocka_unit_test(after_counts_from_its_arrival),
		cmocka_unit_test(what_happens_while_it_is_away_counts),
		cmocka_unit_test(the_worker_died),
		cmocka_unit_test(a_folder_went),
		cmocka_unit_test(none_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
