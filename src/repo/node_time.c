/*
 * node_time.c -- instants as Go writes them (RFC3339Nano, in a zone), and the
 * zone that restic would take.
 *
 * Go shows a zone's offset in whole minutes, cut towards zero, but reckons
 * with its seconds.  So does this; what a zone of before 1900 makes of it does
 * not read back as the same instant, there as here.
 */
#include <string.h>
#include <time.h>

#include "repo/emit.h"
#include "repo/node.h"
#include "repo/node_impl.h"
#include "util/buf.h"
#include "util/civil.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"

#define YEAR_MAX	9999
#define HOUR		3600
#define NSEC_MAX	999999999
/* Far beyond any year that is shown, and nothing overflows up to here. */
#define SEC_MAX		((int64_t)1 << 50)
#define OFFSET_MAX	((int64_t)24 * HOUR)

static int64_t
within(int64_t v, int64_t limit)
{
	return v < -limit ? -limit : v > limit ? limit : v;
}

/* Two digits, at most 99. */
static unsigned char *
put_two(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)('0' + v / 10);
	p[1] = (unsigned char)('0' + v % 10);
	return p + 2;
}

static unsigned char *
put_fraction(unsigned char *p, uint32_t nsec)
{
	unsigned char digits[9];
	size_t n = sizeof(digits), i;

	if (nsec == 0)
		return p;
	for (i = n; i-- > 0; nsec /= 10)
		digits[i] = (unsigned char)('0' + nsec % 10);
	while (digits[n - 1] == '0')
		n--;
	*p++ = '.';
	return emit_raw(p, digits, n);
}

static unsigned char *
put_zone(unsigned char *p, int64_t zone)
{
	unsigned minutes = (unsigned)((zone < 0 ? -zone : zone) / 60);

	if (zone == 0) {
		*p++ = 'Z';
		return p;
	}
	*p++ = zone < 0 && minutes > 0 ? '-' : '+';
	p = put_two(p, minutes / 60);
	*p++ = ':';
	return put_two(p, minutes % 60);
}

/* A year out of range becomes the nearest in it, and nothing else changes but
 * what the calendar asks for (29 February): restic's FixTime. */
static struct civil
shown_date(int64_t days)
{
	struct civil c = civil_date(days);
	int64_t year = c.year < 0 ? 0 : YEAR_MAX;

	if (c.year >= 0 && c.year <= YEAR_MAX)
		return c;
	return civil_date(civil_days(year, c.month, c.day));
}

unsigned char *
emit_time(unsigned char *p, const struct node_time *t)
{
	int64_t zone = within(t->zone, OFFSET_MAX);
	int64_t local = within(t->sec, SEC_MAX) + zone;
	unsigned rest = (unsigned)floor_mod(local, DAY_SECONDS);
	struct civil c = shown_date(floor_div(local, DAY_SECONDS));

	*p++ = '"';
	p = put_two(p, (unsigned)c.year / 100);
	p = put_two(p, (unsigned)c.year % 100);
	*p++ = '-';
	p = put_two(p, (unsigned)c.month);
	*p++ = '-';
	p = put_two(p, (unsigned)c.day);
	*p++ = 'T';
	p = put_two(p, rest / HOUR);
	*p++ = ':';
	p = put_two(p, rest / 60 % 60);
	*p++ = ':';
	p = put_two(p, rest % 60);
	p = put_fraction(p, (uint32_t)within(t->nsec, NSEC_MAX));
	p = put_zone(p, zone);
	*p++ = '"';
	return p;
}

void
node_time_text(struct buf *out, const struct node_time *t)
{
	unsigned char text[EMIT_TIME_MAX];
	size_t n = (size_t)(emit_time(text, t) - text);

	buf_add(out, text + 1, n - 2);
}

/* ---- reading ---- */

struct cursor {
	const char	*at, *end;
};

/* n digits, taken; -1 if they are not there. */
static int
take_digits(struct cursor *c, int n)
{
	int v = 0;

	if (c->end - c->at < n)
		return -1;
	for (; n > 0; n--) {
		if (*c->at < '0' || *c->at > '9')
			return -1;
		v = v * 10 + (*c->at++ - '0');
	}
	return v;
}

static int
take(struct cursor *c, char what)
{
	if (c->at == c->end || *c->at != what)
		return 0;
	c->at++;
	return 1;
}

static int
take_date(struct cursor *c, int64_t *days)
{
	int year, month, day;

	if ((year = take_digits(c, 4)) < 0 || !take(c, '-') ||
	    (month = take_digits(c, 2)) < 1 || month > 12 || !take(c, '-') ||
	    (day = take_digits(c, 2)) < 1 || day > civil_month_days(year, month))
		return -1;
	*days = civil_days(year, month, day);
	return 0;
}

