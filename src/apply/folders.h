#ifndef APPLY_FOLDERS_H
#define APPLY_FOLDERS_H

#include <stdint.h>
#include <sys/types.h>

#include "fs/dir.h"

/*
 * The folders a run works in: by number, held open while they are in use and
 * a while longer (FOLDERS_HELD of them).  May be used by several threads.
 *
 * A folder that is missing is made with folders_make, one component at a time,
 * each flushed into its parent before the next.
 */
struct err;
struct folders;

#define FOLDERS_HELD	64

struct folders *folders_new(void);
void folders_free(struct folders *f);

uint32_t folders_add(struct folders *f, const char *path);	/* absolute */
const char *folders_path(struct folders *f, uint32_t n);

/*
 * Hold it; each must be released.  NULL on failure.  What another user's eyes
 * opened is opened anew: who may lead us to a folder depends on who we are
 * (fs/who.h).
 */
const struct fs_dir *folders_hold(struct folders *f, uint32_t n,
    struct err *e);
/* To read what lies in it, and change nothing (fs_dir_read). */
const struct fs_dir *folders_read(struct folders *f, uint32_t n,
    struct err *e);
/* With the rights of its owner, for the moment of opening it. */
const struct fs_dir *folders_hold_his(struct folders *f, uint32_t n,
    struct err *e);
/* As whoever held it last, to flush it. */
const struct fs_dir *folders_hold_again(struct folders *f, uint32_t n,
    struct err *e);
/* With whose rights is root to work in it?  fs_owner, remembered. */
uid_t folders_owner(struct folders *f, uint32_t n);
const struct fs_dir *folders_make(struct folders *f, uint32_t n,
    struct err *e);
void folders_release(struct folders *f, uint32_t n);

/*
 * How many of its last components are neither there nor promised by an earlier
 * call; from then on they are promised.  0 too if that cannot be told.
 */
unsigned folders_promise(struct folders *f, uint32_t n);
/* The promise is off: the folder goes, or moves, with all below it.  What is
 * held of them is let go, so that the path is looked up anew. */
void folders_forget(struct folders *f, const char *path);

/*
 * On which file system the folder, or the deepest part of it that exists,
 * lies: fs_dir's fs and mnt.  -1 if that cannot be told.
 */
int folders_where(struct folders *f, uint32_t n, uint64_t *fs, uint64_t *mnt);

/*
 * Was it made at or after us (µs)?  File systems stamp with the time of the
 * kernel's last tick, so what was made just after may seem a little older.  1
 * too where the file system knows no birth.
 */
int born_after(const struct fs_id *id, int64_t us);

/*
 * Open one folder as this room does: fs_dir_open's rule, and below a folder
 * that a group shares (but not everybody) no symlinks at all.
 */
int folder_open(const char *path, struct fs_dir **out, struct err *e);
/* The same, making what is missing; *made counts the folders made. */
int folder_make(const char *path, struct fs_dir **out, unsigned *made,
    struct err *e);

#endif
