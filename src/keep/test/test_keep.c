/*
 * test_keep.c -- the policy forgets what restic would forget, and never the
 * last good one.
 *
 * The tables were worked out from restic's manual (060_forget) and its
 * source; the same cases were run through restic 0.14 itself, whose only
 * difference is that it does not know the rule of the oldest snapshot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "keep/moment.h"
#include "keep/keep.h"
#include "util/err.h"

#define MAX	64
#define US	INT64_C(1000000)

/* "2026-03-31 01:00" as seconds since 1970. */
static int64_t
at(const char *text)
{
	struct tm tm = {0};

	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min), 5);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

/* Times parted by commas, all whole, in UTC. */
static size_t
fill(struct keep_item *items, const char *times)
{
	char copy[2048], *save = NULL, *t;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", times);
	for (t = strtok_r(copy, ",", &save); t != NULL;
	    t = strtok_r(NULL, ",", &save)) {
		assert_true(n < MAX);
		items[n++] = (struct keep_item){ .time = at(t) * US,
		    .whole = 1 };
	}
	return n;
}

/* "last snapshot+daily snapshot; -; ..." for each item, as a string. */
static void
tell(const struct keep *k, const struct keep_item *items, size_t n, char *out,
    size_t size)
{
	char reason[KEEP_REASON];
	size_t i, len = 0;
	unsigned r;

	for (i = 0; i < n; i++) {
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    i > 0 ? "; " : "", items[i].keep ? "" : "-");
		for (r = 0; keep_reason(k, &items[i], r, reason); r++)
			len += (size_t)snprintf(out + len, size - len, "%s%s",
			    r > 0 ? "+" : "", reason);
		assert_int_equal(items[i].keep != 0, r > 0);
	}
}

static const struct {
	const char	*what;
	struct keep	 k;
	const char	*times;		/* newest first, to be read with ease */
	const char	*want;
} table[] = {
	{ "last", { .n = { [KEEP_LAST] = 2 } },
	    "2026-01-03 10:00,2026-01-02 10:00,2026-01-01 10:00",
	    "last snapshot; last snapshot; -" },
	{ "last, all", { .n = { [KEEP_LAST] = KEEP_ALL } },
	    "2026-01-03 10:00,2026-01-02 10:00",
	    "last snapshot; last snapshot" },
	{ "the newest stands for its hour",
	    { .n = { [KEEP_HOURLY] = 2 } },
	    "2026-01-01 10:59,2026-01-01 10:00,2026-01-01 09:30,"
	    "2026-01-01 09:00,2026-01-01 08:00",
	    "hourly snapshot; -; hourly snapshot; -; -" },
	{ "days without a snapshot do not count",
	    { .n = { [KEEP_DAILY] = 3 } },
	    "2026-01-20 10:00,2026-01-20 09:00,2026-01-10 10:00,"
	    "2025-12-31 10:00,2025-12-30 10:00",
	    "daily snapshot; -; daily snapshot; daily snapshot; -" },
	{ "weeks are ISO weeks: Sunday ends one, and the year turns within one",
	    { .n = { [KEEP_WEEKLY] = 3 } },
	    /* Mon 4 Jan (W01 of 2027), Sun 3, Fri 1 Jan, Thu 31 Dec
	     * (all W53 of 2026), Sun 27 Dec (W52), Mon 21 Dec (W52) */
	    "2027-01-04 10:00,2027-01-03 10:00,2027-01-01 10:00,"
	    "2026-12-31 10:00,2026-12-27 10:00,2026-12-21 10:00,"
	    "2026-12-20 10:00",
	    "weekly snapshot; weekly snapshot; -; -; weekly snapshot; -; -" },
	{ "months and years, each with its own count",
	    { .n = { [KEEP_MONTHLY] = 2, [KEEP_YEARLY] = 2 } },
	    "2026-02-10 10:00,2026-02-09 10:00,2026-01-31 10:00,"
	    "2025-12-31 10:00,2025-01-01 10:00,2024-06-01 10:00",
	    "monthly snapshot+yearly snapshot; -; monthly snapshot; "
	    "yearly snapshot; -; -" },
	{ "the oldest is kept while some are left, to let history grow",
	    { .n = { [KEEP_DAILY] = 5, [KEEP_YEARLY] = 1 } },
	    "2026-01-02 10:00,2026-01-02 09:00,2026-01-01 10:00,"
	    "2026-01-01 09:00,2026-01-01 08:00",
	    "daily snapshot+yearly snapshot; -; daily snapshot; -; "
	    "oldest daily snapshot" },
	{ "one alone is begun, not oldest", { .n = { [KEEP_YEARLY] = 3 } },
	    "2026-01-02 10:00", "yearly snapshot" },
	{ "unlimited buckets keep the oldest, too",
	    { .n = { [KEEP_YEARLY] = KEEP_ALL } },
	    "2026-01-02 10:00,2025-03-01 10:00,2025-02-01 10:00,"
	    "2025-01-01 10:00",
	    "yearly snapshot; yearly snapshot; -; oldest yearly snapshot" },
	{ "within counts from the newest, and its edge is outside",
	    { .within = { [KEEP_LAST] = { .days = 2 } } },
	    "2026-01-10 10:00,2026-01-09 00:00,2026-01-08 10:01,"
	    "2026-01-08 10:00,2026-01-08 09:00",
	    "within 2d; within 2d; within 2d; -; -" },
	{ "a month back from 31 March is 3 March",
	    { .within = { [KEEP_LAST] = { .months = 1 } } },
	    "2026-03-31 10:00,2026-03-03 10:01,2026-03-03 10:00,"
	    "2026-02-28 10:00",
	    "within 1m; within 1m; -; -" },
	{ "a year back from 29 February is 1 March; hours go by the clock",
	    { .within = { [KEEP_LAST] = { .years = 1, .hours = 2 } } },
	    "2028-02-29 10:00,2027-03-01 08:01,2027-03-01 08:00",
	    "within 1y2h; within 1y2h; -" },
	{ "hourly within: the newest of each hour, oldest too",
	    { .within = { [KEEP_HOURLY] = { .days = 1 } } },
	    "2026-01-10 10:50,2026-01-10 10:10,2026-01-10 09:50,"
	    "2026-01-09 11:30,2026-01-09 11:00",
	    "hourly within 1d; -; hourly within 1d; hourly within 1d; "
	    "oldest hourly within 1d" },
	{ "the oldest outside of within goes",
	    { .within = { [KEEP_DAILY] = { .days = 7 } } },
	    "2026-01-10 10:00,2026-01-10 09:00,2026-01-01 10:00",
	    "daily within 7d; -; -" },
	{ "several rules, in restic's order of reasons",
	    { .n = { [KEEP_LAST] = 1, [KEEP_MONTHLY] = 2 },
	      .within = { [KEEP_LAST] = { .hours = 1 },
	      [KEEP_WEEKLY] = { .months = 1 },
	      [KEEP_YEARLY] = { .years = 9 } } },
	    "2026-01-14 10:00,2026-01-14 09:30,2026-01-01 10:00,"
	    "2025-12-14 10:00,2020-01-01 10:00",
	    "within 1h+last snapshot+monthly snapshot+weekly within 1m+"
	    "yearly within 9y; within 1h; weekly within 1m; "
	    "monthly snapshot+yearly within 9y; yearly within 9y" },
	{ "an empty policy removes nothing", { .pins = 0 },
	    "2026-01-10 10:00,2026-01-10 09:00", "no policy; no policy" },
};

