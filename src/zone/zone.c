/*
 * zone.c -- asking a zone.
 *
 * The life of a zone is a row of stretches, each with one offset, parted by
 * changes: those in the table first, those of the rule after the last of
 * them.  zone_at finds the stretch of an instant; zone_change walks on.
 */
#include <stdlib.h>

#include "zone/zone_impl.h"
#include "util/civil.h"

/* No offset is larger (zone_load.c sees to it), nor any two farther apart. */
#define OFFSET_MAX	INT64_C(93600)		/* 26 hours */

void
zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->at);
	free(z->to);
	free(z);
}

/* How many changes of the table lie at or before this instant. */
static size_t
changes_until(const struct zone *z, int64_t instant)
{
	size_t low = 0, high = z->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (z->at[mid] <= instant)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct zone_local
local_of_type(const struct zone *z, size_t type)
{
	const struct zone_type *t = &z->types[type];

	return (struct zone_local){ t->offset, t->dst, z->chars + t->abbr };
}

/* Before the first change libc takes the first type without daylight saving. */
static struct zone_local
local_at_first(const struct zone *z)
{
	size_t i;

	for (i = 0; i < z->n_types; i++)
		if (!z->types[i].dst)
			return local_of_type(z, i);
	return local_of_type(z, 0);
}

struct zone_local
zone_at(const struct zone *z, int64_t instant)
{
	size_t i = changes_until(z, instant);
	int dst;

	if (i == z->n && z->has_rule && (z->n > 0 || z->n_types == 0)) {
		dst = zone_rule_dst(&z->rule, instant);
		return (struct zone_local){
			z->rule.offset[dst], dst, z->rule.name[dst]
		};
	}
	return i == 0 ? local_at_first(z) : local_of_type(z, z->to[i - 1]);
}

int
zone_change(const struct zone *z, int64_t after, int64_t *change)
{
	size_t i = changes_until(z, after);

	if (i < z->n) {
		*change = z->at[i];
		return 1;
	}
	return z->has_rule && zone_rule_change(&z->rule, after, change);
}

/*
 * A wall that the clock never shows lies in a gap, and the clock is set
 * forward within OFFSET_MAX of it.  A wall shown only with the other kind of
 * time waits for the next change.  Either way the caller looks on from there.
 */
static int64_t
look_on(const struct zone *z, int64_t wall, int64_t from)
{
	int64_t near = wall - OFFSET_MAX, change;

	return zone_change(z, near > from ? near : from, &change) ? change :
	    INT64_MAX;
}

int
zone_instant(const struct zone *z, int64_t wall, int64_t from, int dst,
    int64_t *instant)
{
	int64_t begin = wall - OFFSET_MAX, end = begin, t;
	struct zone_local l;
	int more;

	do {
		l = zone_at(z, begin);
		more = zone_change(z, begin, &end);
		t = wall - l.offset;
		if (t >= begin && t >= from && (!more || t < end) &&
		    (dst < 0 || dst == l.dst)) {
			*instant = t;
			return 1;
		}
		begin = end;
	} while (more && begin <= wall + OFFSET_MAX);
	*instant = look_on(z, wall, from);
	return 0;
}

const char *
zone_abbr(const struct zone *z, int dst)
{
	size_t i;

	if (z->has_rule)
		return z->rule.name[dst];
	for (i = z->n; i > 0; i--)
		if (z->types[z->to[i - 1]].dst == dst)
			return z->chars + z->types[z->to[i - 1]].abbr;
	for (i = 0; i < z->n_types; i++)
		if (z->types[i].dst == dst)
			return z->chars + z->types[i].abbr;
	return "";
}
