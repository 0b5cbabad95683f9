#ifndef BACKUP_RESTORE_FOLDER_H
#define BACKUP_RESTORE_FOLDER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * A folder of the target, from the moment the walk meets it until all that is in
 * it is there: then what the snapshot does not have is deleted, if that was asked
 * for, and it gets its own metadata, its times last of all.
 *
 * Whoever has something to do in it holds a reference; a folder holds one on the
 * folder above.  The last to let go does the rest, in whatever thread.
 */
struct buf;
struct err;
struct node;
struct restore;
struct rworker;

struct rfolder {
	struct rfolder	*up;		/* NULL: the target itself */
	uint64_t	 serial;	/* never again, unlike its address */
	atomic_uint	 refs;
	unsigned	 depth;
	unsigned char	 real;		/* it is there */
	unsigned char	 made;		/* by us: nothing was in it */
	unsigned char	 lost;		/* it cannot be there, which was told */
	unsigned char	 unsure;	/* its tree could not be read to its end */
	int		 fd;		/* the walk's; -1 */
	struct id	 tree;
	void		*record;	/* of its node, or NULL */
	size_t		 record_len;
	char		 name[];
};

/* With a reference for the caller, who is the walk. */
struct rfolder *rfolder_new(struct restore *r, struct rfolder *up,
    const struct node *n, uint32_t uid, uint32_t gid);
struct rfolder *rfolder_root(struct restore *r, const struct id *tree);

static inline void
rfolder_ref(struct rfolder *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}
void rfolder_unref(struct rworker *w, struct rfolder *f);

/* Its path below the target, added to out: "a/b", of the target "". */
void rfolder_path(const struct rfolder *f, struct buf *out);

/* For the walk: it is to be there, and those above it.  -1: it cannot be. */
int rfolder_need(struct rworker *w, struct rfolder *f);
/* It is there: open, until the walk leaves it. */
int rfolder_fd(struct rworker *w, struct rfolder *f, int *fd, struct err *e);
/* The walk goes into it, or leaves it and lets go. */
void rfolder_entered(struct rfolder *f);
void rfolder_left(struct rworker *w, struct rfolder *f);

#endif
