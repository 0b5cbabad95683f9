#ifndef CATALOG_STATE_H
#define CATALOG_STATE_H

/*
 * The state folder: ours alone, or refused.  It holds catalog.db (and -wal),
 * lock, control (a socket), ballast.
 */
struct err;

/* Open it, made 0700 if it is not there but its parent is.  *fd is the
 * caller's. */
int state_open(const char *dir, int *out, struct err *e);

/* The ballast: 1 if it lies there (made now, if there was room), else 0. */
int state_ballast(int dir_fd);
void state_drop_ballast(int dir_fd);

#endif
