#ifndef JOB_POST_H
#define JOB_POST_H

#include "job/job.h"
#include "notify/notify.h"

/*
 * News on its way: queued in the catalog (space "notify", an entry each), so
 * that nothing is lost when a mail server is away, and handed over by a child
 * of its own, so that a dead one stops nobody.
 *
 *	post_news	queue it for everybody who wants it
 *	post_go		have it handed over: the daemon is poked, or a child
 *			started if there is none; waits for nothing
 *	post_finish	at the end of a run by hand: wait for that child, but no
 *			longer than POST_WAIT; what is left stays queued
 *
 * None of these fails: what goes wrong is logged.
 */
#define POST_WAIT	((int64_t)10 * 1000000)		/* µs */
#define POST_CHILD	((int64_t)120 * 1000000)	/* of the daemon's */

/* w->job and w->kind tell whose it is; the job's tags are looked up. */
void post_news(struct hall *h, const struct notify_news *w);
void post_go(struct hall *h);
void post_finish(struct hall *h);

/* When the next one is due: µs, INT64_MAX for none. */
int post_next(struct hall *h, int64_t *at, struct err *e);

/* Hand over what is due, for at most so many µs; by that child. */
int post_deliver(struct hall *h, int64_t most, int (*stop)(void *arg),
    struct err *e);

/* The arguments of the child; NULL-ended, borrowed. */
#define POST_ARGS	12
void post_arguments(const char *argv[POST_ARGS], const char *file,
    const char *dir, int daemon);

/* Jobs that are late and were not told as such today: told.  Jobs that are no
 * longer: forgotten.  begins, or NULL: 1 if that one is about to be run, so that
 * nobody hears of late jobs whenever the machine was off for a while. */
int post_late(struct hall *h, int64_t now,
    int (*begins)(void *arg, const char *job), void *arg, struct err *e);
/* Was it told as late?  1, 0. */
int post_was_late(struct hall *h, const char *job);

/* Damage in a repository or a copy, whoever found it: queued, and handed over. */
void post_integrity(struct hall *h, const struct job *j, int64_t now,
    const char *text);

#endif
