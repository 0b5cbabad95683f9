/*
 * crew.c -- calls are counted as rounds: who has not seen the newest one has
 * something to do.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/crew.h"
#include "util/thread.h"
#include "util/xalloc.h"

struct crew {
	unsigned	 size;		/* with the owner */
	unsigned	 started;
	struct member {
		struct crew	*crew;
		unsigned	 who;
		pthread_t	 thread;
	} members[CREW_MAX];

	pthread_mutex_t	 lock;
	pthread_cond_t	 go, done;
	unsigned	 round;
	unsigned	 busy;		/* threads that have not ended this one */
	int		 over;

	void		(*work)(void *arg, unsigned who);
	void		*arg;
};

unsigned
crew_fit(unsigned max)
{
	cpu_set_t set;
	unsigned n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (unsigned)CPU_COUNT(&set);
	return n < max ? n : max > 0 ? max : 1;
}

struct crew *
crew_new(unsigned n)
{
	struct crew *c = xalloc(sizeof(*c));

	c->size = n < 1 ? 1 : n > CREW_MAX ? CREW_MAX : n;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->go, NULL);
	pthread_cond_init(&c->done, NULL);
	return c;
}

static void *
serve(void *arg)
{
	struct member *m = arg;
	struct crew *c = m->crew;
	unsigned seen = 0;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->over && c->round == seen)
			pthread_cond_wait(&c->go, &c->lock);
		if (c->over)
			break;
		seen = c->round;
		pthread_mutex_unlock(&c->lock);
		c->work(c->arg, m->who);
		pthread_mutex_lock(&c->lock);
		if (--c->busy == 0)
			pthread_cond_signal(&c->done);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void
start(struct crew *c)
{
	struct member *m;

	while (c->started + 1 < c->size) {
		m = &c->members[c->started];
		*m = (struct member){ .crew = c, .who = c->started + 1 };
		if (thread_start(&m->thread, serve, m) != 0)
			break;
		c->started++;
	}
	c->size = c->started + 1;
}

/* All of them, the owner too, call work once. */
static void
together(struct crew *c, void (*work)(void *arg, unsigned who), void *arg)
{
	if (c->started + 1 < c->size)
		start(c);
	pthread_mutex_lock(&c->lock);
	c->work = work;
	c->arg = arg;
	c->busy = c->started;
	c->round++;
	pthread_cond_broadcast(&c->go);
	pthread_mutex_unlock(&c->lock);
	work(arg, 0);
	pthread_mutex_lock(&c->lock);
	while (c->busy > 0)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

struct pieces {
	size_t		 n;
	atomic_size_t	 next;
	void		(*work)(void *arg, size_t i, unsigned who);
	void		*arg;
};

static void
do_pieces(void *arg, unsigned who)
{
	struct pieces *p = arg;
	size_t i;

	while ((i = atomic_fetch_add(&p->next, 1)) < p->n)
		p->work(p->arg, i, who);
}

void
crew_run(struct crew *c, size_t n,
    void (*work)(void *arg, size_t i, unsigned who), void *arg)
{
	struct pieces p = { .n = n, .work = work, .arg = arg };

	if (n < 2)		/* not worth waking anybody */
		do_pieces(&p, 0);
	else
		together(c, do_pieces, &p);
}

void
crew_once(unsigned n, void (*work)(void *arg, unsigned who), void *arg)
{
	struct crew *c = crew_new(n);

	together(c, work, arg);
	crew_free(c);
}

void
crew_free(struct crew *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->over = 1;
	pthread_cond_broadcast(&c->go);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->started; i++)
		pthread_join(c->members[i].thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->go);
	pthread_cond_destroy(&c->done);
	free(c);
}
