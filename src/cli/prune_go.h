#ifndef CLI_PRUNE_GO_H
#define CLI_PRUNE_GO_H

#include "cli/about.h"

/* Pruning, for prune and forget --prune. */
struct id;

#define PRUNE_OPTS							\
	{ "max-unused", 0, "LIMIT", "what may stay unused: 5% (default), 10G, "	\
	    "unlimited", 0 },						\
	{ "max-repack-size", 0, "SIZE", "write no more than this again", 0 },	\
	{ "repack-cacheable-only", 0, NULL, "only packs of folders", 0 },	\
	{ "repack-small", 0, NULL, "put small packs together", 0 },	\
	{ "repack-smaller-than", 0, "SIZE", "packs below this", 0 },	\
	{ "repack-uncompressed", 0, NULL, "compress what is not", 0 }

/* The exit status.  The lock is held, exclusively; the index is loaded here.
 * without: snapshots that count as gone. */
int prune_go(struct about *a, const struct opts *o, int dry_run,
    const struct id *without, size_t n_without);

#endif
