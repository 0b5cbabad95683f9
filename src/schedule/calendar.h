#ifndef SCHEDULE_CALENDAR_H
#define SCHEDULE_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

/*
 * A calendar is an expression that answers one question: given now, when
 * next?  Three ways of writing are understood, told apart by their shape:
 *
 *	Mon..Fri *-*-* 08:00	systemd.time(7), all of it, with its shorthands
 *	0 8 * * mon-fri		a cron line of five fields, and @daily and so on
 *	every weekday at 08:00	plain words (calendar_words.c has the grammar)
 *
 * Each may end in a time zone: "UTC", an IANA name, or one of the two
 * abbreviations of the local zone.  Nothing is guessed: what is not fully
 * understood is an error that names the column and says what was expected.
 *
 * Instants are microseconds since 1970-01-01 UTC.  Calendars are immutable,
 * hold their zone's data, and touch no clock, file or environment once they
 * are parsed; any number of threads may ask one.
 *
 * Where the clock is changed, the meaning is systemd's: a wall clock time that
 * is skipped does not happen; one that comes twice happens the first time,
 * unless the question is asked from within the second time.  No year after
 * 2199 is looked at, nor any instant before 1970.
 */
struct calendar;
struct err;

#define CALENDAR_TEXT_MAX	4096	/* longer expressions are refused */
#define CALENDAR_FORMAT_MAX	80	/* holds what calendar_format writes */

/*
 * Parse an expression that is meant in this zone if it names none itself;
 * NULL is the local zone ($TZ, /etc/localtime).  Reads the zone's file.
 * On 0 *out is owned by the caller, who ends it with calendar_free; on -1
 * (ERR_USAGE; ERR_NOENT if it is `zone` that does not exist; ERR_CORRUPT) it
 * is NULL.
 *
 * calendar_parse_at also tells the column, from 1, counted in characters; 0
 * if the fault is not in the text.  calendar_parse puts it into the message.
 */
int calendar_parse(const char *text, const char *zone, struct calendar **out,
    struct err *e);
int calendar_parse_at(const char *text, const char *zone,
    struct calendar **out, size_t *column, struct err *e);
void calendar_free(struct calendar *c);		/* NULL is fine */

/*
 * The first instant after after_us: 1.  0 if there is none, which is also
 * found out quickly (milliseconds for 31 April).  Cannot fail.
 */
int calendar_next(const struct calendar *c, int64_t after_us,
    int64_t *next_us);

/*
 * The last instant that is after floor_us and not after until_us: 1, or 0 if
 * there is none.  Costs some fifty times calendar_next, however many lie
 * between the two.
 */
int calendar_last(const struct calendar *c, int64_t floor_us, int64_t until_us,
    int64_t *last_us);

/*
 * The expression in systemd's normal form, "*-*-* 01:00:00 Europe/Berlin",
 * borrowed from c.  What takes several of them is joined with " or ", and what
 * systemd cannot say at all begins with "every 2 days", "every 3 weeks" or
 * "every 90min from midnight"; "never" for never.
 */
const char *calendar_normal(const struct calendar *c);

/*
 * An instant as "Mon 2026-11-23 01:00:00 CET" in the calendar's own zone, with
 * a fraction only if there is one.
 */
const char *calendar_format(const struct calendar *c, int64_t us,
    char buf[CALENDAR_FORMAT_MAX]);

#endif
