#ifndef KEEP_CIVIL_H
#define KEEP_CIVIL_H

#include <stdint.h>

/*
 * The Gregorian calendar, by arithmetic alone: no time zone database, no
 * locale.  For the keep room only.
 */
struct civil {
	int64_t	 year;
	int	 month, day, hour;	/* 1..12, 1..31, 0..23 */
	int64_t	 iso_year;
	int	 iso_week;		/* 1..53 */
};

/* Days since 1970-01-01.  month and day may run over or below their range. */
int64_t civil_days(int64_t year, int64_t month, int64_t day);

/* What calendar and clock show at local (seconds since 1970, local time). */
void civil_of(int64_t local, struct civil *out);

#endif
