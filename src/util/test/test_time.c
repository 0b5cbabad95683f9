/* test_time.c -- spans, sizes and times are read and shown as people mean. */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/size.h"
#include "util/span.h"
#include "util/time.h"

/* Switched on the last Sundays of March and October, told as a POSIX rule so
 * that no zone files are needed. */
static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";

static int
in_berlin(void **state)
{
	(void)state;
	setenv("TZ", berlin, 1);
	tzset();
	return 0;
}

static void
spans_are_systemds(void **state)
{
	static const struct { const char *text; int64_t us; } good[] = {
		{ "30 days", 30 * SPAN_DAY },
		{ "1h 30min", 90 * SPAN_MINUTE },
		{ "1h30min", 90 * SPAN_MINUTE },
		{ "2 weeks", 14 * SPAN_DAY },
		{ "1y", SPAN_YEAR }, { "1 year 12month", SPAN_YEAR +
		    12 * SPAN_MONTH },
		{ "100ms", 100000 }, { "10min", 10 * SPAN_MINUTE },
		{ "1m", SPAN_MINUTE }, { "1M", SPAN_MONTH },
		{ "1.5h", 90 * SPAN_MINUTE }, { "0s", 0 },
		{ "0.333333333333s", 333333 },
		{ " 2 hr 3sec ", 2 * SPAN_HOUR + 3 * SPAN_SECOND },
		{ "5\xc2\xb5s", 5 }, { "5\xce\xbcs 1us", 6 },
		{ "9223372036854775807us", INT64_MAX },
	};
	struct err e;
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (span_parse(good[i].text, &us, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(us, good[i].us);
	}
}

static void
what_is_no_span_says_what_would_be(void **state)
{
	static const char *const bad[][2] = {
		{ "30", "lacks a unit" }, { "0", "lacks a unit" },
		{ "1h 30", "lacks a unit" }, { "", "no span" },
		{ "days", "no span" }, { "-1 day", "no span" },
		{ ".5h", "no span" }, { "1.h", "no span" },
		{ "1 fortnight", "unknown unit" }, { "1 Days", "unknown unit" },
		{ "1h, 2min", "no span" }, { "1\xc2", "unknown unit" },
		{ "9223372036854775808us", "too long" },
		{ "300000y", "too long" }, { "200000y 200000y", "too long" },
		{ "99999999999999999999s", "no span" },
	};
	struct err e;
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(span_parse(bad[i][0], &us, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		if (strstr(e.text, bad[i][1]) == NULL)
			fail_msg("%s: %s", bad[i][0], e.text);
	}
}

static void
spans_print_and_read_back(void **state)
{
	static const struct { int64_t us; int parts; const char *text; } t[] = {
		{ 0, 0, "0s" }, { 3 * SPAN_DAY, 0, "3 days" },
		{ SPAN_DAY + SPAN_HOUR, 0, "1 day 1h" },
		{ 90 * SPAN_MINUTE, 0, "1h 30min" },
		{ 2 * SPAN_YEAR, 0, "2 years" }, { SPAN_MONTH, 0, "1 month" },
		{ 30 * SPAN_DAY, 0, "30 days" },
		{ 61001002, 0, "1min 1s 1ms 2us" },
		{ 61001002, 2, "1min 1s" }, { 86400000001, 1, "1 day" },
		{ SPAN_DAY + SPAN_SECOND, 2, "1 day" },
		{ -SPAN_HOUR, 0, "-1h" }, { 999, 1, "999us" },
		{ INT64_MAX, 0, "106751991 days 4h 54s 775ms 807us" },
	};
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		span_print(&b, t[i].us, t[i].parts);
		assert_string_equal(buf_str(&b), t[i].text);
		if (t[i].parts > 0 || t[i].us < 0)
			continue;
		assert_int_equal(span_parse(buf_str(&b), &back, NULL), 0);
		assert_int_equal(back, t[i].us);
	}
}

static void
sizes_are_organizes(void **state)
{
	static const struct { const char *text; uint64_t bytes; } good[] = {
		{ "10MiB", 10 << 20 }, { "10MB", 10000000 }, { "1k", 1000 },
		{ "1ki", 1024 }, { "200", 200 }, { "200 b", 200 },
		{ "1.5 MiB", 3 << 19 }, { "0.1kb", 100 }, { " 2 gIb ", 2ull << 30 },
		{ "15.999 EiB", 18445591152204944769u }, { "1.9b", 1 },
		{ "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = { "", "x", "MiB", "-1", "1.", ".5",
	    "10MiBs", "10%", "16EiB", "18446744073709551616", "1 0", "1ib" };
	struct err e;
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (size_parse(good[i].text, &n, &e) < 0)
			fail_msg("%s", e.text);
		if (n != good[i].bytes)
			fail_msg("%s: %" PRIu64, good[i].text, n);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (size_parse(bad[i], &n, &e) == 0)
			fail_msg("%s was read as %" PRIu64, bad[i], n);
}

static void
sizes_print_short(void **state)
{
	static const struct { uint64_t bytes; const char *text; } t[] = {
		{ 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KiB" },
		{ 1468006, "1.4 MiB" }, { 10 << 20, "10 MiB" },
		{ (1 << 20) - 1, "1 MiB" }, { (1 << 20) - 100, "1023.9 KiB" },
		{ UINT64_MAX, "16 EiB" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		size_print(&b, t[i].bytes);
		assert_string_equal(buf_str(&b), t[i].text);
	}
}

static void
shares_end_at_the_whole(void **state)
{
	struct err e;
	unsigned n;

	(void)state;
	assert_int_equal(size_parse_percent("10%", &n, &e), 0);
	assert_int_equal(n, 1000);
	assert_int_equal(size_parse_percent(" 2.5 % ", &n, &e), 0);
	assert_int_equal(n, 250);
	assert_int_equal(size_parse_percent("100%", &n, &e), 0);
	assert_int_equal(n, 10000);
	assert_int_equal(size_parse_percent("100.01%", &n, &e), -1);
	assert_int_equal(size_parse_percent("10", &n, &e), -1);
	assert_int_equal(size_parse_percent("%", &n, &e), -1);
	assert_int_equal(size_parse_percent("10%x", &n, &e), -1);
}

#define T	(1795305600 * SPAN_SECOND)	/* 2026-11-22 00:00:00 UTC */

static void
instants_print_in_the_local_zone(void **state)
{
	CLEAN_BUF struct buf b = {0};
	char stamp[TIME_STAMP_SIZE];

	(void)state;
	time_stamp(stamp, T + 123999);
	assert_string_equal(stamp, "2026-11-22 01:00:00,123");
	time_rfc3339(&b, T);
	buf_addc(&b, ' ');
	time_rfc3339(&b, T + 12300);
	buf_addc(&b, ' ');
	time_rfc3339_ns(&b, (T + 123456) * 1000 + 789);
	buf_addc(&b, ' ');
	time_local(&b, T - 1);
	assert_string_equal(buf_str(&b), "2026-11-22T01:00:00+01:00 "
	    "2026-11-22T01:00:00.012300+01:00 "
	    "2026-11-22T01:00:00.123456789+01:00 2026-11-22 00:59:59");
	buf_reset(&b);
	time_rfc3339(&b, -1);
	assert_string_equal(buf_str(&b), "1970-01-01T00:59:59.999999+01:00");
}

static void
the_ends_of_time_still_print(void **state)
{
	CLEAN_BUF struct buf b = {0};
	char stamp[TIME_STAMP_SIZE];

	(void)state;
	time_rfc3339(&b, INT64_MAX);
	time_rfc3339(&b, INT64_MIN);
	time_rfc3339_ns(&b, INT64_MIN);
	time_local(&b, INT64_MAX);
	time_stamp(stamp, INT64_MIN);
	assert_non_null(strstr(buf_str(&b), "294247-01-10"));
	assert_true(time_from(INT64_MAX / 1000, 0) == INT64_MAX);
	assert_true(time_from(INT64_MIN / 1000, 0) == INT64_MIN);
	assert_true(time_from(-1, 999999999) == -1);
}

static void
odd_offsets_are_still_rfc3339(void **state)
{
	CLEAN_BUF struct buf b = {0};
	int64_t back;

	setenv("TZ", "LMT-0:53:28", 1);
	tzset();
	time_rfc3339(&b, T);
	assert_string_equal(buf_str(&b), "2026-11-22T00:53:00+00:53");
	assert_int_equal(time_parse_rfc3339(buf_str(&b), &back, NULL, NULL), 0);
	assert_int_equal(back, T);
	setenv("TZ", "XYZ9:30", 1);
	tzset();
	buf_reset(&b);
	time_rfc3339(&b, T);
	assert_string_equal(buf_str(&b), "2026-11-21T14:30:00-09:30");
	in_berlin(state);
}

static void
rfc3339_is_read_exactly(void **state)
{
	static const struct { const char *text; int64_t us; } good[] = {
		{ "2026-11-22T01:00:00+01:00", T }, { "2026-11-22t00:00:00z", T },
		{ "2026-11-22 00:00:00.5Z", T + 500000 },
		{ "2026-11-21T14:30:00-09:30", T },
		{ "1969-12-31T23:59:59.999999999Z", -1 },
		{ "2024-02-29T00:00:00Z", 1709164800 * SPAN_SECOND },
		{ "2016-12-31T23:59:60Z", 1483228800 * SPAN_SECOND },
	};
	static const char *const bad[] = { "2026-11-22", "2026-11-22T01:00:00",
	    "2026-11-22T01:00Z", "2026-13-22T01:00:00Z", "2026-02-29T01:00:00Z",
	    "2026-11-00T01:00:00Z", "2026-11-22T24:00:00Z",
	    "2026-11-22T01:60:00Z", "2026-11-22T01:00:00.Z",
	    "2026-11-22T01:00:00+0100", "2026-11-22T01:00:00Zx",
	    "26-11-22T01:00:00Z", " 2026-11-22T01:00:00Z" };
	struct err e;
	uint32_t nsec;
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (time_parse_rfc3339(good[i].text, &us, &nsec, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(us, good[i].us);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (time_parse_rfc3339(bad[i], &us, NULL, &e) == 0)
			fail_msg("%s was read", bad[i]);
	assert_int_equal(time_parse_rfc3339("2026-11-22T00:00:00.1234567899Z",
	    &us, &nsec, &e), 0);
	assert_int_equal(nsec, 123456789);
}

static void
people_are_understood(void **state)
{
	static const int64_t h = SPAN_HOUR, d = SPAN_DAY, now = T + 10 * SPAN_HOUR;
	const struct { const char *text; int64_t us; } good[] = {
		{ "now", now }, { "2026-11-22 01:00", T }, { "2026-11-22", T - h },
		{ "2026-11-22T01:00:30", T + 30 * SPAN_SECOND },
		{ "2026-11-22T01:00:00Z", T + h }, { "2026-11-22 01:00Z", T + h },
		{ "today", T - h }, { "Yesterday", T - h - d },
		{ "tomorrow", T - h + d }, { "yesterday 18:30", T - h - d +
		    18 * h + 30 * SPAN_MINUTE },
		{ "09:15", T + 8 * h + 15 * SPAN_MINUTE },
		{ "3 days ago", now - 3 * d }, { "1h 30min ago", now - 3 * h / 2 },
		{ "@1795305600", T }, { "@1795305600.25", T + 250000 },
	};
	static const char *const bad[] = { "", "soon", "ago", " ago", "3 ago",
	    "2026-11-31", "2026-11-22 1:00", "25:00", "@", "@x", "now now",
	    "2026-11-22x", "yesterdayish", "09:15Z", "2026-11-22 ",
	    "999999y ago", "@99999999999999999" };
	struct err e;
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (time_parse_user(good[i].text, now, &us, &e) < 0)
			fail_msg("%s", e.text);
		if (us != good[i].us)
			fail_msg("%s: %" PRId64, good[i].text, us);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (time_parse_user(bad[i], now, &us, &e) == 0)
			fail_msg("'%s' was read", bad[i]);
}

/* 2026-03-29 has no 02:30 in Berlin, 2026-10-25 has two. */
static void
daylight_saving_is_decided(void **state)
{
	static const int64_t spring = 1774746000 * SPAN_SECOND; /* 01:00 UTC */
	static const int64_t autumn = 1792890000 * SPAN_SECOND; /* 01:00 UTC */
	int64_t us;

	(void)state;
	assert_int_equal(time_parse_user("2026-03-29 01:59", 0, &us, NULL), 0);
	assert_int_equal(us, spring - SPAN_MINUTE);
	assert_int_equal(time_parse_user("2026-03-29 02:30", 0, &us, NULL), 0);
	assert_int_equal(us, spring + 30 * SPAN_MINUTE);
	assert_int_equal(time_parse_user("2026-03-29 03:00", 0, &us, NULL), 0);
	assert_int_equal(us, spring);
	assert_int_equal(time_parse_user("2026-10-25 02:30", 0, &us, NULL), 0);
	assert_int_equal(us, autumn - 30 * SPAN_MINUTE);
	assert_int_equal(time_parse_user("2026-10-25 03:00", 0, &us, NULL), 0);
	assert_int_equal(us, autumn + SPAN_HOUR);
	assert_int_equal(time_parse_user("2026-10-26", 0, &us, NULL), 0);
	assert_int_equal(us, autumn + 22 * SPAN_HOUR);
	assert_int_equal(time_parse_user("yesterday", us, &us, NULL), 0);
	assert_int_equal(us, autumn - 3 * SPAN_HOUR);
}

static void
names_of_times_are_file_names(void **state)
{
	static const char *const bad[] = { "", ".", "..", "%Y/%m", "%n/" };
	CLEAN_BUF struct buf b = {0};
	char longer[300];
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(time_name(&b, "%Y-%m-%dT%H%M%SZ", T, &e), 0);
	buf_addc(&b, ' ');
	assert_int_equal(time_name(&b, "%Y%m%d_%H%M%S", T, &e), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(time_name(&b, bad[i], T, &e), -1);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(time_name(&b, longer, T, &e), -1);
	longer[255] = '\0';
	assert_string_equal(buf_str(&b), "2026-11-22T000000Z 20261122_000000");
	assert_int_equal(time_name(&b, longer, T, &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_systemds),
		cmocka_unit_test(what_is_no_span_says_what_would_be),
		cmocka_unit_test(spans_print_and_read_back),
		cmocka_unit_test(sizes_are_organizes),
		cmocka_unit_test(sizes_print_short),
		cmocka_unit_test(shares_end_at_the_whole),
		cmocka_unit_test(instants_print_in_the_local_zone),
		cmocka_unit_test(the_ends_of_time_still_print),
		cmocka_unit_test(odd_offsets_are_still_rfc3339),
		cmocka_unit_test(rfc3339_is_read_exactly),
		cmocka_unit_test(people_are_understood),
		cmocka_unit_test(daylight_saving_is_decided),
		cmocka_unit_test(names_of_times_are_file_names),
	};

	return cmocka_run_group_tests(tests, in_berlin, NULL);
}
