#ifndef REPO_GANG_H
#define REPO_GANG_H

/*
 * A few threads that do the same at the same time: work is called in each, this
 * one too, with the number of the thread from 0, and when all have come back so
 * does gang_run.  Where no thread can be started this one works alone.  Signals
 * are for this one.
 */
#define GANG_MAX	8

/* As many as there are processors for us, at most max. */
unsigned gang_size(unsigned max);
void gang_run(unsigned n, void (*work)(void *arg, unsigned who), void *arg);

#endif
