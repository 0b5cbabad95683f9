#ifndef PLAN_TWIN_H
#define PLAN_TWIN_H

#include <stddef.h>

/*
 * What a planner notes with the removal of a duplicate (op->extra of OP_TRASH
 * and OP_DELETE): of which file it is one.  Apply removes it only while that
 * file is there with the same bytes.
 */
struct buf;

struct twin_note {
	const char	*dir, *name;	/* of the original */
};

void twin_pack(struct buf *out, const struct twin_note *n);
/* 0 and *out, borrowed; -1 if it is no such note. */
int twin_unpack(const void *data, size_t len, struct twin_note *out);

#endif
