#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "organize/readers.h"
#include "util/xalloc.h"

struct readers {
	unsigned	 size;		/* with the caller */
	unsigned	 started;
	pthread_t	 threads[READERS_MAX];
	struct hand {
		struct readers	*c;
		unsigned	 who;
	} hands[READERS_MAX];

	pthread_mutex_t	 lock;
	pthread_cond_t	 go, done;
	unsigned	 round;		/* counts calls of readers_run */
	unsigned	 busy;		/* threads that have not ended this one */
	int		 over;

	size_t		 n;
	atomic_size_t	 next;
	void		(*work)(void *arg, size_t i, unsigned who);
	void		*arg;
};

struct readers *
readers_new(void)
{
	struct readers *c = xalloc(sizeof(*c));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	c->size = cores < 1 ? 1 : cores > (long)READERS_MAX ? READERS_MAX :
	    (unsigned)cores;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->go, NULL);
	pthread_cond_init(&c->done, NULL);
	return c;
}

unsigned
readers_size(const struct readers *c)
{
	return c->size;
}

static void
do_pieces(struct readers *c, unsigned who)
{
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->n)
		c->work(c->arg, i, who);
}

static void *
serve(void *arg)
{
	struct hand *h = arg;
	struct readers *c = h->c;
	unsigned seen = 0;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->over && c->round == seen)
			pthread_cond_wait(&c->go, &c->lock);
		if (c->over)
			break;
		seen = c->round;
		pthread_mutex_unlock(&c->lock);
		do_pieces(c, h->who);
		pthread_mutex_lock(&c->lock);
		if (--c->busy == 0)
			pthread_cond_signal(&c->done);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Signals are the main thread's affair. */
static void
start(struct readers *c)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (c->started + 1 < c->size) {
		struct hand *h = &c->hands[c->started];

		*h = (struct hand){ c, c->started + 1 };
		if (pthread_create(&c->threads[c->started], NULL, serve,
		    h) != 0)
			break;
		c->started++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	c->size = c->started + 1;
}

void
readers_run(struct readers *c, size_t n,
    void (*work)(void *arg, size_t i, unsigned who), void *arg)
{
	if (n < 2 || c->size < 2) {
		for (size_t i = 0; i < n; i++)
			work(arg, i, 0);
		return;
	}
	if (c->started == 0)
		start(c);
	pthread_mutex_lock(&c->lock);
	c->n = n;
	c->work = work;
	c->arg = arg;
	atomic_store(&c->next, 0);
	c->busy = c->started;
	c->round++;
	pthread_cond_broadcast(&c->go);
	pthread_mutex_unlock(&c->lock);
	do_pieces(c, 0);
	pthread_mutex_lock(&c->lock);
	while (c->busy > 0)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

void
readers_free(struct readers *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->over = 1;
	pthread_cond_broadcast(&c->go);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->started; i++)
		pthread_join(c->threads[i], NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->go);
	pthread_cond_destroy(&c->done);
	free(c);
}
