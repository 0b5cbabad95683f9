#ifndef APPLY_GONE_H
#define APPLY_GONE_H

#include <stdint.h>

#include "fs/dir.h"

/*
 * How a name goes for good: first to a hidden name of ours, where it is looked
 * at once more, and only then away.  Linux cannot unlink "this file if it is
 * still that one"; the two steps close the window between look and unlink, for
 * nobody else knows the hidden name.
 */
struct err;

enum gone {
	GONE_DONE,	/* it is away */
	GONE_OTHER,	/* another file than want, or it changed, or somebody
			   writes to it: it lies where it lay */
	GONE_FAILED,	/* it lies where it lay; e says why */
	GONE_LEFT,	/* it is still under its hidden name and its old name is
			   taken; e tells both */
};

/* One file or symlink.  writer: refuse if somebody has it open for writing. */
enum gone gone_file(const struct fs_dir *d, const char *name, uint64_t token,
    const struct fs_id *want, int writer, struct err *e);
/* The second half alone: what recovery finds under the hidden name. */
enum gone gone_finish(const struct fs_dir *d, const char *name, uint64_t token,
    const struct fs_id *want, int writer, struct err *e);

/* A folder with all below it; want->ino 0 asks no identity. */
enum gone gone_tree(const struct fs_dir *d, const char *name, uint64_t token,
    const struct fs_id *want, struct err *e);
/* Everything below name, and name: no hidden name, no questions.  For trees of
 * our own making only.  0 also if it is not there. */
int tree_away(const struct fs_dir *d, const char *name, struct err *e);

/*
 * A folder under its hidden name in s, of which d/to is a copy: what the copy
 * holds too goes.  GONE_OTHER: something is not in the copy, and keeps the
 * folder; it has its name back.
 */
struct copier;
enum gone tree_match_away(struct copier *copier, const struct fs_dir *s,
    const char *name, uint64_t token, const struct fs_dir *d, const char *to,
    struct err *e);
/* To its hidden name: the first half of all of them. */
int gone_hide(const struct fs_dir *d, const char *name, uint64_t token,
    struct err *e);

/* Give the hidden file its name back: 0, or -1 (ERR_EXISTS: taken). */
int gone_back(const struct fs_dir *d, const char *name, uint64_t token,
    struct err *e);

#endif
