#ifndef REPO_TREE_H
#define REPO_TREE_H

#include <stddef.h>

#include "repo/node.h"
#include "util/arena.h"
#include "util/buf.h"

/*
 * A folder's blob: {"nodes":[...]} and a newline, sorted by the bytes of names.
 *
 * Writing: tree_begin, tree_add in rising order of names, tree_end.  Reading is
 * a node at a time, so that a folder of a million entries takes no more memory
 * than its blob and one node; a node is valid until the next.  A tree that is
 * out of order or names a thing twice is given as it is (order tells), and what
 * is not JSON is ERR_CORRUPT.
 */
struct err;
struct repo;
struct repo_hand;

void tree_begin(struct buf *out);
void tree_add(struct buf *out, const struct node *n);
void tree_end(struct buf *out);

struct tree_read {
	const unsigned char *text;
	size_t		 len, at;
	struct arena	 arena;
	struct node	 node;		/* the last one */
	int		 unordered;	/* it did not come after the one before */
	struct buf	 last;		/* its name */
	int		 state;
};

/* text is borrowed. */
void tree_read_init(struct tree_read *t, const void *text, size_t len);
/* 1 and t->node; 0 at the end; -1. */
int tree_read_next(struct tree_read *t, struct err *e);
void tree_read_fini(struct tree_read *t);
#define CLEAN_TREE_READ	__attribute__((cleanup(tree_read_fini)))

/* Load a folder's blob. */
int tree_load(struct repo *r, struct repo_hand *h, const struct id *id,
    struct buf *out, struct err *e);

/*
 * The node at a path ("" or "/" is the root: ERR_NOENT for the node, subtree is
 * the root's id).  ERR_NOENT if it is not there.
 */
int tree_find(struct repo *r, struct repo_hand *h, const struct id *root,
    const char *path, struct arena *a, struct node *out, struct err *e);

/*
 * Every node of a tree, folders before what is in them, depth first.  path is
 * relative to root, without a leading slash.  enter decides about folders (a
 * folder's node is told, then entered if each said 1; 0 passes it by, 2 ends).
 * A folder that cannot be read is told to bad (may be NULL: it ends the walk).
 * Memory is that of one folder a level.
 */
struct tree_walk {
	int (*each)(void *arg, const char *path, const struct node *n);
	int (*leave)(void *arg, const char *path, const struct node *n);
	int (*bad)(void *arg, const char *path, const struct id *tree,
	    const struct err *why);
	void		*arg;
};
int tree_walk(struct repo *r, struct repo_hand *h, const struct id *root,
    const struct tree_walk *w, struct err *e);

#endif
