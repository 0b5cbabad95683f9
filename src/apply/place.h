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

/* ERR_FULL if less than min_free bytes, or percent of the file system that
 * abs (or the deepest part of it that is there) lies on, would be left. */
int place_room(const char *abs, uint64_t min_free, unsigned percent,
    struct err *e);

/* Write a whole small file; replace says that an older one is ours. */
int place_write(const struct fs_dir *d, const char *name, const void *data,
    size_t len, int replace, struct err *e);

/* The same in the place of an older one, for everybody to read (0644). */
int place_show(const struct fs_dir *d, const char *name, const void *data,
    size_t len, struct err *e);

/* The same with the bytes of an open file, which may be large. */
int place_copy(const struct fs_dir *d, const char *name, int from, int replace,
    struct err *e);

/*
 * One that is written piece by piece: it has its name, whole and durable, when
 * place_finish returns 0.  place_finish and place_drop free it; after a failure
 * nothing is left of it.
 */
struct place_file;
int place_start(const struct fs_dir *d, const char *name,
    struct place_file **out, struct err *e);
int place_add(struct place_file *f, const void *data, size_t len,
    struct err *e);
int place_finish(struct place_file *f, int replace, struct err *e);
void place_drop(struct place_file *f);		/* NULL is fine */

/*
 * Add whole lines to the end of a file of ours, making it if need be.  What a
 * crash or a full disk left of a last line goes first.
 */
int place_append(const struct fs_dir *d, const char *name, const void *data,
    size_t len, struct err *e);

/* Point the symlink name at target, replacing an older symlink. */
int place_link(const struct fs_dir *d, const char *name, const char *target,
    struct err *e);

/* A file of ours goes; that it is not there is a success. */
int place_remove(const struct fs_dir *d, const char *name, struct err *e);

#endif
