#ifndef APPLY_TREE_H
#define APPLY_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/dir.h"

/*
 * A new tree, made beside its place under a hidden name and shown by one
 * rename: either all of it is there or none.  Copies, restores, bundles and
 * `get` are made with it.
 *
 *	tree_start(dest folder, final name)  journals the intent, makes
 *	                                     .fettle-<token>.part
 *	tree_folder / tree_file / tree_link ...
 *	tree_commit                          syncfs, rename NOREPLACE, fsync,
 *	                                     journal
 *	tree_free                            before commit: the staging goes,
 *	                                     unless tree_keep was said
 *
 * Paths are relative to the tree, parents must have been made before.  File
 * contents come from a descriptor (reflink, copy_file_range, else read and
 * write; holes stay holes) or are linked from a file that lies elsewhere on
 * the same file system.  SHA-256 of what was written is given back on demand,
 * computed while copying.  Metadata (owner, mode, ACL, xattr, times) is set
 * through the descriptor, times last; what the target cannot hold is told in
 * tree_lost, a line each.
 */
struct buf;
struct catalog;
struct err;
struct tree;
struct tree_hand;

struct tree_options {
	struct catalog	*catalog;
	int64_t		 run;
	uint32_t	 job;		/* catalog_run_job */
	const char	*why;
	int		 event;		/* enum event */
	uint64_t	 min_free;
	unsigned	 min_free_percent;
	const char	*reuse;		/* name of a leftover staging folder in dest
					   to carry on with; NULL: a backup
					   (EVENT_BACKED_UP) finds its own, others
					   begin anew */
	/* Asked between the pieces of a file, by every thread that copies one;
	 * not 0 ends it with ERR_STOPPED.  NULL is never. */
	int (*stop)(void *arg);
	void		*stop_arg;
};

/*
 * Carrying on: what a crash or tree_keep left is taken over under a new token.
 * A file that is already there is read and compared, not written again; what
 * is not made anew by the time of tree_commit goes.  So the user of a tree
 * makes all of it each time and need not know what was there.
 */

int tree_start(const struct fs_dir *dest, const char *name,
    const struct tree_options *o, struct tree **out, struct err *e);

int tree_folder(struct tree *t, const char *path, struct err *e);
/* Copy fd's bytes; id is what the caller saw, checked again after reading
 * (ERR_CHANGED: it was written to meanwhile).  sha256 may be NULL. */
int tree_file(struct tree *t, const char *path, int fd,
    const struct fs_id *id, unsigned char sha256[32], struct err *e);
/*
 * Files may be put into a tree by several threads at once: each has a hand, and
 * uses that alone.  The folder that a file goes into was made before; all else
 * of a tree belongs to one thread.  Hands go before tree_commit and tree_free.
 */
struct tree_hand *tree_hand_new(struct tree *t);
void tree_hand_free(struct tree_hand *h);	/* NULL is fine */
int tree_hand_file(struct tree_hand *h, const char *path, int fd,
    const struct fs_id *id, unsigned char sha256[32], struct err *e);
/* A hard link to name in dir (an earlier copy).  ERR_XDEV, ERR_FULL (EMLINK)
 * let the caller copy instead. */
int tree_link_from(struct tree *t, const char *path, const struct fs_dir *dir,
    const char *name, struct err *e);
/* A hard link to a path already in this tree. */
int tree_link(struct tree *t, const char *path, const char *existing,
    struct err *e);
int tree_symlink(struct tree *t, const char *path, const char *target,
    const struct fs_id *id, struct err *e);
int tree_fifo(struct tree *t, const char *path, const struct fs_id *id,
    struct err *e);
/* A small file of our own: manifest, marker. */
int tree_write(struct tree *t, const char *path, const void *data, size_t len,
    struct err *e);
/* Metadata of a folder from its open descriptor, after its contents. */
int tree_folder_meta(struct tree *t, const char *path, int fd,
    const struct fs_id *id, struct err *e);

/* What could not be kept, a line each; "" if nothing. */
const char *tree_lost(struct tree *t);

/*
 * ERR_EXISTS: somebody took the name; the tree is as it was, under its hidden
 * name.  ERR_HELD, ERR_FULL of any call: less than min_free would be left.
 */
int tree_commit(struct tree *t, struct err *e);
/* The next tree_free leaves the staging for a later tree to carry on with. */
void tree_keep(struct tree *t);
void tree_free(struct tree *t);

#endif