static int
take_clock(struct cursor *c, int *seconds)
{
	int hour, minute, second;

	if ((hour = take_digits(c, 2)) < 0 || hour > 23 || !take(c, ':') ||
	    (minute = take_digits(c, 2)) < 0 || minute > 59 || !take(c, ':') ||
	    (second = take_digits(c, 2)) < 0 || second > 59)
		return -1;
	*seconds = hour * HOUR + minute * 60 + second;
	return 0;
}

/* Digits behind the ninth are dropped. */
static int
take_fraction(struct cursor *c, int32_t *nsec)
{
	int32_t v = 0, unit = 100000000;

	*nsec = 0;
	if (!take(c, '.'))
		return 0;
	if (c->at == c->end || *c->at < '0' || *c->at > '9')
		return -1;
	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		v += unit * (*c->at - '0');
		unit /= 10;
	}
	*nsec = v;
	return 0;
}

static int
take_zone(struct cursor *c, int32_t *zone)
{
	int hour, minute, west;

	*zone = 0;
	if (take(c, 'Z'))
		return 0;
	west = take(c, '-');
	if ((!west && !take(c, '+')) || (hour = take_digits(c, 2)) < 0 ||
	    hour > 23 || !take(c, ':') || (minute = take_digits(c, 2)) < 0 ||
	    minute > 59)
		return -1;
	*zone = (hour * 60 + minute) * (west ? -60 : 60);
	return 0;
}

int
node_time_read(const char *s, size_t len, struct node_time *out)
{
	struct cursor c = { s, s + len };
	int64_t days;
	int seconds;

	if (take_date(&c, &days) < 0 || !take(&c, 'T') ||
	    take_clock(&c, &seconds) < 0 || take_fraction(&c, &out->nsec) < 0 ||
	    take_zone(&c, &out->zone) < 0 || c.at != c.end)
		return -1;
	out->sec = days * DAY_SECONDS + seconds - out->zone;
	return 0;
}

int
node_time_parse(const char *s, struct node_time *out, struct err *e)
{
	char q[QUOTE_SIZE];

	if (node_time_read(s, strlen(s), out) < 0)
		return err_set(e, ERR_CORRUPT, "%s is no time",
		    quote_to(q, sizeof(q), s));
	return 0;
}

/* ---- the zone of this process ---- */

/*
 * The C library takes a lock and a tenth of a microsecond for each answer, and
 * a backup asks for each file.  So answers are kept for stretches of three
 * days: where the offset is the same at both ends of one it is so all along,
 * since the shortest time that any zone ever left an offset and came back to it
 * is four days (Freetown, 1939).
 */
#define STRETCH_SHIFT	18
#define STRETCHES	256

struct stretch {
	int64_t	 number;
	int32_t	 zone;
	int32_t	 known;
};

static int32_t
ask_zone(int64_t sec)
{
	time_t t = sec;
	struct tm tm;

	return localtime_r(&t, &tm) == NULL ? 0 : (int32_t)tm.tm_gmtoff;
}

static int32_t
zone_at(int64_t sec)
{
	static _Thread_local struct stretch kept[STRETCHES];
	int64_t number = sec >> STRETCH_SHIFT;
	struct stretch *s = &kept[(uint64_t)number % STRETCHES];
	int64_t first = number * ((int64_t)1 << STRETCH_SHIFT);
	int32_t zone;

	if (s->known && s->number == number)
		return s->zone;
	zone = ask_zone(first);
	if (zone != ask_zone(first + ((int64_t)1 << STRETCH_SHIFT) - 1))
		return ask_zone(sec);
	*s = (struct stretch){ number, zone, 1 };
	return zone;
}

void
node_time_local(int64_t sec, int32_t nsec, struct node_time *out)
{
	int64_t held = within(sec, SEC_MAX);
	int32_t zone = zone_at(held);
	int64_t days = floor_div(held + zone, DAY_SECONDS);
	struct civil c = civil_date(days), shown = shown_date(days);
	struct tm tm = {0};

	*out = (struct node_time){ held, nsec, zone };
	if (c.year == shown.year)
		return;
	/* Go asks for the zone again, in the year that it is moved to. */
	tm.tm_year = (int)shown.year - 1900;
	tm.tm_mon = shown.month - 1;
	tm.tm_mday = shown.day;
	tm.tm_sec = (int)floor_mod(held + zone, DAY_SECONDS);
	out->sec = floor_div(time_of_tm(&tm), SECOND_US);
	out->zone = zone_at(out->sec);
}
