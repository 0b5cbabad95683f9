#ifndef JOB_VAULT_FIND_H
#define JOB_VAULT_FIND_H

#include <stdint.h>

#include "repo/snapshot.h"

/* Which snapshots of a repository hold a file. */
struct err;
struct hall;
struct job;

struct vault_hit {
	const char	*path;		/* absolute, as it was saved */
	const struct snapshot *snapshot;
	int64_t		 time;		/* of the snapshot; µs */
	int64_t		 mtime;		/* µs */
	int		 wanted;	/* what wants said */
	const char	*backup;	/* the entry that made it, or that asks */
};

struct vault_question {
	/* One path, which is looked up in each snapshot; a folder fits, too, if
	 * folders is set.  NULL: all files are held against wants. */
	const char	*path;
	int		 folders;
	int (*wants)(void *arg, const char *path);	/* not 0: a hit */
	int64_t		 as_of;		/* no later snapshot; 0: any */
	int		 newest;	/* the newest that has a hit is enough */
	void (*hit)(void *arg, const struct vault_hit *v);
	/* Something cannot be read, and may hide a hit. */
	void (*lacks)(void *arg, const char *text);
	void		*arg;
};

/*
 * Ask the repository of j, for the snapshots of its host, oldest first (newest
 * first if one is enough).  Of several entries that share a repository the first
 * answers for all.  One that is away is passed over; one that cannot be opened
 * is told to lacks, once while the hall is open.
 */
void vault_find(struct hall *h, const struct job *j,
    const struct vault_question *q);

#endif
