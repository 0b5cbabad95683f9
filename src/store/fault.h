#ifndef STORE_FAULT_H
#define STORE_FAULT_H

#include "store/store.h"

/*
 * A store whose n-th call goes wrong, for tests: everything above must end in
 * success or in a clear error, and the repository must stay whole.
 */
enum store_fault {
	FAULT_FAIL,		/* nothing is done, ERR_IO */
	FAULT_LOST_ANSWER,	/* it is done, and ERR_NET is told */
	FAULT_CUT,		/* reads: half the bytes, as ERR_CORRUPT */
	FAULT_FLIP,		/* reads: one bit is turned, nothing is told */
	FAULT_DEAD,		/* this and every later call fails */
	FAULT_KILL,		/* the process is killed (SIGKILL) before it */
	FAULT_KILL_AFTER,	/* and after it */
	FAULT_EVERY,		/* each n-th: nothing is done, ERR_NET */
	FAULT_EVERY_LOST,	/* each n-th: it is done, and ERR_NET is told */
	FAULT_SHORT,		/* writes: half of it lies there, as a success */
	FAULT_SLOW,		/* each n-th takes FAULT_DELAY longer */
};

#define FAULT_DELAY	((long)20)	/* ms */


/* Takes inner over.  nth counts from 1 over all calls; 0: never, only count. */
struct store *store_fault(struct store *inner, enum store_fault kind,
    uint64_t nth);
/* How many calls there were. */
uint64_t store_fault_calls(const struct store *s);

#endif
