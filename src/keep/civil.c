/*
 * civil.c -- days to dates and back.
 *
 * Years are reckoned from March, so that the leap day is the last of its year,
 * in eras of 400 years (146097 days), after which the calendar repeats.
 */
#include "keep/civil.h"

#define DAY	86400

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
civil_days(int64_t year, int64_t month, int64_t day)
{
	int64_t months = year * 12 + month - 1, y, m, era, of_era, of_year;

	y = floor_div(months, 12);
	m = months - y * 12;			/* 0 is January */
	if (m < 2)
		y--;
	era = floor_div(y, 400);
	of_era = y - era * 400;
	of_year = (153 * ((m + 10) % 12) + 2) / 5;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year + day - 1 - 719468;
}

static void
date_of(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468, era = floor_div(z, 146097);
	int64_t of_era = z - era * 146097, y, of_year, m;

	y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * y + y / 4 - y / 100);
	m = (5 * of_year + 2) / 153;		/* 0 is March */
	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = era * 400 + y + (*month <= 2);
}

void
civil_of(int64_t local, struct civil *out)
{
	int64_t days = floor_div(local, DAY), thursday, monday_is_0;
	int month, day;

	date_of(days, &out->year, &out->month, &out->day);
	out->hour = (int)((local - days * DAY) / 3600);

	/* A week belongs to the year in which its Thursday lies. */
	monday_is_0 = (days + 3) - floor_div(days + 3, 7) * 7;
	thursday = days - monday_is_0 + 3;
	date_of(thursday, &out->iso_year, &month, &day);
	out->iso_week = (int)((thursday - civil_days(out->iso_year, 1, 1)) / 7)
	    + 1;
}
