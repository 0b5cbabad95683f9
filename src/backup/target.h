#ifndef BACKUP_TARGET_H
#define BACKUP_TARGET_H

#include <stddef.h>

#include "util/map.h"

/*
 * How a snapshot looks above what was asked for: restic's archiver.Tree.
 *
 * `backup /a/b ../c` makes a root with the folders a and c; a has the metadata
 * of /a but nothing of it beside b.  `backup .` puts what is in the folder
 * at the root.  Where two paths from different places would take one name,
 * the later is name-1.
 *
 * Valid until target_free.
 */
struct err;

struct target {
	char		*name;		/* in the snapshot; of the root: NULL */
	char		*path;		/* absolute, of what is to be saved here
					   with all below; NULL: kids.  The root
					   has one if all of it is one folder's */
	char		*meta;		/* absolute, of the folder whose metadata
					   this is; NULL: none (the root) */
	char		*root;		/* as typed: where its first component lies */
	struct target	**kids;		/* by the bytes of their names */
	size_t		 n, cap;
	struct map	 by_name;	/* their numbers before they were sorted */
};

/*
 * paths as typed; relative ones begin at dir (absolute).  ERR_USAGE: two of them
 * cannot be in one snapshot.  Reads folders where a path is "." or "/", or lies
 * in another that was given too.
 */
int target_tree(const char *const *paths, const char *dir, struct target **out,
    struct err *e);
void target_free(struct target *t);	/* NULL is fine */

#endif
