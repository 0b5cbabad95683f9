/*
 * keep.c -- the policy, snapshot by snapshot; see keep.h for what it promises.
 *
 * The order of the tests and the words of the reasons are restic's
 * (internal/data/snapshot_policy.go), because `forget --json` shows them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/moment.h"
#include "keep/keep.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define SECOND	INT64_C(1000000)

/* Reasons, as bits of keep_item.why; the first four have a bit a bucket. */
#define WHY_N(b)	(UINT32_C(1) << (b))
#define WHY_N_OLDEST(b)	(UINT32_C(1) << (6 + (b)))
#define WHY_IN(b)	(UINT32_C(1) << (12 + (b)))
#define WHY_IN_OLDEST(b) (UINT32_C(1) << (18 + (b)))
#define WHY_PINNED	(UINT32_C(1) << 24)
#define WHY_NEWEST	(UINT32_C(1) << 25)
#define WHY_NONE_WHOLE	(UINT32_C(1) << 26)
#define WHY_NO_POLICY	(UINT32_C(1) << 27)

static const char *const names[KEEP_BUCKETS] = {
	"last", "hourly", "daily", "weekly", "monthly", "yearly",
};

/* The last bucket that was seen, of one kind. */
struct seen {
	int64_t	 value;
	int	 any;
};

/* An instant, cut so that reckoning with it cannot overflow. */
struct instant {
	int64_t	 s;
	int	 us;
};

struct state {
	const struct keep *k;
	int		 left[KEEP_BUCKETS];
	struct seen	 n[KEEP_BUCKETS], in[KEEP_BUCKETS];
	struct instant	 since[KEEP_BUCKETS];	/* for each `within` */
	int		 endless;		/* no newest: all is within */
};

struct order {
	int64_t	 time;
	size_t	 index;
};

