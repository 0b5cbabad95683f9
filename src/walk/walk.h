#ifndef WALK_WALK_H
#define WALK_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "fs/dir.h"

/*
 * One iterator over folders, whatever they lie in.
 *
 * A walk goes folder by folder, top down, and hands out each folder's names at
 * once, so its user can look at many files with one call.  Where the names come
 * from is a walk_source: the disk (walk_disk), or the overlay of plan/ ("what
 * the folder will look like").  Symlinks are never followed; another file
 * system below the start is entered only if asked for.
 *
 * A folder that cannot be read is told (walk_dir.error) and passed over; one
 * that is gone when its turn comes is not.  Sub-folders come in the order of
 * the list they are in.  Memory is the list that is out and the names of the
 * sub-folders still to go to; descriptors are at most WALK_HELD, however deep
 * it goes.  The top is opened as fs_dir_open does (or fs_dir_read), what is
 * below as fs_dir_below does.
 */
struct err;
struct walk;
struct glob;

#define WALK_HELD	32

struct walk_entry {
	const char	*name;
	unsigned char	 type;		/* DT_* */
	const void	*note;		/* the source's own word on it, or NULL:
					   the overlay's moved-here record */
};

struct walk_list {
	struct walk_entry *v;
	size_t		 n;
	void		*own;
};

struct walk_source {
	/*
	 * The entries of folder path (absolute).  dir is that folder, held, or
	 * NULL where it is not on disk (it is only planned).  The list is freed
	 * by release.  ERR_NOENT where there is no such folder; on failure
	 * nothing is to be freed.
	 */
	int (*list)(struct walk_source *s, const struct fs_dir *dir,
	    const char *path, struct walk_list *out, struct err *e);
	void (*release)(struct walk_source *s, struct walk_list *l);
};

extern struct walk_source walk_disk;

struct walk_options {
	int		 min_depth;	/* 0: files of the top too */
	int		 max_depth;	/* 0: the top only; -1: no end */
	int		 breadth;	/* 0 depth first (default), 1 breadth first */
	int		 reading;	/* the top is opened with fs_dir_read */
	int		 no_kernel;	/* below the top pass over what the kernel
					   makes up (fs_dir_of_kernel) */
	int		 one_fs;	/* stay on the file system (device) of the
					   top: no mounts, no btrfs subvolumes */
	/*
	 * Asked for each sub-folder (name in folder path; its own depth) when
	 * the walk goes on: 0 leaves it out.  NULL enters all.
	 */
	int (*enter)(void *arg, const char *path, const char *name, int depth);
	void		*arg;
};

/* One folder, with all that is in it.  Valid until the next walk_next. */
struct walk_dir {
	const char	*path;		/* absolute */
	const struct fs_dir *dir;	/* held; NULL if it is only planned */
	int		 depth;		/* 0 for the top */
	struct walk_list list;
	const struct err *error;	/* it could not be read; list is empty */
};

/*
 * -1 if the top cannot be had: ERR_NOENT if it is not there.  o is copied; s
 * and o->arg must live as long as the walk.
 */
int walk_open(struct walk_source *s, const char *top,
    const struct walk_options *o, struct walk **out, struct err *e);
/* 1 and the next folder, 0 at the end, -1 on failure of the walk itself. */
int walk_next(struct walk *w, struct walk_dir *out, struct err *e);
void walk_free(struct walk *w);		/* NULL is fine */

#endif
