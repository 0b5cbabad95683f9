#include <string.h>
#include <time.h>

#include "rules/age.h"
#include "rules/reader.h"
#include "util/civil.h"
#include "util/err.h"
#include "util/time.h"
#include "zone/zone.h"

#define EARLIEST	(INT64_C(1700) * 12)	/* in months; before it no dates */

#define SECOND	INT64_C(1000000000)
#define MOST	100000		/* of any unit: enough for all of history */

static int
read_amounts(struct age *a, const struct conf_node *map, struct rule_reader *r)
{
	const struct { const char *key; int64_t *to; } units[] = {
		{ "years", &a->years }, { "months", &a->months },
		{ "weeks", &a->weeks }, { "days", &a->days },
		{ "hours", &a->hours }, { "minutes", &a->minutes },
		{ "seconds", &a->seconds },
	};
	CLEAN_BUF struct buf said = {0};
	int rc = 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const struct conf_node *n = conf_get(map, units[i].key);
		int64_t v = 0;

		if (conf_int(n, 0, i < 4 ? MOST : (int64_t)MOST * 100000, &v,
		    r->f) < 0)
			rc = -1;
		*units[i].to = v;
		if (v == 0)
			continue;
		a->asked = 1;
		buf_addf(&said, "%s%lld %.*s", said.len > 0 ? " " : "",
		    (long long)v, (int)(strlen(units[i].key) - (v == 1)),
		    units[i].key);
	}
	a->said = arena_str(r->arena, buf_str(&said));
	return rc;
}

static enum subject_time
which(const char *filter)
{
	return strstr(filter, "created") != NULL ? TIME_CREATED :
	    strstr(filter, "modified") != NULL ? TIME_MODIFIED :
	    strstr(filter, "added") != NULL ? TIME_ADDED : TIME_USED;
}

/* A name of the IANA's; "utc" is understood where no zones are installed, too. */
static int
read_zone(struct age *a, const struct conf_node *n, struct rule_reader *r)
{
	const char *name = NULL;
	struct err e = {0};
	int rc = conf_str(n, &name, r->f);

	if (rc != 1 || strcmp(name, "local") == 0)
		return rc < 0 ? -1 : 0;
	if ((strcasecmp(name, "utc") == 0 ? zone_rule("UTC0", &a->zone, &e) :
	    zone_load(name, &a->zone, &e)) == 0)
		return 0;
	conf_expected(conf_fault(r->f, &n->at, "%s", e.text),
	    "local, utc, or a zone such as Europe/Berlin");
	return -1;
}

int
age_read(struct age *a, const char *filter, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "years", "months", "weeks", "days",
	    "hours", "minutes", "seconds", "mode", "timezone", NULL };
	static const char *const modes[] = { "older", "newer", NULL };
	struct conf_keys keys = { .what = filter, .known = known };

	a->said = "";
	if (value == NULL)
		return 0;
	if (conf_map_check(value, &keys, r->f) < 0)
		return -1;
	if (read_zone(a, conf_get(value, "timezone"), r) < 0)
		return -1;
	if (a->zone != NULL)
		r->zones[which(filter)] = a->zone;
	if (conf_enum(conf_get(value, "mode"), modes, NULL, &a->newer,
	    r->f) < 0)
		return -1;
	return read_amounts(a, value, r);
}

void
age_fini(void *age)
{
	zone_free(((struct age *)age)->zone);
}

static int
days_of(int year, int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
	    30, 31, 30, 31 };
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 1 && leap);
}

static void
calendar(const struct zone *z, int64_t us, struct tm *tm)
{
	time_t wall = (time_t)floor_div(us, SECOND_US);

	if (z == NULL) {
		time_to_tm(us, tm);
		return;
	}
	wall += zone_at(z, wall).offset;
	if (gmtime_r(&wall, tm) == NULL)
		memset(tm, 0, sizeof(*tm));
}

/* As time_of_tm: what the clock skips is as much later as it skips. */
static int64_t
instant(const struct zone *z, struct tm *tm)
{
	int64_t wall, s;

	if (z == NULL)
		return time_of_tm(tm);
	wall = timegm(tm);
	if (!zone_instant(z, wall, wall - INT64_C(2) * DAY_SECONDS, -1, &s))
		s = wall - zone_at(z, s == INT64_MAX ? wall : s - 1).offset;
	return s * SECOND_US;
}

void
age_begin(struct age *a, int64_t now)
{
	int64_t us = now / 1000, rest = now % 1000, months, year;
	struct tm tm;

	calendar(a->zone, us, &tm);
	months = (tm.tm_year + INT64_C(1900)) * 12 + tm.tm_mon -
	    a->years * 12 - a->months;
	if (months < EARLIEST)
		months = EARLIEST;
	year = months / 12;
	tm.tm_year = (int)(year - 1900);
	tm.tm_mon = (int)(months % 12);
	if (tm.tm_mday > days_of((int)year, tm.tm_mon))
		tm.tm_mday = days_of((int)year, tm.tm_mon);
	tm.tm_mday -= (int)(a->weeks * 7 + a->days);
	if (a->years + a->months + a->weeks + a->days > 0)
		us = instant(a->zone, &tm) + us % 1000000;
	us -= (a->hours * 3600 + a->minutes * 60 + a->seconds) * 1000000;
	if (__builtin_mul_overflow(us, 1000, &a->limit))
		a->limit = us < 0 ? INT64_MIN : INT64_MAX;
	else
		a->limit += rest;
}

int
age_match(const struct age *a, int64_t time)
{
	return !a->asked || (a->newer ? time > a->limit : time < a->limit);
}

int
age_meet(const void *a, int not_a, const void *b, int not_b)
{
	struct age x = *(const struct age *)a, y = *(const struct age *)b;
	const int64_t now = INT64_C(1750000000) * 1000000000;
	int newer_x, newer_y;

	if (!x.asked || !y.asked)
		return (x.asked || !not_a) && (y.asked || !not_b);
	age_begin(&x, now);
	age_begin(&y, now);
	newer_x = (x.newer != 0) != not_a;
	newer_y = (y.newer != 0) != not_b;
	if (newer_x == newer_y)
		return 1;
	return newer_x ? x.limit < y.limit : y.limit < x.limit;
}

void
age_say(const struct age *a, const char *filter, int64_t time, int matched,
    int detail, struct buf *out)
{
	buf_addf(out, "%s is ", filter);
	if (detail) {
		time_local(out, time / 1000);
		buf_adds(out, ", ");
	}
	if (!a->asked)
		buf_adds(out, "any");
	else
		buf_addf(out, "%s%s than %s", matched ? "" : "not ",
		    a->newer ? "newer" : "older", a->said);
}
