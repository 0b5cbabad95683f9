#include <ctype.h>
#include <string.h>

#include "zone/zone_rule.h"
#include "util/civil.h"

#define HOURS_OFFSET	24	/* the most that an offset may have */
#define HOURS_CHANGE	167	/* a week less an hour: RFC 8536, 3.3.1 */

/* What POSIX leaves to the system: take the rule of the United States. */
#define DEFAULT_DATES	",M3.2.0,M11.1.0"

static int
parse_name(const char **p, char name[ZONE_ABBR_MAX])
{
	int quoted = **p == '<';
	const char *s = quoted ? ++*p : *p;
	size_t n;

	while (isalpha((unsigned char)**p) || (quoted && **p != '\0' &&
	    strchr("0123456789+-", **p) != NULL))
		++*p;
	n = (size_t)(*p - s);
	if (n < 3 || n >= ZONE_ABBR_MAX || (quoted && *(*p)++ != '>'))
		return -1;
	memcpy(name, s, n);
	name[n] = '\0';
	return 0;
}

/* A number of at most three digits. */
static int
parse_int(const char **p, int min, int max, int *out)
{
	int v = 0, digits;

	for (digits = 0; digits < 3 && isdigit((unsigned char)**p); digits++)
		v = v * 10 + *(*p)++ - '0';
	if (digits == 0 || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

/* [+-]hh[:mm[:ss]] */
static int
parse_span(const char **p, int max_hours, int32_t *out)
{
	int sign = **p == '-' ? -1 : 1, h, m = 0, s = 0;

	if (**p == '-' || **p == '+')
		++*p;
	if (parse_int(p, 0, max_hours, &h) < 0)
		return -1;
	if (**p == ':' && (++*p, parse_int(p, 0, 59, &m) < 0))
		return -1;
	if (**p == ':' && (++*p, parse_int(p, 0, 59, &s) < 0))
		return -1;
	*out = sign * (h * 3600 + m * 60 + s);
	return 0;
}

/* Mm.w.d | Jn | n, and [/time] */
static int
parse_date(const char **p, struct rule_date *d)
{
	int r;

	*d = (struct rule_date){ .kind = RULE_YEARDAY, .seconds = 2 * 3600 };
	if (**p == 'M') {
		d->kind = RULE_WEEKDAY;
		++*p;
		if (parse_int(p, 1, 12, &d->month) < 0 || *(*p)++ != '.' ||
		    parse_int(p, 1, 5, &d->week) < 0 || *(*p)++ != '.')
			return -1;
		r = parse_int(p, 0, 6, &d->day);
	} else if (**p == 'J') {
		d->kind = RULE_JULIAN;
		++*p;
		r = parse_int(p, 1, 365, &d->day);
	} else {
		r = parse_int(p, 0, 365, &d->day);
	}
	if (r == 0 && **p == '/') {
		++*p;
		r = parse_span(p, HOURS_CHANGE, &d->seconds);
	}
	return r;
}

int
zone_rule_parse(const char *text, struct zone_rule *r)
{
	const char *p = text;
	int32_t west;

	*r = (struct zone_rule){ .has_dst = 0 };
	if (parse_name(&p, r->name[0]) < 0 ||
	    parse_span(&p, HOURS_OFFSET, &west) < 0)
		return -1;
	r->offset[0] = -west;		/* POSIX counts to the west */
	if (*p == '\0')
		return 0;
	r->has_dst = 1;
	if (parse_name(&p, r->name[1]) < 0)
		return -1;
	west -= 3600;
	if (*p != '\0' && *p != ',' && parse_span(&p, HOURS_OFFSET, &west) < 0)
		return -1;
	r->offset[1] = -west;
	if (*p == '\0')
		p = DEFAULT_DATES;
	if (*p++ != ',' || parse_date(&p, &r->on) < 0 ||
	    *p++ != ',' || parse_date(&p, &r->off) < 0)
		return -1;
	return *p == '\0' ? 0 : -1;
}

/* The wall clock, in seconds, at which d comes in that year. */
static int64_t
date_wall(const struct rule_date *d, int64_t year)
{
	int64_t day = civil_days(year, 1, 1);
	int first, in_month;

	if (d->kind == RULE_JULIAN) {
		/* The leap day has no number: March begins with 60. */
		day += d->day - 1 + (d->day >= 60 && civil_leap(year));
	} else if (d->kind == RULE_YEARDAY) {
		day += d->day;
	} else {
		day = civil_days(year, d->month, 1);
		first = (civil_weekday(day) + 1) % 7;	/* 0 is Sunday */
		in_month = (d->day - first + 7) % 7 + (d->week - 1) * 7;
		while (in_month >= civil_month_days(year, d->month))
			in_month -= 7;
		day += in_month;
	}
	return day * DAY_SECONDS + d->seconds;
}

static int64_t
change_on(const struct zone_rule *r, int64_t year)
{
	return date_wall(&r->on, year) - r->offset[0];
}

static int64_t
change_off(const struct zone_rule *r, int64_t year)
{
	return date_wall(&r->off, year) - r->offset[1];
}

static int64_t
year_of(int64_t instant)
{
	return civil_date(floor_div(instant, DAY_SECONDS)).year;
}

/*
 * A date may lie up to a week outside its year, so two years back are looked
 * at: one of their changes is certainly past.  Where one year's daylight
 * saving ends in the very second the next one's begins, it does not end.
 */
int
zone_rule_dst(const struct zone_rule *r, int64_t instant)
{
	int64_t year, now, on = INT64_MIN, off = INT64_MIN;

	if (!r->has_dst)
		return 0;
	now = year_of(instant);
	for (year = now - 2; year <= now + 1; year++) {
		if (change_on(r, year) <= instant)
			on = change_on(r, year);
		if (change_off(r, year) <= instant)
			off = change_off(r, year);
	}
	return on >= off;
}

int
zone_rule_change(const struct zone_rule *r, int64_t after, int64_t *change)
{
	int64_t year, now, best = INT64_MAX, t[2];
	int i;

	if (!r->has_dst)
		return 0;
	now = year_of(after);
	for (year = now - 1; year <= now + 2; year++) {
		t[0] = change_on(r, year);
		t[1] = change_off(r, year);
		for (i = 0; i < 2; i++)
			if (t[i] > after && t[i] < best)
				best = t[i];
	}
	*change = best;
	return 1;
}
