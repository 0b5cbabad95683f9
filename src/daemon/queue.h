#ifndef DAEMON_QUEUE_H
#define DAEMON_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "job/resource.h"

/*
 * Jobs that are due and wait, and those that run.  Pure: it is told the time
 * (loop_clock) and what happened, and says who may start.
 *
 * What is due at one time starts in the order of the configuration (rules,
 * backups, archives), and before what became due later: a job that is always due
 * does not keep the others from their turn.  One that has to wait for another's
 * folders is not overtaken by a later one that wants them too.  One that could not run is put off, longer each time, and is
 * in nobody's way meanwhile.
 */
#define QUEUE_PUT_OFF		INT64_C(60000000)	/* the first time */
#define QUEUE_PUT_OFF_MOST	INT64_C(3600000000)

struct queued {
	char		*name;		/* "": the house-keeping */
	uint64_t	 turn;		/* 0: none yet */
	int		 taken;		/* it was, so the next is another */
	size_t		 order;
	struct resources r;
	int		 running;
	int		 due;		/* as far as is known */
	int		 locked;	/* put off since somebody was in the way */
	const char	*paused;	/* why it waits, if that is why; static */
	int		 again;		/* it failed once and was tried again at once */
	int64_t		 not_before, put_off;
};

struct queue {
	struct queued	*v;		/* by turn and order */
	size_t		 n, cap;
	uint64_t	 turn;		/* how many have begun */
};

/* Before the jobs that are due are told: none is.  After it: what is neither
 * due nor running goes. */
void queue_ask(struct queue *q);
/* The entry of that name; made if need be.  It is due.  Borrowed until the next
 * queue_told. */
struct queued *queue_due(struct queue *q, const char *name, size_t order);
void queue_told(struct queue *q);

struct queued *queue_find(struct queue *q, const char *name);
/* Who may start now, or NULL; *again is when to ask again for somebody who was
 * put off, INT64_MAX for nobody. */
struct queued *queue_pick(struct queue *q, int64_t now, int64_t *again);
/* It could not run, or what it was due for is not done. */
void queue_put_off(struct queued *w, int64_t now, int locked);
/* Likewise, but for as long as is said. */
void queue_pause(struct queued *w, int64_t now, int64_t us);
/* Somebody left: who was put off for want of a folder may try again. */
void queue_unlock(struct queue *q);
void queue_fini(struct queue *q);

#endif
