#ifndef REPO_HAUL_H
#define REPO_HAUL_H

#include <stddef.h>
#include <stdint.h>

#include "repo/pack.h"

/*
 * Many blobs out of their packs: for what writes them anew (prune, copy, repair).
 *
 * One thread lays out what is wanted of each pack; several fetch it in large
 * pieces, open each blob, hold it against its id and hand it over.  One that is
 * damaged is taken from another pack if there is one.
 */
struct err;
struct haul;
struct repo;
struct repo_hand;

#define HAUL_THREADS	5	/* at most; those that hand over */

/* A blob, valid until blob() is back. */
struct haul_blob {
	const struct id	*pack;
	const struct pack_entry *entry;
	const void	*sealed;	/* as it lies there; NULL: it is from elsewhere */
	const void	*frame;		/* opened, still compressed; NULL: see entry,
					   or it is from elsewhere */
	size_t		 frame_len;
	const void	*plain;
	size_t		 len;
};

struct haul_work {
	/* In one thread: haul_put each pack.  -1 ends it. */
	int (*lay_out)(void *arg, struct haul *h, struct err *e);
	/* In any thread, its number below HAUL_THREADS; hand is that thread's own,
	 * and what the blob points to may lie in it.  -1 ends it. */
	int (*blob)(void *arg, unsigned who, struct repo_hand *hand,
	    const struct haul_blob *b, struct err *e);
	/* One that cannot be had: 0 goes on.  NULL: it ends with that failure.
	 * One at a time, as is done(), with the number of packs (may be NULL). */
	int (*bad)(void *arg, const struct id *pack,
	    const struct pack_entry *b, const struct err *why);
	void (*done)(void *arg, uint64_t packs);
	int		 only_here;	/* do not look in other packs */
	void		*arg;
};

/* ERR_STOPPED if repo_options.stop says so. */
int haul_run(struct repo *r, const struct haul_work *w, struct err *e);

/* v, sorted by offset, is taken over, also on failure: -1, and there is no need
 * to go on. */
int haul_put(struct haul *h, const struct id *pack, struct pack_entry *v,
    size_t n);

#endif
