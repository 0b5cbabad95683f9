#ifndef KEEP_KEEP_H
#define KEEP_KEEP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which of many snapshots to keep: the policy of restic 0.18's `forget`, for
 * copies and repositories alike.  Pure: no clock, no disk, no locale.
 *
 * How it decides.  The snapshots of one group are looked at newest first.  A
 * bucket (hour, day, week ...) is told apart in the snapshot's own local time;
 * weeks are ISO weeks.  The newest of a bucket stands for it and uses up one
 * of the n that the policy grants.  While a bucket kind has some left, the
 * oldest snapshot of all is kept too, so that a history grows to the length
 * that was asked for.  `within` counts back from the newest snapshot that is
 * not in the future, not from now: a machine that was off loses nothing.
 *
 * What it never does.  An empty policy removes nothing.  The newest whole
 * snapshot is kept whatever the policy says; if none is whole, all are kept.
 * If any lies more than KEEP_FUTURE ahead of now, nothing is decided: either
 * our clock is wrong, or somebody made false snapshots to push good ones out.
 */
struct err;

enum keep_bucket {
	KEEP_LAST, KEEP_HOURLY, KEEP_DAILY, KEEP_WEEKLY, KEEP_MONTHLY,
	KEEP_YEARLY, KEEP_BUCKETS
};

#define KEEP_ALL	(-1)		/* for n: no end */
#define KEEP_FUTURE	86400		/* seconds */

/* A stretch of calendar time: a month back from 31 March is 3 March. */
struct keep_span {
	int	 years, months, days, hours;
};

/* {0} is the empty policy. */
struct keep {
	int		 n[KEEP_BUCKETS];	/* 0: none; KEEP_ALL */
	struct keep_span within[KEEP_BUCKETS];	/* [KEEP_LAST]: every snapshot
						   within; the rest: the newest
						   of each bucket within */
	int		 pins;			/* pinned items count, too */
};

struct keep_item {
	int64_t		 time;		/* microseconds since 1970, UTC */
	int32_t		 zone;		/* local time minus UTC then, seconds */
	unsigned char	 whole;		/* it was made without any failure */
	unsigned char	 pinned;	/* keep it (a tag), if policy.pins */
	unsigned char	 keep;		/* out */
	uint32_t	 why;		/* out; read it with keep_reason */
};

/*
 * Local time's offset from UTC at an instant (seconds since 1970).  With it,
 * `within` crosses a change of daylight saving as restic does; without (NULL)
 * it reckons in the newest snapshot's fixed offset.
 */
struct keep_zone {
	int32_t	(*at)(void *arg, int64_t when);
	void	*arg;
};

/* After keep_apply: is it kept although the policy does not ask for it? */
int keep_is_spared(const struct keep_item *item);

/* Does it say nothing? */
int keep_empty(const struct keep *k);

/*
 * Decide for n items of one group, in any order (equal times: the earlier
 * one in the array counts as the newer).  The order is left as it is.  now is
 * in microseconds since 1970.  On -1 every item has keep set: ERR_USAGE for a
 * policy that cannot be (n below -1, a negative span), ERR_HELD for a
 * snapshot in the future.
 */
int keep_apply(const struct keep *k, const struct keep_zone *zone, int64_t now,
    struct keep_item *items, size_t n, struct err *e);

/*
 * The i-th reason (from 0) why an item is kept, in restic's words ("daily
 * snapshot", "oldest weekly snapshot", "within 1y5m"): 1, or 0 if there are
 * no more.  An item to be removed has none.
 */
#define KEEP_REASON	96
int keep_reason(const struct keep *k, const struct keep_item *item, unsigned i,
    char out[KEEP_REASON]);

/*
 * Spans are written as restic's: "1y5m7d2h", m for months; blanks around are
 * ignored, "" is no time at all, and of a unit given twice the last one
 * counts.  Numbers go up to KEEP_SPAN_MAX.  ERR_USAGE says what is wrong.
 */
#define KEEP_SPAN_MAX	99999
#define KEEP_SPAN_TEXT	48
int keep_span_parse(const char *text, struct keep_span *out, struct err *e);
void keep_span_text(const struct keep_span *s, char out[KEEP_SPAN_TEXT]);

#endif
