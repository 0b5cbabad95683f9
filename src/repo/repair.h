#ifndef REPO_REPAIR_H
#define REPO_REPAIR_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Mending what is damaged (restic-format 1.18).  In this order:
 *
 *	repair_index	index files that cannot be read go; what their packs hold
 *			is read from the packs themselves
 *	repair_packs	what can still be read of damaged packs is saved again, and
 *			they go
 *	repair_snapshots  what is then still missing is taken out of the snapshots
 *			that need it
 *
 * Each leaves a repository that is no worse at any instant: what is new is durable
 * before what is old goes.  The caller holds an exclusive lock; `lock`, if not
 * NULL, is asked before anything is removed.
 */
struct err;
struct lock;
struct repo;
struct snapshot;

enum repair_step { REPAIR_INDEX_FILES, REPAIR_HEADERS, REPAIR_SALVAGE,
	REPAIR_TREES };

struct repair_watch {
	const struct lock *lock;
	/* What was found, and what becomes of it, a line for people; one at a
	 * time, from any thread. */
	void (*told)(void *arg, const char *text);
	void (*step)(void *arg, enum repair_step step, uint64_t done,
	    uint64_t total);
	void		*arg;
};

/* ---- the index ---- */
struct repair_index {
	uint64_t	 bad_files;	/* index files that were damaged */
	uint64_t	 read;		/* packs whose header was read */
	uint64_t	 added;		/* of them: nobody knew them */
	uint64_t	 gone;		/* packs that are not there any more */
	uint64_t	 unread;	/* headers that cannot be read, of packs the
					   index knows: it keeps what it knows, and
					   repair_packs wants them */
	uint64_t	 junk;		/* and of packs that nobody knows */
	int		 changed;
};

/*
 * The index must not have been loaded, and the repository opened without a
 * cache, which might hide damage.  all: believe no index file, read every
 * pack's header.  On 0 the index is loaded and right.
 */
int repair_index(struct repo *r, int all, const struct repair_watch *w,
    struct repair_index *out, struct err *e);

/* ---- packs ---- */
struct repair_packs {
	uint64_t	 saved;		/* blobs that were written again */
	uint64_t	 elsewhere;	/* that are damaged, but lie in other packs */
	uint64_t	 lost;
	uint64_t	 packs;		/* that are gone now */
};

/* The one pack in the store, or in the index, whose id begins so: ERR_NOENT,
 * ERR_USAGE if there are several.  The index is loaded. */
int repair_find_pack(struct repo *r, const char *prefix, struct id *out,
    struct err *e);

/* A pack as it lies there, to a file; what cannot be read of it is left out (a
 * hole).  1 if there is nothing to be had of it. */
int repair_keep_pack(struct repo *r, const struct id *pack, int fd,
    struct err *e);

/* The index is loaded.  A cache is of use: it may hold whole packs of trees. */
int repair_packs(struct repo *r, const struct id *packs, size_t n,
    const struct repair_watch *w, struct repair_packs *out, struct err *e);

/* ---- snapshots ---- */
struct rewrite_watch;

/* What rewrite_snapshots (rewrite.h) does to mend trees: pieces of files that are
 * in no index are left out, sizes put right; folders that cannot be read become
 * empty ones; nodes that are nothing go. */
struct repair_trees {
	struct repo	*r;
	const struct repair_watch *w;
	uint64_t	 files, folders;	/* that were mended */
	struct id	*content;	/* its own */
	size_t		 cap;
};
void repair_trees_watch(struct repair_trees *t, struct rewrite_watch *out);
void repair_trees_fini(struct repair_trees *t);

#endif
