#ifndef REPO_FIND_H
#define REPO_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"
#include "repo/node.h"

/*
 * Looking through many snapshots for a few things.
 *
 * Snapshots of one place are mostly the same folders over and over.  A finder
 * reads each of them once: what was found in a folder of a path is written down,
 * and told again wherever the same folder lies at the same path.  So what is
 * found must depend on nothing but the folder, the path and the node; what the
 * snapshot adds is added when it is told.
 */
struct buf;
struct err;
struct finder;
struct glob_list;
struct repo;

struct find_watch {
	/* A node, in the folder `tree`; the path is absolute.  What is found is
	 * noted.  Of a folder: TREE_ENTER or TREE_PASS (tree.h); or TREE_END. */
	int (*each)(void *arg, struct finder *f, const struct id *tree,
	    const char *path, const struct node *n);
	/* What was noted, in order.  Non-zero ends it. */
	int (*found)(void *arg, const void *text, size_t len);
	/* A folder that cannot be read; the others go on. */
	void (*bad)(void *arg, const char *path, const struct id *tree,
	    const struct err *why);
	void		*arg;
};

/* keep: more than one root will be walked, so it pays to write things down. */
struct finder *finder_new(struct repo *r, const struct find_watch *w,
    int keep);
/* 0, 1 if a callback ended it, or -1.  The index is loaded. */
int finder_walk(struct finder *f, const struct id *root, struct err *e);
/* From each: this was found. */
void finder_note(struct finder *f, const void *text, size_t len);
uint64_t finder_trees(const struct finder *f);	/* folders read so far */
void finder_free(struct finder *f);		/* NULL is fine */

/* ---- by name ---- */
struct find_names {
	const struct glob_list *patterns;
	int		 has_oldest, has_newest;	/* by mtime */
	struct node_time oldest, newest;
};

int find_matches(const struct find_names *k, const char *path,
    const struct node *n);
/* May there be some in this folder? */
int find_enters(const struct find_names *k, const char *path);

/* ---- by id ---- */
/* Ids, whole or their beginnings, of files' pieces and of folders. */
struct find_ids;
struct find_ids *find_ids_new(void);
/* ERR_USAGE for what is no beginning of an id. */
int find_ids_add(struct find_ids *k, enum blob_type t, const char *prefix,
    struct err *e);
/* All that lies in the pack whose id begins so: by its own header, or what the
 * index knows of it.  ERR_NOENT if neither knows it. */
int find_ids_pack(struct find_ids *k, struct repo *r, const char *prefix,
    struct err *e);
/* After the last add, and before the first of these. */
void find_ids_ready(struct find_ids *k);
int find_ids_has(const struct find_ids *k, enum blob_type t,
    const struct id *id);
/* Are there any of this type? */
int find_ids_any(const struct find_ids *k, enum blob_type t);
/* Each whole id that the index knows, sorted, and one place of it. */
int find_ids_places(const struct find_ids *k, struct repo *r,
    int (*each)(void *arg, enum blob_type t, const struct id *id,
    const struct blob_at *at), void *arg, struct err *e);
void find_ids_free(struct find_ids *k);		/* NULL is fine */

#endif
