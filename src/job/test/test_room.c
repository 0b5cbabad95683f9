/* test_room.c -- the day on which a disk will be full. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "job/room.h"

#define DAY	(INT64_C(86400) * 1000000)
#define HOUR	(DAY / 24)
#define GB	UINT64_C(1000000000)
#define NOW	(INT64_C(20000) * DAY)

static void
add(struct room *r, int64_t time, uint64_t left, uint64_t total)
{
	const struct room_point p = { time, left, total };

	room_add(r, &p);
}

/* n days up to NOW, each with `less` less. */
static void
days(struct room *r, int n, uint64_t end, int64_t less)
{
	int i;

	for (i = n; i >= 0; i--)
		add(r, NOW - i * DAY,
		    (uint64_t)((int64_t)end + i * less), 1000 * GB);
}

static void
a_steady_rate_says_when(void **state)
{
	struct room r = {0};
	int64_t at;

	(void)state;
	days(&r, 20, 100 * GB, (int64_t)(2 * GB));
	at = room_full_at(&r, NOW);
	assert_true(at > NOW + 49 * DAY && at < NOW + 51 * DAY);
}

static void
no_rate_says_never(void **state)
{
	struct room r = {0}, grows = {0}, slow = {0};

	(void)state;
	assert_true(room_full_at(&r, NOW) == INT64_MAX);
	days(&r, 20, 100 * GB, 0);
	assert_true(room_full_at(&r, NOW) == INT64_MAX);
	days(&grows, 20, 100 * GB, -(int64_t)GB);
	assert_true(room_full_at(&grows, NOW) == INT64_MAX);
	days(&slow, 20, 900 * GB, 1000);
	assert_true(room_full_at(&slow, NOW) == INT64_MAX);
}

static void
too_little_is_known(void **state)
{
	struct room r = {0};

	(void)state;
	add(&r, NOW - 2 * DAY, 300 * GB, 1000 * GB);
	add(&r, NOW, 100 * GB, 1000 * GB);
	assert_true(room_full_at(&r, NOW) == INT64_MAX);
	r.n = 0;			/* three, but all of today */
	add(&r, NOW - 14 * HOUR, 300 * GB, 1000 * GB);
	add(&r, NOW - 7 * HOUR, 200 * GB, 1000 * GB);
	add(&r, NOW, 100 * GB, 1000 * GB);
	assert_true(room_full_at(&r, NOW) == INT64_MAX);
}

static void
another_disk_counts_anew(void **state)
{
	struct room r = {0};
	int64_t at;

	(void)state;
	days(&r, 10, 10 * GB, (int64_t)(9 * GB));
	add(&r, NOW + DAY, 1900 * GB, 2000 * GB);
	assert_true(room_full_at(&r, NOW + DAY) == INT64_MAX);
	add(&r, NOW + 2 * DAY, 1899 * GB, 2000 * GB);
	add(&r, NOW + 3 * DAY, 1898 * GB, 2000 * GB);
	at = room_full_at(&r, NOW + 3 * DAY);
	assert_true(at > NOW + 1890 * DAY && at < NOW + 1910 * DAY);
}

static void
what_is_old_does_not_count(void **state)
{
	struct room r = {0};
	int i;

	(void)state;
	for (i = 100; i > 40; i--)	/* long ago it went fast */
		add(&r, NOW - i * DAY, (uint64_t)i * 9 * GB, 1000 * GB);
	days(&r, 20, 100 * GB, 0);
	assert_true(room_full_at(&r, NOW) == INT64_MAX);
}

static void
it_stays_small(void **state)
{
	struct room r = {0};
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		add(&r, NOW + i * HOUR, GB, 10 * GB);
	assert_true(r.n <= ROOM_POINTS);
	for (i = 1; i < (int)r.n - 1; i++)
		assert_true(r.v[i].time - r.v[i - 1].time >= ROOM_STEP);
	assert_true(r.v[r.n - 1].time == NOW + 9999 * HOUR);
	add(&r, NOW, GB, 10 * GB);	/* the clock was a year ahead */
	assert_true(r.v[r.n - 1].time == NOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_rate_says_when),
		cmocka_unit_test(no_rate_says_never),
		cmocka_unit_test(too_little_is_known),
		cmocka_unit_test(another_disk_counts_anew),
		cmocka_unit_test(what_is_old_does_not_count),
		cmocka_unit_test(it_stays_small),
	};

	return cmocka_run_group_tests_name("job-room", tests, NULL, NULL);
}
