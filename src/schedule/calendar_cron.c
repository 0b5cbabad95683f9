/*
 * calendar_cron.c -- a line of a crontab(5), without its command.
 *
 *	MINUTE HOUR DAY MONTH WEEKDAY		0 1 * * mon-fri
 *
 * A field is a list of a, a-b, a-b/n, a star, or a star with /n; months and
 * weekdays have names; 0 and 7 are Sunday.  If both day fields are restricted
 * (neither begins with a star) either may match: that makes two patterns.
 * With one of them beginning with a star both must, as in the cron of Debian.
 *
 * Not taken are the forms that crons read differently: `5/15` (only 5 in some,
 * 5-59/15 in others) and ranges that run backwards, but for weekdays.
 * Changes of the clock are treated as everywhere here (calendar.h).
 */
#include <ctype.h>
#include <string.h>

#include "schedule/calendar.h"
#include "schedule/calendar_impl.h"
#include "schedule/calendar_words.h"

#define CRON_FIELDS	5

struct cron_field {
	const char	*name;
	int		 first, last;
	int		 (*named)(const char *name, size_t len);
	int		 base;		/* the number of the first name */
};

static int
cron_weekday(const char *name, size_t len)
{
	int day = weekday_of(name, len);

	return day < 0 ? -1 : (day + 1) % 7;
}

static const struct cron_field fields[CRON_FIELDS] = {
	{ "minutes", 0, 59, NULL, 0 },
	{ "hours", 0, 23, NULL, 0 },
	{ "days", 1, 31, NULL, 0 },
	{ "months", 1, 12, month_of, 1 },
	{ "weekdays", 0, 7, cron_weekday, 0 },
};

/* A field's values as bits, and whether it begins with a star. */
struct cron_set {
	uint64_t	bits;
	int		star;
};

static int
bad_value(struct scan *s, const char *at, const struct cron_field *f)
{
	char word[SCAN_WORD_MAX];

	return scan_fail(s, at, "\"%s\" where %s from %d to %d%s were expected",
	    scan_word(at, word), f->name, f->first, f->last,
	    f->named != NULL ? ", or their names," : "");
}

static int
parse_value(struct scan *s, const struct cron_field *f, int *out)
{
	const char *at = s->p;
	size_t letters = 0;
	int v = 0;

	while (isalpha((unsigned char)at[letters]))
		letters++;
	if (letters > 0) {
		v = f->named != NULL ? f->named(at, letters) : -1;
		if (v < 0)
			return bad_value(s, at, f);
		s->p += letters;
		*out = v + f->base;
		return 0;
	}
	if (!isdigit((unsigned char)*at))
		return bad_value(s, at, f);
	for (; isdigit((unsigned char)*s->p) && v < 100; s->p++)
		v = v * 10 + *s->p - '0';
	if (v < f->first || v > f->last)
		return bad_value(s, at, f);
	*out = v;
	return 0;
}

static int
parse_step(struct scan *s, const struct cron_field *f, int *step)
{
	const char *at = ++s->p;
	int v = 0;

	for (; isdigit((unsigned char)*s->p) && v < 100; s->p++)
		v = v * 10 + *s->p - '0';
	if (s->p == at || v == 0 || v > f->last)
		return scan_fail(s, at, "a step of %s goes from 1 to %d",
		    f->name, f->last);
	*step = v;
	return 0;
}

static void
add_range(struct cron_set *set, int from, int to, int step)
{
	for (; from <= to; from += step)
		set->bits |= UINT64_C(1) << from;
}

/* *, a, a-b, and steps of the first and the last. */
static int
parse_range(struct scan *s, const struct cron_field *f, struct cron_set *set)
{
	const char *at = s->p;
	int from = f->first, to = f->last, step = 1;

	if (*s->p == '*') {
		s->p++;
		to -= f->last == 7;	/* 7 is 0 again */
	} else {
		if (parse_value(s, f, &from) < 0)
			return -1;
		to = from;
		if (*s->p == '/')
			return scan_fail(s, at, "crons disagree on a step "
			    "without a range; write %d-%d/%.2s", from, f->last,
			    s->p + 1);
		if (*s->p == '-') {
			s->p++;
			if (parse_value(s, f, &to) < 0)
				return -1;
		}
		if (to < from && f->last == 7)
			to += 7;	/* fri-mon, sat-sun: the week is round */
		if (to < from)
			return scan_fail(s, at, "the range runs backwards");
	}
	if (*s->p == '/' && parse_step(s, f, &step) < 0)
		return -1;
	add_range(set, from, to, step);
	return 0;
}

