/*
 * fn_time.c -- times, dates, times of day and what lies between them, as
 * Python's datetime has them.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rules/expr/expr_impl.h"
#include "util/civil.h"
#include "zone/zone.h"

#define SECOND	INT64_C(1000000000)
#define DAY	(86400 * SECOND)
#define FORMAT_MAX	200	/* bytes of strftime's pattern */

static void
calendar_of_zone(const struct zone *z, time_t s, struct tm *tm)
{
	struct zone_local l = zone_at(z, s);

	s += l.offset;
	if (gmtime_r(&s, tm) == NULL)
		memset(tm, 0, sizeof(*tm));
	tm->tm_isdst = l.dst;
	tm->tm_gmtoff = l.offset;
	tm->tm_zone = l.abbr;
}

/* Its calendar, in local time, UTC, or a zone; *rest is what is below a second. */
static void
calendar(const struct expr_value *v, struct tm *tm, int64_t *rest)
{
	time_t s = (time_t)floor_div(v->n, SECOND);
	struct civil c;

	*rest = floor_mod(v->n, SECOND);
	memset(tm, 0, sizeof(*tm));
	if (v->type == EXPR_TIME && !v->utc && v->zone != NULL) {
		calendar_of_zone(v->zone, s, tm);
		return;
	}
	if (v->type == EXPR_TIME) {
		if ((v->utc ? gmtime_r(&s, tm) : localtime_r(&s, tm)) == NULL)
			memset(tm, 0, sizeof(*tm));
		return;
	}
	if (v->type == EXPR_DATE) {
		*rest = 0;
		c = civil_date(v->n < -1000000000 ? -1000000000 :
		    v->n > 700000000 ? 700000000 : v->n);
		tm->tm_year = (int)(c.year - 1900);
		tm->tm_mon = c.month - 1;
		tm->tm_mday = c.day;
		tm->tm_wday = (civil_weekday(v->n) + 1) % 7;
		tm->tm_yday = (int)(v->n - civil_days(c.year, 1, 1));
		return;
	}
	tm->tm_mday = 1;
	tm->tm_wday = 1;		/* 1900-01-01, as Python says */
	tm->tm_hour = (int)(s / 3600);
	tm->tm_min = (int)(s / 60 % 60);
	tm->tm_sec = (int)(s % 60);
}

static void
print_offset(const struct expr_value *v, const struct tm *tm, struct buf *out)
{
	long off = v->utc ? 0 : tm->tm_gmtoff;

	if (v->aware)
		buf_addf(out, "%c%02ld:%02ld", off < 0 ? '-' : '+',
		    (off < 0 ? -off : off) / 3600,
		    (off < 0 ? -off : off) / 60 % 60);
}

/* "2 days, 1:02:03.000004" */
static void
print_span(const struct expr_value *v, struct buf *out)
{
	int64_t days = floor_div(v->n, DAY), rest = floor_mod(v->n, DAY);
	int64_t s = rest / SECOND;

	if (days != 0)
		buf_addf(out, "%lld day%s, ", (long long)days,
		    days == 1 || days == -1 ? "" : "s");
	buf_addf(out, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
	    (int)(s % 60));
	if (rest % SECOND / 1000 > 0)
		buf_addf(out, ".%06d", (int)(rest % SECOND / 1000));
}

static void
print_iso(const struct expr_value *v, char between, struct buf *out)
{
	struct tm tm;
	int64_t rest;

	calendar(v, &tm, &rest);
	if (v->type != EXPR_CLOCK)
		buf_addf(out, "%04ld-%02d-%02d", tm.tm_year + 1900L,
		    tm.tm_mon + 1, tm.tm_mday);
	if (v->type == EXPR_DATE)
		return;
	if (v->type != EXPR_CLOCK)
		buf_addc(out, between);
	buf_addf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (rest / 1000 > 0)
		buf_addf(out, ".%06d", (int)(rest / 1000));
	if (v->type == EXPR_TIME)
		print_offset(v, &tm, out);
}

void
expr_time_print(const struct expr_value *v, struct buf *out)
{
	if (v->type == EXPR_SPAN)
		print_span(v, out);
	else
		print_iso(v, ' ', out);
}

/* ---- attributes ---- */

#define FN(name) \
	static int \
	name(struct expr_run *run, const struct expr_value *self, \
	    const struct expr_value *arg, struct expr_value *out)

#define FIELD(name, value) \
	FN(name) \
	{ \
		struct tm tm; \
		int64_t rest; \
		(void)run, (void)arg; \
		calendar(self, &tm, &rest); \
		*out = expr_int(value); \
		return 0; \
	}

FIELD(year, tm.tm_year + 1900)
FIELD(month, tm.tm_mon + 1)
FIELD(day, tm.tm_mday)
FIELD(hour, tm.tm_hour)
FIELD(minute, tm.tm_min)
FIELD(second, tm.tm_sec)
FIELD(microsecond, rest / 1000)
FIELD(weekday, (tm.tm_wday + 6) % 7)
FIELD(isoweekday, (tm.tm_wday + 6) % 7 + 1)

FN(span_days)
{
	(void)run, (void)arg;
	*out = expr_int(floor_div(self->n, DAY));
	return 0;
}

FN(span_seconds)
{
	(void)run, (void)arg;
	*out = expr_int(floor_mod(self->n, DAY) / SECOND);
	return 0;
}

