#ifndef APPLY_TREE_IMPL_H
#define APPLY_TREE_IMPL_H

#include "apply/tree.h"
#include "util/buf.h"
#include "util/set64.h"

#define TREE_SPACE	"staging"	/* catalog: dest path -> staging name */
#define TREE_LOST_MAX	((size_t)64 << 10)

struct copier;

struct tree {
	struct tree_options	 o;	/* catalog borrowed; strings not kept */
	struct fs_dir		*dest, *top;
	char			*name;
	uint64_t		 token;
	int64_t			 batch;
	/* the folder that is worked in, and its path */
	struct fs_dir		*dir;
	char			*dir_path;
	struct copier		*copier;
	struct buf		 lost;
	uint64_t		 unasked;	/* bytes since room was asked for */
	int			 reusing, kept, shown;
	struct set64		 made;	/* while reusing: paths, hashed */
};

/* The held folder of path, and its last component.  NULL on failure. */
const struct fs_dir *tree_at(struct tree *t, const char *path,
    const char **name, struct err *e);
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
