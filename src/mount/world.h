#ifndef MOUNT_WORLD_H
#define MOUNT_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "mount/inode.h"
#include "mount/mount.h"
#include "mount/shelf.h"

/*
 * All that is shown, without a word of FUSE: names to inodes, inodes to what is in
 * them.  Any number of threads.
 */
struct world;

/* o is borrowed.  ERR_USAGE for templates that cannot be. */
int world_new(struct repo *r, const struct mount_options *o,
    struct world **out, struct err *e);
void world_free(struct world *w);	/* NULL is fine */

struct inode *world_root(struct world *w);
struct shelf *world_shelf(struct world *w);

/* A name in a folder: the inode, with one lookup more.  ERR_NOENT. */
int world_lookup(struct world *w, const struct inode *dir, const char *name,
    struct inode **out, struct err *e);
void world_forget(struct world *w, struct inode *i, uint64_t lookups);

/* A folder being listed: what is in it does not change. */
struct listing;
int world_list(struct world *w, const struct inode *dir, struct listing **out,
    struct err *e);
void world_list_free(struct world *w, struct listing *l);
/* The i-th: 1, its name (valid until the next) and st (number and kind of it);
 * 0 at the end; -1. */
int world_entry(struct world *w, const struct inode *dir, struct listing *l,
    size_t i, const char **name, struct stat *st, struct err *e);

/* The node behind an inode, in the arena: 1, or 0 if it has none. */
struct arena;
int world_node(const struct inode *i, struct arena *mem, struct node *out,
    struct err *e);
/* Where a link leads: added to out. */
struct buf;
int world_target(struct world *w, const struct inode *i, struct buf *out,
    struct err *e);

#endif
