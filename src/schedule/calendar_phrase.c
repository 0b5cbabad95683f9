/*
 * calendar_phrase.c -- from what was said to patterns.
 *
 * A step that divides its clock evenly becomes systemd's own repetition
 * ("every 15 minutes" is *:00/15, "every 2 hours" 00/2:00); any other is
 * counted from midnight, so that it is the same every day.  "every 2 days"
 * and "every 2 weeks" count from 1970-01-01, so that they run on through the
 * ends of months.
 */
#include <string.h>

#include "schedule/calendar_impl.h"
#include "schedule/calendar_phrase.h"

#define EVERY_DAYS_MAX	366
#define EVERY_WEEKS_MAX	52

static int
is_step(enum unit unit)
{
	return unit >= UNIT_SECOND && unit <= UNIT_HOUR;
}

static int
check_day(struct scan *s, const struct phrase *ph)
{
	if (ph->weekdays_at != NULL || ph->days_at != NULL)
		return scan_fail(s, ph->weekdays_at != NULL ? ph->weekdays_at :
		    ph->days_at, "\"every day\" leaves no days to choose; "
		    "leave one of the two out");
	if (ph->count > EVERY_DAYS_MAX)
		return scan_fail(s, ph->unit_at, "at most every %d days",
		    EVERY_DAYS_MAX);
	return 0;
}

static int
check_week(struct scan *s, const struct phrase *ph)
{
	if (ph->days_at != NULL || ph->nth != 0)
		return scan_fail(s, ph->days_at != NULL ? ph->days_at :
		    ph->weekdays_at, "a week has only weekdays, such as "
		    "\"on monday\"");
	if (ph->count > EVERY_WEEKS_MAX)
		return scan_fail(s, ph->unit_at, "at most every %d weeks",
		    EVERY_WEEKS_MAX);
	return 0;
}

static int
check_month(struct scan *s, const struct phrase *ph)
{
	if (ph->weekdays_at != NULL && ph->nth == 0)
		return scan_fail(s, ph->weekdays_at, "a month has several of "
		    "them; say which, such as \"the first monday\"");
	if (ph->unit != UNIT_YEAR && ph->months_at != NULL)
		return scan_fail(s, ph->months_at, "months are counted and "
		    "named; leave one of the two out");
	if (ph->unit == UNIT_MONTH && 12 % ph->count != 0)
		return scan_fail(s, ph->unit_at, "expected 1, 2, 3, 4, 6 or 12 "
		    "months, which divide the year");
	if (ph->unit != UNIT_MONTH && ph->count != 1)
		return scan_fail(s, ph->unit_at, "expected every single one "
		    "of these, or a number of months");
	return 0;
}

static int
check_step(struct scan *s, const struct phrase *ph)
{
	static const int seconds[] = { 0, 1, 60, 3600 };

	if (ph->times_at != NULL)
		return scan_fail(s, ph->times_at, "what comes several times a "
		    "day has no time of day; minutes past the hour are "
		    "\"at :15\"");
	if (ph->past_at != NULL &&
	    (ph->unit != UNIT_HOUR || 24 % ph->count != 0))
		return scan_fail(s, ph->past_at, "minutes past the hour need "
		    "hours that divide the day evenly");
	if ((int64_t)ph->count * seconds[ph->unit] > DAY_SECONDS)
		return scan_fail(s, ph->unit_at, "at most a day; expected a "
		    "number of days, such as \"every 2 days\"");
	return 0;
}

static int
check_bare(struct scan *s, const struct phrase *ph)
{
	if (ph->weekdays_at == NULL && ph->days_at == NULL &&
	    ph->months_at != NULL)
		return scan_fail(s, ph->months_at, "expected days as well, "
		    "such as \"every day in july\" or \"on july 1st\"");
	return 0;
}

static int
check(struct scan *s, const struct phrase *ph)
{
	if (ph->needs_of != NULL && !ph->of_month)
		return scan_fail(s, ph->needs_of, "this can mean two things; "
		    "add \"of the month\", or say \"every 2 weeks on ...\"");
	if (ph->weekdays_at != NULL && ph->days_at != NULL)
		return scan_fail(s, ph->days_at, "weekdays and days of the "
		    "month at once; write two schedules");
	if (!is_step(ph->unit) && ph->past_at != NULL)
		return scan_fail(s, ph->past_at, "minutes past the hour need "
		    "\"every hour\"");
	switch (ph->unit) {
	case UNIT_SECOND:
	case UNIT_MINUTE:
	case UNIT_HOUR:
		return check_step(s, ph);
	case UNIT_DAY:
		return check_day(s, ph);
	case UNIT_WEEK:
		return check_week(s, ph);
	case UNIT_MONTH:
	case UNIT_QUARTER:
	case UNIT_YEAR:
		return check_month(s, ph);
	default:
		return check_bare(s, ph);
	}
}

/* A list of the bits that are set. */
static void
set_bits(struct calendar *c, struct chain *ch, uint64_t bits)
{
	struct part part[64];
	size_t n = 0;
	int v;

	for (v = 0; v < 64; v++)
		if (bits >> v & 1)
			part[n++] = (struct part){ v, -1, 0, 0 };
	if (n > 0)
		chain_set(c, ch, part, n);
}

