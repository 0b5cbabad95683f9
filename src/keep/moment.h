#ifndef KEEP_MOMENT_H
#define KEEP_MOMENT_H

#include <stdint.h>

/*
 * What calendar and clock show, as retention asks: date, hour, ISO week.  By
 * arithmetic alone (util/civil.h): no time zone database, no locale.
 */
struct moment {
	int64_t	 year;
	int	 month, day, hour;	/* 1..12, 1..31, 0..23 */
	int64_t	 iso_year;
	int	 iso_week;		/* 1..53 */
};

/* Days since 1970-01-01.  month and day may run over or below their range. */
int64_t moment_days(int64_t year, int64_t month, int64_t day);

/* The moment at local (seconds since 1970, local time). */
void moment_of(int64_t local, struct moment *out);

#endif
