/* test_limit.c -- rates and hours (limit.h), with the clocks told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "store/limit.h"
#include "util/err.h"

#define SECOND	((int64_t)1000000)

static struct limit *
make(const char *text)
{
	struct limit *l;
	struct err e = {0};

	if (limit_new(text, &l, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return l;
}

/* Local time on a day without a change of the clock; TZ is UTC here. */
static int64_t
at(int hour, int minute)
{
	return ((int64_t)1795305600 + hour * 3600 + minute * 60) * SECOND;
}

static void
the_first_whose_hours_fit_counts(void **state)
{
	struct limit *l = make("1MiB 08:00-18:00, 5MB 22:00-06:00, 20MiB");

	(void)state;
	assert_int_equal(limit_rate(l, at(8, 0)), 1 << 20);
	assert_int_equal(limit_rate(l, at(17, 59)), 1 << 20);
	assert_int_equal(limit_rate(l, at(18, 0)), 20 << 20);
	assert_int_equal(limit_rate(l, at(23, 0)), 5000000);
	assert_int_equal(limit_rate(l, at(5, 59)), 5000000);
	assert_int_equal(limit_rate(l, at(6, 0)), 20 << 20);
	limit_free(l);
	l = make("1MiB 8:00-18:00");
	assert_int_equal(limit_rate(l, at(20, 0)), 0);
	limit_free(l);
}

static void
what_is_badly_written_is_refused(void **state)
{
	static const char *const bad[] = { "", "fast", "08:00-18:00 1MiB",
	    "1MiB 08:00", "1MiB 8-18", "1MiB 08:00-25:00", "1MiB 08:00-08:00",
	    "1MiB,", "1MiB 08:00-18:00 x", "1MiB 08:60-18:00" };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e = (struct err){0};
		if (limit_check(bad[i], &e) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

/* Over ten seconds no more than ten seconds' worth goes, in whatever pieces. */
static void
the_rate_is_kept_over_time(void **state)
{
	static const size_t pieces[] = { 100, 16384, 5000000 };
	struct limit *l;
	uint64_t sent;
	int64_t now;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		l = make("1000000");
		sent = 0;
		for (now = SECOND; now < 11 * SECOND;) {
			now += limit_take_at(l, pieces[i], at(12, 0), now);
			sent += pieces[i];
		}
		assert_in_range(sent, 9900000, 10300000 + pieces[i]);
		limit_free(l);
	}
}

static void
no_limit_is_no_wait(void **state)
{
	struct limit *l = make("1000 08:00-09:00");

	(void)state;
	assert_int_equal(limit_take_at(l, 1 << 30, at(10, 0), SECOND), 0);
	assert_true(limit_take_at(l, 1 << 20, at(8, 30), SECOND) > SECOND);
	/* Once its hours are over, nobody waits for what was owed. */
	assert_int_equal(limit_take_at(l, 1, at(9, 0), SECOND), 0);
	limit_free(l);
	assert_int_equal(limit_take(NULL, 1 << 30), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_whose_hours_fit_counts),
		cmocka_unit_test(what_is_badly_written_is_refused),
		cmocka_unit_test(the_rate_is_kept_over_time),
		cmocka_unit_test(no_limit_is_no_wait),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
