#ifndef ORGANIZE_READERS_H
#define ORGANIZE_READERS_H

#include <stddef.h>

/*
 * Threads that do many small pieces of work with the caller, one for each core.
 * They are started at the first need and wait in between, since a rule goes
 * folder by folder and most folders are small.
 */
struct readers;

#define READERS_MAX	32u	/* with the caller */

struct readers *readers_new(void);
/* Ends the threads. */
void readers_free(struct readers *c);			/* NULL is fine */
unsigned readers_size(const struct readers *c);	/* how many who there may be */

/*
 * Call work(arg, i, who) for each i below n, in any order and at the same time;
 * who is the worker, the caller being 0, and never does two pieces at once.
 * Returns when all are done.
 */
void readers_run(struct readers *c, size_t n,
    void (*work)(void *arg, size_t i, unsigned who), void *arg);

#endif
