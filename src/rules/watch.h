#ifndef RULES_WATCH_H
#define RULES_WATCH_H

#include <stdint.h>

/*
 * `watch:` of a rule: true, false, or {settle: 2s, after: 0s}.  The rule acts
 * when a file has arrived: when its size and mtime have been steady for settle,
 * and it has been there for after.
 */
struct conf_faults;
struct conf_node;

#define WATCH_SETTLE	INT64_C(2000000)		/* µs, if nothing is said */
#define WATCH_MOST	(INT64_C(366) * 86400 * 1000000)	/* of either */

struct rule_watch {
	int		 on;
	int64_t		 settle, after;	/* µs */
};

/* NULL: nothing is watched.  -1: faults were told. */
int rule_watch_read(const struct conf_node *n, struct rule_watch *out,
    struct conf_faults *f);

#endif
