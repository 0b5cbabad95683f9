#ifndef COPIES_LAST_H
#define COPIES_LAST_H

#include "copies/manifest.h"

/*
 * The copy before: what it holds, by path and by identity, and its folders.
 *
 * Its manifest stays on disk.  A walk meets the files mostly in the order in
 * which the last one did, so it is read in step with it; two tables of 8 bytes
 * a file lead to the line wherever the order differs.  The second (where did
 * this file lie before?) is made when it is first needed.
 */
struct fs_dir;
struct fs_id;
struct last;

/* ERR_CORRUPT if its manifest is not whole. */
int last_open(const struct fs_dir *place, const char *name, struct last **out,
    struct err *e);
void last_free(struct last *l);			/* NULL is fine */

/*
 * The regular file at path within the copy; or the one that was this very file
 * when it was copied.  NULL if there is none.  Valid until the next call.
 */
const struct manifest_entry *last_by_path(struct last *l, const char *path);
const struct manifest_entry *last_by_id(struct last *l,
    const struct fs_id *id);

/* The folder of path in that copy, held until the next call, or NULL; *name is
 * path's last component. */
const struct fs_dir *last_folder(struct last *l, const char *path,
    const char **name);

#endif
