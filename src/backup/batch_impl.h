#ifndef BACKUP_BATCH_IMPL_H
#define BACKUP_BATCH_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "backup/batch.h"
#include "backup/impl.h"
#include "backup/read.h"
#include "backup/tasks.h"

/* The inside of a batch, for batch.c and batch_read_all.c. */
enum verdict {
	LEFT_OUT,	/* excluded, gone, or not to be read */
	AS_IT_WAS,	/* its node is in batch.kept */
	FRESH,		/* its node is to be made; its content, if any, is known */
	UNREAD,		/* a file to be read */
};

struct job {
	enum verdict	 verdict;
	enum backup_what what;
	int		 stayed;	/* a parent has this inode by this name */
	int		 moved;
	struct look	 look;
	size_t		 at, len;	/* in batch.kept */
	struct content	 content;
	int64_t		 began;
};

struct batch {
	struct task	 task;
	struct folder	*f;
	struct run	*r;
	struct worker	*w;
	size_t		 first, n;
	size_t		 number;	/* of the folder's batches */
	int		 last;		/* of them */
	int		 fd;
	int		 here;		/* it is the worker's working folder */
	uint64_t	 dev;		/* --one-file-system: what it must be */
	struct fs_dir	*dir;		/* of a target's */
	char		*target;	/* its path */
	struct giving	 giving;
	struct buf	 kept, out;
	struct job	*jobs;
};

/* What an entry is called on the disk, which differs for some targets; where it
 * is, for messages; and where in the snapshot.  Paths are to be freed. */
const char *batch_real_name(const struct batch *b, size_t i);
char *batch_path(const struct batch *b, size_t i);
char *batch_snap(const struct batch *b, size_t i);
struct meta_at batch_at(const struct batch *b, size_t i);

/* It is not in the snapshot.  why is told, unless it is that it is gone; NULL:
 * there is nothing to tell. */
void batch_leave_out(struct batch *b, size_t i, const struct err *why);

/* Read a file: its content is complete after giving_wait. */
void batch_read_all(struct batch *b, size_t i);

#endif
