/* pool.c -- the workers. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "backup/buffers.h"
#include "backup/checkpoint.h"
#include "backup/impl.h"
#include "backup/moves.h"
#include "backup/pool.h"
#include "repo/repo.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define QUEUE	8	/* batches that wait, for each worker */
#define TICK	((int64_t)100 * 1000)	/* µs between two words of progress */

struct pool {
	struct run	*r;
	pthread_mutex_t	 lock;
	pthread_cond_t	 work;		/* for workers */
	pthread_cond_t	 less;		/* for the caller */
	struct task	*head, **tail, *pieces;
	size_t		 waiting, max, n_pieces;
	unsigned	 busy, n;
	int		 ending;
	struct worker	*workers;
	pthread_t	*threads;
};

/* Under the lock: a piece, else the oldest batch. */
static struct task *
take(struct pool *p)
{
	struct task *t = p->pieces;

	if (t != NULL) {
		p->pieces = t->next;
		p->n_pieces--;
		return t;
	}
	t = p->head;
	if (t == NULL)
		return NULL;
	p->head = t->next;
	if (p->head == NULL)
		p->tail = &p->head;
	p->waiting--;
	return t;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->r->pool;
	struct task *t;

	/* A working folder of our own, for what only paths can do (meta.c). */
	w->own_cwd = unshare(CLONE_FS) == 0;
	w->hand = repo_hand_new(w->r->repo);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while ((t = take(p)) == NULL && !p->ending)
			pthread_cond_wait(&p->work, &p->lock);
		if (t == NULL)
			break;
		p->busy++;
		/* Not for each: it would wake and sleep again at once. */
		if (p->waiting == p->max / 2)
			pthread_cond_signal(&p->less);
		pthread_mutex_unlock(&p->lock);
		t->run(t, w);
		pthread_mutex_lock(&p->lock);
		p->busy--;
		if (p->busy == 0)
			pthread_cond_signal(&p->less);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
pool_start(struct run *r, unsigned n, struct pool **out, struct err *e)
{
	struct pool *p = xalloc(sizeof(*p));
	int rc = 0;

	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->less, NULL);
	p->r = r;
	p->tail = &p->head;
	p->max = QUEUE * (size_t)n;
	p->workers = xallocn(n, sizeof(*p->workers));
	p->threads = xallocn(n, sizeof(*p->threads));
	*out = r->pool = p;
	for (; p->n < n && rc == 0; p->n += rc == 0) {
		p->workers[p->n].r = r;
		rc = thread_start(&p->threads[p->n], work, &p->workers[p->n]);
	}
	if (p->n > 0)
		return 0;
	errno = rc;
	err_sys(e, "start a thread");
	pool_stop(p);
	*out = r->pool = NULL;
	return -1;
}

unsigned
pool_workers(const struct pool *p)
{
	return p->n;
}

/* Under the lock, until it is signalled or the next word of progress is due. */
static void
wait_a_tick(struct pool *p)
{
	thread_wait(&p->less, &p->lock, TICK);
	pthread_mutex_unlock(&p->lock);
	if (!run_check(p->r))
		checkpoint_if_due(p->r);
	run_progress(p->r);
	pthread_mutex_lock(&p->lock);
}

void
pool_push(struct pool *p, struct task *t)
{
	pthread_mutex_lock(&p->lock);
	while (p->waiting >= p->max)
		wait_a_tick(p);
	t->next = NULL;
	*p->tail = t;
	p->tail = &t->next;
	p->waiting++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

/*
 * Under the lock.  One piece may wait, so that whoever is done finds it at
 * once; but while there are batches nobody will be without work.
 */
static int
wants(const struct pool *p)
{
	return p->n > 1 && p->head == NULL &&
	    p->n_pieces < 1 + (size_t)(p->n - p->busy);
}

int
pool_wants(struct pool *p)
{
	int rc;

	pthread_mutex_lock(&p->lock);
	rc = wants(p);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int
pool_offer(struct pool *p, struct task *t)
{
	int room;

	pthread_mutex_lock(&p->lock);
	room = wants(p);
	if (room) {
		t->next = p->pieces;
		p->pieces = t;
		p->n_pieces++;
		pthread_cond_signal(&p->work);
	}
	pthread_mutex_unlock(&p->lock);
	return room;
}

int
pool_help(struct pool *p, struct worker *w)
{
	struct task *t;

	pthread_mutex_lock(&p->lock);
	t = p->pieces;
	if (t != NULL) {
		p->pieces = t->next;
		p->n_pieces--;
	}
	pthread_mutex_unlock(&p->lock);
	if (t == NULL)
		return 0;
	t->run(t, w);
	return 1;
}

void
pool_drain(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->busy > 0 || p->head != NULL || p->pieces != NULL)
		wait_a_tick(p);
	pthread_mutex_unlock(&p->lock);
}

void
worker_fini(struct worker *w)
{
	repo_hand_free(w->hand);
	meta_room_fini(&w->room);
	past_memo_free(w->memo);
	buffers_put(w->r->buffers, w->piece, 0);
}

void
pool_stop(struct pool *p)
{
	unsigned i;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = 1;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n; i++) {
		pthread_join(p->threads[i], NULL);
		worker_fini(&p->workers[i]);
	}
	pthread_cond_destroy(&p->less);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p->workers);
	free(p->threads);
	free(p);
}
