#ifndef APPLY_PLACE_H
#define APPLY_PLACE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Folders and small files of fettle's own that lie beside the user's:
 * destinations, their markers, manifests.
 *
 * Everything is durable on return: what is made is flushed, and its folder.
 * Nothing of the user's is ever replaced: place_write and place_link replace
 * only names they are told are ours, by one rename, and only a regular file or
 * a symlink.
 */
struct err;
struct fs_dir;

/*
 * Hold the folder abs; up to `make` of its last components are made if they
 * are not there (mode 0700).  ERR_NOENT where more are missing.  *made is how
 * many were made; it may be NULL.
 */
int place_open(const char *abs, unsigned make, struct fs_dir **out,
    unsigned *made, struct err *e);

/* Hold d/name, making it if need be. */
int place_folder(const struct fs_dir *d, const char *name,
    struct fs_dir **out, struct err *e);

/* Write a whole small file; replace says that an older one is ours. */
int place_write(const struct fs_dir *d, const char *name, const void *data,
    size_t len, int replace, struct err *e);

/* The same with the bytes of an open file, which may be large. */
int place_copy(const struct fs_dir *d, const char *name, int from, int replace,
    struct err *e);

/* Point the symlink name at target, replacing an older symlink. */
int place_link(const struct fs_dir *d, const char *name, const char *target,
    struct err *e);

/*
 * In a folder that is all ours: what a crash left of place_write and
 * place_link goes.  That it cannot is no failure.
 */
void place_sweep(const struct fs_dir *d);

/* A file of ours goes; that it is not there is a success. */
int place_remove(const struct fs_dir *d, const char *name, struct err *e);

/* Set the modification time (nanoseconds) of an open file of ours. */
int place_time(int fd, int64_t mtime, struct err *e);

#endif
