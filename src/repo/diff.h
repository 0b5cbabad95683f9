#ifndef REPO_DIFF_H
#define REPO_DIFF_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * What differs between two trees, as restic's diff tells it.  Equal subtrees are
 * equal by their ids and are gone through only to count their blobs.
 */
struct err;
struct repo;

struct diff_side {
	uint64_t	 files, dirs, others, data_blobs, tree_blobs, bytes;
};

struct diff_totals {
	uint64_t	 changed_files;
	struct diff_side added, removed;
};

struct diff_options {
	int		 metadata;	/* tell "U", too */
	/* modifier: "+", "-", or of "T" "M" "?" "U" one or more; a folder's path
	 * ends with '/'.  Non-zero ends it. */
	int (*each)(void *arg, const char *path, const char *modifier);
	/* A folder that cannot be read. */
	void (*bad)(void *arg, const char *path, const struct err *why);
	void		*arg;
};

/* The index is loaded.  Memory: three bits a blob, and a folder a level. */
int diff_trees(struct repo *r, const struct id *before,
    const struct id *after, const struct diff_options *o,
    struct diff_totals *out, struct err *e);

#endif
