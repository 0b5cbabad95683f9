/* test_steer.c -- how many at once (steer.h), with the clock told: nobody sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/steer.h"

#define MS		((int64_t)1000)
#define PACK		((uint64_t)16 << 20)

/*
 * A line on which each connection carries a pack in a while, but all of them
 * together not more than as many as it bears.
 */
struct line {
	struct steer	 s;
	int64_t		 now;
	unsigned	 bears;
	unsigned	 seen;		/* the most that were under way */
};

static struct line
line_with(unsigned bears, unsigned most)
{
	struct line l = { .now = 1, .bears = bears };

	steer_init(&l.s, most);
	return l;
}

/* A round of all that may be under way: each finds the others taken. */
static void
go_round(struct line *l)
{
	unsigned n = steer_now(&l->s), i;

	for (i = 1; i <= n; i++)
		steer_begin(&l->s, l->now, l->seen > 0 || i == n ? n : i);
	if (n > l->seen)
		l->seen = n;
	l->now += 300 * MS * (n > l->bears ? n : l->bears) / l->bears;
	for (i = 0; i < n; i++)
		steer_end(&l->s, l->now, PACK, STEER_WELL);
}

static void
rounds(struct line *l, unsigned n)
{
	while (n-- > 0)
		go_round(l);
}

static void
it_begins_as_restic_does_within_the_bound(void **state)
{
	struct line l = line_with(1, 5);

	(void)state;
	assert_int_equal(steer_now(&l.s), 5);
	l = line_with(1, 2);
	assert_int_equal(steer_now(&l.s), 2);
	l = line_with(1, 1000);
	assert_int_equal(steer_now(&l.s), 5);
}

static void
it_grows_one_by_one_while_more_is_carried(void **state)
{
	struct line l = line_with(1000, 9);
	unsigned was, i;

	(void)state;
	for (i = 0; i < 60; i++) {
		was = steer_now(&l.s);
		go_round(&l);
		assert_true(steer_now(&l.s) <= was + 1);
	}
	assert_int_equal(steer_now(&l.s), 9);
	rounds(&l, 60);
	assert_int_equal(l.seen, 9);		/* never above the bound */
}

static void
one_more_that_carries_nothing_is_taken_back(void **state)
{
	struct line l = line_with(7, 100);
	unsigned i, above = 0;

	(void)state;
	rounds(&l, 20);
	for (i = 0; i < 200; i++) {
		go_round(&l);
		assert_in_range(steer_now(&l.s), 7, 8);
		above += steer_now(&l.s) > 7;
	}
	/* It looks again now and then, for a line may have become better. */
	assert_in_range(above, 1, 60);
	l.bears = 12;
	rounds(&l, 400);
	assert_in_range(steer_now(&l.s), 12, 13);
}

static void
where_nobody_waits_none_is_added(void **state)
{
	struct steer s;
	int64_t now = 1;
	unsigned i;

	(void)state;
	steer_init(&s, 50);
	for (i = 0; i < 1000; i++) {
		steer_begin(&s, now, 1);
		now += 100 * MS;
		steer_end(&s, now, PACK, STEER_WELL);
	}
	assert_int_equal(steer_now(&s), 5);
}

static void
trouble_takes_a_quarter_once_and_never_the_last(void **state)
{
	struct steer s;
	unsigned i;

	(void)state;
	steer_init(&s, 5);
	s.now = s.most = 40;
	for (i = 1; i <= 40; i++)
		steer_begin(&s, 1, i);
	for (i = 0; i < 40; i++)		/* one reason for all */
		steer_end(&s, 1000 * MS + i, 0, STEER_TROUBLE);
	assert_int_equal(steer_now(&s), 30);
	for (i = 0; i < 100; i++) {
		steer_begin(&s, (2000 + 1000 * (int64_t)i) * MS, 1);
		steer_end(&s, (2001 + 1000 * (int64_t)i) * MS, 0, STEER_TROUBLE);
	}
	assert_int_equal(steer_now(&s), 1);
}

static void
after_trouble_it_comes_back(void **state)
{
	struct line l = line_with(1000, 5);
	unsigned i;

	(void)state;
	rounds(&l, 3);
	steer_begin(&l.s, l.now, 5);
	steer_end(&l.s, l.now, 0, STEER_TROUBLE);
	assert_int_equal(steer_now(&l.s), 4);
	for (i = 0; i < STEER_REST; i++) {	/* not at once */
		go_round(&l);
		assert_int_equal(steer_now(&l.s), 4);
	}
	rounds(&l, 40);
	assert_int_equal(steer_now(&l.s), 5);
}

static void
a_pause_is_not_a_slow_line(void **state)
{
	struct line l = line_with(1000, 9);
	unsigned i;

	(void)state;
	while (steer_now(&l.s) == 5)
		go_round(&l);
	for (i = 0; i < 3; i++) {
		steer_begin(&l.s, l.now, 6);
		steer_end(&l.s, l.now, PACK, STEER_WELL);
	}
	l.now += 3600 * 1000 * MS;		/* the disk had to be read */
	l.seen = 0;
	rounds(&l, 2);
	assert_true(steer_now(&l.s) >= 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_as_restic_does_within_the_bound),
		cmocka_unit_test(it_grows_one_by_one_while_more_is_carried),
		cmocka_unit_test(one_more_that_carries_nothing_is_taken_back),
		cmocka_unit_test(where_nobody_waits_none_is_added),
		cmocka_unit_test(trouble_takes_a_quarter_once_and_never_the_last),
		cmocka_unit_test(after_trouble_it_comes_back),
		cmocka_unit_test(a_pause_is_not_a_slow_line),
	};

	return cmocka_run_group_tests_name("steer", tests, NULL, NULL);
}
