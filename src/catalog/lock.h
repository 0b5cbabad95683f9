#ifndef CATALOG_LOCK_H
#define CATALOG_LOCK_H

#include "catalog/impl.h"

/*
 * state/lock: who owns the catalog.
 *
 * An OFD lock: it belongs to the open file, so it lives as long as any copy of
 * the descriptor does, in whatever process, and is never given back by an
 * explicit unlock.  The file tells who holds it, for messages: pid, role and
 * what, a line each, written by the holder in one piece of LOCK_TEXT bytes.
 */
struct err;

#define LOCK_TEXT	256

int lock_open(int dir_fd, struct err *e);	/* the descriptor, or -1 */
/* 1 we hold it, 0 somebody else does, -1. */
int lock_try(int fd, struct err *e);
/* Wait for it; ERR_STOPPED if a signal comes first. */
int lock_wait(int fd, struct err *e);
void lock_tell(int fd, enum catalog_role role, const char *what);
/* ERR_LOCKED in words; silent: it serves the socket, but does not answer. */
int lock_refused(int fd, int silent, struct err *e);

#endif
