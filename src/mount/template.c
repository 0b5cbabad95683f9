/* template.c -- see template.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mount/template.h"
#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/err.h"

/* ---- times ---- */

int
template_check_time(const char *s, struct err *e)
{
	size_t len = strlen(s);

	if (len == 0)
		return err_set(e, ERR_USAGE, "a time template cannot be empty");
	if (s[0] == '/' || s[len - 1] == '/')
		return err_set(e, ERR_USAGE, "a time template cannot begin or "
		    "end with '/'");
	return 0;
}

enum piece {
	LITERAL_YEAR, YEAR, YEAR2, MONTH_LONG, MONTH_SHORT, MONTH0, MONTH, DAY_LONG,
	DAY_SHORT, DAY0, DAY_, DAY, HOUR24, HOUR0, HOUR, MINUTE0, MINUTE,
	SECOND0, SECOND, PM_, pm_, ZONE_NAME, ZONE_Z_COLON, ZONE_Z, ZONE_COLON,
	ZONE, ZONE_HOUR
};

/* Longer ones first. */
static const struct {
	const char	*text;
	enum piece	 piece;
} pieces[] = {
	{ "_2006", LITERAL_YEAR }, { "2006", YEAR }, { "06", YEAR2 },
	{ "January", MONTH_LONG },
	{ "Jan", MONTH_SHORT }, { "01", MONTH0 }, { "Monday", DAY_LONG },
	{ "Mon", DAY_SHORT }, { "02", DAY0 }, { "_2", DAY_ },
	{ "15", HOUR24 }, { "03", HOUR0 }, { "04", MINUTE0 },
	{ "05", SECOND0 }, { "PM", PM_ }, { "pm", pm_ }, { "MST", ZONE_NAME },
	{ "Z07:00", ZONE_Z_COLON }, { "Z0700", ZONE_Z },
	{ "-07:00", ZONE_COLON }, { "-0700", ZONE }, { "-07", ZONE_HOUR },
	{ "1", MONTH }, { "2", DAY }, { "3", HOUR }, { "4", MINUTE },
	{ "5", SECOND },
};

static void
add_zone(struct buf *out, int32_t zone, enum piece p)
{
	int32_t z = zone < 0 ? -zone : zone;

	if (zone == 0 && (p == ZONE_Z || p == ZONE_Z_COLON)) {
		buf_addc(out, 'Z');
		return;
	}
	if (zone == 0 && p == ZONE_NAME) {
		buf_adds(out, "UTC");
		return;
	}
	buf_addf(out, "%c%02d", zone < 0 ? '-' : '+', z / 3600);
	if (p == ZONE_COLON || p == ZONE_Z_COLON)
		buf_addc(out, ':');
	if (p != ZONE_HOUR)
		buf_addf(out, "%02d", z / 60 % 60);
}

/* As the C locale has them, whatever ours is. */
static const char days[7][10] = { "Sunday", "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday" };
static const char months[12][10] = { "January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December" };

static void
add_piece(struct buf *out, enum piece p, const struct tm *tm,
    const struct node_time *t)
{
	int hour = tm->tm_hour % 12 == 0 ? 12 : tm->tm_hour % 12;

	switch (p) {
	case LITERAL_YEAR: buf_addf(out, "_%04d", tm->tm_year + 1900); break;
	case YEAR: buf_addf(out, "%04d", tm->tm_year + 1900); break;
	case YEAR2: buf_addf(out, "%02d", (tm->tm_year + 1900) % 100); break;
	case MONTH_LONG: buf_adds(out, months[tm->tm_mon]); break;
	case MONTH_SHORT: buf_addf(out, "%.3s", months[tm->tm_mon]); break;
	case MONTH0: buf_addf(out, "%02d", tm->tm_mon + 1); break;
	case MONTH: buf_addf(out, "%d", tm->tm_mon + 1); break;
	case DAY_LONG: buf_adds(out, days[tm->tm_wday]); break;
	case DAY_SHORT: buf_addf(out, "%.3s", days[tm->tm_wday]); break;
	case DAY0: buf_addf(out, "%02d", tm->tm_mday); break;
	case DAY_: buf_addf(out, "%2d", tm->tm_mday); break;
	case DAY: buf_addf(out, "%d", tm->tm_mday); break;
	case HOUR24: buf_addf(out, "%02d", tm->tm_hour); break;
	case HOUR0: buf_addf(out, "%02d", hour); break;
	case HOUR: buf_addf(out, "%d", hour); break;
	case MINUTE0: buf_addf(out, "%02d", tm->tm_min); break;
	case MINUTE: buf_addf(out, "%d", tm->tm_min); break;
	case SECOND0: buf_addf(out, "%02d", tm->tm_sec); break;
	case SECOND: buf_addf(out, "%d", tm->tm_sec); break;
	case PM_: buf_adds(out, tm->tm_hour < 12 ? "AM" : "PM"); break;
	case pm_: buf_adds(out, tm->tm_hour < 12 ? "am" : "pm"); break;
	default: add_zone(out, t->zone, p);
	}
}

