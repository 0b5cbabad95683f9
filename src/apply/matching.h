#ifndef APPLY_MATCHING_H
#define APPLY_MATCHING_H

#include <stddef.h>

/*
 * Removing a folder that was copied: everything in it goes that is in the copy
 * too, byte for byte; what is not (it came or changed meanwhile) stays, and the
 * folders it lies in.
 */
struct copier;
struct err;
struct fs_dir;

/*
 * away and copy are the two tops.  The copy is read back from the disk, past
 * the page cache.  *left is how many things stay; the top itself is not
 * removed.  -1 where a folder cannot be read: the rest stays.
 */
int matching_away(struct copier *c, const struct fs_dir *away,
    const struct fs_dir *copy, size_t *left, struct err *e);

#endif
