#ifndef REPO_RECOVER_H
#define REPO_RECOVER_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Folders that no snapshot and no other folder names: what is left of snapshots
 * that were forgotten or lost, until prune.
 */
struct err;
struct repo;

struct recover {
	struct id	*roots;		/* sorted; to be freed */
	size_t		 n;
	uint64_t	 trees;		/* folders that were looked at */
	uint64_t	 bad;		/* and cannot be read */
};

/* Look at every folder there is.  The index is loaded, and best repaired before
 * (repair.h).  step: done of total; may be NULL. */
int recover_find(struct repo *r, void (*step)(void *arg, uint64_t done,
    uint64_t total), void *arg, struct recover *out, struct err *e);

/* A snapshot of them, each a folder named by the beginning of its id, now (µs).
 * n is not 0. */
int recover_save(struct repo *r, const struct recover *x, int64_t now,
    struct id *snapshot, struct err *e);

#endif
