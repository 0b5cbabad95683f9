/*
 * merge.c -- which pairs a map has in the end.
 *
 * All candidates stand in one array in the order of their right: the map's
 * own pairs first, then those of the merged maps.  Sorted by key the winner
 * of each key comes first; its own rivals are faults, merged ones step back.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf_impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

struct seat {
	const struct conf_candidate	*c;
	size_t				 rank;
	bool				 keep;
};

static int
by_key(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;
	int r = strcmp(x->c->pair.key, y->c->pair.key);

	return r ? r : x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int
by_rank(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void
tell_twice(const struct conf_pair *first, const struct conf_pair *again,
    struct conf_faults *f)
{
	conf_fault(f, &again->at, "key %s is there already, on line %u",
	    conf_said(again->key).s, first->at.line);
}

static size_t
choose(struct seat *seats, size_t n, struct conf_faults *f)
{
	size_t i, first = 0, kept = 0;

	for (i = 0; i < n; i++) {
		if (i == 0 || strcmp(seats[i].c->pair.key,
		    seats[first].c->pair.key) != 0) {
			first = i;
			seats[i].keep = true;
			kept++;
		} else if (!seats[i].c->merged) {
			tell_twice(&seats[first].c->pair, &seats[i].c->pair, f);
		}
	}
	return kept;
}

void
conf_settle(struct arena *a, struct conf_node *map,
    const struct conf_candidate *all, size_t n, struct conf_faults *f)
{
	CLEAN_FREE struct seat *seats = xallocn(n + 1, sizeof(*seats));
	size_t i, kept;
	int pass;

	for (i = 0; i < n; i++)
		seats[i] = (struct seat){ &all[i], i, false };
	qsort(seats, n, sizeof(*seats), by_key);
	kept = choose(seats, n, f);
	qsort(seats, n, sizeof(*seats), by_rank);
	map->pairs = arena_alloc(a, (kept + 1) * sizeof(*map->pairs));
	map->n = 0;
	for (pass = 0; pass < 2; pass++)	/* merged pairs come first */
		for (i = 0; i < n; i++)
			if (seats[i].keep && seats[i].c->merged == (pass == 0))
				map->pairs[map->n++] = seats[i].c->pair;
}
