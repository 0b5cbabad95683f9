#ifndef APPLY_TREE_IMPL_H
#define APPLY_TREE_IMPL_H

#include <pthread.h>

#include "apply/tree.h"
#include "util/buf.h"
#include "util/set64.h"

#define TREE_SPACE	"staging"	/* catalog: dest path -> staging name */
#define TREE_LOST_MAX	((size_t)64 << 10)

struct copier;

/* What one thread fills a tree with. */
struct tree_hand {
	struct tree		*t;
	struct copier		*copier;
	/* the folder that is worked in, and its path */
	struct fs_dir		*dir;
	char			*dir_path;
};

struct tree {
	struct tree_options	 o;	/* catalog borrowed; strings not kept */
	struct fs_dir		*dest, *top;
	char			*name;
	uint64_t		 token;
	int64_t			 batch;
	struct tree_hand	 own;	/* its owner's */
	int			 reusing, kept, shown;
	pthread_mutex_t		 lock;		/* of what follows */
	struct buf		 lost;
	uint64_t		 unasked;	/* bytes since room was asked for */
	struct set64		 made;	/* while reusing: paths, hashed */
};

void tree_hand_init(struct tree_hand *h, struct tree *t);
void tree_hand_fini(struct tree_hand *h);

/* path is made now; while reusing it will stay. */
void tree_made(struct tree *t, const char *path);
/* While reusing: nothing of before lies at name any more. */
int tree_clear(struct tree *t, const struct fs_dir *d, const char *name,
    struct err *e);
/* While reusing: all that was not made goes. */
int tree_sweep(struct tree *t, struct err *e);

/* Take over what lies in dest under some hidden name: 1 it was, 0 not. */
int tree_adopt(struct tree *t, const char *part, struct err *e);

#endif
