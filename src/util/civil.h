#ifndef UTIL_CIVIL_H
#define UTIL_CIVIL_H

#include <stdint.h>

/*
 * The proleptic Gregorian calendar, pure: days are counted from 1970-01-01,
 * months from 1, weekdays from 0 = Monday.  Good for any year that fits.
 */
#define DAY_SECONDS	86400
#define SECOND_US	INT64_C(1000000)
#define DAY_US		(DAY_SECONDS * SECOND_US)

struct civil {
	int64_t	year;
	int	month, day;
};

int64_t civil_days(int64_t year, int month, int day);
struct civil civil_date(int64_t days);
int civil_weekday(int64_t days);
int civil_leap(int64_t year);
int civil_month_days(int64_t year, int month);

/* Division that rounds down, and its rest, for b > 0. */
int64_t floor_div(int64_t a, int64_t b);
int64_t floor_mod(int64_t a, int64_t b);

#endif
