#ifndef BACKUP_EXCLUDE_H
#define BACKUP_EXCLUDE_H

#include <stddef.h>
#include <stdint.h>

#include "backup/backup.h"
#include "glob/glob.h"

/* What backup_exclude_* (backup.h) gathered, for the walk. */
struct exclude_tag {		/* --exclude-if-present */
	char		*name, *header;
};

struct backup_exclude {
	struct glob_list *list, *nocase;	/* NULL: no such patterns */
	struct exclude_tag *tags;
	size_t		 n_tags, cap_tags;
	uint64_t	 larger;		/* UINT64_MAX: any size */
	char		**patterns;		/* as --exclude gave them, for the
						   snapshot; NULL-ended */
	size_t		 n_patterns, cap_patterns;
};

/* Is this path (absolute) out by a pattern?  x may be NULL. */
int exclude_path(const struct backup_exclude *x, const char *path, size_t len);

/*
 * Is this tag in the folder, with its header?  A tag that cannot be read, or
 * says something else, is told through why (1: look there) and does not count.
 */
int exclude_tagged(const struct exclude_tag *t, int dirfd, struct err *why,
    int *told);

#endif
