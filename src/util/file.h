#ifndef UTIL_FILE_H
#define UTIL_FILE_H

/*
 * Folders of fettle's own: state, cache, log.
 */
struct err;

/*
 * Hold the folder at an absolute path, mode 0700, making it and what is
 * missing above it (as the XDG specification wants).  It must be ours, and
 * nobody else may write to it: ERR_DENIED says so.  *fd is the caller's.
 */
int file_private_dir(const char *path, int *fd, struct err *e);

#endif
