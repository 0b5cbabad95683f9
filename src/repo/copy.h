#ifndef REPO_COPY_H
#define REPO_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Snapshots from one repository into another.
 *
 * What they need and the other does not have is read once, pack by pack, held
 * against its id, and sealed with the other's key.  What is compressed stays as
 * it is, unless the other's options ask for a compression of their own; between
 * repositories of one key even the seal stays.  Files are not cut anew: if the
 * two cut differently (repo.polynomial), what is backed up to the other later is
 * not found among what was copied.
 *
 * Blobs and index are durable before the first snapshot is written.  An
 * interruption costs little: what was copied is found by the next.
 */
struct err;
struct repo;
struct snapshot;
struct snapshots;

enum copy_step { COPY_TREES, COPY_DATA };

struct copy_watch {
	/* COPY_TREES: folders looked at, 0; COPY_DATA: bytes, of so many. */
	void (*step)(void *arg, enum copy_step step, uint64_t done,
	    uint64_t total);
	void (*copied)(void *arg, const struct snapshot *s,
	    const struct id *as);
	/* It is damaged and was not copied; the others are. */
	void (*bad)(void *arg, const struct snapshot *s, const struct err *why);
	void		*arg;
};

struct copy_totals {
	uint64_t	 snapshots, blobs, bytes;	/* bytes as sealed */
};

/* Is it there already?  That which it was copied to (or which it came from),
 * with the same time, tree, names, paths, tags and excludes; or NULL. */
const struct snapshot *copy_find(const struct snapshots *there,
    const struct snapshot *s);

/*
 * Indexes of both are loaded, both are locked.  What is to be copied: n pointers.
 * -1 if it could not go on; totals tell what was done till then.
 */
int copy_run(struct repo *from, struct repo *to,
    const struct snapshot *const *v, size_t n, const struct copy_watch *w,
    struct copy_totals *out, struct err *e);

#endif
