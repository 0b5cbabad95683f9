/*
 * test_calendar.c -- systemd's expressions and cron's, given now, when next?
 *
 * The expressions are the ones that systemd tries on itself, and what went
 * wrong there once; test/py/test_calendar.py compares thousands with it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "schedule/calendar.h"
#include "util/err.h"

#define NEVER	INT64_MIN
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct calendar *
parsed(const char *text, const char *zone)
{
	struct calendar *c;
	struct err e = {0};

	if (calendar_parse(text, zone, &c, &e) < 0)
		fail_msg("\"%s\": %s", text, e.text);
	return c;
}

static void
check_normal(const char *text, const char *normal)
{
	struct calendar *c = parsed(text, "UTC"), *again;

	if (strcmp(calendar_normal(c), normal) != 0)
		fail_msg("\"%s\" is \"%s\", expected \"%s\"", text,
		    calendar_normal(c), normal);
	again = parsed(normal, "UTC");
	assert_string_equal(calendar_normal(again), normal);
	calendar_free(again);
	calendar_free(c);
}

static void
check_next(const char *text, const char *zone, int64_t after, int64_t expect)
{
	struct calendar *c = parsed(text, zone);
	int64_t t = NEVER;
	int r = calendar_next(c, after, &t);

	if (r != (expect != NEVER) || t != expect)
		fail_msg("\"%s\" in %s after %lld: %lld, expected %lld", text,
		    zone, (long long)after, (long long)t, (long long)expect);
	calendar_free(c);
}

static void
normal_form_is_systemds(void **state)
{
	static const char *const forms[][2] = {
		{ "Sat,Thu,Mon-Wed,Sat-Sun",
		  "Mon..Thu,Sat,Sun *-*-* 00:00:00" },
		{ "Sat,Thu,Mon..Wed,Sat..Sun",
		  "Mon..Thu,Sat,Sun *-*-* 00:00:00" },
		{ "Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00" },
		{ "Wed *-1", "Wed *-*-01 00:00:00" },
		{ "Wed-Wed,Wed *-1", "Wed *-*-01 00:00:00" },
		{ "Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00" },
		{ "Wed, 17:48", "Wed *-*-* 17:48:00" },
		{ "Wednesday,", "Wed *-*-* 00:00:00" },
		{ "Wed-Sat,Tue 12-10-15 1:2:3",
		  "Tue..Sat 2012-10-15 01:02:03" },
		{ "*-*-7 0:0:0", "*-*-07 00:00:00" },
		{ "10-15", "*-10-15 00:00:00" },
		{ "monday *-12-* 17:00", "Mon *-12-* 17:00:00" },
		{ "Mon,Fri *-*-3,1,2 *:30:45",
		  "Mon,Fri *-*-01,02,03 *:30:45" },
		{ "12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00" },
		{ "mon,fri *-1/2-1,3 *:30:45",
		  "Mon,Fri *-01/2-01,03 *:30:45" },
		{ "03-05 08:05:40", "*-03-05 08:05:40" },
		{ "08:05:40", "*-*-* 08:05:40" },
		{ "05:40", "*-*-* 05:40:00" },
		{ "Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40" },
		{ "2003-03-05 05:40", "2003-03-05 05:40:00" },
		{ "2003-03-05", "2003-03-05 00:00:00" },
		{ "hourly", "*-*-* *:00:00" },
		{ "daily", "*-*-* 00:00:00" },
		{ "monthly", "*-*-01 00:00:00" },
		{ "weekly", "Mon *-*-* 00:00:00" },
		{ "minutely", "*-*-* *:*:00" },
		{ "quarterly", "*-01,04,07,10-01 00:00:00" },
		{ "semi-annually", "*-01,07-01 00:00:00" },
		{ "annually", "*-01-01 00:00:00" },
		{ "YEARLY", "*-01-01 00:00:00" },
		{ "*:2/3", "*-*-* *:02/3:00" },
		{ "2015-10-25 01:00:00 uTc", "2015-10-25 01:00:00 UTC" },
		{ "2015-10-25 01:00:00 Asia/Vladivostok",
		  "2015-10-25 01:00:00 Asia/Vladivostok" },
		{ "weekly Pacific/Auckland",
		  "Mon *-*-* 00:00:00 Pacific/Auckland" },
		{ "2016-03-27 03:17:00.4200005",
		  "2016-03-27 03:17:00.420001" },
		{ "2016-03-27 03:17:00/0.42",
		  "2016-03-27 03:17:00/0.420000" },
		{ "9..11,13:00,30", "*-*-* 09..11,13:00,30:00" },
		{ "1..3-1..3 1..3:1..3", "*-01..03-01..03 01..03:01..03:00" },
		{ "00:00:1.125..2.125",
		  "*-*-* 00:00:01.125000..02.125000" },
		{ "00:00:1.0..3.8", "*-*-* 00:00:01..03" },
		{ "00:00:01/2,02..03", "*-*-* 00:00:01/2,02..03" },
		{ "*:4,30:0..3", "*-*-* *:04,30:00..03" },
		{ "*:4,30:0/1", "*-*-* *:04,30:*" },
		{ "*:4,30:0/1,3,5", "*-*-* *:04,30:*" },
		{ "*-*~1 Utc", "*-*~01 00:00:00 UTC" },
		{ "*-*~05,3 ", "*-*~03,05 00:00:00" },
		{ "*-*~* 00:00:00", "*-*-* 00:00:00" },
		{ "Monday", "Mon *-*-* 00:00:00" },
		{ "*:*:*", "*-*-* *:*:*" },
		{ "12:*", "*-*-* 12:*:00" },
		{ "93..00-*-*", "1993..2000-*-* 00:00:00" },
		{ "00..07-*-*", "2000..2007-*-* 00:00:00" },
		{ "*:20..39/5", "*-*-* *:20..35/5:00" },
		{ "00:00:20..40/1", "*-*-* 00:00:20..40" },
		{ "*~03/1,03..05", "*-*~03/1,03..05 00:00:00" },
		{ "@1493187147", "2017-04-26 06:12:27 UTC" },
		{ "@0 UTC", "1970-01-01 00:00:00 UTC" },
		{ "*:05..05", "*-*-* *:05:00" },
		{ "*:05..10/6", "*-*-* *:05:00" },
		{ "Mon..Sun", "*-*-* 00:00:00" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(forms); i++)
		check_normal(forms[i][0], forms[i][1]);
}

static void
next_is_systemds(void **state)
{
	static const struct {
		const char *text, *zone;
		int64_t after, expect;
	} cases[] = {
		{ "2016-03-27 03:17:00", "UTC", 12345, 1459048620000000 },
		{ "2016-03-27 03:17:00", "CET", 12345, 1459041420000000 },
		/* The clock leaps over it. */
		{ "2016-03-27 03:17:00", "EET", 12345, NEVER },
		{ "2016-03-27 03:17:00 UTC", "EET", 12345, 1459048620000000 },
		{ "2016-03-27 03:17:00.420000001 UTC", "EET", 12345,
		  1459048620420000 },
		{ "2016-03-27 03:17:00.4200005 UTC", "EET", 12345,
		  1459048620420001 },
		{ "2015-11-13 09:11:23.42", "EET", 12345, 1447398683420000 },
		{ "2015-11-13 09:11:23.42/1.77", "EET", 1447398683420000,
		  1447398685190000 },
		{ "2015-11-13 09:11:23.42/1.77", "EET", 1447398683419999,
		  1447398683420000 },
		{ "Sun 16:00:00", "CET", 1456041600123456, 1456066800000000 },
		{ "*-04-31", "UTC", 12345, NEVER },
		{ "2016-02~01 UTC", "UTC", 12345, 1456704000000000 },
		{ "Mon 2017-05~01..07 UTC", "UTC", 12345, 1496016000000000 },
		{ "Mon 2017-05~07/1 UTC", "UTC", 12345, 1496016000000000 },
		{ "*-*-01/5 04:00:00 UTC", "UTC", 1646010000000000,
		  1646107200000000 },
		{ "*-01/7-01 04:00:00 UTC", "UTC", 1664607600000000,
		  1672545600000000 },
		{ "2017-08-06 9,11,13,15,17:00 UTC", "UTC", 1502029800000000,
		  1502031600000000 },
		{ "2017-08-06 9..17/2:00 UTC", "UTC", 1502029800000000,
		  1502031600000000 },
		{ "2016-12-* 3..21/6:00 UTC", "UTC", 1482613200000001,
		  1482634800000000 },
		{ "2017-09-24 03:30:00 Pacific/Auckland", "UTC", 12345,
		  1506177000000000 },
		{ "2017-09-24 02:30:00 Pacific/Auckland", "UTC", 12345,
		  NEVER },
		/* The clock goes back, and it happens once. */
		{ "2017-04-02 02:30:00 Pacific/Auckland", "UTC", 12345,
		  1491053400000000 },
		{ "2017-04-02 02:30:00 Pacific/Auckland", "UTC",
		  1491053400000000, NEVER },
		{ "2017-04-02 03:30:00 Pacific/Auckland", "UTC", 12345,
		  1491060600000000 },
		{ "2017-09-09 20:42:00 Pacific/Auckland", "EET", 12345,
		  1504946520000000 },
		/* Where winter is what "daylight saving" calls itself. */
		{ "Sun *-*-* 01:00:00 Europe/Dublin", "UTC", 1616412478000000,
		  1617494400000000 },
		{ "*-*-* 00:00:00", "UTC", -5, 0 },
		{ "2016-02~01", "UTC", 1456704000000000, NEVER },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		check_next(cases[i].text, cases[i].zone, cases[i].after,
		    cases[i].expect);
}

