#include <inttypes.h>

#include "job/guard.h"
#include "util/buf.h"

static uint64_t
planned(const struct plan *p, uint32_t job, const enum op_kind *kinds, size_t n)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += plan_count(p, job, kinds[i], OP_PLANNED);
	return sum;
}

int
guard_check(const struct guard *g, const struct plan *p, uint32_t job,
    struct buf *why)
{
	static const enum op_kind moving[] = { OP_MOVE, OP_RENAME, OP_ARCHIVE,
	    OP_BUNDLE };
	static const enum op_kind deleting[] = { OP_TRASH, OP_DELETE };
	uint64_t moves = planned(p, job, moving, 4);
	uint64_t deletes = planned(p, job, deleting, 2);
	uint64_t files = plan_job(p, job)->files;

	if (g->max_moves != GUARD_OFF && moves > g->max_moves) {
		buf_addf(why, "%" PRIu64 " moves are more than guard.max_moves "
		    "(%" PRIu64 ")", moves, g->max_moves);
		return 1;
	}
	if (g->max_deletes != GUARD_OFF && deletes > g->max_deletes) {
		buf_addf(why, "%" PRIu64 " deletes are more than "
		    "guard.max_deletes (%" PRIu64 ")", deletes, g->max_deletes);
		return 1;
	}
	if (g->max_share != GUARD_OFF && files >= GUARD_SHARE_FROM &&
	    (moves + deletes) * 100 > files * g->max_share) {
		buf_addf(why, "%" PRIu64 " of %" PRIu64 " files are more than "
		    "guard.max_share (%" PRIu64 "%%)", moves + deletes, files,
		    g->max_share);
		return 1;
	}
	return 0;
}
