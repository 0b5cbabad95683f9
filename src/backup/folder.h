#ifndef BACKUP_FOLDER_H
#define BACKUP_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "backup/names.h"
#include "backup/past.h"
#include "util/buf.h"

/*
 * A tree in the making: a folder whose names are known, and whose nodes come
 * from many threads in any order.
 *
 *	f = folder_new(run, up, slot, ...)	the walk
 *	folder_close(f)				all that is to come has begun
 *	folder_put(f, first, n, text)		a batch is done
 *
 * Nodes go into the tree's text in the order of the names, as soon as all
 * before them are there, so what waits is little.  When the last is there the
 * tree is saved, and the folder's own node goes to the folder above, which may
 * be complete by that; and then the folder is gone.
 *
 * Sub-folders have a slot each, in the order of the names.  The walk does them
 * before the files, so while it is deep below a folder there are the names of
 * that folder and the nodes of its sub-folders in memory, and no others.
 *
 * All of struct folder is the walk's until it is pushed in a batch; from then on
 * what is below "by all" is under run.lock.
 */
struct run;
struct target;
struct repo_hand;

/* A sub-folder, by its place among the names. */
struct slot {
	uint32_t	 entry;
	unsigned char	 done;		/* text is its node, NULL if it is left out */
	unsigned char	 seen;		/* the parent has something of that name */
	unsigned char	 n_ids;
	uint32_t	 len;
	uint64_t	 before;	/* fingerprint of its node in the parent */
	struct id	*ids;		/* its trees in the parents, until it is open */
	char		*text;
	struct folder	*open;
};

/* What a worker made of names first to last, waiting for those before. */
struct made {
	struct made	*next;
	size_t		 first, last;	/* last is not in it */
	size_t		 len;
	char		 text[];
};

struct folder {
	struct run	*r;
	struct folder	*up;
	size_t		 slot;		/* in up */
	int		 fd;		/* -1: it is not on the disk, or closed */
	char		*path;		/* absolute */
	char		*snap;		/* in the snapshot; the root's is "" */
	uint64_t	 dev;		/* --one-file-system: what it must be */
	uint64_t	 ino, own_dev;	/* its own */
	size_t		 depth;
	size_t		 walked;	/* slots the walk has been to */
	const struct target **targets;	/* of a virtual one: a target a name */
	int		 virtual;	/* its names are targets, not what is in it */
	size_t		 users;		/* batches, and the walk: fd stays open */
	struct names	 names;

	char		*node;		/* its own, the id of its tree still to come */
	size_t		 node_len;
	int		 seen;		/* as its slot's */
	uint64_t	 before;
	int64_t		 began;		/* µs, for its item */

	struct past_ids	 past_ids;
	struct past	 past;
	int		 past_loaded;
	size_t		 batches;	/* pushed */
	size_t		 turn;		/* whose it is to be held against past */

	/* by all */
	struct slot	*slots;
	size_t		 n_slots, next_slot;
	struct made	*made;		/* by first */
	size_t		 committed;	/* names whose nodes are in the text */
	struct buf	 text;
	int		 same;		/* so far as in past.v[0] */
	int		 closed;
	int		 finishing;	/* complete: whoever saw that has it alone */
};

/* up NULL: the root.  Owns path and snap, both to be freed. */
struct folder *folder_new(struct run *r, struct folder *up, size_t slot,
    char *path, char *snap);
/* Only one that is not closed, when the run is over. */
void folder_free(struct folder *f);

/* Its own node, as meta_node made it: rendered, with its tree still to come. */
void folder_node(struct folder *f, const struct node *n);

/* Entries of type folder get slots. */
void folder_slots(struct folder *f);

/* The parents' trees, if not loaded yet.  Not by two threads at once. */
void folder_load_past(struct folder *f, struct repo_hand *hand);
/* What the parents have of its sub-folders goes to the slots. */
void folder_find_past(struct folder *f);

/* Nothing more of this sub-folder: it is left out. */
void folder_skip_slot(struct folder *f, size_t slot, struct repo_hand *hand);

/* Nodes of names first to last (last not in it): text is their JSON, with
 * commas between, and may be empty. */
void folder_put(struct folder *f, size_t first, size_t last, const char *text,
    size_t len, struct repo_hand *hand);

/* The walk is done with it: what is left comes from workers. */
void folder_close(struct folder *f, struct repo_hand *hand);

/* One more, or one less, who reads through its fd. */
void folder_use(struct folder *f);
void folder_unuse(struct folder *f);

/*
 * For a checkpoint: save the trees of what is done so far, up to the root; 1 and
 * its id, 0 if nothing is done, -1 if the run is over.
 */
int folder_partial(struct run *r, struct repo_hand *hand, struct id *tree);

#endif
