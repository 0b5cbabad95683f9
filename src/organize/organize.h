#ifndef ORGANIZE_ORGANIZE_H
#define ORGANIZE_ORGANIZE_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/*
 * The planner of rules: what a rule would do, as operations with reasons.
 *
 * A rule is walked over the overlay, so it sees what earlier ones will have
 * moved, and what it does itself is told to the overlay for those after it.
 * Nothing is touched; contents are read only to compare two files before one
 * is called a duplicate.
 *
 * Left alone are symlinks and special files, what the rule's location leaves
 * out, what this rule brought there itself in this plan, fettle's own folders
 * and trash folders.  As OP_SKIPPED with a reason are told: files that are
 * still being written, that the rule has done already (by the catalog, never
 * by equal bytes), whose name is taken, that are where they should be.  As
 * OP_FAILED: a missing value, a name that cannot be, a folder in the way, a
 * folder that cannot be read, a location that is not there.
 *
 * Doing it twice is doing it once: done_key of an operation says "this rule
 * did this action to this file (identity, size, mtime)", and a file to which
 * that was done is skipped.
 */
struct buf;
struct catalog;
struct err;
struct fs_id;
struct overlay;
struct rule;
struct set64;

/* Files of one folder (absolute, without symlinks), their names sorted by
 * strcmp. */
struct organize_only {
	const char	*dir;
	const char	*const *names;
	size_t		 n;
};

struct organize_env {
	int64_t		 now;		/* µs since 1970 */
	const struct organize_only *only; /* nothing but these files, and what
					     earlier rules made of them; NULL: all */
	size_t		 n_only;
	const struct set64 *done;	/* done keys of this rule, or NULL */
	struct set64	*stopped;	/* what rules with stop: took so far in this
					   plan, for those after them; or NULL */
	const char	*const *leave_out;	/* absolute folders that are never
						   entered, NULL-ended; or NULL */
	struct catalog	*catalog;	/* for when files were first seen; NULL:
					   nothing is remembered */
};

/*
 * Tell the overlay which folders this rule will walk.  For every rule, before
 * the first is planned.  first: no job is planned before this one, so that of
 * a plain rule with one location nothing need be remembered (it costs some 90
 * bytes a file).
 */
void organize_watch(const struct rule *r, int first, struct overlay *o);

/*
 * Add what r would do to p, under its job number.  *absent of *locations are
 * not there.  Files of r are failures of their own; -1 only if planning itself
 * failed, and p is of no use then.  A rule that is not enabled does nothing.
 */
int organize_plan(struct rule *r, const struct organize_env *env,
    struct overlay *o, struct plan *p, uint32_t job, size_t *locations,
    size_t *absent, struct err *e);

/*
 * Why does r not take the file (or folder) at path, as it lies there now?
 * Appends the words of what decided: its location, an exclude, a filter.
 * 1 if nothing speaks against it ("it would take it"), 0, or -1.
 */
int organize_why(struct rule *r, const char *path, int64_t now,
    struct buf *text, struct err *e);

/* What is remembered of a file to which the n-th action of a rule was done. */
uint64_t organize_done_key(uint64_t rule_hash, size_t action,
    const struct fs_id *id);

#endif
