#ifndef ORGANIZE_SIGHT_H
#define ORGANIZE_SIGHT_H

#include <stdint.h>

/*
 * When files were first seen in their folders, for `date_added`.
 *
 * The kernel does not keep when a file came into a folder.  Its birth is not
 * later, nor is its last change of status (ctime, which a move sets), so of a
 * file that is seen for the first time that one is taken, and remembered in the
 * catalog: later changes of its status then do not count.  A record for each
 * location, 24 bytes a file.  Without a catalog nothing is remembered, and ctime
 * alone decides.
 */
struct catalog;
struct fs_id;
struct sight;

/* Of the location whose top is at path; c may be NULL; now in ns.  What cannot be read is
 * as if nothing had been seen. */
struct sight *sight_open(struct catalog *c, const char *path, int64_t now);

/* When this file came into folder dir, in ns since 1970. */
int64_t sight_added(struct sight *s, const char *dir, const struct fs_id *id);

/* Remember what has been asked for, if that is news; and free.  NULL is fine.
 * A failure is not told: it makes dates later than they were, never earlier. */
void sight_close(struct sight *s);

#endif
