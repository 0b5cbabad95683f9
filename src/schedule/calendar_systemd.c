/*
 * calendar_systemd.c -- the expressions of systemd.time(7).
 *
 *	[WEEKDAYS] [[YEAR-]MONTH-DAY] [HOUR:MINUTE[:SECOND]]
 *
 * A field is `*` or a list of parts a, a..b, a/n, a..b/n.  `~` for the last
 * `-` counts days from the month's end.  Without a date it is every day,
 * without a time midnight.  @SECONDS is an instant.
 */
#include <ctype.h>
#include <string.h>

#include "schedule/calendar.h"
#include "schedule/calendar_impl.h"
#include "schedule/calendar_words.h"

/* What may follow a part, apart from a comma. */
#define PART_ENDS	" -~:"

static int
unexpected(struct scan *s, const char *at, const char *expected)
{
	char word[SCAN_WORD_MAX];
	const char *near;

	at += strspn(at, " \t");
	near = words_near(at);
	if (*at == '\0')
		return scan_fail(s, at, "it ends where %s was expected",
		    expected);
	if (near != NULL)
		return scan_fail(s, at, "\"%s\" is no word here; "
		    "did you mean \"%s\"?", scan_word(at, word), near);
	return scan_fail(s, at, "\"%s\" stands where %s was expected",
	    scan_word(at, word), expected);
}

/* A number that fits, its fraction of at most a microsecond rounded. */
static int
parse_number(struct scan *s, int seconds, int32_t *out)
{
	int64_t v = 0, scale = SECOND_US;
	const char *at = s->p;

	if (!isdigit((unsigned char)*s->p))
		return unexpected(s, at, "a number");
	for (; isdigit((unsigned char)*s->p) && v <= INT32_MAX; s->p++)
		v = v * 10 + *s->p - '0';
	if (seconds)
		v *= SECOND_US;
	if (seconds && *s->p == '.' && s->p[1] != '.') {
		if (!isdigit((unsigned char)*++s->p))
			return unexpected(s, s->p, "the digits of a fraction");
		for (; scale > 1 && isdigit((unsigned char)*s->p); s->p++)
			v += (*s->p - '0') * (scale /= 10);
		v += *s->p >= '5' && *s->p <= '9';
		s->p += strspn(s->p, "0123456789");
	}
	if (v > INT32_MAX)
		return scan_fail(s, at, "too large a number");
	*out = (int32_t)v;
	return 0;
}

static int
parse_part(struct scan *s, int seconds, struct part *part)
{
	const char *at;

	*part = (struct part){ .stop = -1, .at = (int32_t)(s->p - s->text) };
	if (parse_number(s, seconds, &part->start) < 0)
		return -1;
	if (s->p[0] == '.' && s->p[1] == '.') {
		s->p += 2;
		if (parse_number(s, seconds, &part->stop) < 0)
			return -1;
		part->repeat = seconds ? SECOND_US : 1;
	}
	if (*s->p == '/') {
		at = ++s->p;
		if (parse_number(s, seconds, &part->repeat) < 0)
			return -1;
		if (part->repeat == 0)
			return scan_fail(s, at, "a step must be more than 0");
	} else if (seconds && part->stop >= 0 &&
	    part->stop - part->start < SECOND_US) {
		return scan_fail(s, s->text + part->at,
		    "a range of less than a second needs a step");
	}
	if (*s->p != '\0' && strchr("," PART_ENDS, *s->p) == NULL)
		return unexpected(s, s->p, "',', '..', '/' or the next field");
	return 0;
}

static int
parse_chain(struct scan *s, int seconds, struct chain *ch)
{
	struct part part[CHAIN_MAX];
	size_t n = 0;

	*ch = (struct chain){0};
	if (*s->p == '*') {
		s->p++;
		if (seconds) {
			part[0] = (struct part){ 0, -1, SECOND_US, 0 };
			chain_set(s->c, ch, part, 1);
		}
		return 0;
	}
	do {
		if (n == CHAIN_MAX)
			return scan_fail(s, s->p, "more than %d parts",
			    CHAIN_MAX);
		if (parse_part(s, seconds, &part[n++]) < 0)
			return -1;
	} while (*s->p == ',' && s->p++);
	chain_set(s->c, ch, part, n);
	return 0;
}