static int
parse_field(struct scan *s, const struct cron_field *f, struct cron_set *set)
{
	set->star = *s->p == '*';
	for (;;) {
		if (parse_range(s, f, set) < 0)
			return -1;
		if (*s->p != ',')
			break;
		s->p++;
	}
	if (*s->p != '\0' && *s->p != ' ' && *s->p != '\t')
		return bad_value(s, s->p, f);
	s->p += strspn(s->p, " \t");
	return 0;
}

/* Bits as a chain; all of them are an empty one. */
static void
set_field(struct calendar *c, struct chain *ch, uint64_t bits,
    const struct cron_field *f)
{
	struct part part[64];
	size_t n = 0;
	int v, full = 1;

	for (v = f->first; v <= f->last; v++) {
		if (bits >> v & 1)
			part[n++] = (struct part){ v, -1, 0, 0 };
		else
			full = 0;
	}
	if (!full)
		chain_set(c, ch, part, n);
}

/* Cron's weekdays, 0 and 7 Sunday, and up to 13 from round ranges. */
static unsigned
weekday_bits(uint64_t bits)
{
	unsigned days = 0;
	int v;

	for (v = 0; v <= 13; v++)
		if (bits >> v & 1)
			days |= 1u << (v + 6) % 7;
	return days == WEEKDAYS_ALL ? 0 : days;
}

static void
add_patterns(struct calendar *c, const struct cron_set set[CRON_FIELDS])
{
	struct pattern p = {0};
	struct chain none = {0};
	unsigned days = weekday_bits(set[4].bits);

	set_field(c, &p.field[MINUTE], set[0].bits, &fields[0]);
	set_field(c, &p.field[HOUR], set[1].bits, &fields[1]);
	set_field(c, &p.field[DAY], set[2].bits, &fields[2]);
	set_field(c, &p.field[MONTH], set[3].bits, &fields[3]);
	chain_one(c, &p.field[SECOND], 0);
	if (set[2].star || set[4].star) {
		p.weekdays = days;
		*pattern_add(c) = p;
		return;
	}
	*pattern_add(c) = p;
	p.field[DAY] = none;
	p.weekdays = days;
	*pattern_add(c) = p;
}

static int
parse_nickname(struct scan *s)
{
	static const struct { const char *name, *text; } nicknames[] = {
		{ "@yearly", "yearly" }, { "@annually", "yearly" },
		{ "@monthly", "monthly" }, { "@weekly", "Sun *-*-* 00:00:00" },
		{ "@daily", "daily" }, { "@midnight", "daily" },
		{ "@hourly", "hourly" },
	};
	size_t i;

	for (i = 0; i < sizeof(nicknames) / sizeof(*nicknames); i++) {
		if (strcasecmp(s->p, nicknames[i].name) != 0)
			continue;
		s->p = s->text = nicknames[i].text;
		return systemd_parse(s);
	}
	if (strcasecmp(s->p, "@reboot") == 0)
		return scan_fail(s, s->p, "@reboot is no time; expected one of "
		    "@hourly, @daily, @weekly, @monthly, @yearly");
	return scan_fail(s, s->p, "expected one of @hourly, @daily, "
	    "@midnight, @weekly, @monthly, @yearly, or @ and seconds");
}

static int
count_check(struct scan *s)
{
	const char *p = s->p;
	int n = 0;

	for (; *p != '\0'; p += strcspn(p, " \t"), p += strspn(p, " \t"))
		if (++n > CRON_FIELDS)
			break;
	if (n == CRON_FIELDS)
		return 0;
	return scan_fail(s, p, "a cron line has five fields (minute, hour, day, "
	    "month, weekday); %s", n < CRON_FIELDS ? "some are missing" :
	    "this is one more");
}

int
cron_parse(struct scan *s)
{
	struct cron_set set[CRON_FIELDS] = {{0}};
	int i;

	if (*s->p == '@')
		return parse_nickname(s);
	if (count_check(s) < 0)
		return -1;
	for (i = 0; i < CRON_FIELDS; i++)
		if (parse_field(s, &fields[i], &set[i]) < 0)
			return -1;
	add_patterns(s->c, set);
	return 0;
}
