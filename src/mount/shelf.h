#ifndef MOUNT_SHELF_H
#define MOUNT_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include "repo/node.h"

/*
 * What is read out of a repository for a mounted one: folders, whose nodes are
 * found by name or by number, and bytes of files.  Both are kept for a while.
 * Any number of threads.
 */
struct arena;
struct err;
struct lru_item;
struct repo;
struct shelf;

struct shelf *shelf_new(struct repo *r);
void shelf_free(struct shelf *s);	/* NULL is fine; no folder is open */

/* ---- folders ---- */
struct shelf_folder {
	struct lru_item	*item;
	size_t		 n;		/* nodes in it */
};

int shelf_open(struct shelf *s, const struct id *tree,
    struct shelf_folder *out, struct err *e);
void shelf_close(struct shelf *s, struct shelf_folder *f);

/* The text of the i-th node, or of that of a name: borrowed till shelf_close.
 * find: 1, or 0 if there is none.  Names that cannot be in a folder are not
 * given (1, and 0 for the i-th of these). */
int shelf_nth(const struct shelf_folder *f, size_t i, const void **text,
    size_t *len);
int shelf_find(const struct shelf_folder *f, const char *name,
    const void **text, size_t *len);

/* Such a text as a node, which lies in the arena. */
int shelf_node(const void *text, size_t len, struct arena *mem,
    struct node *out, struct err *e);

/* ---- files ---- */
struct shelf_file {
	struct id	*content;
	uint64_t	*ends;		/* of each piece, in the file */
	size_t		 n;
};

/* ERR_CORRUPT: a piece is in no index. */
int shelf_file(struct shelf *s, const struct node *n, struct shelf_file *out,
    struct err *e);
void shelf_file_fini(struct shelf_file *f);
/* Up to len bytes; fewer only at its end. */
int shelf_read(struct shelf *s, const struct shelf_file *f, uint64_t at,
    void *out, size_t len, size_t *got, struct err *e);

#endif
