#ifndef PLAN_OVERLAY_H
#define PLAN_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"
#include "walk/walk.h"

/*
 * What the folders will look like when the plan so far is done.
 *
 * Planners tell it each operation as they add it; it answers whether a name
 * will be taken, and is a walk_source that shows folders as they will be, so
 * a later rule sees what an earlier one moved.  Disk is only read.
 *
 * Cheap in the usual case: names that only come into a folder are kept as
 * 64-bit fingerprints; full records (name, identity, where the file lies now)
 * are kept only for folders that a later job will walk, told beforehand by
 * overlay_watch.  Measured: 15 bytes a move where nothing is watched, 110 where
 * the target is.
 *
 * Folders may be told by any spelling of their path: symlinks on disk are
 * followed, and what matters is where they lead.  Where the names of files
 * differ only in case and the file system does not tell them apart, the
 * overlay does; apply meets the other name then.
 */
struct err;
struct overlay;

/* A file that an earlier operation brings into a folder. */
struct overlay_note {
	const char	*real_dir;	/* where its bytes are now, absolute; NULL
					   if it was in a folder not watched */
	const char	*real_name;
	struct fs_id	 id;		/* as it was told with the operation */
};

struct overlay *overlay_new(void);
void overlay_free(struct overlay *o);

/*
 * A later job walks path; below: with all its sub-folders.  Call first.  A
 * planner that asks overlay_id about files earlier operations brought, or that
 * moves folders, watches "/" with all below: everything is kept then.
 */
void overlay_watch(struct overlay *o, const char *path, int below);

/*
 * 1 if name will be taken in folder dir, 0 if it is free, -1 on failure.
 * A folder that does not exist yet has no names.  The names on disk of a
 * folder are asked one by one at first and read whole after some hundred.
 */
int overlay_taken(struct overlay *o, const char *dir, const char *name,
    struct err *e);

/* What will lie there: DT_* type, or DT_UNKNOWN (0) for nothing; -1 failure. */
int overlay_type(struct overlay *o, const char *dir, const char *name,
    struct err *e);

/*
 * The identity of what will lie at dir/name (following earlier operations to
 * where it really is): 1 and *id, 0 nothing there, -1 (ERR_USAGE: an earlier
 * operation brought it, to a folder that is not watched).  A folder that is
 * only planned has an id of zeroes.  real_dir/real_name (may be NULL; what they
 * point to is good until the next call) tell where its bytes can be read now.
 */
int overlay_id(struct overlay *o, const char *dir, const char *name,
    struct fs_id *id, const char **real_dir, const char **real_name,
    struct err *e);

/*
 * Tell: the file (or folder) moves, a copy appears, a name goes, a folder is
 * made.  type is DT_*.  A folder that something comes into is made with its
 * parents, told or not.  What an operation replaces must be told to go first.
 */
void overlay_move(struct overlay *o, const char *from_dir, const char *from,
    const char *to_dir, const char *to, const struct fs_id *id, int type);
void overlay_copy(struct overlay *o, const char *from_dir, const char *from,
    const char *to_dir, const char *to, const struct fs_id *id, int type);
void overlay_remove(struct overlay *o, const char *dir, const char *name);
void overlay_mkdir(struct overlay *o, const char *path);	/* and parents */

/*
 * Is dir/name a folder that will be a copy, or below one?  The files in it will
 * be others than the ones that are told here, so nobody should plan with them.
 */
int overlay_is_copy(struct overlay *o, const char *dir, const char *name);

/* Do operations so far change what lies in the folder dir/name, or below? */
int overlay_changed(struct overlay *o, const char *dir, const char *name);

/* Do operations so far bring a file into the folder?  If not, what lies there
 * can be asked for name by name.  Sure only of folders that are watched. */
int overlay_brings(struct overlay *o, const char *dir);

/*
 * Tell: dir/name is written, whether it was there or not.  The name is taken,
 * and nothing else is known of it: who walks later in this plan does not see it.
 */
void overlay_write(struct overlay *o, const char *dir, const char *name);

/* Tell: a command of the user's runs on something in this folder, and nobody
 * knows what it does there.  Ask: was one told? */
void overlay_unsure(struct overlay *o, const char *dir);
int overlay_is_unsure(const struct overlay *o, const char *dir);

/*
 * Tell: this attribute will have that value (NULL: it will not be there).  Ask:
 * was it told?  1, and *value and *len are it.  The key says of which file and
 * which attribute, as the planner wills; value is good as long as o.
 */
void overlay_attr(struct overlay *o, const void *key, size_t key_len,
    const void *value, size_t len);
int overlay_attr_told(const struct overlay *o, const void *key,
    size_t key_len, const void **value, size_t *len);

/* 1 if the folder will exist, 0 if not, -1 on failure. */
int overlay_dir_exists(struct overlay *o, const char *path, struct err *e);

/* As a source for walk_open; lives as long as o. */
struct walk_source *overlay_source(struct overlay *o);

#endif
