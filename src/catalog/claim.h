#ifndef CATALOG_CLAIM_H
#define CATALOG_CLAIM_H

#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"

/*
 * Who works on which folders: the owner's list, of which nothing is written
 * down.  A claim ends with the connection that made it, and so with its
 * process, whatever that one did.
 */
struct claim {
	uint64_t	 who;		/* the connection; 0 the owner itself */
	pid_t		 pid;
	char		*what;
	char		**paths;	/* NULL-ended */
};

struct claims {
	struct claim	*v;
	size_t		 n, cap;
};

#define CLAIM_PATHS_MAX	100000		/* of one request */

/* 1 if two absolute paths are the same, or one lies below the other. */
int claim_overlap(const char *a, const char *b);

/*
 * Add a claim, all of its paths or none.  ERR_LOCKED names whose it conflicts
 * with; one's own never do.
 */
int claims_add(struct claims *cs, uint64_t who, pid_t pid, const char *what,
    const char *const *paths, struct err *e);
/* All that this one claimed. */
void claims_remove(struct claims *cs, uint64_t who);
void claims_fini(struct claims *cs);

#endif
