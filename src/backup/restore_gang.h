#ifndef BACKUP_RESTORE_GANG_H
#define BACKUP_RESTORE_GANG_H

/*
 * The threads: one that is given windows, and a crew that it calls for each step
 * of one.  The caller's thread goes on with the walk meanwhile.
 */
struct gang;
struct restore;
struct window;

struct gang *gang_start(struct restore *r);
/* A window that is full: once the one before is done.  Another, empty one comes
 * back.  From the caller's thread, which tells of progress while it waits. */
struct window *gang_give(struct gang *g, struct window *full);
/* Until all is done. */
void gang_wait(struct gang *g);
void gang_stop(struct gang *g);		/* waited for; NULL is fine */

#endif
