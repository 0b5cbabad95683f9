/* restore_team.c -- the threads of a restore; see restore_team.h. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_links.h"
#include "backup/restore_look.h"
#include "backup/restore_pack.h"
#include "backup/restore_team.h"
#include "backup/restore_window.h"
#include "util/crew.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define CHUNK	64	/* files that one thread looks at in a row */
#define TICK	((int64_t)100 * 1000)	/* µs between words of progress */
#define FLUSH_EVERY	((uint64_t)64 << 20)	/* bytes */

struct team {
	struct restore	*r;
	struct window	 windows[2];
	pthread_t	 thread, flusher;
	int		 threaded, flushing;	/* they could be started */
	pthread_mutex_t	 lock;		/* of what follows */
	pthread_cond_t	 turned;
	struct window	*todo;
	int		 quit;
};

/* ---- one window ---- */
struct step {
	void (*work)(struct rworker *w, struct window *win, size_t from,
	    size_t to);
	size_t		 n, chunk;
};

struct doing {
	struct restore	*r;
	struct window	*win;
	struct step	 step;
	atomic_size_t	 next;
};

static void
work(void *arg, unsigned who)
{
	struct doing *d = arg;
	const struct step *s = &d->step;
	size_t i;

	while ((i = atomic_fetch_add(&d->next, s->chunk)) < s->n)
		s->work(&d->r->workers[who], d->win, i,
		    s->n - i < s->chunk ? s->n : i + s->chunk);
}

static void
parts(struct rworker *w, struct window *win, size_t from, size_t to)
{
	for (; from < to; from++)
		pack_part(w, win, from);
}

static void
all(struct team *t, struct window *win, struct step s)
{
	struct doing d = { .r = t->r, .win = win, .step = s };
	size_t useful = (s.n + s.chunk - 1) / s.chunk;

	if (s.n > 0)
		crew_once(useful < t->r->n_workers ? (unsigned)useful :
		    t->r->n_workers, work, &d);
}

static void
do_window(struct team *t, struct window *win)
{
	struct restore *r = t->r;
	size_t i;

	if (r->proving) {
		all(t, win, (struct step){ look_prove, win->n_files, CHUNK });
	} else {
		all(t, win, (struct step){ look_files, win->n_files, CHUNK });
		window_sort(win, r->gap, r->part_max);
		all(t, win, (struct step){ parts, win->n_parts, 1 });
		all(t, win, (struct step){ links_make, win->n_links, CHUNK });
	}
	/* What ended early let nothing go. */
	for (i = 0; i < win->n_files; i++)
		if (win->files[i].folder != NULL)
			rfolder_unref(&r->workers[0], win->files[i].folder);
	window_reset(win);
}

/* ---- the thread ---- */
static void *
run(void *arg)
{
	struct team *t = arg;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		while (t->todo == NULL && !t->quit)
			pthread_cond_wait(&t->turned, &t->lock);
		if (t->todo == NULL)
			break;
		pthread_mutex_unlock(&t->lock);
		do_window(t, t->todo);
		pthread_mutex_lock(&t->lock);
		t->todo = NULL;
		pthread_cond_broadcast(&t->turned);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/*
 * What was written goes to the disk while the others work: left to itself the
 * kernel begins half a minute later, and all of it would be waited for in the
 * end.
 */
static void *
flush(void *arg)
{
	struct team *t = arg;
	struct restore *r = t->r;
	struct err e = {0};
	uint64_t done = 0;

	pthread_mutex_lock(&t->lock);
	while (!t->quit) {
		thread_wait(&t->turned, &t->lock, TICK);
		if (r->bytes - done < FLUSH_EVERY || r->lay == NULL ||
		    r->o->dry_run)
			continue;
		done = r->bytes;
		pthread_mutex_unlock(&t->lock);
		if (lay_flush(r->lay, &e) < 0)
			restore_fail(r, &e);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct team *
team_start(struct restore *r)
{
	struct team *t = xalloc(sizeof(*t));

	t->r = r;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->turned, NULL);
	t->threaded = thread_start(&t->thread, run, t) == 0;
	t->flushing = thread_start(&t->flusher, flush, t) == 0;
	return t;
}

void
team_wait(struct team *t)
{
	pthread_mutex_lock(&t->lock);
	while (t->todo != NULL) {
		thread_wait(&t->turned, &t->lock, TICK);
		pthread_mutex_unlock(&t->lock);
		restore_tick(t->r);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
}

struct window *
team_give(struct team *t, struct window *full)
{
	if (full == NULL)
		return &t->windows[0];
	if (!t->threaded) {
		do_window(t, full);
		restore_tick(t->r);
		return full;
	}
	team_wait(t);
	pthread_mutex_lock(&t->lock);
	t->todo = full;
	pthread_cond_broadcast(&t->turned);
	pthread_mutex_unlock(&t->lock);
	return full == &t->windows[0] ? &t->windows[1] : &t->windows[0];
}

void
team_stop(struct team *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->quit = 1;
	pthread_cond_broadcast(&t->turned);
	pthread_mutex_unlock(&t->lock);
	if (t->threaded)
		pthread_join(t->thread, NULL);
	if (t->flushing)
		pthread_join(t->flusher, NULL);
	window_fini(&t->windows[0]);
	window_fini(&t->windows[1]);
	pthread_cond_destroy(&t->turned);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
