#include <string.h>
#include <strings.h>
#include <time.h>

#include "rules/exif_date.h"
#include "util/civil.h"
#include "util/time.h"

#define SECOND_NS	INT64_C(1000000000)

/* Up to most digits, as Python's strptime takes them; how many, 0 if none. */
static size_t
number(const char *s, size_t most, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < most && s[n] >= '0' && s[n] <= '9')
		*out = *out * 10 + (s[n++] - '0');
	return n;
}

/* "Y:M:D" of 4, 2 and 2 digits: its days since 1970; -1 if it is none. */
static int
parse_day(const char *s, int64_t *days)
{
	int y, m, d;

	if (number(s, 4, &y) != 4 || s[4] != ':' ||
	    number(s + 5, 2, &m) != 2 || s[7] != ':' ||
	    number(s + 8, 2, &d) != 2 || y < 1 || m < 1 || m > 12 || d < 1 ||
	    d > civil_month_days(y, m))
		return -1;
	*days = civil_days(y, m, d);
	return 0;
}

static int
parse_clock(const char *s, int64_t *seconds)
{
	int h, m, sec;

	if (number(s, 2, &h) != 2 || s[2] != ':' || number(s + 3, 2, &m) != 2 ||
	    s[5] != ':' || number(s + 6, 2, &sec) != 2 || h > 23 || m > 59 ||
	    sec > 61)
		return -1;
	*seconds = h * INT64_C(3600) + m * INT64_C(60) + sec;
	return 0;
}

/* Of a day that fits into 64 bits of nanoseconds. */
static int
fits(int64_t days)
{
	return days > -100000 && days < 100000;
}

static enum capture_type
date_value(const char *text, int64_t *n)
{
	int64_t days, seconds;

	if (parse_day(text, &days) < 0 || !fits(days))
		return CAPTURE_TEXT;
	*n = days * DAY_SECONDS * SECOND_NS;
	if (text[10] != ' ' || parse_clock(text + 11, &seconds) < 0)
		return CAPTURE_DATE;
	*n += seconds * SECOND_NS;
	return CAPTURE_TIME;
}

/* What is told in UTC, as the clock on the wall here said it. */
static void
to_local(int64_t *n)
{
	struct tm tm;

	time_to_tm(*n / 1000, &tm);
	*n += (int64_t)tm.tm_gmtoff * SECOND_NS;
}

/* "+HHMM", "+HH:MM", "+HH:MM:SS", with or without UTC before it. */
static enum capture_type
span_value(const char *text, int64_t *n)
{
	int h, m, s = 0, sign;

	if (strncasecmp(text, "UTC", 3) == 0)
		text += 3;
	if (*text != '+' && *text != '-')
		return CAPTURE_TEXT;
	sign = *text++ == '-' ? -1 : 1;
	if (number(text, 2, &h) != 2)
		return CAPTURE_TEXT;
	text += text[2] == ':' ? 3 : 2;
	if (number(text, 2, &m) != 2 || m > 59)
		return CAPTURE_TEXT;
	text += 2;
	if (*text != '\0') {
		text += *text == ':';
		if (number(text, 2, &s) != 2 || s > 59 || text[2] != '\0')
			return CAPTURE_TEXT;
	}
	*n = sign * (h * INT64_C(3600) + m * INT64_C(60) + s) * SECOND_NS;
	return CAPTURE_SPAN;
}

enum capture_type
exif_value(const char *name, const char *text, int64_t *n)
{
	const char *key = strrchr(name, '.');
	enum capture_type t;

	*n = 0;
	key = key != NULL ? key + 1 : name;
	if (strcmp(name, "Taken") == 0) {
		t = date_value(text, n);
		if (t == CAPTURE_TIME && text[strlen(text) - 1] == 'Z')
			to_local(n);
		return t;
	}
	if (strcasestr(key, "date") != NULL)
		return date_value(text, n);
	if (strcasestr(key, "offset") != NULL)
		return span_value(text, n);
	return CAPTURE_TEXT;
}
