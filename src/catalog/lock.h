#ifndef CATALOG_LOCK_H
#define CATALOG_LOCK_H

#include <sys/types.h>

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

struct lock_holder {
	pid_t		 pid;		/* 0: not told */
	int		 alive;
	int		 asks;		/* will be gone in a moment */
	char		 what[CATALOG_WHAT];
};

int lock_open(int dir_fd, struct err *e);	/* the descriptor, or -1 */
/* 1 we hold it, 0 somebody else does, -1. */
int lock_try(int fd, struct err *e);
/* Wait for it; ERR_STOPPED if a signal comes first. */
int lock_wait(int fd, struct err *e);
void lock_tell(int fd, enum catalog_role role, const char *what);
void lock_read(int fd, struct lock_holder *out);
/* ERR_LOCKED in words; -1. */
int lock_refused(const struct lock_holder *h, struct err *e);

#endif
