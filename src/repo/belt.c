#include <pthread.h>
#include <stdlib.h>

#include "repo/belt.h"
#include "util/err.h"
#include "util/xalloc.h"

struct belt {
	pthread_mutex_t	 lock;
	pthread_cond_t	 more, room;
	void		**v;		/* a ring */
	size_t		 max, first, n;
	int		 ended, failed;
	struct err	 why;
	void (*drop)(void *job);
};

struct belt *
belt_new(size_t max, void (*drop)(void *job))
{
	struct belt *b = xalloc(sizeof(*b));

	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->more, NULL);
	pthread_cond_init(&b->room, NULL);
	b->v = xallocn(max, sizeof(*b->v));
	b->max = max;
	b->drop = drop;
	return b;
}

void
belt_free(struct belt *b)
{
	if (b == NULL)
		return;
	for (; b->n > 0; b->n--) {
		b->drop(b->v[b->first]);
		b->first = (b->first + 1) % b->max;
	}
	pthread_cond_destroy(&b->room);
	pthread_cond_destroy(&b->more);
	pthread_mutex_destroy(&b->lock);
	free(b->v);
	free(b);
}

int
belt_put(struct belt *b, void *job)
{
	int failed;

	pthread_mutex_lock(&b->lock);
	while (b->n == b->max && !b->failed)
		pthread_cond_wait(&b->room, &b->lock);
	failed = b->failed;
	if (!failed) {
		b->v[(b->first + b->n++) % b->max] = job;
		pthread_cond_signal(&b->more);
	}
	pthread_mutex_unlock(&b->lock);
	if (failed)
		b->drop(job);
	return failed ? -1 : 0;
}

void
belt_end(struct belt *b)
{
	pthread_mutex_lock(&b->lock);
	b->ended = 1;
	pthread_cond_broadcast(&b->more);
	pthread_mutex_unlock(&b->lock);
}

void *
belt_take(struct belt *b)
{
	void *job = NULL;

	pthread_mutex_lock(&b->lock);
	while (b->n == 0 && !b->ended && !b->failed)
		pthread_cond_wait(&b->more, &b->lock);
	if (b->n > 0 && !b->failed) {
		job = b->v[b->first];
		b->first = (b->first + 1) % b->max;
		b->n--;
		pthread_cond_signal(&b->room);
	}
	pthread_mutex_unlock(&b->lock);
	return job;
}

void
belt_fail(struct belt *b, const struct err *why)
{
	pthread_mutex_lock(&b->lock);
	if (!b->failed)
		b->why = *why;
	b->failed = 1;
	pthread_cond_broadcast(&b->more);
	pthread_cond_broadcast(&b->room);
	pthread_mutex_unlock(&b->lock);
}

int
belt_result(struct belt *b, struct err *e)
{
	int failed;

	pthread_mutex_lock(&b->lock);
	failed = b->failed;
	if (failed && e != NULL)
		*e = b->why;
	pthread_mutex_unlock(&b->lock);
	return failed ? -1 : 0;
}