/* One weekday and the range it may end: bits are added to *days. */
static int
parse_weekday(struct scan *s, int *open, unsigned *days)
{
	size_t len = 0;
	int day, from;

	while (isalpha((unsigned char)s->p[len]))
		len++;
	day = weekday_of(s->p, len);
	if (day < 0 || (s->p[len] != '\0' && strchr("-., ", s->p[len]) == NULL))
		return unexpected(s, s->p, "a weekday");
	from = *open >= 0 ? *open : day;
	if (from > day)
		return scan_fail(s, s->p, "the range runs backwards; "
		    "the week begins with Mon");
	for (; from <= day; from++)
		*days |= 1u << from;
	s->p += len;
	if (*s->p != '.' && *s->p != '-') {
		*open = -1;
		return 0;
	}
	if (*open >= 0 || (*s->p == '.' && s->p[1] != '.'))
		return unexpected(s, s->p, "',' or the date");
	s->p += *s->p == '.' ? 2 : 1;
	*open = day;
	return 0;
}

static int
parse_weekdays(struct scan *s, struct pattern *p)
{
	int open = -1;

	if (!isalpha((unsigned char)*s->p))
		return 0;
	do {
		if (parse_weekday(s, &open, &p->weekdays) < 0)
			return -1;
		if (open < 0 && *s->p == ',')
			s->p++;
	} while (*s->p != '\0' && *s->p != ' ');
	if (open >= 0)
		return unexpected(s, s->p, "the range's last weekday");
	if (p->weekdays == WEEKDAYS_ALL)
		p->weekdays = 0;
	s->p += strspn(s->p, " ");
	return 0;
}

/* @SECONDS: an instant, always UTC. */
static int
parse_epoch(struct scan *s, struct pattern *p)
{
	const char *at = ++s->p;
	int64_t v = 0;
	struct civil date;
	struct zone *utc;
	int32_t part[FIELDS];
	int f;

	if (!isdigit((unsigned char)*s->p))
		return unexpected(s, at, "seconds since 1970");
	for (; isdigit((unsigned char)*s->p) && v < INT64_MAX / 100; s->p++)
		v = v * 10 + *s->p - '0';
	if (*s->p != '\0')
		return unexpected(s, s->p, "the end");
	date = civil_date(v / DAY_SECONDS);
	if (date.year > YEAR_LAST)
		return scan_fail(s, at, "that is after the year %d", YEAR_LAST);
	if (zone_load("UTC", &utc, s->e) < 0)
		return -1;
	zone_free(s->c->zone);
	s->c->zone = utc;
	s->c->suffix = "UTC";
	s->c->dst = -1;
	part[YEAR] = (int32_t)date.year;
	part[MONTH] = date.month;
	part[DAY] = date.day;
	part[HOUR] = (int32_t)(v / 3600 % 24);
	part[MINUTE] = (int32_t)(v / 60 % 60);
	part[SECOND] = (int32_t)(v % 60 * SECOND_US);
	for (f = 0; f < FIELDS; f++)
		chain_one(s->c, &p->field[f], part[f]);
	return 0;
}

/* '-' or '~' between the parts of a date. */
static int
parse_dash(struct scan *s, struct pattern *p)
{
	if (p->month_end || *s->p == '\0' || strchr("-~", *s->p) == NULL)
		return unexpected(s, s->p, p->month_end ?
		    "the time or the end" : "'-', '~' or ':'");
	p->month_end = *s->p++ == '~';
	return 0;
}

static int
at_end_of_date(struct scan *s)
{
	return *s->p == '\0' || *s->p == ' ';
}

/* A date, if one stands here and not a time. */
static int
parse_date(struct scan *s, struct pattern *p)
{
	const char *start = s->p;
	struct chain part[3];

	if (*s->p == '\0')
		return 0;
	if (parse_chain(s, 0, &part[0]) < 0)
		return -1;
	if (*s->p == '\0' || *s->p == ':') {
		s->p = start;
		return 0;
	}
	if (parse_dash(s, p) < 0 || parse_chain(s, 0, &part[1]) < 0)
		return -1;
	if (at_end_of_date(s)) {
		p->field[MONTH] = part[0];
		p->field[DAY] = part[1];
	} else {
		if (parse_dash(s, p) < 0 || parse_chain(s, 0, &part[2]) < 0)
			return -1;
		if (!at_end_of_date(s))
			return unexpected(s, s->p, "the time or the end");
		memcpy(p->field, part, sizeof(part));
	}
	s->p += strspn(s->p, " ");
	return 0;
}

