/*
 * calendar_walk.c -- given now, when next?
 *
 * On the wall, without any zone, a pattern is simple: the next matching day,
 * then the next matching time in it.  Days are tried one after the other, but
 * years and months that do not match are leapt over; 230 years of days take
 * some milliseconds, so what never matches is found out by trying.
 *
 * The zone then says which instant that wall is.  If it is none, because the
 * clock leaps over it (or because only CET was wanted and this is summer), the
 * search goes on from what the wall shows after the next change of the clock.
 */
#include "schedule/calendar.h"
#include "schedule/calendar_impl.h"

static const int32_t field_last[] = {
	YEAR_LAST, 12, 31, 23, 59, 60 * SECOND_US - 1
};

/* The least match of one part at or after v, or -1. */
static int64_t
part_next(const struct part *part, int64_t v, int month_days)
{
	int64_t start = part->start, stop = part->stop, k;

	if (month_days > 0) {
		start = month_days + 1 - part->start;
		stop = -1;
		if (part->stop >= 0) {
			stop = start;
			start = month_days + 1 - part->stop;
		}
		if (start < 1)
			return -1;
	}
	if (start >= v)
		return start;
	if (part->repeat == 0)
		return -1;
	k = start + (v - start + part->repeat - 1) / part->repeat * part->repeat;
	return stop < 0 || k <= stop ? k : -1;
}

int64_t
chain_next(const struct chain *ch, int64_t v, int month_days)
{
	int64_t best = -1, k;
	size_t i;

	if (ch->n == 0)
		return v;
	for (i = 0; i < ch->n; i++) {
		k = part_next(&ch->part[i], v, month_days);
		if (k >= 0 && (best < 0 || k < best))
			best = k;
	}
	return best;
}

/* The same, within the field. */
static int64_t
field_next(const struct pattern *p, enum field f, int64_t v)
{
	int64_t k = chain_next(&p->field[f], v, 0);

	return k > field_last[f] ? -1 : k;
}

static int
day_matches(const struct pattern *p, int64_t day)
{
	if (p->weekdays != 0 && !(p->weekdays >> civil_weekday(day) & 1))
		return 0;
	if (p->every_days > 1 && floor_mod(day, p->every_days) != 0)
		return 0;
	/* Weeks begin with Monday; the first one held 1970-01-01, a Thursday. */
	return p->every_weeks <= 1 ||
	    floor_mod(floor_div(day + 3, 7), p->every_weeks) == 0;
}

/* The first matching day of a month, from d on: 1, or 0. */
static int
next_in_month(const struct pattern *p, int64_t year, int month, int64_t d,
    int64_t *day)
{
	int length = civil_month_days(year, month);
	int64_t first = civil_days(year, month, 1);

	for (;; d++) {
		d = chain_next(&p->field[DAY], d, p->month_end ? length : 0);
		if (d < 0 || d > length)
			return 0;
		if (day_matches(p, first + d - 1)) {
			*day = first + d - 1;
			return 1;
		}
	}
}

static int
next_day(const struct pattern *p, int64_t from, int64_t *day)
{
	struct civil c = civil_date(from);
	int64_t year, month = c.month, d = c.day;

	for (year = c.year; (year = field_next(p, YEAR, year)) >= 0; year++) {
		if (year != c.year)
			month = d = 1;
		for (; (month = field_next(p, MONTH, month)) >= 0; month++) {
			if (year != c.year || month != c.month)
				d = 1;
			if (next_in_month(p, year, (int)month, d, day))
				return 1;
		}
	}
	return 0;
}

/* The first matching time of day at or after t, or -1: microseconds. */
static int64_t
next_time(const struct pattern *p, int64_t t)
{
	int64_t minute_us = 60 * SECOND_US, h, m, s;
	int64_t from_h = t / (60 * minute_us), from_m = t / minute_us % 60;

	if (p->every_us > 0) {
		t = (t + p->every_us - 1) / p->every_us * p->every_us;
		return t < DAY_US ? t : -1;
	}
	for (h = from_h; (h = field_next(p, HOUR, h)) >= 0; h++) {
		m = h == from_h ? from_m : 0;
		for (; (m = field_next(p, MINUTE, m)) >= 0; m++) {
			s = h == from_h && m == from_m ? t % minute_us : 0;
			s = field_next(p, SECOND, s);
			if (s >= 0)
				return (h * 60 + m) * minute_us + s;
		}
	}
	return -1;
}

int
pattern_next(const struct pattern *p, int64_t wall, int64_t *next)
{
	int64_t from = floor_div(wall, DAY_US), t = floor_mod(wall, DAY_US), day;

	while (next_day(p, from, &day)) {
		t = next_time(p, day == from ? t : 0);
		if (t >= 0) {
			*next = day * DAY_US + t;
			return 1;
		}
		from = day + 1;
	}
	return 0;
}

/* The first instant of one pattern at or after now. */
static int
pattern_instant(const struct calendar *c, const struct pattern *p, int64_t now,
    int64_t *next)
{
	int64_t from = floor_div(now, SECOND_US), fraction, wall, instant;

	fraction = floor_mod(now, SECOND_US);
	for (;;) {
		wall = from + zone_at(c->zone, from).offset;
		if (!pattern_next(p, wall * SECOND_US + fraction, &wall))
			return 0;
		fraction = floor_mod(wall, SECOND_US);
		wall = floor_div(wall, SECOND_US);
		if (zone_instant(c->zone, wall, from, c->dst, &instant)) {
			*next = instant * SECOND_US + fraction;
			return 1;
		}
		if (instant == INT64_MAX)
			return 0;
		from = instant;
		fraction = 0;
	}
}

/* Years that do not fit into the arithmetic are beyond YEAR_LAST anyway. */
#define INSTANT_LAST	(INT64_C(7300000000) * SECOND_US)

int
calendar_next(const struct calendar *c, int64_t after_us, int64_t *next_us)
{
	int64_t now, t, best = INT64_MAX;
	size_t i;

	if (after_us > INSTANT_LAST)
		return 0;
	now = after_us < 0 ? 0 : after_us + 1;
	for (i = 0; i < c->n; i++)
		if (pattern_instant(c, &c->pattern[i], now, &t) && t < best)
			best = t;
	if (best == INT64_MAX)
		return 0;
	*next_us = best;
	return 1;
}

/* Halve the span in which the last one must lie, until it is the next. */
int
calendar_last(const struct calendar *c, int64_t floor_us, int64_t until_us,
    int64_t *last_us)
{
	int64_t low = floor_us < -1 ? -1 : floor_us, high = until_us, mid, t;

	if (!calendar_next(c, low, &t) || t > until_us)
		return 0;
	*last_us = low = t;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (calendar_next(c, mid, &t) && t <= until_us)
			*last_us = low = t;
		else
			high = mid;
	}
	return 1;
}
