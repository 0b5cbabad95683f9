#ifndef BACKUP_PAST_H
#define BACKUP_PAST_H

#include <stddef.h>

#include "repo/tree.h"

/*
 * What a folder was in the parent snapshot: its tree, read beside the folder's
 * names, since both are in order.
 *
 * There may be several: a checkpoint holds only what had been done when it was
 * made, so what it lacks is looked for in the parent that it had itself.  They
 * are asked in their order: the newest first.
 */
struct err;
struct repo;
struct repo_hand;

#define PAST_MAX	4

struct past_ids {
	size_t		 n;
	struct id	 id[PAST_MAX];
};

struct past_stream {
	struct id	 id;
	struct buf	 text;
	struct tree_read rd;
	int		 state;		/* 1: rd.node is one, 0: at the end */
};

struct past {
	size_t		 n;
	struct past_stream v[PAST_MAX];
};

/*
 * Load the trees.  One that cannot be read is left out and told: -1 and e (the
 * last of them); the others are there all the same.
 */
int past_load(struct past *p, struct repo *r, struct repo_hand *h,
    const struct past_ids *ids, struct err *e);
void past_fini(struct past *p);
/* Begin anew, from the first name. */
void past_rewind(struct past *p);
/* How many bytes it holds. */
size_t past_size(const struct past *p);

/*
 * The nodes of this name, in order of the streams: how many.  Names are to be
 * asked for in rising order.  Nodes are valid until the next call.
 */
struct past_hit {
	const struct node *node;
	const char	*text;		/* as it stands in the tree */
	size_t		 len;
};

size_t past_find(struct past *p, const char *name,
    struct past_hit hits[PAST_MAX]);

#endif