static int
newest_first(const void *pa, const void *pb)
{
	const struct order *a = pa, *b = pb;

	if (a->time != b->time)
		return a->time < b->time ? 1 : -1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static struct instant
instant_of(int64_t time)
{
	struct instant t = { time / SECOND, (int)(time % SECOND) };

	if (t.us < 0) {
		t.s--;
		t.us += (int)SECOND;
	}
	return t;
}

static int
after(struct instant a, struct instant b)
{
	return a.s != b.s ? a.s > b.s : a.us > b.us;
}

static int
span_zero(const struct keep_span *s)
{
	return s->years == 0 && s->months == 0 && s->days == 0 && s->hours == 0;
}

int
keep_empty(const struct keep *k)
{
	int b;

	for (b = 0; b < KEEP_BUCKETS; b++)
		if (k->n[b] != 0 || !span_zero(&k->within[b]))
			return 0;
	return !k->pins;
}

static int
check(const struct keep *k, int64_t now, const struct keep_item *items,
    size_t n, struct err *e)
{
	const struct keep_span *s;
	size_t i;
	int b;

	for (b = 0; b < KEEP_BUCKETS; b++) {
		s = &k->within[b];
		if (k->n[b] < KEEP_ALL)
			return err_set(e, ERR_USAGE, "keep %s: %d is negative",
			    names[b], k->n[b]);
		if (s->years < 0 || s->months < 0 || s->days < 0 ||
		    s->hours < 0)
			return err_set(e, ERR_USAGE,
			    "keep within (%s): a span is negative", names[b]);
	}
	for (i = 0; i < n; i++)
		if (instant_of(items[i].time).s - KEEP_FUTURE >
		    instant_of(now).s)
			return err_set(e, ERR_HELD, "nothing is forgotten: a "
			    "snapshot lies in the future by more than a day; "
			    "is the clock right?");
	return 0;
}

/*
 * Go back by a span from an instant, on the calendar and clock that hang where
 * it was made.  The zone's offset may be another one at the far end: looked up
 * for the wall time as if that were UTC, and once more for what that gives,
 * which is how Go's time.Date does it, near a change of the clocks too.
 */
static struct instant
back(struct instant from, int32_t offset, const struct keep_zone *zone,
    const struct keep_span *span)
{
	int64_t local = from.s + offset, days, wall;
	struct moment c;

	moment_of(local, &c);
	days = moment_days(c.year, c.month, c.day);
	wall = local - days * 86400;
	wall += moment_days(c.year - span->years, c.month - span->months,
	    c.day - span->days) * 86400;
	if (zone != NULL && zone->at(zone->arg, from.s) == offset) {
		offset = zone->at(zone->arg, wall);
		if (offset != 0)
			offset = zone->at(zone->arg, wall - offset);
	}
	from.s = wall - offset - (int64_t)span->hours * 3600;
	return from;
}

/* Where each `within` ends, counted from the newest that is before now. */
static void
find_limits(struct state *st, const struct keep_zone *zone, int64_t now,
    const struct keep_item *items, const struct order *order, size_t n)
{
	const struct keep_item *newest;
	size_t i;
	int b;

	for (i = 0; i < n && items[order[i].index].time >= now; i++)
		;
	st->endless = i == n;
	if (st->endless)
		return;
	newest = &items[order[i].index];
	for (b = 0; b < KEEP_BUCKETS; b++)
		st->since[b] = back(instant_of(newest->time), newest->zone,
		    zone, &st->k->within[b]);
}

static int64_t
bucket(int b, const struct moment *c, size_t nr)
{
	switch (b) {
	case KEEP_LAST:
		return (int64_t)nr;
	case KEEP_HOURLY:
		return ((c->year * 100 + c->month) * 100 + c->day) * 100 +
		    c->hour;
	case KEEP_DAILY:
		return (c->year * 100 + c->month) * 100 + c->day;
	case KEEP_WEEKLY:
		return c->iso_year * 100 + c->iso_week;
	case KEEP_MONTHLY:
		return c->year * 100 + c->month;
	default:
		return c->year;
	}
}

/* 1 if value begins a bucket, 2 if it does not but is the oldest, else 0. */
static int
begins(struct seen *s, int64_t value, int oldest)
{
	int same = s->any && s->value == value;

	if (same && !oldest)
		return 0;
	s->value = value;
	s->any = 1;
	return same ? 2 : 1;
}

static uint32_t
decide(struct state *st, const struct keep_item *item, size_t nr, int oldest)
{
	const struct keep *k = st->k;
	struct instant t = instant_of(item->time);
	struct moment c;
	uint32_t why = 0;
	int b, r;

	moment_of(t.s + item->zone, &c);
	if (k->pins && item->pinned)
		why |= WHY_PINNED;
	if (!span_zero(&k->within[KEEP_LAST]) &&
	    (st->endless || after(t, st->since[KEEP_LAST])))
		why |= WHY_IN(KEEP_LAST);
	for (b = 0; b < KEEP_BUCKETS; b++) {
		if (st->left[b] == 0)
			continue;
		r = begins(&st->n[b], bucket(b, &c, nr), oldest);
		if (r == 0)
			continue;
		why |= r == 2 ? WHY_N_OLDEST(b) : WHY_N(b);
		if (st->left[b] > 0)
			st->left[b]--;
	}
	for (b = KEEP_HOURLY; b < KEEP_BUCKETS; b++) {
		if (span_zero(&k->within[b]) ||
		    !(st->endless || after(t, st->since[b])))
			continue;
		r = begins(&st->in[b], bucket(b, &c, nr), oldest);
		if (r != 0)
			why |= r == 2 ? WHY_IN_OLDEST(b) : WHY_IN(b);
	}
	return why;
}

int
keep_is_spared(const struct keep_item *item)
{
	return item->keep && (item->why & ~(WHY_NEWEST | WHY_NONE_WHOLE)) == 0;
}

/* Whatever the policy says: see the top of keep.h. */
static void
guard(struct keep_item *items, const struct order *order, size_t n)
{
	size_t i, j;

	for (i = 0; i < n && !items[order[i].index].whole; i++)
		;
	if (i < n) {
		if (items[order[i].index].why == 0)
			items[order[i].index].why = WHY_NEWEST;
		return;
	}
	for (j = 0; j < n; j++)
		if (items[j].why == 0)
			items[j].why = WHY_NONE_WHOLE;
}

int
keep_apply(const struct keep *k, const struct keep_zone *zone, int64_t now,
    struct keep_item *items, size_t n, struct err *e)
{
	CLEAN_FREE struct order *order = NULL;
	struct state st = { .k = k };
	size_t i;

	for (i = 0; i < n; i++) {
		items[i].keep = 1;
		items[i].why = WHY_NO_POLICY;
	}
	if (check(k, now, items, n, e) < 0)
		return -1;
	if (n == 0 || keep_empty(k))
		return 0;

	order = xallocn(n, sizeof(*order));
	for (i = 0; i < n; i++)
		order[i] = (struct order){ items[i].time, i };
	qsort(order, n, sizeof(*order), newest_first);
	memcpy(st.left, k->n, sizeof(st.left));
	find_limits(&st, zone, now, items, order, n);
	for (i = 0; i < n; i++)
		items[order[i].index].why = decide(&st, &items[order[i].index],
		    i, i == n - 1);
	guard(items, order, n);
	for (i = 0; i < n; i++)
		items[i].keep = items[i].why != 0;
	return 0;
}

/* The reasons in the order in which restic tells them. */
static uint32_t
nth_reason(uint32_t why, unsigned i)
{
	uint32_t bits[5 + 4 * KEEP_BUCKETS];
	size_t n = 0, j;
	int b;

	bits[n++] = WHY_PINNED;
	bits[n++] = WHY_IN(KEEP_LAST);
	for (b = 0; b < KEEP_BUCKETS; b++) {
		bits[n++] = WHY_N(b);
		bits[n++] = WHY_N_OLDEST(b);
	}
	for (b = KEEP_HOURLY; b < KEEP_BUCKETS; b++) {
		bits[n++] = WHY_IN(b);
		bits[n++] = WHY_IN_OLDEST(b);
	}
	bits[n++] = WHY_NEWEST;
	bits[n++] = WHY_NONE_WHOLE;
	bits[n++] = WHY_NO_POLICY;
	for (j = 0; j < n; j++)
		if ((why & bits[j]) != 0 && i-- == 0)
			return bits[j];
	return 0;
}

static void
name_reason(const struct keep *k, uint32_t bit, char out[KEEP_REASON])
{
	char span[KEEP_SPAN_TEXT];
	const char *oldest;
	int b;

	for (b = 0; b < KEEP_BUCKETS; b++) {
		if ((bit & (WHY_N(b) | WHY_N_OLDEST(b))) != 0) {
			oldest = bit == WHY_N_OLDEST(b) ? "oldest " : "";
			snprintf(out, KEEP_REASON, "%s%s snapshot", oldest,
			    names[b]);
			return;
		}
		if ((bit & (WHY_IN(b) | WHY_IN_OLDEST(b))) == 0)
			continue;
		keep_span_text(&k->within[b], span);
		oldest = bit == WHY_IN_OLDEST(b) ? "oldest " : "";
		if (b == KEEP_LAST)
			snprintf(out, KEEP_REASON, "within %s", span);
		else
			snprintf(out, KEEP_REASON, "%s%s within %s", oldest,
			    names[b], span);
		return;
	}
	snprintf(out, KEEP_REASON, "%s", bit == WHY_PINNED ? "pinned" :
	    bit == WHY_NEWEST ? "newest whole snapshot" :
	    bit == WHY_NONE_WHOLE ? "no snapshot is whole" : "no policy");
}

int
keep_reason(const struct keep *k, const struct keep_item *item, unsigned i,
    char out[KEEP_REASON])
{
	uint32_t bit = nth_reason(item->why, i);

	if (bit == 0)
		return 0;
	name_reason(k, bit, out);
	return 1;
}
