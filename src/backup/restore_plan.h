#ifndef BACKUP_RESTORE_PLAN_H
#define BACKUP_RESTORE_PLAN_H

struct err;
struct restore;

/*
 * The walk: the trees of the snapshot into folders, windows, links and what is
 * no file, which is made at once.  In the caller's thread.  When it is proving,
 * only the files that were restored go into windows, by the same numbers.
 *
 * On return all windows are done.  -1 and r->fatal, or a tree that cannot be read
 * at all.
 */
int plan_all(struct restore *r, struct err *e);

#endif
