#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/faults.h"
#include "conf/nearest.h"
#include "conf/units.h"

#define DIGITS_MAX	18	/* before the point, and behind it */
#define UNIT_MAX	16

/* A decimal number without sign: whole + part / scale. */
struct number {
	uint64_t	whole, part, scale;
	bool		point;
};

static int
say(char why[static CONF_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, CONF_WHY, fmt, ap);
	va_end(ap);
	return -1;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip(const char *p)
{
	return p + strspn(p, " \t");
}

/* Read digits; false if there are none or too many. */
static bool
digits(const char **p, uint64_t *value, uint64_t *scale)
{
	size_t n = 0;

	*value = 0;
	*scale = 1;
	for (; is_digit(**p); (*p)++) {
		if (++n > DIGITS_MAX)
			return false;
		*value = *value * 10 + (uint64_t)(**p - '0');
		*scale *= 10;
	}
	return n > 0;
}

static int
number(const char **p, struct number *n, char why[static CONF_WHY])
{
	uint64_t unused;

	*n = (struct number){ .scale = 1 };
	if (**p == '-')
		return say(why, "it cannot be negative");
	if (!is_digit(**p))
		return say(why, "a number is missing");
	if (!digits(p, &n->whole, &unused))
		return say(why, "it is too large");
	if (**p != '.')
		return 0;
	(*p)++;
	n->point = true;
	if (!digits(p, &n->part, &n->scale))
		return say(why, "digits are missing behind the point, or there "
		    "are too many");
	return 0;
}

/*
 * n times unit, rounded down; -1 if that is more than most.  Digits far
 * behind the point are dropped where the product would not fit.
 */
static int
times(const struct number *n, uint64_t unit, uint64_t most, uint64_t *out)
{
	uint64_t part = n->part, scale = n->scale, whole, rest;

	while (__builtin_mul_overflow(part, unit, &rest) && scale > 1) {
		part /= 10;
		scale /= 10;
	}
	if (__builtin_mul_overflow(n->whole, unit, &whole) ||
	    __builtin_add_overflow(whole, rest / scale, &whole) || whole > most)
		return -1;
	*out = whole;
	return 0;
}

/* Letters of a unit, lower and upper case, and the micro signs. */
static size_t
unit_length(const char *p)
{
	size_t n = 0;

	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') ||
	    (unsigned char)p[n] >= 0x80)
		n++;
	return n;
}

static bool
size_unit(const char *p, size_t len, uint64_t *unit)
{
	static const char prefixes[] = "kmgtpe";
	const char *prefix;
	uint64_t base = 1000;

	*unit = 1;
	if (len == 0 || (len == 1 && strncasecmp(p, "b", 1) == 0) ||
	    (len == 4 && strncasecmp(p, "byte", 4) == 0) ||
	    (len == 5 && strncasecmp(p, "bytes", 5) == 0))
		return true;
	prefix = strchr(prefixes, p[0] | 0x20);
	if (prefix == NULL || (unsigned char)p[0] >= 0x80)
		return false;
	p++;
	len--;
	if (len > 0 && (*p == 'i' || *p == 'I')) {
		base = 1024;
		p++;
		len--;
	}
	if (len > 1 || (len == 1 && *p != 'b' && *p != 'B'))
		return false;
	for (; prefix >= prefixes; prefix--)
		*unit *= base;
	return true;
}

int
conf_text_size(const char *text, bool bare, uint64_t *bytes,
    char why[static CONF_WHY])
{
	const char *p = skip(text);
	struct number n;
	uint64_t unit;
	size_t len;

	if (number(&p, &n, why) < 0)
		return -1;
	p = skip(p);
	len = unit_length(p);
	if (!size_unit(p, len, &unit) || *skip(p + len) != '\0')
		return say(why, "a size is like 10MiB, 10MB or 500k");
	if (len == 0 && !bare)
		return say(why, "a unit is needed: %.40sMiB", skip(text));
	if (n.point && unit == 1)
		return say(why, "there are no parts of bytes");
	if (times(&n, unit, UINT64_MAX >> 1, bytes) < 0)
		return say(why, "it is too large");
	return 0;
}

#define SECOND	((uint64_t)1000000000)

