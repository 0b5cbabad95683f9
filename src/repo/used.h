#ifndef REPO_USED_H
#define REPO_USED_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"

/*
 * What is reachable: all blobs that some root trees need, each folder looked at
 * once, by several threads.  A bit a blob, by index_number, so the index must
 * not be added to while this is in use.
 */
struct err;
struct repo;
struct used;

/*
 * Something that is wrong on the way: a tree that cannot be had or read (name
 * is NULL), or a node of one that cannot be right, or needs a blob that is in
 * no index.
 */
struct used_fault {
	const struct id	*tree;
	const char	*name;		/* of the node, or NULL */
	const struct id	*blob;		/* that is missing, or NULL */
	const struct err *why;
};

struct used_watch {
	/* One at a time, from any thread.  0: go on with the others; else it
	 * ends with that fault as its error.  NULL: the first ends it. */
	int (*fault)(void *arg, const struct used_fault *f);
	/* How many folders were looked at, now and then; may be NULL. */
	void (*step)(void *arg, uint64_t trees);
	void		*arg;
};

/* Roots may come twice.  ERR_STOPPED if repo_options.stop says so. */
int used_find(struct repo *r, const struct id *roots, size_t n,
    const struct used_watch *w, struct used **out, struct err *e);
void used_free(struct used *u);		/* NULL is fine */

/* By index_number: 1 or 0. */
int used_has(const struct used *u, size_t number);
uint64_t used_trees(const struct used *u);	/* how many folders */

#endif
