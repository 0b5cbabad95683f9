#ifndef UTIL_TIME_H
#define UTIL_TIME_H

#include <stdint.h>
#include <time.h>

struct buf;
struct err;

/*
 * Instants: microseconds since 1970, UTC, without leap seconds.  (Times of
 * files are nanoseconds, where a name ends in _ns.  Spans are in util/span.h.)
 * "Local" is the zone of the process: TZ, or /etc/localtime.
 *
 * Only time_now and time_mono look at a clock.  Whoever can be tested takes
 * the time as an argument.
 */
int64_t time_now(void);		/* the wall clock, which may jump */
int64_t time_mono(void);	/* only forwards, to measure how long; it does
				 * not count while the machine sleeps */

/* From seconds and nanoseconds, as struct stat has them; held at the ends. */
int64_t time_from(int64_t sec, int64_t nsec);

/* The local calendar of an instant, and the instant of a local date and time:
 * tm_year, tm_mon, tm_mday, tm_hour, tm_min, tm_sec count, and may be out of
 * range (day 0 is the day before the first).  What daylight saving passes
 * twice is the first of the two; what it skips is as much later as it skips. */
void time_to_tm(int64_t us, struct tm *tm);
int64_t time_of_tm(const struct tm *tm);

/*
 * RFC 3339, local with offset: 2026-11-22T01:00:00+01:00, with all six digits
 * of a fraction that is not 0; _ns gives nine, always.  Years beyond 9999 get
 * as many digits as they need, which time_parse_rfc3339 refuses.
 */
void time_rfc3339(struct buf *out, int64_t us);
void time_rfc3339_ns(struct buf *out, int64_t ns);

/* For people, local: 2026-11-22 01:00:00. */
void time_local(struct buf *out, int64_t us);

/* As Python's logging stamps a line, local: 2026-11-22 01:00:00,123. */
#define TIME_STAMP_SIZE	32
void time_stamp(char out[TIME_STAMP_SIZE], int64_t us);

/*
 * A name made by strftime of the instant in UTC.  -1 and ERR_USAGE if what
 * comes out is no file name: empty, '.', '..', over 255 bytes, or with a '/'.
 */
int time_name(struct buf *out, const char *pattern, int64_t us, struct err *e);

/*
 * RFC 3339 exactly: date, 'T' or ' ' (either case), time, an optional fraction
 * and Z or an offset.  *nsec may be NULL.  0, or -1 and ERR_USAGE.
 */
int time_parse_rfc3339(const char *s, int64_t *us, uint32_t *nsec,
    struct err *e);

/*
 * A time as people type it (--from, --as-of): RFC 3339; "2026-11-22 01:00" or
 * with seconds (or 'T'), local; "2026-11-22" and "today", "yesterday",
 * "tomorrow", which are midnight, local, and may have a time behind them;
 * "01:00", today; "now"; a span and "ago", as in "3 days ago"; "@1795305600",
 * seconds since 1970.  0, or -1 and ERR_USAGE.
 */
int time_parse_user(const char *s, int64_t now, int64_t *us, struct err *e);

#endif
