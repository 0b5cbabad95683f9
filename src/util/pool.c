/*
 * pool.c -- a ring of slots.  Items are given at `given`, begun in that order by
 * whichever thread is free, and taken at `taken`.  All three only count up.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "util/pool.h"
#include "util/thread.h"
#include "util/xalloc.h"

struct slot {
	void		*item;
	int		 done;
};

struct hand {
	struct pool	*pool;
	unsigned	 number;
	pthread_t	 thread;
};

struct pool {
	void (*work)(void *arg, unsigned hand, void *item);
	void		*arg;
	struct hand	 hands[POOL_THREADS_MAX];
	unsigned	 n_hands;
	struct slot	*slots;
	size_t		 n_slots;
	size_t		 given, begun, taken;
	int		 quit;
	pthread_mutex_t	 lock;
	pthread_cond_t	 more, done;
};

unsigned
pool_threads(unsigned least)
{
	cpu_set_t set;
	unsigned n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (unsigned)CPU_COUNT(&set);
	n = n < least ? least : n;
	return n > POOL_THREADS_MAX ? POOL_THREADS_MAX : n;
}

static void *
hand_main(void *arg)
{
	struct hand *h = arg;
	struct pool *p = h->pool;
	struct slot *s;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->begun == p->given && !p->quit)
			pthread_cond_wait(&p->more, &p->lock);
		if (p->quit)
			break;
		s = &p->slots[p->begun++ % p->n_slots];
		pthread_mutex_unlock(&p->lock);
		p->work(p->arg, h->number, s->item);
		pthread_mutex_lock(&p->lock);
		s->done = 1;
		pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *
pool_new(unsigned threads, size_t slots,
    void (*work)(void *arg, unsigned hand, void *item), void *arg)
{
	struct pool *p = xalloc(sizeof(*p));
	struct hand *h;

	p->work = work;
	p->arg = arg;
	p->n_slots = slots;
	p->slots = xallocn(slots, sizeof(*p->slots));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->done, NULL);
	while (p->n_hands < threads && p->n_hands < POOL_THREADS_MAX) {
		h = &p->hands[p->n_hands];
		*h = (struct hand){ .pool = p, .number = p->n_hands };
		if (thread_start(&h->thread, hand_main, h) != 0)
			break;
		p->n_hands++;
	}
	return p;
}

void
pool_free(struct pool *p)
{
	unsigned i;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = 1;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n_hands; i++)
		pthread_join(p->hands[i].thread, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->more);
	pthread_cond_destroy(&p->done);
	free(p->slots);
	free(p);
}

int
pool_is_full(const struct pool *p)
{
	return p->given - p->taken == p->n_slots;
}

int
pool_is_empty(const struct pool *p)
{
	return p->given == p->taken;
}

void
pool_give(struct pool *p, void *item)
{
	pthread_mutex_lock(&p->lock);
	p->slots[p->given++ % p->n_slots] = (struct slot){ .item = item };
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}

void *
pool_take(struct pool *p, int wait)
{
	struct slot *s = &p->slots[p->taken % p->n_slots];
	void *item = NULL;

	if (p->taken == p->given)
		return NULL;
	if (p->n_hands == 0) {
		p->work(p->arg, 0, s->item);
		p->taken++;
		return s->item;
	}
	pthread_mutex_lock(&p->lock);
	while (wait && !s->done)
		pthread_cond_wait(&p->done, &p->lock);
	if (s->done) {
		item = s->item;
		p->taken++;
	}
	pthread_mutex_unlock(&p->lock);
	return item;
}
