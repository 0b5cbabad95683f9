/* store_turn.c -- who may ask a store now, and who waits; see store_impl.h. */
#include <assert.h>
#include <time.h>

#include "store/store_impl.h"
#include "util/thread.h"
#include "util/time.h"

#define WAIT	((int64_t)200000)	/* µs: how soon a stop is seen */

/* With the mutex held. */
static unsigned
most(const struct store *s)
{
	return s->steered ? steer_now(&s->steer) : s->caps.connections;
}

void
store_steer(struct store *s)
{
	steer_init(&s->steer, s->caps.connections);
	s->steered = 1;
}

/*
 * A connection is held for the length of one call of the back end, never while
 * a caller's function runs or an upload waits for more, so nobody waits for
 * himself.  Locks need none: they must be refreshed however busy we are.
 */
int
store_enter(struct store *s, enum store_kind kind, struct err *e)
{
	int stopped = 0;

	assert(kind < STORE_KINDS);
	if (kind == STORE_LOCK)
		return 0;
	pthread_mutex_lock(&s->mutex);
	while (s->busy >= most(s) && !stopped) {
		thread_wait(&s->idle, &s->mutex, WAIT);
		stopped = store_stopped(s);
	}
	if (!stopped) {
		s->busy++;
		if (s->steered)
			steer_begin(&s->steer, time_mono(), s->busy);
	}
	pthread_mutex_unlock(&s->mutex);
	return stopped ? err_set(e, ERR_STOPPED, "asked to stop") : 0;
}

void
store_leave(struct store *s, enum store_kind kind, uint64_t bytes, int r,
    const struct err *e)
{
	int lost = r < 0 && e != NULL && e->kind == ERR_NET;

	if (kind == STORE_LOCK)
		return;
	pthread_mutex_lock(&s->mutex);
	s->busy--;
	if (s->steered) {
		steer_end(&s->steer, time_mono(), r < 0 ? 0 : bytes,
		    lost ? STEER_TROUBLE : STEER_WELL);
		/* There may be room for two now. */
		pthread_cond_broadcast(&s->idle);
	} else {
		pthread_cond_signal(&s->idle);
	}
	pthread_mutex_unlock(&s->mutex);
}
