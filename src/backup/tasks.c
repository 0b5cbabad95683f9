/* tasks.c -- see tasks.h. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "backup/buffers.h"
#include "backup/checkpoint.h"
#include "backup/impl.h"
#include "backup/moves.h"
#include "backup/tasks.h"
#include "repo/repo.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define QUEUE	8	/* batches that wait, for each worker */
#define TICK	((int64_t)100 * 1000)	/* µs between two words of progress */

struct tasks {
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
take(struct tasks *ts)
{
	struct task *t = ts->pieces;

	if (t != NULL) {
		ts->pieces = t->next;
		ts->n_pieces--;
		return t;
	}
	t = ts->head;
	if (t == NULL)
		return NULL;
	ts->head = t->next;
	if (ts->head == NULL)
		ts->tail = &ts->head;
	ts->waiting--;
	return t;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct tasks *ts = w->r->tasks;
	struct task *t;

	/* A working folder of our own, for what only paths can do (meta.c). */
	w->own_cwd = unshare(CLONE_FS) == 0;
	w->hand = repo_hand_new(w->r->repo);
	pthread_mutex_lock(&ts->lock);
	for (;;) {
		while ((t = take(ts)) == NULL && !ts->ending)
			pthread_cond_wait(&ts->work, &ts->lock);
		if (t == NULL)
			break;
		ts->busy++;
		/* Not for each: it would wake and sleep again at once. */
		if (ts->waiting == ts->max / 2)
			pthread_cond_signal(&ts->less);
		pthread_mutex_unlock(&ts->lock);
		t->run(t, w);
		pthread_mutex_lock(&ts->lock);
		ts->busy--;
		if (ts->busy == 0)
			pthread_cond_signal(&ts->less);
	}
	pthread_mutex_unlock(&ts->lock);
	return NULL;
}

int
tasks_start(struct run *r, unsigned n, struct tasks **out, struct err *e)
{
	struct tasks *ts = xalloc(sizeof(*ts));
	int rc = 0;

	pthread_mutex_init(&ts->lock, NULL);
	pthread_cond_init(&ts->work, NULL);
	pthread_cond_init(&ts->less, NULL);
	ts->r = r;
	ts->tail = &ts->head;
	ts->max = QUEUE * (size_t)n;
	ts->each = xallocn(n, sizeof(*ts->each));
	ts->threads = xallocn(n, sizeof(*ts->threads));
	*out = r->tasks = ts;
	for (; ts->n < n && rc == 0; ts->n += rc == 0) {
		ts->each[ts->n].r = r;
		rc = thread_start(&ts->threads[ts->n], work, &ts->each[ts->n]);
	}
	if (ts->n > 0)
		return 0;
	errno = rc;
	err_sys(e, "start a thread");
	tasks_stop(ts);
	*out = r->tasks = NULL;
	return -1;
}

/* Under the lock, until it is signalled or the next word of progress is due. */
static void
wait_a_tick(struct tasks *ts)
{
	thread_wait(&ts->less, &ts->lock, TICK);
	pthread_mutex_unlock(&ts->lock);
	if (!run_check(ts->r))
		checkpoint_if_due(ts->r);
	run_progress(ts->r);
	pthread_mutex_lock(&ts->lock);
}

void
tasks_push(struct tasks *ts, struct task *t)
{
	pthread_mutex_lock(&ts->lock);
	while (ts->waiting >= ts->max)
		wait_a_tick(ts);
	t->next = NULL;
	*ts->tail = t;
	ts->tail = &t->next;
	ts->waiting++;
	pthread_cond_signal(&ts->work);
	pthread_mutex_unlock(&ts->lock);
}

/*
 * Under the lock.  One piece may wait, so that whoever is done finds it at
 * once; but while there are batches nobody will be without work.
 */
static int
wants(const struct tasks *ts)
{
	return ts->n > 1 && ts->head == NULL &&
	    ts->n_pieces < 1 + (size_t)(ts->n - ts->busy);
}

int
tasks_want(struct tasks *ts)
{
	int rc;

	pthread_mutex_lock(&ts->lock);
	rc = wants(ts);
	pthread_mutex_unlock(&ts->lock);
	return rc;
}

int
tasks_offer(struct tasks *ts, struct task *t)
{
	int room;

	pthread_mutex_lock(&ts->lock);
	room = wants(ts);
	if (room) {
		t->next = ts->pieces;
		ts->pieces = t;
		ts->n_pieces++;
		pthread_cond_signal(&ts->work);
	}
	pthread_mutex_unlock(&ts->lock);
	return room;
}

int
tasks_help(struct tasks *ts, struct worker *w)
{
	struct task *t;

	pthread_mutex_lock(&ts->lock);
	t = ts->pieces;
	if (t != NULL) {
		ts->pieces = t->next;
		ts->n_pieces--;
	}
	pthread_mutex_unlock(&ts->lock);
	if (t == NULL)
		return 0;
	t->run(t, w);
	return 1;
}

void
tasks_drain(struct tasks *ts)
{
	pthread_mutex_lock(&ts->lock);
	while (ts->busy > 0 || ts->head != NULL || ts->pieces != NULL)
		wait_a_tick(ts);
	pthread_mutex_unlock(&ts->lock);
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
tasks_stop(struct tasks *ts)
{
	unsigned i;

	if (ts == NULL)
		return;
	pthread_mutex_lock(&ts->lock);
	ts->ending = 1;
	pthread_cond_broadcast(&ts->work);
	pthread_mutex_unlock(&ts->lock);
	for (i = 0; i < ts->n; i++) {
		pthread_join(ts->threads[i], NULL);
		worker_fini(&ts->each[i]);
	}
	pthread_cond_destroy(&ts->less);
	pthread_cond_destroy(&ts->work);
	pthread_mutex_destroy(&ts->lock);
	free(ts->each);
	free(ts->threads);
	free(ts);
}
