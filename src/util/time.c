/* time.c -- clocks, calendars and printing; reading is in time_parse.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"

#define SECOND		((int64_t)1000000)
#define NAME_LEN_MAX	255

static int64_t
clock_us(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		abort();
	return time_from(t.tv_sec, t.tv_nsec);
}

int64_t
time_now(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t
time_mono(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t
time_from(int64_t sec, int64_t nsec)
{
	int64_t us;

	if (__builtin_mul_overflow(sec, SECOND, &us) ||
	    __builtin_add_overflow(us, nsec / 1000, &us))
		return sec < 0 ? INT64_MIN : INT64_MAX;
	return us;
}

/* Division that rounds down, so that times before 1970 keep their order. */
static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int
floor_rest(int64_t a, int64_t b)
{
	return (int)(a % b < 0 ? a % b + b : a % b);
}

/* Cannot fail for seconds that came from 64 bits of microseconds. */
static void
local_of_seconds(int64_t sec, struct tm *tm)
{
	time_t t = sec;

	if (localtime_r(&t, tm) == NULL)
		abort();
}

void
time_to_tm(int64_t us, struct tm *tm)
{
	local_of_seconds(floor_div(us, SECOND), tm);
}

static long
offset_at(int64_t sec)
{
	struct tm tm;

	local_of_seconds(sec, &tm);
	return tm.tm_gmtoff;
}

/*
 * The offsets a day before and a day after are the only two it can have.  The
 * one before gives the earlier instant where both are right, and where neither
 * is, because the hour was skipped, the later time of day.
 */
int64_t
time_of_tm(const struct tm *tm)
{
	struct tm copy = *tm;
	int64_t naive = timegm(&copy), before, after;

	before = naive - offset_at(naive - 86400);
	after = naive - offset_at(naive + 86400);
	if (before + offset_at(before) != naive &&
	    after + offset_at(after) == naive)
		return time_from(after, 0);
	return time_from(before, 0);
}

/* To whole minutes, since RFC 3339 knows no offset with seconds (as zones had
 * before about 1900): the same instant, told a little differently. */
static void
add_rfc3339(struct buf *out, int64_t sec, const char *fraction)
{
	long offset = offset_at(sec) / 60 * 60, size = labs(offset);
	time_t shifted = sec + offset;
	struct tm tm;

	if (gmtime_r(&shifted, &tm) == NULL)
		abort();
	buf_addf(out, "%04ld-%02d-%02dT%02d:%02d:%02d%s%c%02ld:%02ld",
	    tm.tm_year + 1900L, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, fraction, offset < 0 ? '-' : '+',
	    size / 3600, size / 60 % 60);
}

void
time_rfc3339(struct buf *out, int64_t us)
{
	int rest = floor_rest(us, SECOND);
	char fraction[16] = "";

	if (rest > 0)
		snprintf(fraction, sizeof(fraction), ".%06d", rest);
	add_rfc3339(out, floor_div(us, SECOND), fraction);
}

void
time_rfc3339_ns(struct buf *out, int64_t ns)
{
	int64_t sec = floor_div(ns, 1000 * SECOND);
	char fraction[16];

	snprintf(fraction, sizeof(fraction), ".%09d",
	    floor_rest(ns, 1000 * SECOND));
	add_rfc3339(out, sec, fraction);
}

void
time_local(struct buf *out, int64_t us)
{
	struct tm tm;

	time_to_tm(us, &tm);
	buf_addf(out, "%04ld-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900L,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void
time_stamp(char out[TIME_STAMP_SIZE], int64_t us)
{
	int64_t sec = floor_div(us, SECOND);
	struct tm tm;

	local_of_seconds(sec, &tm);
	snprintf(out, TIME_STAMP_SIZE, "%04ld-%02d-%02d %02d:%02d:%02d,%03d",
	    tm.tm_year + 1900L, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, floor_rest(us, SECOND) / 1000);
}

int
time_name(struct buf *out, const char *pattern, int64_t us, struct err *e)
{
	char name[NAME_LEN_MAX + 1], q[QUOTE_SIZE];
	time_t t = floor_div(us, SECOND);
	struct tm tm;
	size_t n;

	if (gmtime_r(&t, &tm) == NULL)
		abort();
	n = strftime(name, sizeof(name), pattern, &tm);
	if (n == 0 || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return err_set(e, ERR_USAGE, "%s makes no file name of a time",
		    quote_to(q, sizeof(q), pattern));
	buf_add(out, name, n);
	return 0;
}
