#ifndef UTIL_THREAD_H
#define UTIL_THREAD_H

#include <pthread.h>
#include <stdint.h>

/*
 * What every thread here wants, whoever it works for: crews and pools of them are
 * in util/crew.h and util/pool.h.
 */

/*
 * Call run(arg) in a thread in which all signals are blocked: they are for the
 * threads that wait for them.  0, and *out is to be joined; or an error number, as
 * pthread_create.
 */
int thread_start(pthread_t *out, void *(*run)(void *arg), void *arg);

/*
 * With the lock held: as pthread_cond_wait, but for at most us microseconds.  Ends
 * earlier, as that may, for no reason.  Counted by CLOCK_MONOTONIC, whatever clock
 * the condition was made with: when somebody sets the time nobody waits longer.
 */
void thread_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t us);

#endif