/* ".000" or ",999": so many digits of the fraction; nines drop what is 0. */
static size_t
add_fraction(struct buf *out, const char *s, const struct node_time *t)
{
	size_t n = s[0] == '.' || s[0] == ',' ? strspn(s + 1, s[1] == '9' ?
	    "9" : "0") : 0;
	char digits[16];
	size_t k;

	if (n == 0 || n > 9 || (s[n + 1] >= '0' && s[n + 1] <= '9'))
		return 0;
	snprintf(digits, sizeof(digits), "%09d", t->nsec);
	k = n;
	while (s[1] == '9' && k > 0 && digits[k - 1] == '0')
		k--;
	if (k > 0)
		buf_addf(out, "%c%.*s", s[0], (int)k, digits);
	return n + 1;
}

void
template_time(struct buf *out, const char *layout, const struct node_time *t)
{
	time_t sec = (time_t)(t->sec + t->zone);
	struct tm tm = {0};
	size_t i, n;

	gmtime_r(&sec, &tm);
	while (*layout != '\0') {
		if ((n = add_fraction(out, layout, t)) > 0) {
			layout += n;
			continue;
		}
		for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
			n = strlen(pieces[i].text);
			if (strncmp(layout, pieces[i].text, n) == 0)
				break;
		}
		if (i < sizeof(pieces) / sizeof(*pieces)) {
			add_piece(out, pieces[i].piece, &tm, t);
			layout += n;
		} else
			buf_addc(out, *layout++);
	}
}

/* ---- paths ---- */

static void
add_name(struct buf *out, const char *s)
{
	if (s == NULL || *s == '\0' || strcmp(s, ".") == 0)
		buf_addc(out, '_');
	else if (strcmp(s, "..") == 0)
		buf_adds(out, "__");
	else
		for (; *s != '\0'; s++)
			buf_addc(out, *s == '/' ? '_' : *s);
}

static void
add_id(struct buf *out, const struct id *id, int brief)
{
	char hex[ID_HEX];

	id_hex(id, hex);
	buf_addf(out, "%.*s", brief ? ID_SHORT - 1 : ID_HEX - 1, hex);
}

/* One path, with this tag for %t. */
static void
expand(struct buf *out, const char *path, size_t len, const char *time,
    const struct snapshot *s, const char *tag)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (path[i] != '%') {
			buf_addc(out, path[i]);
			continue;
		}
		if (++i == len)
			return;
		switch (path[i]) {
		case 'T': buf_adds(out, time); break;
		case 't': add_name(out, tag); break;
		case 'i': add_id(out, &s->id, 1); break;
		case 'I': add_id(out, &s->id, 0); break;
		case 'u': add_name(out, s->username); break;
		case 'h': add_name(out, s->hostname); break;
		default: buf_addc(out, path[i]);
		}
	}
}

static int
has_verb(const char *path, char verb)
{
	size_t i;

	for (i = 0; path[i] != '\0'; i++)
		if (path[i] == '%') {
			if (path[++i] == verb)
				return 1;
			if (path[i] == '\0')
				break;
		}
	return 0;
}

/* Does it end with %T, which is not the end of %%T? */
static int
ends_with_time(const char *path)
{
	size_t len = strlen(path), n = 0;

	if (len < 2 || strcmp(path + len - 2, "%T") != 0)
		return 0;
	while (n < len - 1 && path[len - 2 - n] == '%')
		n++;
	return n % 2 == 1;
}

void
template_paths(const char *path, const char *time, const struct snapshot *s,
    void (*each)(void *arg, const char *prefix, const char *suffix), void *arg)
{
	CLEAN_BUF struct buf b = {0}, when = {0};
	size_t len = strlen(path);
	int timed = ends_with_time(path), tagged = has_verb(path, 't');
	char *none[] = { NULL, NULL }, **tag;

	if (tagged && (s->tags == NULL || s->tags[0] == NULL))
		return;
	template_time(&when, time, &s->time);
	for (tag = tagged ? s->tags : none; tag == none || *tag != NULL;
	    tag++) {
		buf_reset(&b);
		expand(&b, path, timed ? len - 2 : len, buf_str(&when), s,
		    *tag);
		each(arg, buf_str(&b), timed ? buf_str(&when) : "");
		if (tag == none)
			break;
	}
}

size_t
template_static(const char *path)
{
	size_t i, end = 0;

	for (i = 0; path[i] != '\0'; i++) {
		if (path[i] == '/')
			end = i;
		if (path[i] != '%')
			continue;
		if (path[++i] == '\0')
			break;
		if (strchr("iIuhtT", path[i]) != NULL)
			return end;
	}
	return 0;
}
