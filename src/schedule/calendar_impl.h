#ifndef SCHEDULE_CALENDAR_IMPL_H
#define SCHEDULE_CALENDAR_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "zone/zone.h"
#include "util/civil.h"
#include "util/err.h"

/*
 * Inside a calendar; for the calendar*.c of this room only.
 *
 * A calendar is a union of patterns.  A pattern is one field each for year,
 * month, day, hour, minute and second, all of which must match, and a set of
 * weekdays.  A field is a chain of parts; an empty chain matches anything.
 * systemd's expressions are one pattern; cron's "day of month or weekday" and
 * several times of day in words are more.
 */
enum field { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

#define YEAR_FIRST	1970
#define YEAR_LAST	2199
#define CHAIN_MAX	241	/* parts a field, as in systemd */
#define PATTERNS_MAX	512

#define WEEKDAYS_ALL	127u	/* bit 0 is Monday */

/*
 * Matches start, start + repeat, ... up to stop, or to the field's end if
 * stop < 0; without repeat only start.  Seconds are in microseconds.  In a
 * day field that counts from the month's end, 1 is the last day, and start
 * and stop count backwards.
 */
struct part {
	int32_t	start, stop, repeat;
	int32_t	at;		/* where in the text, for messages */
};

struct chain {
	struct part	*part;	/* calendar_alloc's */
	size_t		 n;
};

struct pattern {
	struct chain	 field[FIELDS];
	unsigned	 weekdays;	/* 0: any */
	int		 month_end;	/* the day counts from the end */
	int		 every_days;	/* days since 1970-01-01 divide by it */
	int		 every_weeks;	/* likewise from the week it lay in */
	int64_t		 every_us;	/* instead of h:m:s, from midnight on */
};

struct block;

struct calendar {
	struct block	*blocks;	/* what calendar_alloc gave */
	struct pattern	*pattern;
	size_t		 n, cap;
	struct zone	*zone;
	int		 dst;		/* -1; 0 or 1 if so written ("CEST") */
	const char	*suffix;	/* the zone as written, or NULL */
	const char	*normal;
};

/*
 * A text being parsed: a copy without its zone and outer blanks.  The first
 * fault ends the parse; `fault` is where it lies.
 */
struct scan {
	const char	*text, *p;	/* p moves; text ends with NUL */
	struct calendar	*c;
	const char	*fault;
	struct err	*e;
};

/* Record a fault at a place in the text; returns -1. */
int scan_fail(struct scan *s, const char *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The word at a place, shortened and made printable, for a message. */
#define SCAN_WORD_MAX	40
const char *scan_word(const char *at, char word[SCAN_WORD_MAX]);

/* The three ways of writing: each adds patterns to s->c, 0 or -1. */
int systemd_parse(struct scan *s);
int cron_parse(struct scan *s);
int words_parse(struct scan *s);

/* One of hourly, daily, ... : fills *p, or -1 if the word is none of them. */
int shorthand_find(struct calendar *c, const char *word, struct pattern *p);

/* Memory that lives as long as the calendar: zeroed; a text with a NUL. */
void *calendar_alloc(struct calendar *c, size_t n);
char *calendar_text(struct calendar *c, const char *text, size_t len);

/* A new empty pattern; borrowed until the next one is added. */
struct pattern *pattern_add(struct calendar *c);

/* Fields. */
void chain_set(struct calendar *c, struct chain *ch, const struct part *part,
    size_t n);
void chain_one(struct calendar *c, struct chain *ch, int32_t value);
/* Sort, drop doubles, shorten stops; what systemd's normal form needs. */
void chain_normalize(struct chain *ch);
/*
 * The least value >= v that matches, or -1.  For a day counted from the end,
 * month_days is the length of the month, else 0.
 */
int64_t chain_next(const struct chain *ch, int64_t v, int month_days);

/*
 * The first wall clock time, in microseconds, at or after wall that matches:
 * 1, or 0 if there is none up to YEAR_LAST.
 */
int pattern_next(const struct pattern *p, int64_t wall, int64_t *next);

/* The normal form of all patterns, in the calendar's memory. */
const char *normal_print(struct calendar *c);

#endif
