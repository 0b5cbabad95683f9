#ifndef BACKUP_PARENT_H
#define BACKUP_PARENT_H

#include "backup/past.h"
#include "repo/snapshot.h"

/*
 * Which snapshots a backup is held against (restic-format 1.14): the latest of
 * this host with these paths, not newer than the backup's own time, and the
 * checkpoints made since, which are asked first.  Checkpoints of any age go when
 * the whole is there.
 */
struct err;
struct run;

/* How a checkpoint's file says that it is one, and may be removed when the
 * whole is there; the tag alone may be somebody's own. */
#define PARENT_MARK	"\"fettle_checkpoint\":true"

struct parents {
	int		 has;
	struct id	 id, tree;	/* the parent proper */
	int		 has_summary;
	struct snapshot_summary summary;	/* without what it points to */
	struct past_ids	 trees;		/* in the order in which they are asked */
	struct id	 checkpoints[PAST_MAX];
	size_t		 n_checkpoints;
};

/* ERR_NOENT or ERR_USAGE if the one that was asked for is not there. */
int parents_find(struct run *r, struct parents *out, struct err *e);

int parent_is_checkpoint(const struct snapshot *s);

#endif
