/*
 * civil.c -- days and dates.
 *
 * A year is taken to begin in March, so that the leap day is its last and
 * every month but that one begins at (153 * m + 2) / 5.  400 years make an
 * era of 146097 days; 1970-01-01 is day 719468 from 0000-03-01.
 */
#include "util/civil.h"

#define ERA_YEARS	400
#define ERA_DAYS	146097
#define EPOCH_SHIFT	719468

int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
floor_mod(int64_t a, int64_t b)
{
	return a % b + (a % b < 0 ? b : 0);
}

int64_t
civil_days(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = floor_div(y, ERA_YEARS), in_era = floor_mod(y, ERA_YEARS);
	int from_march = (month + 9) % 12;
	int64_t in_year = (153 * from_march + 2) / 5 + day - 1;

	return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 +
	    in_year - EPOCH_SHIFT;
}

struct civil
civil_date(int64_t days)
{
	int64_t shifted = days + EPOCH_SHIFT;
	int64_t era = floor_div(shifted, ERA_DAYS);
	int64_t rest = floor_mod(shifted, ERA_DAYS);
	/* Each term takes out the leap days that the years so far have had. */
	int64_t y = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int64_t in_year = rest - (365 * y + y / 4 - y / 100);
	int from_march = (int)((5 * in_year + 2) / 153);
	struct civil c;

	c.day = (int)in_year - (153 * from_march + 2) / 5 + 1;
	c.month = from_march < 10 ? from_march + 3 : from_march - 9;
	c.year = era * ERA_YEARS + y + (c.month <= 2);
	return c;
}

int
civil_weekday(int64_t days)
{
	return (int)floor_mod(days + 3, 7);	/* 1970-01-01 was a Thursday */
}

int
civil_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
civil_month_days(int64_t year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return days[month - 1] + (month == 2 && civil_leap(year));
}
