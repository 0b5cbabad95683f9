#ifndef ZONE_ZONE_RULE_H
#define ZONE_ZONE_RULE_H

#include <stdint.h>

#include "zone/zone.h"

/*
 * The POSIX rule of a zone, "CET-1CEST,M3.5.0,M10.5.0/3", as it stands in the
 * footer of a TZif file or in $TZ; with the extensions of RFC 8536 (hours up
 * to 167, names in <>).  A value; pure.
 */
enum rule_day { RULE_JULIAN, RULE_YEARDAY, RULE_WEEKDAY };

struct rule_date {
	enum rule_day	kind;
	int		day;		/* Jn: 1..365; n: 0..365; M: 0 = Sunday */
	int		month, week;	/* M only: 1..12, 1..5 (5 is the last) */
	int32_t		seconds;	/* on the wall, from that midnight on */
};

struct zone_rule {
	char		 name[2][ZONE_ABBR_MAX];	/* standard, daylight */
	int32_t		 offset[2];			/* east of UTC */
	int		 has_dst;
	struct rule_date on, off;	/* daylight saving begins, ends */
};

/* 0, or -1 if this is no such rule (r is then undefined). */
int zone_rule_parse(const char *text, struct zone_rule *r);

/* Is daylight saving in force: 0 or 1. */
int zone_rule_dst(const struct zone_rule *r, int64_t instant);

/* The next change after this instant: 1, or 0 if there is none. */
int zone_rule_change(const struct zone_rule *r, int64_t after,
    int64_t *change);

#endif
