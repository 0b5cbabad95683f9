#ifndef REPO_REWRITE_H
#define REPO_REWRITE_H

#include <stddef.h>

#include "repo/rewrite_tree.h"

/*
 * Snapshots, made anew: with other trees, another host or time.
 *
 * All new trees are durable before the first new snapshot is written, and all new
 * snapshots before an old one goes.  A new one says which it was made of
 * ('original').
 */
struct err;
struct lock;
struct repo;
struct snapshot;
struct snapshots;

struct rewrite_options {
	const struct rewrite_watch *tree;	/* NULL: trees stay as they are */
	const char	*new_host;		/* or NULL */
	const struct node_time *new_time;	/* or NULL */
	const char	*tag;		/* of the new ones, unless the old ones go */
	int		 summary;	/* files and bytes into each one's summary,
					   also if it had none */
	int		 forget;	/* the old ones go */
	int		 drop_empty;	/* also one of which nothing is left */
	int		 dry_run;	/* nothing is written */
	const struct lock *lock;	/* asked before something goes; or NULL */

	void (*begin)(void *arg, const struct snapshot *s);
	/* as: NULL if it was a dry run. */
	void (*changed)(void *arg, const struct snapshot *s, const struct id *as);
	/* It goes if forget and drop_empty say so, else it stays as it is. */
	void (*nothing_left)(void *arg, const struct snapshot *s);
	/* It cannot be gone through; the others are. */
	void (*failed)(void *arg, const struct snapshot *s,
	    const struct err *why);
	void		*arg;
};

/* The index is loaded; the caller holds a lock, an exclusive one to forget. */
int rewrite_snapshots(struct repo *r, const struct snapshots *l,
    const struct rewrite_options *o, struct err *e);

#endif