static int
parse_time(struct scan *s, struct pattern *p)
{
	int f;

	for (f = HOUR; f < FIELDS; f++)
		chain_one(s->c, &p->field[f], 0);
	if (*s->p == '\0')
		return 0;
	if (parse_chain(s, 0, &p->field[HOUR]) < 0)
		return -1;
	if (*s->p++ != ':')
		return unexpected(s, s->p - 1, "':' and minutes");
	if (parse_chain(s, 0, &p->field[MINUTE]) < 0)
		return -1;
	if (*s->p == '\0')
		return 0;
	if (*s->p++ != ':')
		return unexpected(s, s->p - 1, "':' and seconds, or the end");
	if (parse_chain(s, 1, &p->field[SECOND]) < 0)
		return -1;
	return *s->p == '\0' ? 0 : unexpected(s, s->p, "the end");
}

static void
complete_year(int32_t *year)
{
	if (*year >= 0 && *year < 100)
		*year += *year < 70 ? 2000 : 1900;
}

static int
check_part(struct scan *s, const struct part *p, int f, int month_end)
{
	static const struct {
		const char *name;
		int32_t first, last, unit;
	} range[] = {
		{ "years", YEAR_FIRST, YEAR_LAST, 1 }, { "months", 1, 12, 1 },
		{ "days", 1, 31, 1 }, { "hours", 0, 23, 1 },
		{ "minutes", 0, 59, 1 },
		{ "seconds", 0, 60 * SECOND_US - 1, SECOND_US },
	};
	int32_t first = range[f].first, last = range[f].last, unit;
	const char *at = s->text + p->at;
	int64_t second;

	unit = range[f].unit;
	if (f == DAY && month_end)
		last = 28;
	if (p->start < first || p->start > last || p->stop > last)
		return scan_fail(s, at, "%s%s go from %d to %d", range[f].name,
		    last == 28 ? " from the month's end" : "", first / unit,
		    last / unit);
	if (p->stop >= 0 && p->stop < p->start)
		return scan_fail(s, at, "the range runs backwards");
	second = month_end && f == DAY && p->stop < 0 ?
	    p->start - (int64_t)p->repeat : p->start + (int64_t)p->repeat;
	if (p->repeat > last - first || second < first ||
	    second > (p->stop >= 0 ? p->stop : last))
		return scan_fail(s, at, "the step is so large that nothing is "
		    "repeated");
	return 0;
}

/* Bring the fields into normal form, and see that each is possible. */
static int
finish(struct scan *s, struct pattern *p)
{
	struct chain *ch;
	size_t i;
	int f;

	p->month_end = p->month_end && p->field[DAY].n > 0;
	for (i = 0; i < p->field[YEAR].n; i++) {
		complete_year(&p->field[YEAR].part[i].start);
		complete_year(&p->field[YEAR].part[i].stop);
	}
	for (f = 0; f < FIELDS; f++) {
		ch = &p->field[f];
		chain_normalize(ch);
		for (i = 0; i < ch->n; i++)
			if (check_part(s, &ch->part[i], f, p->month_end) < 0)
				return -1;
	}
	return 0;
}

int
systemd_parse(struct scan *s)
{
	struct pattern p = {0};
	const char *text = shorthand_text(s->p);

	if (text != NULL)
		s->p = s->text = text;
	if (parse_weekdays(s, &p) < 0)
		return -1;
	if (*s->p == '@') {
		if (parse_epoch(s, &p) < 0)
			return -1;
	} else if (parse_date(s, &p) < 0 || parse_time(s, &p) < 0) {
		return -1;
	}
	if (finish(s, &p) < 0)
		return -1;
	*pattern_add(s->c) = p;
	return 0;
}
