/* test_words.c -- plain words mean one thing, or say why they do not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule/calendar.h"
#include "util/err.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
words_have_a_normal_form(void **state)
{
	static const char *const forms[][2] = {
		{ "every day at 01:00", "*-*-* 01:00:00" },
		{ "Every Day At 1:00", "*-*-* 01:00:00" },
		{ "every day", "*-*-* 00:00:00" },
		{ "every 15 minutes", "*-*-* *:00/15:00" },
		{ "every 15min", "*-*-* *:00/15:00" },
		{ "every monday at 09:30", "Mon *-*-* 09:30:00" },
		{ "mondays at 9am", "Mon *-*-* 09:00:00" },
		{ "every weekday at 18:00", "Mon..Fri *-*-* 18:00:00" },
		{ "weekends at noon", "Sat,Sun *-*-* 12:00:00" },
		{ "every month on the 1st at 03:00", "*-*-01 03:00:00" },
		{ "every hour", "*-*-* *:00:00" },
		{ "every 2 hours", "*-*-* 00/2:00:00" },
		{ "every 24 hours", "*-*-* 00:00:00" },
		{ "every minute", "*-*-* *:*:00" },
		{ "every second", "*-*-* *:*:*" },
		{ "every 30 seconds", "*-*-* *:*:00/30" },
		{ "every hour at :15 and :45", "*-*-* *:15,45:00" },
		{ "every 90 minutes", "*-*-* every 90min from midnight" },
		{ "every 15 minutes on weekdays", "Mon..Fri *-*-* *:00/15:00" },
		{ "never", "never" },
		{ "at 9am", "*-*-* 09:00:00" },
		{ "at 12am and 12 pm", "*-*-* 00,12:00:00" },
		{ "mon, wed and fri at 6:30", "Mon,Wed,Fri *-*-* 06:30:00" },
		{ "mon-fri at 9:30 pm", "Mon..Fri *-*-* 21:30:00" },
		{ "friday to monday at 8:00",
		  "Mon,Fri..Sun *-*-* 08:00:00" },
		{ "daily at 01:00 Asia/Tokyo", "*-*-* 01:00:00 Asia/Tokyo" },
		{ "weekly on sunday at 3:00", "Sun *-*-* 03:00:00" },
		{ "every week", "Mon *-*-* 00:00:00" },
		{ "every month", "*-*-01 00:00:00" },
		{ "every quarter on the last day",
		  "*-01,04,07,10~01 00:00:00" },
		{ "every year", "*-01-01 00:00:00" },
		{ "every 3 months", "*-01,04,07,10-01 00:00:00" },
		{ "every july 4th at 12:00", "*-07-04 12:00:00" },
		{ "on december 24 at 18:00", "*-12-24 18:00:00" },
		{ "every 24 december", "*-12-24 00:00:00" },
		{ "1st of january", "*-01-01 00:00:00" },
		{ "every first monday of the month", "Mon *-*-01..07 00:00:00" },
		{ "on the second tuesday", "Tue *-*-08..14 00:00:00" },
		{ "on the first and third tuesday at 8:00",
		  "Tue *-*-01..07,15..21 08:00:00" },
		{ "on the last friday of the month at 17:00",
		  "Fri *-*~07/1 17:00:00" },
		{ "on the 1st, 15th and last day at 8:00",
		  "*-*-01,15 08:00:00 or *-*~01 08:00:00" },
		{ "every other day at 5:00", "every 2 days *-*-* 05:00:00" },
		{ "every 2 weeks on friday",
		  "every 2 weeks Fri *-*-* 00:00:00" },
		{ "every other monday", "every 2 weeks Mon *-*-* 00:00:00" },
		{ "every day at 1:00, 2:00 and 13:30",
		  "*-*-* 01,02:00:00 or *-*-* 13:30:00" },
		{ "every weekday at 9:00 and at 12:00",
		  "Mon..Fri *-*-* 09,12:00:00" },
		{ "every day in july and august", "*-07,08-* 00:00:00" },
		{ "at 9am every day", "*-*-* 09:00:00" },
	};
	struct calendar *c;
	struct err e = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(forms); i++) {
		if (calendar_parse(forms[i][0], "UTC", &c, &e) < 0)
			fail_msg("\"%s\": %s", forms[i][0], e.text);
		if (strcmp(calendar_normal(c), forms[i][1]) != 0)
			fail_msg("\"%s\" is \"%s\"", forms[i][0],
			    calendar_normal(c));
		calendar_free(c);
	}
}

static void
faults_name_column_and_what_was_expected(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "every mondy at 9:00", "column 7: \"mondy\" is not known; "
		  "did you mean \"monday\"?" },
		{ "ever day at 9:00", "column 1: \"ever\" is not known; "
		  "did you mean \"every\"?" },
		{ "every 15 mintues", "column 10: \"mintues\" is not known; "
		  "did you mean \"minutes\"?" },
		{ "every day at 9", "column 14: \"9\" stands where a time such "
		  "as 09:30, 9am or noon was expected" },
		{ "every", "column 6: it ends where" },
		{ "every 15", "column 9: it ends where a unit" },
		{ "every day at 25:00", "column 14" },
		{ "every day at 13pm", "column 14" },
		{ "every day at 0am", "column 14" },
		{ "every day at 9:5", "column 14" },
		{ "every day at", "column 13: it ends where a time" },
		{ "every day at 9:00,", "column 19: it ends where a time" },
		{ "every second monday", "column 7: this can mean two" },
		{ "every 2nd day", "column 7: this can mean two" },
		{ "every day on monday", "column 14: \"every day\" leaves" },
		{ "every month on monday", "column 16: a month has several" },
		{ "every week on the 1st", "column 19: a week has only" },
		{ "every 15 minutes at 9:00", "column 21: what comes" },
		{ "every day at :15", "column 14: minutes past the hour" },
		{ "every 5 months", "column 7: expected 1, 2, 3, 4, 6 or 12" },
		{ "every 25 hours", "column 7: at most a day" },
		{ "every 0 minutes", "column 7: expected 1 or more" },
		{ "every 99999999999 minutes", "column 7" },
		{ "every month on the 32nd", "column 20" },
		{ "on february 30", "column 4: that month has no such day" },
		{ "on the 1st and monday", "column 8: weekdays and days" },
		{ "on july 4 and december 24", "column 15: a second date" },
		{ "15 minutes", "column 1: \"15\" stands where \"every\"" },
		{ "never ever", "column 7" },
		{ "in july at 9:00", "column 4: expected days as well" },
		{ "every day at 01:00 Europe/Berlim", "column 20: there is no "
		  "time zone \"Europe/Berlim\"" },
		{ "every d\303\244y at 9:00 x", "column 7" },
		{ "every day at 9:00 \303\244", "column 19" },
		{ "t\303\244glich", "column 1" },
	};
	struct calendar *c;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		e = (struct err){0};
		if (calendar_parse(cases[i].text, "UTC", &c, &e) == 0)
			fail_msg("\"%s\" was taken", cases[i].text);
		if (strncmp(e.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("\"%s\": %s", cases[i].text, e.text);
	}
}

static void
steps_that_do_not_divide_begin_at_midnight(void **state)
{
	struct calendar *c;
	int64_t day = INT64_C(86400000000), t = 20000 * day;

	(void)state;
	assert_int_equal(calendar_parse("every 7 hours", "UTC", &c, NULL), 0);
	assert_true(calendar_next(c, t, &t) && t == 20000 * day + day * 7 / 24);
	assert_true(calendar_next(c, t + day / 2, &t));
	assert_true(t == 20000 * day + day * 21 / 24);
	assert_true(calendar_next(c, t, &t) && t == 20001 * day);
	calendar_free(c);
}

static void
every_second_week_goes_on_through_the_year(void **state)
{
	struct calendar *c;
	int64_t t, before;
	int i;

	(void)state;
	assert_int_equal(calendar_parse("every 2 weeks on friday at 4:00",
	    "UTC", &c, NULL), 0);
	assert_int_equal(calendar_next(c, 1774742400000000, &t), 1);
	for (i = 0; i < 200; i++) {
		before = t;
		assert_int_equal(calendar_next(c, t, &t), 1);
		assert_true(t - before == INT64_C(14) * 86400000000);
	}
	calendar_free(c);
}

/* No text may do anything but parse or fail; what parses must go on. */
static void
any_jumble_of_words_is_safe(void **state)
{
	static const char *const words[] = {
		"every", "day", "at", "9:00", "monday", "1st", "last", "of",
		"the", "month", "and", ",", "15", "minutes", "other", "second",
		"on", "in", "july", "noon", "9", "am", "-", "to", "never",
		"*:0/5", "*", "..", "UTC", "week", ":15", "@", "~", "5-7/2",
	};
	const char *seed_text = getenv("WORDS_SEED");
	unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : 1;
	struct calendar *c;
	char text[200];
	int64_t t, before;
	int i, n, taken = 0;

	(void)state;
	print_message("# WORDS_SEED=%u\n", seed);
	for (i = 0; i < 6000; i++) {
		char *end = text;

		*end = '\0';
		for (n = 1 + rand_r(&seed) % 8; n > 0; n--) {
			end = stpcpy(end, words[(size_t)rand_r(&seed) %
			    COUNT(words)]);
			end = stpcpy(end, rand_r(&seed) % 5 ? " " : "");
		}
		if (calendar_parse(text, "Europe/Berlin", &c, NULL) < 0)
			continue;
		taken++;
		before = t = 1774742400000000;
		if (calendar_next(c, t, &t))
			assert_true(t > before);
		calendar_free(c);
	}
	assert_true(taken > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_have_a_normal_form),
		cmocka_unit_test(faults_name_column_and_what_was_expected),
		cmocka_unit_test(steps_that_do_not_divide_begin_at_midnight),
		cmocka_unit_test(every_second_week_goes_on_through_the_year),
		cmocka_unit_test(any_jumble_of_words_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