static void
restics_tables(void **state)
{
	struct keep_item items[MAX];
	char got[2048];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		n = fill(items, table[i].times);
		assert_int_equal(keep_apply(&table[i].k, NULL,
		    at("2030-01-01 00:00") * US, items, n, NULL), 0);
		tell(&table[i].k, items, n, got, sizeof(got));
		if (strcmp(got, table[i].want) != 0)
			print_error("%s\n", table[i].what);
		assert_string_equal(got, table[i].want);
	}
}

/* The order of the array is the caller's own affair. */
static void
any_order_gives_the_same(void **state)
{
	struct keep_item items[MAX], mixed[MAX], swap;
	unsigned seed = (unsigned)time(NULL);
	size_t i, j, n, t;

	(void)state;
	print_message("# seed %u\n", seed);
	for (t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		n = fill(items, table[t].times);
		memcpy(mixed, items, sizeof(mixed));
		for (i = n; i-- > 1;) {
			j = (size_t)rand_r(&seed) % (i + 1);
			swap = mixed[i];
			mixed[i] = mixed[j];
			mixed[j] = swap;
		}
		keep_apply(&table[t].k, NULL, at("2030-01-01 00:00") * US,
		    items, n, NULL);
		keep_apply(&table[t].k, NULL, at("2030-01-01 00:00") * US,
		    mixed, n, NULL);
		for (i = 0; i < n; i++)
			for (j = 0; j < n; j++)
				if (items[i].time == mixed[j].time)
					assert_int_equal(items[i].why,
					    mixed[j].why);
	}
}

/* 23:30 UTC is the next day in Berlin, and still the same in New York. */
static void
buckets_are_local(void **state)
{
	struct keep k = { .n = { [KEEP_DAILY] = 5 } };
	struct keep_item items[3];
	char got[256];

	(void)state;
	fill(items, "2026-06-02 10:00,2026-06-01 23:30,2026-06-01 10:00");
	items[1].zone = 7200;
	assert_int_equal(keep_apply(&k, NULL, at("2030-01-01 00:00") * US,
	    items, 3, NULL), 0);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "daily snapshot; -; daily snapshot");
	items[1].zone = -14400;
	keep_apply(&k, NULL, at("2030-01-01 00:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got,
	    "daily snapshot; daily snapshot; oldest daily snapshot");
}

