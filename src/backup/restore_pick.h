#ifndef BACKUP_RESTORE_PICK_H
#define BACKUP_RESTORE_PICK_H

#include <stddef.h>

struct err;
struct restore_options;

/* What is restored, by include and exclude (glob/glob.h). */
struct pick;

int pick_new(const struct restore_options *o, struct pick **out, struct err *e);
void pick_free(struct pick *p);			/* NULL is fine */

/* Is this extended attribute?  And are they all? */
int pick_xattr(const struct pick *p, const char *name);
int pick_all_xattrs(const struct pick *p);

/* Is this path, "/a/b" of the tree that is restored, wanted; and of a folder: may
 * something in it be? */
struct picked {
	int		 itself, below;
};
struct picked pick_path(const struct pick *p, const char *path, size_t len);

#endif