static void
what_systemd_refuses_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t column;
	} cases[] = {
		{ "test", 1 }, { " utc", 2 }, { "    ", 1 }, { "", 1 },
		{ "7", 2 }, { "121212:1:2", 1 },
		{ "2000-03-05.23 00:00:00", 11 },
		{ "2000-03-05 00:00.1:00", 17 },
		{ "00:00:00/0.00000001", 10 }, { "00:00:00.0..00.9", 7 },
		{ "2016~11-22", 8 }, { "*-*~5/5", 5 }, { "Monday.. 12:00", 10 },
		{ "Monday..", 9 }, { "-00:+00/-5", 1 }, { "00:+00/-5", 4 },
		{ "2016- 11- 24 12: 30: 00", 7 }, { "*~29", 3 },
		{ "*~16..31", 3 }, { "12..1/2-*", 1 }, { "20/4:00", 1 },
		{ "00:00/60", 4 }, { "00:00:2300", 7 },
		{ "00:00:18446744073709551615", 7 },
		{ "@88588582097858858", 2 }, { "*:4,30:*,5", 9 },
		{ "*:4,30:5,*", 10 }, { "*:4,30:*\n", 9 },
		{ "Fri..Mon", 6 }, { "2200-01-01", 1 }, { "1969-01-01", 1 },
		{ "00:60", 4 }, { "24:00", 1 }, { "*-13-01", 3 },
		{ "*-00-01", 3 }, { "daily Europe/Nowhere", 7 },
		{ "daily ../../../etc/passwd", 7 }, { "*:0/0", 5 },
		{ "2026-03-29T02:30", 11 },
	};
	struct calendar *c;
	struct err e;
	size_t i, column;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		e = (struct err){0};
		if (calendar_parse_at(cases[i].text, "UTC", &c, &column,
		    &e) == 0)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_null(c);
		assert_int_equal(e.kind, ERR_USAGE);
		if (column != cases[i].column)
			fail_msg("\"%s\": column %zu, expected %zu: %s",
			    cases[i].text, column, cases[i].column, e.text);
	}
}

