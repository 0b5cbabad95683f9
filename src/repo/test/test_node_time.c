/*
 * test_node_time.c -- instants are the text that Go makes of them, in the zone
 * that was valid then, as far as its years go.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "repo/emit.h"
#include "repo/node.h"
#include "util/buf.h"
#include "util/err.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

static void
times_are_written_as_go_does(void **state)
{
	static const struct {
		struct node_time t;
		const char	*text;
	} all[] = {
		{ { 0, 0, 0 }, "1970-01-01T00:00:00Z" },
		{ { 1700000000, 123456789, 0 },
		    "2023-11-14T22:13:20.123456789Z" },
		{ { 1700000000, 120000000, 0 }, "2023-11-14T22:13:20.12Z" },
		{ { 1700000000, 0, 3600 }, "2023-11-14T23:13:20+01:00" },
		{ { 1700000000, 5, -34200 },
		    "2023-11-14T12:43:20.000000005-09:30" },
		{ { -1, 999999999, 0 }, "1969-12-31T23:59:59.999999999Z" },
		{ { -62135596801, 0, 0 }, "0000-12-31T23:59:59Z" },
		{ { -62135596800, 0, 0 }, "0001-01-01T00:00:00Z" },
		{ { 1700000000, 0, 3661 }, "2023-11-14T23:14:21+01:01" },
		{ { 1700000000, 0, -30 }, "2023-11-14T22:12:50+00:00" },
		{ { 253402300799, 999999999, 0 },
		    "9999-12-31T23:59:59.999999999Z" },
		/* Outside these years only the year changes. */
		{ { 253402300800, 0, 0 }, "9999-01-01T00:00:00Z" },
		{ { 253402300799, 0, 3600 }, "9999-01-01T00:59:59+01:00" },
		{ { -62167219201, 1, 0 }, "0000-12-31T23:59:59.000000001Z" },
		{ { INT64_C(253407398400), 0, 0 }, "9999-03-01T00:00:00Z" },
	};
	CLEAN_BUF struct buf out = {0};
	struct node_time back, most = { INT64_MAX, 999999999, INT32_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		buf_reset(&out);
		node_time_text(&out, &all[i].t);
		assert_string_equal(buf_str(&out), all[i].text);
		assert_int_equal(node_time_parse(all[i].text, &back, NULL), 0);
		if (i < 8)
			assert_memory_equal(&back, &all[i].t, sizeof(back));
	}
	/* Nothing overflows, and the text has its room. */
	buf_reset(&out);
	node_time_text(&out, &most);
	assert_true(out.len + 2 <= EMIT_TIME_MAX);
	most = (struct node_time){ INT64_MIN, INT32_MIN, INT32_MIN };
	buf_reset(&out);
	node_time_text(&out, &most);
	assert_true(out.len + 2 <= EMIT_TIME_MAX);
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "2023", "2023-11-14", "2023-11-14T22:13:20",
		"2023-11-14 22:13:20Z", "2023-11-14t22:13:20Z",
		"2023-11-14T22:13:20z", "2023-11-14T22:13:20.Z",
		"2023-11-14T22:13:20,5Z", "2023-11-14T2:13:20Z",
		"2023-13-14T22:13:20Z", "2023-00-14T22:13:20Z",
		"2023-11-31T22:13:20Z", "2023-02-29T22:13:20Z",
		"2023-11-00T22:13:20Z", "2023-11-14T24:13:20Z",
		"2023-11-14T22:60:20Z", "2023-11-14T22:13:60Z",
		"2023-11-14T22:13:20+24:00", "2023-11-14T22:13:20+01:60",
		"2023-11-14T22:13:20+0100", "2023-11-14T22:13:20Zx",
		"-023-11-14T22:13:20Z", "12023-11-14T22:13:20Z",
		"2023-11-14T22:13:20+", "2023-11-14T22:13:20+01:0",
	};
	struct node_time t;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		e.kind = ERR_NONE;
		assert_int_equal(node_time_parse(bad[i], &t, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
	assert_int_equal(node_time_parse("2024-02-29T00:00:00.1234567899-00:00",
	    &t, NULL), 0);
	assert_int_equal(t.nsec, 123456789);
	assert_int_equal(t.zone, 0);
}

struct zone_case {
	const char	*zone;
	struct {
		int64_t	 sec;
		int32_t	 zone;
	} at[4];
};

/* A thread of its own, since what it learnt of a zone is kept in the thread. */
static void *
check_zone(void *arg)
{
	const struct zone_case *c = arg;
	struct node_time t;
	struct tm tm;
	time_t sec;
	size_t i;

	for (i = 0; i < 4; i++) {
		node_time_local(c->at[i].sec, 7, &t);
		if (t.sec != c->at[i].sec || t.nsec != 7 ||
		    t.zone != c->at[i].zone)
			return arg;
	}
	/* Around changes the kept answers are those of the C library. */
	for (sec = 1700000000 - 86400 * 400; sec < 1700000000; sec += 1801) {
		localtime_r(&sec, &tm);
		node_time_local(sec, 0, &t);
		if (t.zone != tm.tm_gmtoff)
			return arg;
	}
	return NULL;
}

static void
local_times_have_the_zone_of_their_instant(void **state)
{
	static struct zone_case all[] = {
		{ "UTC", { { 0, 0 }, { -1, 0 }, { 1700000000, 0 },
		    { 1690000000, 0 } } },
		{ "Europe/Berlin", { { 1700000000, 3600 },
		    { 1690000000, 7200 }, { 1679792399, 3600 },
		    { 1679792400, 7200 } } },
		{ "America/St_Johns", { { 1700000000, -12600 },
		    { 1690000000, -9000 }, { 0, -12600 }, { 1, -12600 } } },
	};
	pthread_t thread;
	void *failed;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		setenv("TZ", all[i].zone, 1);
		tzset();
		assert_int_equal(pthread_create(&thread, NULL, check_zone,
		    &all[i]), 0);
		assert_int_equal(pthread_join(thread, &failed), 0);
		assert_null(failed);
	}
}

static void *
check_far(void *arg)
{
	CLEAN_BUF struct buf b = {0};
	struct node_time t;

	node_time_local(INT64_C(999999999999), 0, &t);
	node_time_text(&b, &t);
	if (strcmp(buf_str(&b), "9999-09-27T03:46:39+02:00") != 0)
		return arg;
	buf_reset(&b);
	node_time_local(INT64_MAX, 0, &t);
	node_time_text(&b, &t);
	node_time_local(INT64_MIN, 0, &t);
	node_time_text(&b, &t);
	return NULL;
}

/* Year 33658 is summer in Berlin, and so is 9999. */
static void
far_times_are_in_the_zone_of_the_year_shown(void **state)
{
	pthread_t thread;
	void *failed;

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	assert_int_equal(pthread_create(&thread, NULL, check_far, &failed), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_as_go_does),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(local_times_have_the_zone_of_their_instant),
		cmocka_unit_test(far_times_are_in_the_zone_of_the_year_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
