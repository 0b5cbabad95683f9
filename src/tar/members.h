#ifndef TAR_MEMBERS_H
#define TAR_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The members of a foreign zip file, one after the other: office documents and
 * books are zips.  To be read in a probe (media/probe.h): the library below is
 * large, and what is in the file may be hostile.  It needs nothing but pread
 * on the descriptor.
 *
 *	members_open(fd, size, &m, e)
 *	while ((n = members_next(m, &name, e)) == 1)
 *		if (wanted(name))
 *			members_read(m, limit, &bytes, e);
 *	members_free(m)
 */
struct buf;
struct err;
struct members;

#define MEMBERS_MAX	20000	/* of one file */

int members_open(int fd, uint64_t size, struct members **out, struct err *e);
/* 1 and the next member's name (as it is, until the next call), 0, -1. */
int members_next(struct members *m, const char **name, struct err *e);
/* Append its bytes to out.  -1: ERR_CORRUPT, or ERR_FULL past limit. */
int members_read(struct members *m, size_t limit, struct buf *out,
    struct err *e);
void members_free(struct members *m);		/* NULL is fine */

#endif
