#ifndef REPO_PRUNE_H
#define REPO_PRUNE_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Making room: blobs that no snapshot needs go (restic-format 1.17).
 *
 * In two steps.  prune_plan only looks: it walks every snapshot's tree, counts
 * what each pack holds that is needed and what is not, and decides as restic
 * does which packs stay, which go, and which are written again.  prune_do does
 * it, in an order in which each instant leaves a whole repository:
 *
 *	1  packs that no index file names go: nobody needs them
 *	2  what is needed of the packs that are written again goes into new
 *	   packs, and these into the index (durable, on the way and in the end:
 *	   a run that was interrupted has not worked in vain)
 *	3  the index is written without the old packs; then the old index files go
 *	4  the old packs go
 *
 * A blob that is written again is opened and held against its id first; if it is
 * fine it is copied as it lies, sealed.  A damaged one is taken from another
 * pack if there is one, else prune ends before anything of it was removed.
 *
 * The caller holds an exclusive lock for both, and has loaded the index; nobody
 * may add to it in between.
 */
struct err;
struct prune;
struct repo;

enum prune_step {
	PRUNE_TREES, PRUNE_INDEX, PRUNE_PACKS,	/* looking */
	PRUNE_UNREFERENCED, PRUNE_REPACK, PRUNE_REWRITE, PRUNE_REMOVE
};

enum prune_limit { PRUNE_PERCENT, PRUNE_BYTES, PRUNE_UNLIMITED };

struct prune_options {
	/* How much that is not needed may stay: of what is used, or bytes. */
	enum prune_limit max_unused;
	double		 max_unused_percent;	/* below 100 */
	uint64_t	 max_unused_bytes;
	uint64_t	 max_repack;	/* bytes written again; 0: no limit */
	uint64_t	 small;		/* packs below that are put together, if
					   they are ten */
	int		 cacheable_only;	/* only packs of trees */
	int		 uncompressed;	/* compress all that is not */

	/* Snapshots that count as gone (forget --prune --dry-run). */
	const struct id	*without;
	size_t		 n_without;

	/* What is done now, and how far; done of total, 0 if it is not known. */
	void (*step)(void *arg, enum prune_step step, uint64_t done,
	    uint64_t total);
	void		*arg;
};

/* What restic takes for small: four fifths of a pack's size with
 * --repack-small, else a twenty-fifth. */
uint64_t prune_small(const struct repo *r, int repack_small);

/* "5%", "10GiB", "unlimited", as --max-unused: 0, or -1 and ERR_USAGE. */
int prune_parse_unused(const char *s, struct prune_options *o, struct err *e);

struct prune_amount {
	uint64_t	 blobs, bytes;
};

struct prune_stats {
	struct prune_amount used, duplicate, unused;
	uint64_t	 unreferenced;	/* bytes of packs in no index */
	struct prune_amount repack, repack_removes;	/* in packs that are written
							   again; what of it goes */
	struct prune_amount remove;	/* in packs that go */
	uint64_t	 uncompressed;	/* bytes still, in v2 */
	struct {
		uint64_t used, partly, unused, unreferenced;
		uint64_t keep, repack, remove;
	} packs;
};

/*
 * ERR_CORRUPT: something needed is missing or a pack has not the size it should
 * have; repair first.
 */
int prune_plan(struct repo *r, const struct prune_options *o,
    struct prune **out, struct err *e);
void prune_stats(const struct prune *p, struct prune_stats *out);
/* 1 if there is something to do. */
int prune_needed(const struct prune *p);
int prune_do(struct prune *p, struct err *e);
void prune_free(struct prune *p);	/* NULL is fine */

#endif
