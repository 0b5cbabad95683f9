#ifndef FS_TRASH_H
#define FS_TRASH_H

#include "fs/dir.h"

/*
 * Where the FreeDesktop trash for a file lies (spec 1.0), told without
 * touching anything: on the file system of the home folder the home trash
 * ($XDG_DATA_HOME/Trash); elsewhere $top/.Trash/$uid if $top/.Trash is a
 * sticky real folder, else $top/.Trash-$uid, where $top is the mount point
 * (found by mount id, not by st_dev) or, where renames do not reach it (btrfs
 * subvolumes, bind mounts), the highest folder they reach.
 *
 * The places are tried in order by apply, which also makes the folders.  A
 * place that is there but is a symlink, somebody else's, or open to others is
 * not named, nor one that could not be made.
 */
struct fs_trash_place {
	char		*base;		/* absolute: ".../Trash" or "/mnt/.Trash-0" */
	char		*top;		/* paths (fs_dir's real) in .trashinfo are
					   relative to this; NULL for the home
					   trash: absolute there */
	int		 same_fs;	/* a rename will do */
};

/*
 * One or two places, best first; n is set.  Free each with _fini.  home_trash
 * need not exist, and may be NULL: then there may be none, ERR_NOENT.
 */
int fs_trash_places(const struct fs_dir *d, const char *home_trash,
    struct fs_trash_place out[2], size_t *n, struct err *e);
void fs_trash_place_fini(struct fs_trash_place *p);

/*
 * Add a path percent-encoded as .trashinfo wants it; or decode one: -1 and
 * nothing added if it is longer than FS_TRASH_TEXT_MAX, has a bad escape or a
 * NUL.
 */
#define FS_TRASH_TEXT_MAX	((size_t)1 << 20)

struct buf;
void fs_trash_encode(struct buf *b, const char *path);
int fs_trash_decode(struct buf *b, const char *text, size_t len);

#endif
