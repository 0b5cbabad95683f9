#ifndef UTIL_CREW_H
#define UTIL_CREW_H

#include <stddef.h>

/*
 * Threads that do one thing together with the caller, who waits for them: fork
 * and join.  Where the caller goes on with other things, and what is done comes
 * back in order, it is a pool (util/pool.h).
 *
 * One thread owns a crew: it alone calls it, and is one of those that work.  `who`
 * says which: the owner is 0, the others 1 and up, so that each may have buffers
 * of its own.  All signals are blocked in the others: they are for the owner.
 *
 * Threads that cannot be started are done without; work must end with the owner
 * alone.  What was written before a call is seen by all who work, and what they
 * wrote by the owner after it.
 */
struct crew;

#define CREW_MAX	32u	/* with the owner */

/* As many as there are processors for us, at most max, at least 1. */
unsigned crew_fit(unsigned max);

/*
 * n at most, with the owner (1 to CREW_MAX; what is outside is taken as the
 * nearest).  The threads are started at the first need and wait in between.
 */
struct crew *crew_new(unsigned n);
/* Ends the threads.  Not while a call goes on. */
void crew_free(struct crew *c);			/* NULL is fine */

/*
 * Call work(arg, i, who) for each i below n, in any order and at the same time;
 * nobody does two pieces at once.  Blocks until all are done.
 */
void crew_run(struct crew *c, size_t n,
    void (*work)(void *arg, size_t i, unsigned who), void *arg);

/*
 * Call work(arg, who) once in each of n threads, this one being one of them (n
 * as for crew_new).  Blocks until all have come back.  The threads are of this
 * call: to be used where there is much to do.
 */
void crew_once(unsigned n, void (*work)(void *arg, unsigned who), void *arg);

#endif
