/* workers.c -- see workers.h. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "backup/buffers.h"
#include "backup/checkpoint.h"
#include "backup/impl.h"
#include "backup/moves.h"
#include "backup/workers.h"
#include "repo/repo.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define QUEUE	8	/* batches that wait, for each worker */
#define TICK	((int64_t)100 * 1000)	/* µs between two words of progress */

struct workers {
	struct run	*r;
	pthread_mutex_t	 lock;
	pthread_cond_t	 work;		/* for workers */
	pthread_cond_t	 less;		/* for the caller */
	struct task	*head, **tail, *pieces;
	size_t		 waiting, max, n_pieces;
	unsigned	 busy, n;
	int		 ending;
	struct worker	*each;
	pthread_t	*threads;
};

/* Under the lock: a piece, else the oldest batch. */
static struct task *
take(struct workers *ws)
{
	struct task *t = ws->pieces;

	if (t != NULL) {
		ws->pieces = t->next;
		ws->n_pieces--;
		return t;
	}
	t = ws->head;
	if (t == NULL)
		return NULL;
	ws->head = t->next;
	if (ws->head == NULL)
		ws->tail = &ws->head;
	ws->waiting--;
	return t;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct workers *ws = w->r->workers;
	struct task *t;

	/* A working folder of our own, for what only paths can do (meta.c). */
	w->own_cwd = unshare(CLONE_FS) == 0;
	w->hand = repo_hand_new(w->r->repo);
	pthread_mutex_lock(&ws->lock);
	for (;;) {
		while ((t = take(ws)) == NULL && !ws->ending)
			pthread_cond_wait(&ws->work, &ws->lock);
		if (t == NULL)
			break;
		ws->busy++;
		/* Not for each: it would wake and sleep again at once. */
		if (ws->waiting == ws->max / 2)
			pthread_cond_signal(&ws->less);
		pthread_mutex_unlock(&ws->lock);
		t->run(t, w);
		pthread_mutex_lock(&ws->lock);
		ws->busy--;
		if (ws->busy == 0)
			pthread_cond_signal(&ws->less);
	}
	pthread_mutex_unlock(&ws->lock);
	return NULL;
}

int
workers_start(struct run *r, unsigned n, struct workers **out, struct err *e)
{
	struct workers *ws = xalloc(sizeof(*ws));
	int rc = 0;

	pthread_mutex_init(&ws->lock, NULL);
	pthread_cond_init(&ws->work, NULL);
	pthread_cond_init(&ws->less, NULL);
	ws->r = r;
	ws->tail = &ws->head;
	ws->max = QUEUE * (size_t)n;
	ws->each = xallocn(n, sizeof(*ws->each));
	ws->threads = xallocn(n, sizeof(*ws->threads));
	*out = r->workers = ws;
	for (; ws->n < n && rc == 0; ws->n += rc == 0) {
		ws->each[ws->n].r = r;
		rc = thread_start(&ws->threads[ws->n], work, &ws->each[ws->n]);
	}
	if (ws->n > 0)
		return 0;
	errno = rc;
	err_sys(e, "start a thread");
	workers_stop(ws);
	*out = r->workers = NULL;
	return -1;
}

/* Under the lock, until it is signalled or the next word of progress is due. */
static void
wait_a_tick(struct workers *ws)
{
	thread_wait(&ws->less, &ws->lock, TICK);
	pthread_mutex_unlock(&ws->lock);
	if (!run_check(ws->r))
		checkpoint_if_due(ws->r);
	run_progress(ws->r);
	pthread_mutex_lock(&ws->lock);
}

void
workers_push(struct workers *ws, struct task *t)
{
	pthread_mutex_lock(&ws->lock);
	while (ws->waiting >= ws->max)
		wait_a_tick(ws);
	t->next = NULL;
	*ws->tail = t;
	ws->tail = &t->next;
	ws->waiting++;
	pthread_cond_signal(&ws->work);
	pthread_mutex_unlock(&ws->lock);
}

/*
 * Under the lock.  One piece may wait, so that whoever is done finds it at
 * once; but while there are batches nobody will be without work.
 */
static int
wants(const struct workers *ws)
{
	return ws->n > 1 && ws->head == NULL &&
	    ws->n_pieces < 1 + (size_t)(ws->n - ws->busy);
}

int
workers_want(struct workers *ws)
{
	int rc;

	pthread_mutex_lock(&ws->lock);
	rc = wants(ws);
	pthread_mutex_unlock(&ws->lock);
	return rc;
}

int
workers_offer(struct workers *ws, struct task *t)
{
	int room;

	pthread_mutex_lock(&ws->lock);
	room = wants(ws);
	if (room) {
		t->next = ws->pieces;
		ws->pieces = t;
		ws->n_pieces++;
		pthread_cond_signal(&ws->work);
	}
	pthread_mutex_unlock(&ws->lock);
	return room;
}

int
workers_help(struct workers *ws, struct worker *w)
{
	struct task *t;

	pthread_mutex_lock(&ws->lock);
	t = ws->pieces;
	if (t != NULL) {
		ws->pieces = t->next;
		ws->n_pieces--;
	}
	pthread_mutex_unlock(&ws->lock);
	if (t == NULL)
		return 0;
	t->run(t, w);
	return 1;
}

void
workers_drain(struct workers *ws)
{
	pthread_mutex_lock(&ws->lock);
	while (ws->busy > 0 || ws->head != NULL || ws->pieces != NULL)
		wait_a_tick(ws);
	pthread_mutex_unlock(&ws->lock);
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
workers_stop(struct workers *ws)
{
	unsigned i;

	if (ws == NULL)
		return;
	pthread_mutex_lock(&ws->lock);
	ws->ending = 1;
	pthread_cond_broadcast(&ws->work);
	pthread_mutex_unlock(&ws->lock);
	for (i = 0; i < ws->n; i++) {
		pthread_join(ws->threads[i], NULL);
		worker_fini(&ws->each[i]);
	}
	pthread_cond_destroy(&ws->less);
	pthread_cond_destroy(&ws->work);
	pthread_mutex_destroy(&ws->lock);
	free(ws->each);
	free(ws->threads);
	free(ws);
}
