#ifndef COPIES_RESTORING_H
#define COPIES_RESTORING_H

#include "copies/impl.h"

/* A restore under way: what restore.c and restore_tree.c share. */
struct restoring {
	const struct copies	*c;
	const struct copies_env	*env;
	const struct copies_restore *what;
	const struct apply_report *r;
	struct fs_dir		*place;
	struct hand		 in;		/* the copy */
	struct hand		 out;		/* where it goes */
	char			*out_path;	/* of out.top */
	char			*real_of, *real; /* a path, without symlinks */
	char			*name;		/* of the copy */
	struct manifest		*m;
	uint64_t		 n;		/* done */
};

void restoring_tell(struct restoring *s, enum op_state state,
    const struct copy_entry *en, const char *why);

/* The whole copy as a new tree, parent/name. */
int restore_tree(struct restoring *s, struct fs_dir *parent,
    const char *name, struct err *e);

#endif
