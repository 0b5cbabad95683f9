#ifndef BACKUP_WALK_H
#define BACKUP_WALK_H

/*
 * The caller's thread: folders are opened and listed, depth first, sub-folders
 * before files, and what is in them goes to the workers in batches.
 */
struct run;
struct target;

/* 0 when all has been pushed; the rest is tasks_drain's.  -1: the run is over;
 * after tasks_drain, walk_abandon frees what is left. */
int walk(struct run *r, const struct target *t);
void walk_abandon(struct run *r);

#endif
