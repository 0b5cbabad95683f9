#ifndef UTIL_PATH_H
#define UTIL_PATH_H

/* Paths as texts: nothing here looks at a disk. */

/*
 * Is an absolute path this folder, or below it?  Neither has a '/' at its end, but
 * for the root itself; "/ab" is not below "/a".
 */
int path_is_below(const char *path, const char *folder);

/*
 * Does a path that somebody else wrote stay in the folder it is relative to?  It is
 * not empty, and every component is a name: not empty, not "." or "..".
 */
int path_is_inside(const char *path);

#endif
