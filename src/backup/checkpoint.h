#ifndef BACKUP_CHECKPOINT_H
#define BACKUP_CHECKPOINT_H

#include "repo/snapshot.h"

/*
 * Snapshots of what is done so far, so that an interrupted backup need not
 * read it again.  One replaces the other; the last goes when the whole is there.
 * All from the caller's thread.
 */
struct run;

void checkpoint_if_due(struct run *r);
/* Now, if something was saved since the last.  What goes wrong is no matter. */
void checkpoint_now(struct run *r);
/* The whole is there: away with them, those of earlier backups too. */
void checkpoint_clear(struct run *r);

/* A snapshot's record but for tree, parent and summary; borrows from r, so it is
 * not to be finished.  Where it was is in the run's arena. */
void run_snapshot(struct run *r, struct snapshot *s);

#endif
