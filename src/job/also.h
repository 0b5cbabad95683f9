#ifndef JOB_ALSO_H
#define JOB_ALSO_H

#include <stdint.h>

/*
 * also_to: a backup's snapshot is copied to the repositories of other entries,
 * once it is made (3-2-1).  In a plan each is an operation of its own: OP_BACKUP
 * from repository to repository, with ALSO as its text.
 *
 * A copy that fails makes the run partial, and is named; the backup counts.  One
 * whose disk is away waits.  What was missed is caught up with by the next: all
 * snapshots of the entry that are newer than the newest that is there, or the
 * newest alone if none is.
 *
 * The entry's `keep` holds for its snapshots wherever they are: after a copy that
 * went well, those go that it lets go there (thin.h), unless something is amiss with
 * the backup itself, or the other entry has `prune: never`.
 */
struct conf_faults;
struct conf_node;
struct doing;
struct err;
struct job;
struct lock;
struct plan;
struct repo;
struct settings;

#define ALSO	"also_to"

/* Does each name another entry with a repository?  list is `backups:`. */
void also_check(const struct settings *s, const struct conf_node *list,
    struct conf_faults *f);

/* Tell each entry where those are that it names (also_places). */
void also_find(const struct settings *s);

/* Add its operations; job is the plan's number for j. */
int also_plan(const struct settings *s, const struct job *j, struct plan *p,
    uint32_t job, struct err *e);

/* The part in hand has operations of this kind. */
int also_any(const struct doing *g);

/*
 * Copy: from is the entry's repository with its index, locked by the caller.
 * keep_all: why nothing is to be forgotten this time, or NULL.
 * Every operation is told as it ended; -1 only if that cannot be.
 */
int also_do(struct doing *g, struct repo *from, const char *keep_all,
    struct err *e);
/* There is nothing to copy, and why: each is told to be skipped. */
int also_skip(struct doing *g, const char *why, struct err *e);

#endif
