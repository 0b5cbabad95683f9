#ifndef APPLY_TRASHCAN_H
#define APPLY_TRASHCAN_H

#include <stdint.h>

#include "util/buf.h"

/*
 * Which trash a folder's files go to, and under which name (FreeDesktop 1.0).
 * The trash's own folders are made when they are first needed.  One thread.
 */
struct err;
struct folders;
struct trashcan;

struct trash_spot {
	uint32_t	 files, info;	/* folders.h's numbers */
	const char	*top;		/* .trashinfo's paths are relative to it;
					   NULL absolute.  Lives as the can */
	int		 far;		/* it takes a copy */
	struct buf	 name;		/* the name there; free it */
};

struct trashcan *trashcan_new(struct folders *f, const char *home_trash);
void trashcan_free(struct trashcan *t);

/* Where name of folder dir goes; the name is free now and given to nobody
 * else by this can. */
int trashcan_spot(struct trashcan *t, uint32_t dir, const char *name,
    uint64_t token, struct trash_spot *out, struct err *e);

/* "name.trashinfo". */
void trash_info_name(struct buf *out, const char *name);
/* What stands in it, for the file at path (fs_dir's real and a name). */
void trash_info_text(struct buf *out, const char *top, const char *path,
    int64_t seconds);
/* The folder with the .trashinfo files that belongs to one with files. */
char *trash_info_dir(const char *files);	/* NULL: it is no trash */

/* A name for a trash where name is taken, for the n-th try; n from 0. */
void trash_other_name(struct buf *out, const char *name, uint64_t token,
    unsigned n);

#endif
