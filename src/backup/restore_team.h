#ifndef BACKUP_RESTORE_TEAM_H
#define BACKUP_RESTORE_TEAM_H

/*
 * The threads: one that is given windows, and a crew that it calls for each step
 * of one; and one that flushes.  The caller's thread goes on with the walk meanwhile.
 */
struct team;
struct restore;
struct window;

struct team *team_start(struct restore *r);
/* A window that is full: once the one before is done.  Another, empty one comes
 * back.  From the caller's thread, which tells of progress while it waits. */
struct window *team_give(struct team *t, struct window *full);
/* Until all is done. */
void team_wait(struct team *t);
void team_stop(struct team *t);		/* waited for; NULL is fine */

#endif
