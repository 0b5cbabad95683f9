#ifndef RULES_ON_CONFLICT_H
#define RULES_ON_CONFLICT_H

#include "rules/name.h"

/*
 * What an action does when the name it wants is taken: organize's modes, made
 * safe.  In every mode a file that is already there itself (the same inode) is
 * left alone; a folder that has the name is never replaced, and a symlink
 * there, dangling or not, counts as taken and is never followed.
 */
struct conf_node;
struct rule_reader;

enum on_conflict {
	ON_CONFLICT_SKIP,
	ON_CONFLICT_OVERWRITE,		/* the old file goes to the trash */
	ON_CONFLICT_DEDUPLICATE,	/* the same bytes: skip, else rename_new */
	ON_CONFLICT_RENAME_NEW,		/* the default: "name 2.ext" */
	ON_CONFLICT_RENAME_EXISTING,	/* the old file gets the number */
	ON_CONFLICT_TRASH,		/* as overwrite */
	ON_CONFLICT_KEEP_NEWER,		/* overwrite, if ours was modified later */
	ON_CONFLICT_KEEP_LARGER,	/* overwrite, if ours has more bytes */
};

struct taken {
	enum on_conflict mode;
	struct name_template *rename;	/* owned */
};

/*
 * `on_conflict` and `rename_template` of an action's options; n may be of any
 * kind, and then the defaults hold.  -1: a fault was told; call fini anyway.
 */
int on_conflict_read(struct taken *t, const struct conf_node *n,
    struct rule_reader *r);
void on_conflict_fini(struct taken *t);

const char *on_conflict_name(enum on_conflict mode);	/* "rename_new" */

#endif
