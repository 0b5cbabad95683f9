#ifndef REPO_FORGET_H
#define REPO_FORGET_H

#include <stddef.h>
#include <stdint.h>

#include "keep/keep.h"
#include "repo/group.h"

/*
 * Which snapshots a policy lets go: restic's `forget` on top of keep/keep.h,
 * group by group.  It decides and removes nothing.
 *
 * What keep.h promises holds here: an empty policy lets nothing go, the newest
 * whole snapshot of a group stays whatever the policy says, and nothing is
 * decided while one lies in the future.  That is all in which this keeps more
 * than restic would.
 */
struct buf;
struct err;

struct forget_policy {
	struct keep	 keep;		/* its pins are not looked at */
	const char	*const *tags;	/* --keep-tag, NULL-ended or NULL: lists as
					   in snapshot_filter, any of them */
	const char	*partial;	/* the tag of what is no whole backup, or
					   NULL */
};

struct forget_item {
	const struct snapshot *snapshot;	/* borrowed */
	struct keep_item keep;			/* .keep: 1 or 0 */
};

struct forget_group {
	const struct group *group;
	struct forget_item *v;		/* newest first */
	size_t		 n, kept;
};

struct forget {
	struct groups	 groups;
	struct forget_group *v;		/* one each, in the same order */
};

/*
 * l must outlive it.  now is in µs.  On -1 out is empty: ERR_USAGE for a
 * policy or a grouping (group.h) that cannot be, ERR_HELD for a snapshot in the
 * future.
 */
int forget_decide(const struct snapshots *l, const char *group_by,
    const struct forget_policy *p, int64_t now, struct forget *out,
    struct err *e);
void forget_fini(struct forget *f);

/*
 * The i-th reason (from 0) why one is kept, in restic's words ("has tags [a, b]",
 * "daily snapshot"), added to out: 1, or 0 if there are no more.
 */
int forget_reason(const struct forget_policy *p, const struct forget_item *it,
    unsigned i, struct buf *out);

/* Does it say nothing?  restic wants at least one --keep-*. */
int forget_policy_empty(const struct forget_policy *p);

#endif
