#include "keep/moment.h"
#include "util/civil.h"

int64_t
moment_days(int64_t year, int64_t month, int64_t day)
{
	int64_t months = year * 12 + month - 1;

	return civil_days(floor_div(months, 12),
	    (int)floor_mod(months, 12) + 1, 1) + day - 1;
}

void
moment_of(int64_t local, struct moment *out)
{
	int64_t days = floor_div(local, DAY_SECONDS), thursday;
	struct civil c = civil_date(days);

	out->year = c.year;
	out->month = c.month;
	out->day = c.day;
	out->hour = (int)((local - days * DAY_SECONDS) / 3600);

	/* A week belongs to the year in which its Thursday lies. */
	thursday = days - civil_weekday(days) + 3;
	out->iso_year = civil_date(thursday).year;
	out->iso_week = (int)((thursday - civil_days(out->iso_year, 1, 1)) / 7)
	    + 1;
}
