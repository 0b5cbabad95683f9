#include <inttypes.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/guard.h"
#include "job/tally.h"
#include "util/buf.h"
#include "util/pack.h"

#define MINUTE	INT64_C(60000000)

/* Make the last minute that is kept the one of now. */
static void
move_on(struct tally *t, int64_t now)
{
	int64_t first = now / MINUTE - (TALLY_MINUTES - 1);
	int64_t by = first - t->first;
	size_t n;

	if (by == 0)
		return;
	/* A clock that was set back: nothing is known of then. */
	if (by < 0 || by >= TALLY_MINUTES) {
		memset(t->moves, 0, sizeof(t->moves));
		memset(t->deletes, 0, sizeof(t->deletes));
	} else {
		n = (size_t)(TALLY_MINUTES - by);
		memmove(t->moves, t->moves + by, n * sizeof(*t->moves));
		memmove(t->deletes, t->deletes + by, n * sizeof(*t->deletes));
		memset(t->moves + n, 0, (size_t)by * sizeof(*t->moves));
		memset(t->deletes + n, 0, (size_t)by * sizeof(*t->deletes));
	}
	t->first = first;
}

static void
add(uint32_t *slot, uint64_t n)
{
	*slot = n > UINT32_MAX - *slot ? UINT32_MAX : *slot + (uint32_t)n;
}

void
tally_add(struct tally *t, int64_t now, uint64_t moves, uint64_t deletes)
{
	move_on(t, now);
	add(&t->moves[TALLY_MINUTES - 1], moves);
	add(&t->deletes[TALLY_MINUTES - 1], deletes);
}

void
tally_sum(struct tally *t, int64_t now, uint64_t *moves, uint64_t *deletes)
{
	size_t i;

	move_on(t, now);
	*moves = *deletes = 0;
	for (i = 0; i < TALLY_MINUTES; i++) {
		*moves += t->moves[i];
		*deletes += t->deletes[i];
	}
}

int
tally_load(struct hall *h, const char *rule, struct tally *t, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct unpack u;
	size_t i;
	int r = catalog_get(h->catalog, "tally", rule, &b, e);

	*t = (struct tally){0};
	if (r != 1)
		return r;
	u = unpack_start(b.data, b.len);
	t->first = unpack_i64(&u);
	t->held = unpack_i64(&u);
	for (i = 0; i < TALLY_MINUTES; i++) {
		t->moves[i] = (uint32_t)unpack_u64(&u);
		t->deletes[i] = (uint32_t)unpack_u64(&u);
	}
	if (unpack_end(&u) < 0)
		*t = (struct tally){0};
	return 0;
}

int
tally_save(struct hall *h, const char *rule, const struct tally *t,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	pack_i64(&b, t->first);
	pack_i64(&b, t->held);
	for (i = 0; i < TALLY_MINUTES; i++) {
		pack_u64(&b, t->moves[i]);
		pack_u64(&b, t->deletes[i]);
	}
	return catalog_put(h->catalog, "tally", rule, b.data, b.len, e);
}

void
tally_plan(const struct plan *p, uint64_t *moves, uint64_t *deletes)
{
	*moves = plan_count(p, 0, OP_MOVE, OP_PLANNED) +
	    plan_count(p, 0, OP_RENAME, OP_PLANNED) +
	    plan_count(p, 0, OP_ARCHIVE, OP_PLANNED) +
	    plan_count(p, 0, OP_BUNDLE, OP_PLANNED);
	*deletes = plan_count(p, 0, OP_TRASH, OP_PLANNED) +
	    plan_count(p, 0, OP_DELETE, OP_PLANNED);
}

int
tally_check(const struct guard *g, struct tally *t, const struct plan *p,
    int found, int64_t now, struct buf *why)
{
	struct guard one = *g;
	uint64_t moves, deletes, m, d;

	/* All that has just arrived is new: its share says nothing. */
	if (!found)
		one.max_share = GUARD_OFF;
	if (guard_check(&one, p, 0, why))
		return 1;
	tally_sum(t, now, &moves, &deletes);
	tally_plan(p, &m, &d);
	if (m > 0 && g->max_moves != GUARD_OFF && moves + m > g->max_moves) {
		buf_addf(why, "%" PRIu64 " moves within an hour are more than "
		    "guard.max_moves (%" PRIu64 ")", moves + m, g->max_moves);
		return 1;
	}
	if (d > 0 && g->max_deletes != GUARD_OFF &&
	    deletes + d > g->max_deletes) {
		buf_addf(why, "%" PRIu64 " deletes within an hour are more than "
		    "guard.max_deletes (%" PRIu64 ")", deletes + d,
		    g->max_deletes);
		return 1;
	}
	return 0;
}