/* systemd issue 4031: "hourly" within an hour, and again within the next. */
static void
hourly_is_every_hour(void **state)
{
	struct calendar *c = parsed("hourly", "UTC");
	int64_t hour = INT64_C(3600000000), n, u, w;

	(void)state;
	for (n = 1471000000000000; n < 1471000000000000 + 30 * hour;
	    n += 977000001) {
		assert_int_equal(calendar_next(c, n, &u), 1);
		assert_int_equal(calendar_next(c, u, &w), 1);
		assert_true(n < u && u <= n + hour && w == u + hour);
	}
	calendar_free(c);
}

static void
check_list(const char *text, const char *zone, int64_t after,
    const int64_t *expect)
{
	struct calendar *c = parsed(text, zone);
	int64_t t = after * 1000000;

	for (; *expect != 0; expect++) {
		assert_int_equal(calendar_next(c, t, &t), 1);
		if (t != *expect * 1000000)
			fail_msg("\"%s\" in %s: %lld, expected %lld", text,
			    zone, (long long)t / 1000000, (long long)*expect);
	}
	calendar_free(c);
}

/* 2026-03-29 01:00 UTC: 02:00 CET becomes 03:00 CEST. */
static void
what_the_clock_leaps_over_does_not_happen(void **state)
{
	(void)state;
	check_list("02:30", "Europe/Berlin", 1774659600,
	    (int64_t[]){ 1774661400, 1774830600, 0 });
	check_list("*:0/30", "Europe/Berlin", 1774742400,
	    (int64_t[]){ 1774744200, 1774746000, 1774747800, 0 });
	check_list("*-*-* 2,3:15", "Europe/Berlin", 1774700000,
	    (int64_t[]){ 1774746900, 1774829700, 1774833300, 0 });
	/* Half an hour: 02:00 becomes 02:30 on 2026-10-04 at Lord Howe. */
	check_list("2:15,45", "Australia/Lord_Howe", 1791039600,
	    (int64_t[]){ 1791042300, 1791126900, 0 });
	/* A whole day: there was no 2011-12-30 in Samoa. */
	check_list("12:00", "Pacific/Apia", 1325100000,
	    (int64_t[]){ 1325109600, 1325196000, 1325282400, 0 });
}

