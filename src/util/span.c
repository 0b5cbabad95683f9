#include <inttypes.h>
#include <string.h>

#include "util/buf.h"
#include "util/decimal.h"
#include "util/quote.h"
#include "util/span.h"

static const struct unit {
	const char	*name;
	int64_t		 us;
} units[] = {
	{ "us", 1 }, { "usec", 1 },
	{ "\xc2\xb5s", 1 }, { "\xce\xbcs", 1 },		/* micro sign, mu */
	{ "ms", SPAN_MS }, { "msec", SPAN_MS },
	{ "s", SPAN_SECOND }, { "sec", SPAN_SECOND },
	{ "second", SPAN_SECOND }, { "seconds", SPAN_SECOND },
	{ "m", SPAN_MINUTE }, { "min", SPAN_MINUTE },
	{ "minute", SPAN_MINUTE }, { "minutes", SPAN_MINUTE },
	{ "h", SPAN_HOUR }, { "hr", SPAN_HOUR },
	{ "hour", SPAN_HOUR }, { "hours", SPAN_HOUR },
	{ "d", SPAN_DAY }, { "day", SPAN_DAY }, { "days", SPAN_DAY },
	{ "w", SPAN_WEEK }, { "week", SPAN_WEEK }, { "weeks", SPAN_WEEK },
	{ "M", SPAN_MONTH }, { "month", SPAN_MONTH }, { "months", SPAN_MONTH },
	{ "y", SPAN_YEAR }, { "year", SPAN_YEAR }, { "years", SPAN_YEAR },
};

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* The unit at *p, which moves on behind it; 0 if there is none. */
static int64_t
read_unit(const char **p)
{
	size_t n = 0, i;

	while (((*p)[n] | 0x20) >= 'a' && ((*p)[n] | 0x20) <= 'z')
		n++;
	if (n == 0 && (unsigned char)(*p)[0] >= 0x80)
		n = strcspn(*p, " \t0123456789");
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == n &&
		    memcmp(units[i].name, *p, n) == 0) {
			*p += n;
			return units[i].us;
		}
	return 0;
}

/* A number and its unit, added to *sum: 0, or -1 with e. */
static int
read_term(const char **p, int64_t *sum, const char *whole, struct err *e)
{
	struct decimal d;
	char q[QUOTE_SIZE];
	uint64_t n;
	int64_t unit;

	quote_to(q, sizeof(q), whole);
	if (decimal_parse(p, &d) < 0)
		return err_set(e, ERR_USAGE, "%s is no span of time: write it "
		    "as in '30 days' or '1h 30min'", q);
	*p = skip_space(*p);
	if (**p == '\0' || is_digit(**p))
		return err_set(e, ERR_USAGE, "%s lacks a unit: s, min, h, days, "
		    "weeks, months or years", q);
	if ((unit = read_unit(p)) == 0)
		return err_set(e, ERR_USAGE, "%s has an unknown unit: known are "
		    "us, ms, s, min, h, days, weeks, months (M) and years", q);
	if (decimal_times(&d, (uint64_t)unit, &n) < 0 ||
	    __builtin_add_overflow(*sum, n, sum))
		return err_set(e, ERR_USAGE, "%s is too long a time", q);
	*p = skip_space(*p);
	return 0;
}

int
span_parse(const char *s, int64_t *us, struct err *e)
{
	const char *p = skip_space(s);
	int64_t sum = 0;

	do {
		if (read_term(&p, &sum, s, e) < 0)
			return -1;
	} while (*p != '\0');
	*us = sum;
	return 0;
}

static const struct shown {
	int64_t		 us;
	const char	*one, *many;
} shown[] = {
	{ SPAN_DAY, " day", " days" },
	{ SPAN_HOUR, "h", "h" },
	{ SPAN_MINUTE, "min", "min" },
	{ SPAN_SECOND, "s", "s" },
	{ SPAN_MS, "ms", "ms" },
	{ 1, "us", "us" },
};

static void
print_unit(struct buf *out, uint64_t n, const char *one, const char *many)
{
	buf_addf(out, "%" PRIu64 "%s", n, n == 1 ? one : many);
}

void
span_print(struct buf *out, int64_t us, int parts)
{
	uint64_t left = us < 0 ? 0 - (uint64_t)us : (uint64_t)us, n;
	size_t i, start;

	if (us < 0)
		buf_addc(out, '-');
	if (left > 0 && left % (uint64_t)SPAN_YEAR == 0) {
		print_unit(out, left / (uint64_t)SPAN_YEAR, " year", " years");
		return;
	}
	if (left > 0 && left % (uint64_t)SPAN_MONTH == 0) {
		print_unit(out, left / (uint64_t)SPAN_MONTH, " month",
		    " months");
		return;
	}
	start = out->len;
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		n = left / (uint64_t)shown[i].us;
		left %= (uint64_t)shown[i].us;
		if (n > 0) {
			if (out->len > start)
				buf_addc(out, ' ');
			print_unit(out, n, shown[i].one, shown[i].many);
		}
		if (parts > 0 && out->len > start && --parts == 0)
			break;
	}
	if (out->len == start)
		buf_adds(out, "0s");
}
