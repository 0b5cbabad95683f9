#ifndef REPO_TREE_H
#define REPO_TREE_H

#include <stddef.h>

#include "repo/node.h"
#include "repo/lex.h"
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
	struct node	 node;		/* the last one */
	size_t		 begin, end;	/* where it stands in the text */
	int		 unordered;	/* it did not come after the one before */

	/* The rest is the reader's own. */
	struct lex	 lex;
	struct arena	 arena;
	struct buf	 last;		/* the last name */
	size_t		 nodes;
	int		 state;
};

/* text is borrowed. */
void tree_read_init(struct tree_read *t, const void *text, size_t len);
/* 1 and t->node; 0 at the end; -1, and then -1 for ever. */
int tree_read_next(struct tree_read *t, struct err *e);
void tree_read_fini(struct tree_read *t);
#define CLEAN_TREE_READ	__attribute__((cleanup(tree_read_fini)))

/* Load a folder's blob. */
int tree_load(struct repo *r, struct repo_hand *h, const struct id *id,
    struct buf *out, struct err *e);

/*
 * The node at a path, in the arena; empty parts of it ("a//b/") count for
 * nothing.  "" or "/" is the root: a folder with no name, whose subtree is the
 * root's id and all else 0.  ERR_NOENT if it is not there, or something on the
 * way is no folder.
 */
int tree_find(struct repo *r, struct repo_hand *h, const struct id *root,
    const char *path, struct arena *a, struct node *out, struct err *e);

/*
 * Every node of a tree, folders before what is in them, depth first.  path is
 * relative to root, without a leading slash.  A folder's node is told to each,
 * then entered if that said TREE_ENTER, and told to leave (may be NULL) after
 * all that is in it, read or not.  Of the root only the inside is told.
 *
 * A folder that cannot be read, or the rest of it, is told to bad (may be NULL:
 * then the walk ends with that failure), and the walk goes on behind it.  One
 * below TREE_DEPTH_MAX others is such a folder.  Names are given as they are:
 * whoever makes anything asks node_name_ok first.
 *
 * 0 at the end; 1 if a callback said TREE_END; -1.  Memory is that of one
 * folder a level.
 */
#define TREE_DEPTH_MAX	4096

enum tree_do { TREE_PASS, TREE_ENTER, TREE_END };

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
