#ifndef APPLY_STAGE_IMPL_H
#define APPLY_STAGE_IMPL_H

#include "apply/hands.h"
#include "apply/stage.h"

/* One copy that lies under its staging name. */
struct pending {
	struct item	*it;
	struct fs_id	 source;	/* as it was read */
	struct fs_id	 part;		/* the copy */
	unsigned char	 mark[32];	/* of what was read (copydata.h) */
	int		 tree;		/* a folder: stage_tree.c */
	int		 dead;		/* it has ended otherwise */
	int		 shown;		/* it has its name */
};

struct stage {
	struct pending	*v;
	size_t		 n, cap;
	uint64_t	 bytes;
};

/* It lies under its staging name: the flush does the rest. */
void stage_add(struct hands *h, const struct pending *p);
/* The staging file of it goes; so does the .trashinfo that waits for it. */
void stage_discard(struct hands *h, struct item *it, const struct fs_dir *d);

/* Steps 3 to 6 for a folder; what was begun stays on -1. */
int stage_tree_copy(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d, struct pending *p, struct err *e);

#endif
