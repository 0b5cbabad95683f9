#ifndef RULES_AGE_H
#define RULES_AGE_H

#include "rules/filter.h"

/*
 * What the filters of times share: {years, months, weeks, days, hours,
 * minutes, seconds, mode: older | newer, timezone}.  Years to days are counted
 * by the calendar of that zone, or of the local one (a month before March 31st
 * is February's last day), the rest by the clock.  Without any of them every time matches.
 */
struct age {
	int64_t		 years, months, weeks, days, hours, minutes, seconds;
	unsigned	 newer;
	int		 asked;		/* any of them is not 0 */
	int64_t		 limit;		/* ns; set by age_begin */
	const char	*said;		/* "30 days" */
	struct zone	*zone;		/* NULL: the local one */
};

int age_read(struct age *a, const char *filter, const struct conf_node *value,
    struct rule_reader *r);
void age_fini(void *age);
void age_begin(struct age *a, int64_t now);
int age_match(const struct age *a, int64_t time);
/* filter_ops.meet of filters whose state is a struct age. */
int age_meet(const void *a, int not_a, const void *b, int not_b);
/* "lastmodified is older than 30 days" */
void age_say(const struct age *a, const char *filter, int64_t time, int matched,
    int detail, struct buf *out);

#endif
