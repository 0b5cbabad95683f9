#ifndef UTIL_POOL_H
#define UTIL_POOL_H

#include <stddef.h>

/*
 * Threads that work on items side by side; the items come back in the order in
 * which they were given.
 *
 * One thread owns a pool: it alone gives and takes.  work() is called in the
 * pool's own threads, for several items at once; hand (0 .. threads - 1) says
 * in which, so that each may have buffers of its own.  What an item is, is the
 * owner's affair; it must leave one that was given alone until it has taken it
 * back.  All signals are blocked in the threads: they are for the owner's.
 *
 * Where no thread can be started the owner works itself, in pool_take.
 */
struct pool;

#define POOL_THREADS_MAX	4

/* How many threads are of use here: the cores this process may use, at least
 * least, at most POOL_THREADS_MAX. */
unsigned pool_threads(unsigned least);

struct pool *pool_new(unsigned threads, size_t slots,
    void (*work)(void *arg, unsigned hand, void *item), void *arg);
/* Waits for what is being worked on; what nobody took is not looked at. */
void pool_free(struct pool *p);			/* NULL is fine */

/* 1 if no more can be given before one was taken; 1 if all were taken. */
int pool_is_full(const struct pool *p);
int pool_is_empty(const struct pool *p);
void pool_give(struct pool *p, void *item);
/* The oldest item, if it is done, else NULL; with wait, when it is done: NULL
 * says then that none is left. */
void *pool_take(struct pool *p, int wait);

#endif