/* Berlin in 2026: summer time from 29 March 01:00 UTC to 25 October 01:00. */
static int32_t
berlin(void *arg, int64_t when)
{
	(void)arg;
	return when >= at("2026-03-29 01:00") && when < at("2026-10-25 01:00")
	    ? 7200 : 3600;
}

/* A month before 15 April 12:00 in summer time is 15 March 12:00 in winter
 * time: 11:00 UTC.  With a fixed offset it would be 10:00 UTC. */
static void
within_crosses_daylight_saving(void **state)
{
	struct keep k = { .within = { [KEEP_LAST] = { .months = 1 } } };
	struct keep_zone zone = { berlin, NULL };
	struct keep_item items[3];
	char got[256];

	(void)state;
	fill(items, "2026-04-15 10:00,2026-03-15 11:01,2026-03-15 10:30");
	items[0].zone = 7200;
	keep_apply(&k, &zone, at("2030-01-01 00:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "within 1m; within 1m; -");
	keep_apply(&k, NULL, at("2030-01-01 00:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "within 1m; within 1m; within 1m");
	items[0].zone = 10800;		/* made elsewhere: its own offset */
	keep_apply(&k, &zone, at("2030-01-01 00:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "within 1m; within 1m; within 1m");
}

static void
the_newest_whole_one_stays(void **state)
{
	struct keep k = { .n = { [KEEP_LAST] = 1 } };
	struct keep_item items[4];
	char got[256];

	(void)state;
	fill(items, "2026-01-04 10:00,2026-01-03 10:00,2026-01-02 10:00,"
	    "2026-01-01 10:00");
	items[0].whole = items[1].whole = 0;
	keep_apply(&k, NULL, at("2030-01-01 00:00") * US, items, 4, NULL);
	tell(&k, items, 4, got, sizeof(got));
	assert_string_equal(got,
	    "last snapshot; -; newest whole snapshot; -");
	items[2].whole = items[3].whole = 0;
	keep_apply(&k, NULL, at("2030-01-01 00:00") * US, items, 4, NULL);
	tell(&k, items, 4, got, sizeof(got));
	assert_string_equal(got, "last snapshot; no snapshot is whole; "
	    "no snapshot is whole; no snapshot is whole");
}

/* False snapshots with chosen times must not push the good ones out. */
static void
the_future_stops_it(void **state)
{
	struct keep k = { .n = { [KEEP_LAST] = 1 } };
	struct keep_item items[3];
	struct err e = {0};
	size_t i;

	(void)state;
	fill(items, "2026-01-04 10:00,2026-01-03 10:00,2026-01-02 10:00");
	assert_int_equal(keep_apply(&k, NULL, at("2026-01-03 09:59") * US,
	    items, 3, &e), -1);
	assert_int_equal(e.kind, ERR_HELD);
	for (i = 0; i < 3; i++)
		assert_true(items[i].keep);
	assert_int_equal(keep_apply(&k, NULL, at("2026-01-03 10:00") * US,
	    items, 3, &e), 0);
	assert_true(items[0].keep && !items[1].keep && !items[2].keep);
}

/* A clock that went a little back: within counts from the newest before now;
 * what is after now is within; and if all is after now, all of it is kept. */
static void
within_ignores_the_near_future(void **state)
{
	struct keep k = { .within = { [KEEP_LAST] = { .hours = 2 } } };
	struct keep_item items[3];
	char got[256];

	(void)state;
	fill(items, "2026-01-04 10:00,2026-01-04 07:00,2026-01-04 05:30");
	keep_apply(&k, NULL, at("2026-01-04 08:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "within 2h; within 2h; within 2h");
	keep_apply(&k, NULL, at("2026-01-04 10:01") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "within 2h; -; -");
	keep_apply(&k, NULL, at("2026-01-04 05:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "within 2h; within 2h; within 2h");
}

static void
pins_count_only_when_asked(void **state)
{
	struct keep k = { .n = { [KEEP_LAST] = 1 }, .pins = 1 };
	struct keep_item items[3];
	char got[256];

	(void)state;
	fill(items, "2026-01-04 10:00,2026-01-03 10:00,2026-01-02 10:00");
	items[1].pinned = 1;
	keep_apply(&k, NULL, at("2030-01-01 00:00") * US, items, 3, NULL);
	tell(&k, items, 3, got, sizeof(got));
	assert_string_equal(got, "last snapshot; pinned; -");
	k.pins = 0;
	keep_apply(&k, NULL, at("2030-01-01 00:00") * US, items, 3, NULL);
	assert_false(items[1].keep);
	k = (struct keep){ .pins = 1 };
	assert_false(keep_empty(&k));
}

static void
impossible_policies_are_refused(void **state)
{
	struct keep minus = { .n = { [KEEP_WEEKLY] = -2 } };
	struct keep span = { .within = { [KEEP_DAILY] = { .days = -1 } } };
	struct keep_item item = { .time = 0, .whole = 1 };
	struct err e = {0};

	(void)state;
	assert_int_equal(keep_apply(&minus, NULL, US, &item, 1, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_true(item.keep);
	assert_int_equal(keep_apply(&span, NULL, US, &item, 1, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(keep_apply(&minus, NULL, US, NULL, 0, &e), -1);
}

/* No time that fits into the integer breaks the reckoning (UBSan watches). */
static void
absurd_times_are_reckoned_with(void **state)
{
	struct keep k = { .n = { 1, 1, 1, 1, 1, 1 } };
	struct keep_item items[2] = {
		{ .time = INT64_MIN, .zone = INT32_MIN, .whole = 1 },
		{ .time = INT64_MAX, .zone = INT32_MAX, .whole = 1 },
	};
	int b;

	(void)state;
	for (b = 0; b < KEEP_BUCKETS; b++)
		k.within[b] = (struct keep_span){ KEEP_SPAN_MAX, KEEP_SPAN_MAX,
		    KEEP_SPAN_MAX, KEEP_SPAN_MAX };
	assert_int_equal(keep_apply(&k, NULL, INT64_MAX, items, 2, NULL), 0);
	assert_int_equal(keep_apply(&k, NULL, INT64_MIN, items, 2, NULL), -1);
}

/* Against the C library, day by day through 800 years and before 1970. */
static void
the_calendar_is_right(void **state)
{
	struct moment c;
	struct tm tm;
	time_t t;
	char iso[16], want[16];
	int64_t day;

	(void)state;
	for (day = -250000; day < 250000; day += 13) {
		t = (time_t)(day * 86400 + 5000);
		gmtime_r(&t, &tm);
		moment_of(t, &c);
		assert_int_equal(c.year, tm.tm_year + 1900);
		assert_int_equal(c.month, tm.tm_mon + 1);
		assert_int_equal(c.day, tm.tm_mday);
		assert_int_equal(c.hour, tm.tm_hour);
		assert_int_equal(moment_days(c.year, c.month, c.day), day);
		strftime(want, sizeof(want), "%G %V", &tm);
		snprintf(iso, sizeof(iso), "%lld %02d", (long long)c.iso_year,
		    c.iso_week);
		assert_string_equal(iso, want);
	}
	assert_int_equal(moment_days(2026, -1, 0), moment_days(2025, 10, 31));
	assert_int_equal(moment_days(2026, 14, 31), moment_days(2027, 3, 3));
}

static void
spans_are_read_and_told(void **state)
{
	static const struct {
		const char	*text, *told;	/* NULL: refused */
	} spans[] = {
		{ "1y5m7d2h", "1y5m7d2h" }, { " 30d ", "30d" }, { "", "" },
		{ "2h1y", "1y2h" }, { "1d2d", "2d" }, { "0d", "" },
		{ "99999y", "99999y" }, { "100000y", NULL }, { "7", NULL },
		{ "d", NULL }, { "7w", NULL }, { "-7d", NULL },
		{ "7d x", NULL }, { "99999999999999999999d", NULL },
		{ "1.5d", NULL }, { "+1d", NULL },
	};
	char told[KEEP_SPAN_TEXT];
	struct keep_span s;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		s = (struct keep_span){ .hours = 77 };
		e = (struct err){0};
		if (keep_span_parse(spans[i].text, &s, &e) < 0) {
			assert_null(spans[i].told);
			assert_int_equal(e.kind, ERR_USAGE);
			assert_int_equal(s.hours, 77);
			continue;
		}
		keep_span_text(&s, told);
		assert_non_null(spans[i].told);
		assert_string_equal(told, spans[i].told);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(restics_tables),
		cmocka_unit_test(any_order_gives_the_same),
		cmocka_unit_test(buckets_are_local),
		cmocka_unit_test(within_crosses_daylight_saving),
		cmocka_unit_test(the_newest_whole_one_stays),
		cmocka_unit_test(the_future_stops_it),
		cmocka_unit_test(within_ignores_the_near_future),
		cmocka_unit_test(pins_count_only_when_asked),
		cmocka_unit_test(impossible_policies_are_refused),
		cmocka_unit_test(absurd_times_are_reckoned_with),
		cmocka_unit_test(the_calendar_is_right),
		cmocka_unit_test(spans_are_read_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