/* 0/n in a clock of that many; every single one is an empty chain. */
static void
set_repeat(struct calendar *c, struct chain *ch, int32_t n, int32_t unit,
    int32_t all)
{
	struct part part = { 0, -1, n * unit, 0 };

	if (n == all)
		chain_one(c, ch, 0);
	else if (n != 1 || unit != 1)
		chain_set(c, ch, &part, 1);
}

static void
set_step(struct calendar *c, struct pattern *p, const struct phrase *ph)
{
	static const int32_t seconds[] = { 0, 1, 60, 3600 };
	int32_t step = ph->count * seconds[ph->unit];

	chain_one(c, &p->field[SECOND], 0);
	if (DAY_SECONDS % step == 0 && step % 3600 == 0) {
		set_repeat(c, &p->field[HOUR], step / 3600, 1, 24);
		set_bits(c, &p->field[MINUTE], ph->past ? ph->past : 1);
	} else if (3600 % step == 0 && step % 60 == 0) {
		set_repeat(c, &p->field[MINUTE], step / 60, 1, 60);
	} else if (60 % step == 0) {
		set_repeat(c, &p->field[SECOND], step, SECOND_US, 60);
	} else {
		p->every_us = step * SECOND_US;
	}
}

/* The months, and the defaults that belong to a unit. */
static struct pattern
base_of(struct calendar *c, const struct phrase *ph)
{
	struct pattern p = { .weekdays = ph->weekdays };
	unsigned months = ph->months, m;

	if (ph->unit == UNIT_DAY)
		p.every_days = ph->count;
	if (ph->unit == UNIT_WEEK)
		p.every_weeks = ph->count;
	if (ph->unit == UNIT_WEEK && p.weekdays == 0)
		p.weekdays = 1;
	if (ph->unit == UNIT_QUARTER)
		months = 1u << 1 | 1u << 4 | 1u << 7 | 1u << 10;
	if (ph->unit == UNIT_YEAR && months == 0)
		months = 1u << 1;
	for (m = 1; ph->unit == UNIT_MONTH && ph->count > 1 && m <= 12;
	    m += (unsigned)ph->count)
		months |= 1u << m;
	if (p.weekdays == WEEKDAYS_ALL)
		p.weekdays = 0;
	set_bits(c, &p.field[MONTH], months);
	return p;
}

/* The times of day that share minute and second are one list of hours. */
static void
add_times(struct calendar *c, const struct phrase *ph, const struct pattern *p)
{
	uint64_t hours;
	struct pattern q;
	size_t i, j;
	int32_t rest;

	for (i = 0; i < ph->n_times; i++) {
		rest = ph->time[i] % 3600;
		hours = 0;
		for (j = 0; j < ph->n_times; j++) {
			if (ph->time[j] % 3600 != rest)
				continue;
			if (j < i)
				break;
			hours |= UINT64_C(1) << ph->time[j] / 3600;
		}
		if (j < ph->n_times)
			continue;	/* was in an earlier list */
		q = *p;
		set_bits(c, &q.field[HOUR], hours);
		chain_one(c, &q.field[MINUTE], rest / 60);
		chain_one(c, &q.field[SECOND],
		    rest % 60 * (int32_t)SECOND_US);
		*pattern_add(c) = q;
	}
}

static void
add_with_times(struct calendar *c, const struct phrase *ph, struct pattern p)
{
	int f;

	if (is_step(ph->unit)) {
		set_step(c, &p, ph);
		*pattern_add(c) = p;
	} else if (ph->n_times > 0) {
		add_times(c, ph, &p);
	} else {
		for (f = HOUR; f < FIELDS; f++)
			chain_one(c, &p.field[f], 0);
		*pattern_add(c) = p;
	}
}

/* The days of the month from its beginning: parts of a day field. */
static size_t
forward_days(const struct phrase *ph, struct part part[40])
{
	size_t n = 0;
	int k;

	for (k = 1; k <= 5; k++)
		if (ph->nth >> k & 1)
			part[n++] = (struct part){ 7 * k - 6,
			    k == 5 ? 31 : 7 * k, 1, 0 };
	for (k = 1; k <= 31; k++)
		if (ph->days >> k & 1)
			part[n++] = (struct part){ k, -1, 0, 0 };
	return n;
}

int
phrase_finish(struct scan *s, const struct phrase *ph)
{
	struct part part[40], end[2];
	struct pattern p, q;
	size_t n = 0, n_end = 0;

	if (check(s, ph) < 0)
		return -1;
	p = base_of(s->c, ph);
	n = forward_days(ph, part);
	if (ph->last_day)
		end[n_end++] = (struct part){ 1, -1, 0, 0 };
	if (ph->nth & 1)
		end[n_end++] = (struct part){ 7, -1, 1, 0 };
	if (n + n_end == 0 && ph->unit >= UNIT_MONTH)
		part[n++] = (struct part){ 1, -1, 0, 0 };
	if (n > 0 || n_end == 0) {
		q = p;
		if (n > 0)
			chain_set(s->c, &q.field[DAY], part, n);
		add_with_times(s->c, ph, q);
	}
	if (n_end > 0) {
		p.month_end = 1;
		chain_set(s->c, &p.field[DAY], end, n_end);
		add_with_times(s->c, ph, p);
	}
	return 0;
}
