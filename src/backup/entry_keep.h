#ifndef BACKUP_ENTRY_KEEP_H
#define BACKUP_ENTRY_KEEP_H

#include "backup/entry.h"
#include "plan/plan.h"
#include "repo/snapshot.h"

/*
 * A backup entry's plan: what a run would do, and which of its snapshots `keep`
 * lets go.  Only its own are ever looked at: this host's, with its tag.
 */

/* One OP_BACKUP a source path. */
int backup_entry_plan(const struct backup_entry *b, struct plan *p,
    uint32_t job, enum op_state state, const char *why, struct err *e);

/* Its snapshots, oldest first, without checkpoints. */
int backup_entry_snapshots(const struct backup_entry *b, struct repo *r,
    struct snapshots *out, struct err *e);

/*
 * Mark those that go (gone[i] = 1).  coming: a snapshot of now is about to be
 * made, and counts.  ERR_HELD if keep cannot decide (keep/keep.h), and nothing
 * is marked.
 */
int backup_entry_decide(const struct backup_entry *b,
    const struct snapshots *l, int64_t now, int coming, unsigned char *gone,
    struct err *e);

/* An OP_PURGE for each snapshot that goes once the next is there: from is its
 * file in the repository.  Nothing without `keep`. */
int backup_entry_plan_keep(const struct backup_entry *b, struct repo *r,
    int64_t now, struct plan *p, uint32_t job, struct err *e);

#endif