static const struct { const char *name; uint64_t ns; } spans[] = {
	{ "seconds", SECOND }, { "second", SECOND }, { "sec", SECOND },
	{ "s", SECOND }, { "minutes", 60 * SECOND }, { "minute", 60 * SECOND },
	{ "min", 60 * SECOND }, { "m", 60 * SECOND },
	{ "hours", 3600 * SECOND }, { "hour", 3600 * SECOND },
	{ "hr", 3600 * SECOND }, { "h", 3600 * SECOND },
	{ "days", 86400 * SECOND }, { "day", 86400 * SECOND },
	{ "d", 86400 * SECOND }, { "weeks", 604800 * SECOND },
	{ "week", 604800 * SECOND }, { "w", 604800 * SECOND },
	{ "months", 2629800 * SECOND }, { "month", 2629800 * SECOND },
	{ "M", 2629800 * SECOND }, { "years", 31557600 * SECOND },
	{ "year", 31557600 * SECOND }, { "y", 31557600 * SECOND },
	{ "msec", SECOND / 1000 }, { "ms", SECOND / 1000 },
	{ "usec", 1000 }, { "us", 1000 }, { "\xc2\xb5s", 1000 },
	{ "\xce\xbcs", 1000 },
};
#define SPANS	(sizeof(spans) / sizeof(spans[0]))

static int
span_unit(const char *p, size_t len, uint64_t *ns, char why[static CONF_WHY])
{
	const char *names[SPANS + 1] = { NULL }, *near;
	char word[UNIT_MAX + 1];
	size_t i;

	snprintf(word, sizeof(word), "%.*s", (int)len, p);
	for (i = 0; i < SPANS; i++) {
		names[i] = spans[i].name;
		if (len <= UNIT_MAX && strcmp(word, spans[i].name) == 0) {
			*ns = spans[i].ns;
			return 0;
		}
	}
	near = conf_nearest(word, names);
	if (near != NULL)
		return say(why, "there is no unit %s; did you mean '%s'?",
		    conf_said(word).s, near);
	return say(why, "there is no unit %s; a time span is like 30 days, "
	    "2 weeks or 1h 30min", conf_said(word).s);
}

int
conf_text_span(const char *text, const char *unit, int64_t *ns,
    char why[static CONF_WHY])
{
	const char *p = skip(text);
	uint64_t sum = 0, one, each = 0;
	struct number n;
	size_t len;

	do {
		if (number(&p, &n, why) < 0)
			return -1;
		p = skip(p);
		len = unit_length(p);
		if (len == 0 && *p == '\0' && sum > 0)
			return say(why, "the last number has no unit");
		if (len == 0 && *p == '\0')
			return say(why, "a unit is needed: %.40s %s",
			    skip(text), unit ? unit : "days");
		if (len == 0)
			return say(why, "a time span is like 30 days, 2 weeks "
			    "or 1h 30min");
		if (span_unit(p, len, &each, why) < 0)
			return -1;
		if (times(&n, each, INT64_MAX, &one) < 0 ||
		    one > (uint64_t)INT64_MAX - sum)
			return say(why, "it is too long");
		sum += one;
		p = skip(p + len);
	} while (*p != '\0');
	*ns = (int64_t)sum;
	return 0;
}

int
conf_text_percent(const char *text, uint32_t *ppm, char why[static CONF_WHY])
{
	const char *p = skip(text);
	struct number n;
	uint64_t v;

	if (number(&p, &n, why) < 0)
		return -1;
	p = skip(p);
	if (*p == '\0')
		return say(why, "a percent sign is needed: %.40s%%",
		    skip(text));
	if (*p != '%' || *skip(p + 1) != '\0')
		return say(why, "a share is like 10%% or 0.5%%");
	if (times(&n, 10000, 1000000, &v) < 0)
		return say(why, "it cannot be more than 100%%");
	*ppm = (uint32_t)v;
	return 0;
}

int
conf_text_int(const char *text, int64_t least, int64_t most, int64_t *out,
    char why[static CONF_WHY])
{
	const char *p = skip(text);
	bool negative = *p == '-';
	uint64_t v, unused;
	int64_t n;

	p += negative || *p == '+';
	if (!is_digit(*p))
		return say(why, "it must be a whole number");
	if (*p == '0' && is_digit(p[1]))
		return say(why, "it must be without zeroes in front");
	if (!digits(&p, &v, &unused))
		return say(why, "it is too large");
	if (*skip(p) != '\0')
		return say(why, "it must be a whole number");
	n = negative ? -(int64_t)v : (int64_t)v;
	if (n < least || n > most)
		return say(why, "it must be from %lld to %lld",
		    (long long)least, (long long)most);
	*out = n;
	return 0;
}
