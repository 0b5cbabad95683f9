#ifndef UTIL_SPAN_H
#define UTIL_SPAN_H

#include <stdint.h>

struct buf;
struct err;

/*
 * Spans of time, as systemd writes them (systemd.time(7), "Parsing time
 * spans"): one or more of NUMBER UNIT, added up, with or without spaces: "30
 * days", "1h 30min", "1.5h", "2weeks 100ms".  Units are systemd's, whose case
 * counts (m is a minute, M a month): a month is 30.44 days, a year 365.25.
 * Unlike there a unit is never left out, since "older_than: 30" says nothing.
 * Spans are microseconds, and never negative.
 */
#define SPAN_MS		((int64_t)1000)
#define SPAN_SECOND	(1000 * SPAN_MS)
#define SPAN_MINUTE	(60 * SPAN_SECOND)
#define SPAN_HOUR	(60 * SPAN_MINUTE)
#define SPAN_DAY	(24 * SPAN_HOUR)
#define SPAN_WEEK	(7 * SPAN_DAY)
#define SPAN_MONTH	(2629800 * SPAN_SECOND)
#define SPAN_YEAR	(31557600 * SPAN_SECOND)

/* 0, or -1 and ERR_USAGE with what is wrong and what would be right. */
int span_parse(const char *s, int64_t *us, struct err *e);

/*
 * Print it for people: "3 days", "1 day 2h", "1h 30min", "250ms", "0s".  All
 * of it (parts 0), and then span_parse reads the same span again; or no more
 * than the first parts units, the rest cut off.  A negative span gets a '-'.
 */
void span_print(struct buf *out, int64_t us, int parts);

#endif
