#ifndef SCHEDULE_CALENDAR_PHRASE_H
#define SCHEDULE_CALENDAR_PHRASE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a text of plain words said, before it is a calendar: filled by
 * calendar_words.c, checked and turned into patterns by calendar_phrase.c.
 * The pointers are places in the text, NULL for what was not said.
 */
#define TIMES_MAX	48

enum unit {
	UNIT_NONE, UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK,
	UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR
};

struct phrase {
	enum unit	 unit;
	int		 count;		/* every COUNT units */
	const char	*unit_at;

	unsigned	 weekdays;	/* bit 0 is Monday */
	unsigned	 nth;		/* of the month: bits 1..5; bit 0: last */
	const char	*weekdays_at;

	uint32_t	 days;		/* of the month: bits 1..31 */
	int		 last_day;
	const char	*days_at;

	unsigned	 months;	/* bits 1..12 */
	const char	*months_at;

	int32_t		 time[TIMES_MAX];	/* seconds of the day */
	size_t		 n_times;
	const char	*times_at;

	uint64_t	 past;		/* minutes past the hour: bits 0..59 */
	const char	*past_at;

	int		 of_month;	/* "of the month" was said */
	const char	*needs_of;	/* ... and must be, because of this */
};

struct scan;

/* Check it and add its patterns to the scan's calendar: 0, or -1. */
int phrase_finish(struct scan *s, const struct phrase *ph);

#endif