FN(span_microseconds)
{
	(void)run, (void)arg;
	*out = expr_int(floor_mod(self->n, SECOND) / 1000);
	return 0;
}

/* ---- methods ---- */

FN(total_seconds)
{
	(void)run, (void)arg;
	*out = expr_float((double)floor_div(self->n, 1000) / 1e6);
	return 0;
}

FN(timestamp)
{
	(void)run, (void)arg;
	*out = expr_float((double)floor_div(self->n, 1000) / 1e6);
	return 0;
}

FN(date)
{
	struct tm tm;
	int64_t rest;

	(void)run, (void)arg;
	calendar(self, &tm, &rest);
	*out = (struct expr_value){ .type = EXPR_DATE, .n = civil_days(
	    tm.tm_year + INT64_C(1900), tm.tm_mon + 1, tm.tm_mday) };
	return 0;
}

FN(clock_)
{
	struct tm tm;
	int64_t rest;

	(void)run, (void)arg;
	calendar(self, &tm, &rest);
	*out = (struct expr_value){ .type = EXPR_CLOCK, .n = ((tm.tm_hour *
	    INT64_C(60) + tm.tm_min) * 60 + tm.tm_sec) * SECOND + rest };
	return 0;
}

FN(isoformat)
{
	size_t start = run->scratch.len;

	(void)arg;
	print_iso(self, 'T', &run->scratch);
	return run_scratch(run, start, out);
}

/* The pattern, with Python's %f filled in, and a '|' so that an empty result
 * is no failure. */
static int
pattern(struct expr_run *run, const struct expr_value *v, int64_t rest,
    char out[6 * FORMAT_MAX + 2])
{
	char *to = out;

	if (v->len > FORMAT_MAX)
		return expr_fail(run, "a date's format can have at most %d "
		    "bytes", FORMAT_MAX);
	for (const char *p = v->s, *end = p + v->len; p < end; p++) {
		if (p + 1 < end && p[0] == '%' && p[1] == 'f') {
			to += snprintf(to, 7, "%06d", (int)(rest / 1000));
			p++;
			continue;
		}
		*to++ = *p;
		if (p[0] == '%' && p + 1 < end)
			*to++ = *++p;
	}
	*to++ = '|';
	*to = '\0';
	return 0;
}

FN(strftime_)
{
	char format[6 * FORMAT_MAX + 2], text[4096];
	struct tm tm;
	int64_t rest;
	size_t n;

	calendar(self, &tm, &rest);
	if (!is_text(&arg[0]))
		return expr_fail(run, "a date's format must be a text");
	if (pattern(run, &arg[0], rest, format) < 0)
		return -1;
	n = strftime_l(text, sizeof(text), format, &tm, run->posix);
	if (n == 0)
		return expr_fail(run, "the date's format makes a text that is "
		    "too long");
	if (expr_keep(run, text, n - 1, out) < 0)
		return -1;
	out->from = arg[0].from;
	return 0;
}

FN(ctime_)
{
	struct expr_value format = { .type = EXPR_TEXT,
	    .from = EXPR_WRITTEN, .s = "%a %b %e %H:%M:%S %Y", .len = 20 };

	(void)arg;
	return strftime_(run, self, &format, out);
}

#define TIME	BIT(EXPR_TIME)
#define DATES	(BIT(EXPR_TIME) | BIT(EXPR_DATE))
#define CLOCKS	(BIT(EXPR_TIME) | BIT(EXPR_CLOCK))
#define ALL	(DATES | BIT(EXPR_CLOCK))
#define SPAN	BIT(EXPR_SPAN)

const struct expr_fn expr_time_attributes[] = {
	{ "year", DATES, EXPR_INT, 0, 0, "", year },
	{ "month", DATES, EXPR_INT, 0, 0, "", month },
	{ "day", DATES, EXPR_INT, 0, 0, "", day },
	{ "hour", CLOCKS, EXPR_INT, 0, 0, "", hour },
	{ "minute", CLOCKS, EXPR_INT, 0, 0, "", minute },
	{ "second", CLOCKS, EXPR_INT, 0, 0, "", second },
	{ "microsecond", CLOCKS, EXPR_INT, 0, 0, "", microsecond },
	{ "days", SPAN, EXPR_INT, 0, 0, "", span_days },
	{ "seconds", SPAN, EXPR_INT, 0, 0, "", span_seconds },
	{ "microseconds", SPAN, EXPR_INT, 0, 0, "", span_microseconds },
	{ 0 },
};

const struct expr_fn expr_time_methods[] = {
	{ "strftime", ALL, EXPR_TEXT, 1, 1, "format", strftime_ },
	{ "isoformat", ALL, EXPR_TEXT, 0, 0, "", isoformat },
	{ "ctime", DATES, EXPR_TEXT, 0, 0, "", ctime_ },
	{ "timestamp", TIME, EXPR_FLOAT, 0, 0, "", timestamp },
	{ "date", TIME, EXPR_DATE, 0, 0, "", date },
	{ "time", TIME, EXPR_CLOCK, 0, 0, "", clock_ },
	{ "weekday", DATES, EXPR_INT, 0, 0, "", weekday },
	{ "isoweekday", DATES, EXPR_INT, 0, 0, "", isoweekday },
	{ "total_seconds", SPAN, EXPR_FLOAT, 0, 0, "", total_seconds },
	{ 0 },
};
