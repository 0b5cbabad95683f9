#ifndef REPO_REWRITE_TREE_H
#define REPO_REWRITE_TREE_H

#include <stdint.h>

#include "repo/node.h"

/*
 * Trees, made anew with some of their nodes changed or left out.
 *
 * What is not changed keeps its bytes, with all that we do not understand in it;
 * a folder in which nothing changed keeps its id.  A folder that was gone through
 * once is remembered with its outcome: by its id, or by id and path if that is
 * what the outcome depends on.
 */
struct err;
struct repo;
struct rewriter;
struct saver;

enum rewrite_do { REWRITE_KEEP, REWRITE_CHANGED, REWRITE_DROP };

struct rewrite_watch {
	/* A node at this absolute path.  CHANGED: n was written to (not its name,
	 * type or subtree).  NULL: all are kept. */
	int (*node)(void *arg, const char *path, struct node *n);
	/* In a folder nothing is left, or never was: 1 keeps it.  NULL: it is
	 * kept. */
	int (*empty)(void *arg, const char *path);
	/* A folder that cannot be read: 0, and an empty one takes its place (the
	 * root: there is no outcome).  NULL, or anything else: it ends with that
	 * failure. */
	int (*unread)(void *arg, const char *path, const struct err *why);
	int		 by_path;
	void		*arg;
};

struct rewrite_sums {
	uint64_t	 files, bytes;	/* that are kept */
};

/* saver: where new trees go; NULL: nowhere, and only their ids are made. */
struct rewriter *rewriter_new(struct repo *r, struct saver *s,
    const struct rewrite_watch *w);
/* 0 and the new root; 1 if nothing is left of it; -1.  sums may be NULL. */
int rewriter_tree(struct rewriter *k, const struct id *root, struct id *out,
    struct rewrite_sums *sums, struct err *e);
void rewriter_free(struct rewriter *k);		/* NULL is fine */

#endif
