#ifndef REPO_CREW_H
#define REPO_CREW_H

/*
 * A few threads that do the same at the same time: work is called in each, this
 * one too, with the number of the thread from 0, and when all have come back so
 * does crew_run.  Where no thread can be started this one works alone.  Signals
 * are for this one.
 */
#define CREW_MAX	8

/* As many as there are processors for us, at most max. */
unsigned crew_size(unsigned max);
void crew_run(unsigned n, void (*work)(void *arg, unsigned who), void *arg);

#endif
