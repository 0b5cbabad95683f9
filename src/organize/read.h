#ifndef ORGANIZE_READ_H
#define ORGANIZE_READ_H

struct err;
struct fs_id;

/*
 * Open a file (or a folder) to read its content while planning: never through a
 * symlink, never a fifo, without touching its access time where we may, and
 * only if it is still the one that was looked at (number, size and mtime:
 * ERR_CHANGED).  The descriptor, or -1; errno is set, too.
 */
int read_open(int dir, const char *name, const struct fs_id *id,
    struct err *e);

/* The same in a folder given by its path, which has no symlinks in it. */
int read_open_path(const char *dir, const char *name, const struct fs_id *id,
    struct err *e);

#endif