/* 2026-10-25 01:00 UTC: 03:00 CEST becomes 02:00 CET. */
static void
what_the_clock_shows_twice_happens_once(void **state)
{
	(void)state;
	check_list("02:30", "Europe/Berlin", 1792850000,
	    (int64_t[]){ 1792888200, 1792978200, 0 });
	check_list("hourly", "Europe/Berlin", 1792884000,
	    (int64_t[]){ 1792886400, 1792893600, 0 });
	/* Asked from within the second time, it is the second time. */
	check_list("*:0/15", "Europe/Berlin", 1792890600,
	    (int64_t[]){ 1792890900, 1792891800, 1792892700, 1792893600, 0 });
}

static void
abbreviations_of_the_local_zone_choose_the_time(void **state)
{
	(void)state;
	check_list("02:30 CEST", "Europe/Berlin", 1792850000,
	    (int64_t[]){ 1792888200, 1806193800 + 3600 * 24, 0 });
	check_list("02:30 CET", "Europe/Berlin", 1792850000,
	    (int64_t[]){ 1792891800, 1792978200, 0 });
}

static void
rules_hold_beyond_the_tables(void **state)
{
	(void)state;
	/* 2190-06-01 and 2190-12-01, 12:00 in Berlin. */
	check_next("2190-06-01 12:00", "Europe/Berlin", 0,
	    INT64_C(6955668000000000));
	check_next("2190-12-01 12:00", "Europe/Berlin", 0,
	    INT64_C(6971482800000000));
}

static void
never_is_found_out_quickly(void **state)
{
	static const char *const texts[] = {
		"*-04-31", "Mon 2017-05-01..07", "2016-02~01", "*-02-30",
		"Sun 2199-12-30", "*-*~28..28/1 UTC", "0 0 31 2,4,6,9,11 *",
		"*:*:*/1 2016-01-01", "1970..2020-*-* *:*:0/0.000001",
		"Fri *-02-30..31",
	};
	struct calendar *c;
	struct timespec a, b;
	int64_t t;
	size_t i;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < COUNT(texts); i++) {
		if (calendar_parse(texts[i], "Europe/Berlin", &c, NULL) < 0)
			continue;
		if (calendar_next(c, 1774000000000000, &t))
			assert_int_equal(i, 5);	/* that one does come */
		calendar_free(c);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 5);
}

static void
the_last_one_is_found_in_any_span(void **state)
{
	struct calendar *c = parsed("*-*-* *:*:*", "Europe/Berlin");
	int64_t year = INT64_C(31536000000000), t;

	(void)state;
	assert_int_equal(calendar_last(c, 0, 50 * year + 1, &t), 1);
	assert_true(t == 50 * year);
	assert_int_equal(calendar_last(c, 10, 11, &t), 0);
	calendar_free(c);
	c = parsed("2016-02-29 12:00", "UTC");
	assert_int_equal(calendar_last(c, 0, 50 * year, &t), 1);
	assert_true(t == 1456747200000000);
	assert_int_equal(calendar_last(c, 1456747200000000, 50 * year, &t), 0);
	calendar_free(c);
}

