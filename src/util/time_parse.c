/* time_parse.c -- times as RFC 3339 and people write them. */
#include <string.h>
#include <strings.h>

#include "util/clean.h"
#include "util/decimal.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

/* What a text gave: tm is always whole, the rest where it was there. */
struct parts {
	struct tm	 tm;
	uint32_t	 nsec;
	int		 has_date, has_clock, has_zone;
	int64_t		 offset;	/* seconds east of UTC */
};

/* Exactly n digits at *p: the number, or -1. */
static int
digits(const char **p, int n)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

/* One of the characters in set, which is passed over: 1 or 0. */
static int
take(const char **p, const char *set)
{
	if (**p == '\0' || strchr(set, **p) == NULL)
		return 0;
	(*p)++;
	return 1;
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31 };
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* YYYY-MM-DD: 0 or -1. */
static int
parse_date(const char **p, struct parts *t)
{
	int year, month, day;

	if ((year = digits(p, 4)) < 0 || !take(p, "-") ||
	    (month = digits(p, 2)) < 1 || month > 12 || !take(p, "-") ||
	    (day = digits(p, 2)) < 1 || day > days_in(year, month))
		return -1;
	t->tm.tm_year = year - 1900;
	t->tm.tm_mon = month - 1;
	t->tm.tm_mday = day;
	t->has_date = 1;
	return 0;
}

/* HH:MM, HH:MM:SS or HH:MM:SS.fraction: 0 or -1.  60 is a leap second. */
static int
parse_clock(const char **p, struct parts *t, int want_seconds)
{
	uint32_t unit = 100000000;
	int hour, min, sec = 0;

	if ((hour = digits(p, 2)) < 0 || hour > 23 || !take(p, ":") ||
	    (min = digits(p, 2)) < 0 || min > 59)
		return -1;
	if (take(p, ":")) {
		if ((sec = digits(p, 2)) < 0 || sec > 60)
			return -1;
		if (take(p, ".")) {
			if (**p < '0' || **p > '9')
				return -1;
			for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
				t->nsec += (uint32_t)(**p - '0') * unit;
		}
	} else if (want_seconds) {
		return -1;
	}
	t->tm.tm_hour = hour;
	t->tm.tm_min = min;
	t->tm.tm_sec = sec;
	t->has_clock = 1;
	return 0;
}

/* Z or +HH:MM: 0 or -1. */
static int
parse_zone(const char **p, struct parts *t)
{
	int east = **p == '+', hours, minutes;

	t->has_zone = 1;
	if (take(p, "Zz"))
		return 0;
	if (!take(p, "+-") || (hours = digits(p, 2)) < 0 || hours > 23 ||
	    !take(p, ":") || (minutes = digits(p, 2)) < 0 || minutes > 59)
		return -1;
	t->offset = INT64_C(60) * (hours * 60 + minutes) * (east ? 1 : -1);
	return 0;
}

static int64_t
instant_of(const struct parts *t)
{
	struct tm tm = t->tm;
	int64_t us;

	us = t->has_zone ? (timegm(&tm) - t->offset) * SPAN_SECOND :
	    time_of_tm(&tm);
	return us + t->nsec / 1000;
}

int
time_parse_rfc3339(const char *s, int64_t *us, uint32_t *nsec, struct err *e)
{
	struct parts t = {0};
	const char *p = s;
	char q[QUOTE_SIZE];

	if (parse_date(&p, &t) < 0 || !take(&p, "Tt ") ||
	    parse_clock(&p, &t, 1) < 0 || parse_zone(&p, &t) < 0 || *p != '\0')
		return err_set(e, ERR_USAGE, "%s is no time as in "
		    "'2026-11-22T01:00:00+01:00'", quote_to(q, sizeof(q), s));
	*us = instant_of(&t);
	if (nsec != NULL)
		*nsec = t.nsec;
	return 0;
}

/* today and its neighbours, or a date: 0 or -1. */
static int
parse_day(const char **p, int64_t now, struct parts *t)
{
	static const struct { const char *word; int days; } words[] = {
		{ "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 },
	};
	struct tm today;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(words[i].word);
		if (strncasecmp(*p, words[i].word, n) != 0)
			continue;
		time_to_tm(now, &today);
		t->tm.tm_year = today.tm_year;
		t->tm.tm_mon = today.tm_mon;
		t->tm.tm_mday = today.tm_mday + words[i].days;
		*p += n;
		return 0;
	}
	return parse_date(p, t);
}

/* A day, a day and a time, or a time: 0 or -1. */
static int
parse_calendar(const char *p, int64_t now, int64_t *us)
{
	struct parts t = {0};
	const char *start = p, *word = "today";

	if (parse_day(&p, now, &t) == 0) {
		if (*p == '\0') {
			*us = instant_of(&t);
			return 0;
		}
		if (!take(&p, "Tt "))
			return -1;
	} else {
		p = start;
		t = (struct parts){0};
		if (parse_day(&word, now, &t) < 0)
			return -1;
	}
	if (parse_clock(&p, &t, 0) < 0)
		return -1;
	if (*p != '\0' && t.has_date && parse_zone(&p, &t) < 0)
		return -1;
	if (*p != '\0')
		return -1;
	*us = instant_of(&t);
	return 0;
}

/* "3 days ago": 0, or -1. */
static int
parse_ago(const char *s, int64_t now, int64_t *us)
{
	size_t len = strlen(s);
	char *span CLEAN_FREE = NULL;
	int64_t length;

	if (len < 4 || strcasecmp(s + len - 4, " ago") != 0)
		return -1;
	span = xstrndup(s, len - 4);
	if (span_parse(span, &length, NULL) < 0 ||
	    __builtin_sub_overflow(now, length, us))
		return -1;
	return 0;
}

/* "@1795305600", "@1795305600.25": 0, or -1. */
static int
parse_epoch(const char *s, int64_t *us)
{
	struct decimal d;
	uint64_t n;

	if (*s++ != '@' || decimal_parse(&s, &d) < 0 || *s != '\0' ||
	    decimal_times(&d, (uint64_t)SPAN_SECOND, &n) < 0 || n > INT64_MAX)
		return -1;
	*us = (int64_t)n;
	return 0;
}

int
time_parse_user(const char *s, int64_t now, int64_t *us, struct err *e)
{
	char q[QUOTE_SIZE];

	if (strcasecmp(s, "now") == 0) {
		*us = now;
		return 0;
	}
	if (parse_epoch(s, us) == 0 || parse_ago(s, now, us) == 0 ||
	    parse_calendar(s, now, us) == 0)
		return 0;
	return err_set(e, ERR_USAGE, "%s is no time: write it as in "
	    "'2026-11-22 01:00', 'yesterday' or '3 days ago'",
	    quote_to(q, sizeof(q), s));
}
