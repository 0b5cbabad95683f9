#ifndef COPIES_LOADS_H
#define COPIES_LOADS_H

#include "copies/impl.h"
#include "crypto/sha256.h"
#include "util/err.h"

/*
 * What goes into a copy, on its way there.
 *
 * The walk adds one thing after the other; files that are to be copied are
 * copied by several threads at once; and all things are handed on as ended in
 * the very order in which they were added, so that the manifest is the same
 * whoever was faster.  A load is some files of one folder: what a thread takes
 * at a time.
 */
struct making;
struct tree_hand;

struct thing {
	struct source_item it;		/* its strings are own's; dir is the
					   load's, only while it is copied */
	char		 kind;		/* as in the manifest */
	char		 sum[SHA256_HEX];
	const char	*target;	/* of a link; "" */
	char		*own;
	enum thing_state {
		THING_READY,		/* it is in the copy */
		THING_LINKED,		/* so it is, by a link to the last one */
		THING_COPY,		/* to be copied, which makes it: */
		THING_COPIED, THING_GONE, THING_FAILED
	}		 state;
	int		 written_to;	/* somebody writes to the source */
	struct err	*error;		/* of THING_FAILED */
};

/* Threads begin; the tree is there. */
void loads_begin(struct making *m);
/*
 * One thing more; sum and target may be NULL.  Things that have ended meanwhile
 * are handed to making_ended.  -1: this one could not be added, or one of those
 * ended it all (m->fatal).
 */
int loads_add(struct making *m, const struct source_item *it, char kind,
    enum thing_state state, const char *sum, const char *target, struct err *e);
/* Wait for all.  -1 as above. */
int loads_drain(struct making *m, struct err *e);
/* What has not begun is dropped. */
void loads_end(struct making *m);

#endif