static void
instants_are_written_in_their_zone(void **state)
{
	char buf[CALENDAR_FORMAT_MAX];
	struct calendar *c = parsed("daily Europe/Berlin", "UTC");

	(void)state;
	assert_string_equal(calendar_format(c, 1795392000000000, buf),
	    "Mon 2026-11-23 01:00:00 CET");
	assert_string_equal(calendar_format(c, 1783166400500000, buf),
	    "Sat 2026-07-04 14:00:00.500000 CEST");
	assert_string_equal(calendar_format(c, -1, buf),
	    "Thu 1970-01-01 00:59:59.999999 CET");
	calendar_free(c);
}

static void
cron_lines(void **state)
{
	static const char *const forms[][2] = {
		{ "0 1 * * *", "*-*-* 01:00:00" },
		{ "*/15 * * * *", "*-*-* *:00,15,30,45:00" },
		{ "30 9 * * mon-fri", "Mon..Fri *-*-* 09:30:00" },
		{ "30 9 * * 1-5", "Mon..Fri *-*-* 09:30:00" },
		{ "0 0 * * 0", "Sun *-*-* 00:00:00" },
		{ "0 0 * * 7", "Sun *-*-* 00:00:00" },
		{ "0 0 * * sat-sun", "Sat,Sun *-*-* 00:00:00" },
		{ "0 0 * * 5-7", "Fri..Sun *-*-* 00:00:00" },
		{ "0 0 1 jan,jul *", "*-01,07-01 00:00:00" },
		{ "5-10/2,59 23 * * *", "*-*-* 23:05,07,09,59:00" },
		{ "0 0 1,15 * fri",
		  "*-*-01,15 00:00:00 or Fri *-*-* 00:00:00" },
		/* A star in front makes it "and", as in Debian's cron. */
		{ "0 0 */16 * fri", "Fri *-*-01,17 00:00:00" },
		{ "0\t1 *  * *", "*-*-* 01:00:00" },
		{ "@daily", "*-*-* 00:00:00" },
		{ "@weekly", "Sun *-*-* 00:00:00" },
		{ "@HOURLY", "*-*-* *:00:00" },
		{ "0 1 * * * Asia/Tokyo", "*-*-* 01:00:00 Asia/Tokyo" },
	};
	struct calendar *c;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(forms); i++) {
		c = parsed(forms[i][0], "UTC");
		assert_string_equal(calendar_normal(c), forms[i][1]);
		calendar_free(c);
	}
}

static void
doubtful_cron_lines_are_refused(void **state)
{
	static const struct {
		const char *text;
		size_t column;
	} cases[] = {
		{ "60 * * * *", 1 }, { "* 24 * * *", 3 }, { "* * 0 * *", 5 },
		{ "* * 32 * *", 5 }, { "* * * 13 *", 7 }, { "* * * * 8", 9 },
		{ "5/15 * * * *", 1 }, { "10-5 * * * *", 1 },
		{ "*/0 * * * *", 3 }, { "* * * foo *", 7 }, { "1,, * * * *", 3 },
		{ "* * * *", 8 }, { "* * * * * *", 11 }, { "@reboot", 1 },
		{ "@often", 1 }, { "0 0 * * mo", 9 }, { "0 0 * jan-foo *", 11 },
	};
	struct calendar *c;
	struct err e;
	size_t i, column;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		e = (struct err){0};
		if (calendar_parse_at(cases[i].text, "UTC", &c, &column,
		    &e) == 0)
			fail_msg("\"%s\" was taken", cases[i].text);
		if (column != cases[i].column)
			fail_msg("\"%s\": column %zu, expected %zu: %s",
			    cases[i].text, column, cases[i].column, e.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal_form_is_systemds),
		cmocka_unit_test(next_is_systemds),
		cmocka_unit_test(what_systemd_refuses_is_refused),
		cmocka_unit_test(hourly_is_every_hour),
		cmocka_unit_test(what_the_clock_leaps_over_does_not_happen),
		cmocka_unit_test(what_the_clock_shows_twice_happens_once),
		cmocka_unit_test(
		    abbreviations_of_the_local_zone_choose_the_time),
		cmocka_unit_test(rules_hold_beyond_the_tables),
		cmocka_unit_test(never_is_found_out_quickly),
		cmocka_unit_test(the_last_one_is_found_in_any_span),
		cmocka_unit_test(instants_are_written_in_their_zone),
		cmocka_unit_test(cron_lines),
		cmocka_unit_test(doubtful_cron_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
