/*
 * calendar_normal.c -- how a calendar is written: systemd's normal form, and
 * an instant in the calendar's zone.
 */
#include <stdio.h>
#include <string.h>

#include "schedule/calendar.h"
#include "schedule/calendar_impl.h"
#include "util/buf.h"

static const char weekday_names[7][4] = {
	"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"
};

/* Days in a row are a..b, two neighbours a,b. */
static void
print_weekdays(struct buf *b, unsigned days)
{
	int from, to;

	for (from = 0; from < 7; from = to + 1) {
		to = from;
		if (!(days >> from & 1))
			continue;
		while (to < 6 && (days >> (to + 1) & 1))
			to++;
		buf_addf(b, "%s%s", days & ((1u << from) - 1) ? "," : "",
		    weekday_names[from]);
		if (to > from)
			buf_addf(b, "%s%s", to > from + 1 ? ".." : ",",
			    weekday_names[to]);
	}
	buf_addc(b, ' ');
}

static void
print_value(struct buf *b, int width, int32_t v, int32_t unit)
{
	buf_addf(b, "%0*d", width, v / unit);
	if (v % unit != 0)
		buf_addf(b, ".%06d", v % unit);
}

static void
print_part(struct buf *b, int width, const struct part *p, int32_t unit)
{
	print_value(b, width, p->start, unit);
	if (p->stop > 0) {
		buf_adds(b, "..");
		print_value(b, width, p->stop, unit);
	}
	if (p->repeat > 0 && !(p->stop > 0 && p->repeat == unit)) {
		buf_addc(b, '/');
		print_value(b, 1, p->repeat, unit);
	}
}

/* Seconds 0/1 are every second, and so is any list that holds them. */
static int
is_star(const struct chain *ch, int32_t unit)
{
	const struct part *p;

	for (p = ch->part; unit > 1 && p < ch->part + ch->n; p++)
		if (p->start == 0 && p->stop < 0 && p->repeat == unit)
			return 1;
	return ch->n == 0;
}

static void
print_field(struct buf *b, const struct pattern *p, int f)
{
	int32_t unit = f == SECOND ? SECOND_US : 1;
	const struct chain *ch = &p->field[f];
	size_t i;

	if (is_star(ch, unit)) {
		buf_addc(b, '*');
		return;
	}
	for (i = 0; i < ch->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		print_part(b, f == YEAR ? 4 : 2, &ch->part[i], unit);
	}
}

/* "every 90min from midnight": in the largest unit that divides it. */
static void
print_step(struct buf *b, int64_t us)
{
	int64_t s = us / SECOND_US;

	if (s % 3600 == 0)
		buf_addf(b, "every %dh", (int)(s / 3600));
	else if (s % 60 == 0)
		buf_addf(b, "every %dmin", (int)(s / 60));
	else
		buf_addf(b, "every %ds", (int)s);
	buf_adds(b, " from midnight");
}

static void
print_pattern(struct buf *b, const struct pattern *p)
{
	if (p->every_days > 1)
		buf_addf(b, "every %d days ", p->every_days);
	if (p->every_weeks > 1)
		buf_addf(b, "every %d weeks ", p->every_weeks);
	if (p->weekdays != 0)
		print_weekdays(b, p->weekdays);
	print_field(b, p, YEAR);
	buf_addc(b, '-');
	print_field(b, p, MONTH);
	buf_addc(b, p->month_end ? '~' : '-');
	print_field(b, p, DAY);
	buf_addc(b, ' ');
	if (p->every_us > 0) {
		print_step(b, p->every_us);
		return;
	}
	print_field(b, p, HOUR);
	buf_addc(b, ':');
	print_field(b, p, MINUTE);
	buf_addc(b, ':');
	print_field(b, p, SECOND);
}

const char *
normal_print(struct calendar *c)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	if (c->n == 0)
		return "never";
	for (i = 0; i < c->n; i++) {
		if (i > 0)
			buf_adds(&b, " or ");
		print_pattern(&b, &c->pattern[i]);
		if (c->suffix != NULL)
			buf_addf(&b, " %s", c->suffix);
	}
	return calendar_text(c, buf_str(&b), b.len);
}

const char *
calendar_format(const struct calendar *c, int64_t us,
    char buf[CALENDAR_FORMAT_MAX])
{
	int64_t instant = floor_div(us, SECOND_US), wall, day;
	int fraction = (int)floor_mod(us, SECOND_US), t;
	struct zone_local l = zone_at(c->zone, instant);
	struct civil d;
	char tail[8] = "";

	wall = instant + l.offset;
	day = floor_div(wall, DAY_SECONDS);
	t = (int)floor_mod(wall, DAY_SECONDS);
	d = civil_date(day);
	if (fraction != 0)
		snprintf(tail, sizeof(tail), ".%06d", fraction);
	snprintf(buf, CALENDAR_FORMAT_MAX,
	    "%s %04lld-%02d-%02d %02d:%02d:%02d%s %s",
	    weekday_names[civil_weekday(day)], (long long)d.year, d.month,
	    d.day, t / 3600, t / 60 % 60, t % 60, tail, l.abbr);
	return buf;
}
