/* restore_gang.c -- the threads of a restore; see restore_gang.h. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "backup/restore_folder.h"
#include "backup/restore_gang.h"
#include "backup/restore_impl.h"
#include "backup/restore_links.h"
#include "backup/restore_look.h"
#include "backup/restore_pack.h"
#include "backup/restore_window.h"
#include "repo/crew.h"
#include "util/xalloc.h"

#define CHUNK	64	/* files that one thread looks at in a row */
#define TICK	100	/* ms between words of progress */

struct gang {
	struct restore	*r;
	struct window	 windows[2];
	pthread_t	 thread;
	int		 threaded;	/* it could be started */
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
all(struct gang *g, struct window *win, struct step s)
{
	struct doing d = { .r = g->r, .win = win, .step = s };
	size_t crew = (s.n + s.chunk - 1) / s.chunk;

	if (s.n > 0)
		crew_run(crew < g->r->n_workers ? (unsigned)crew :
		    g->r->n_workers, work, &d);
}

static void
do_window(struct gang *g, struct window *win)
{
	struct restore *r = g->r;
	size_t i;

	if (r->proving) {
		all(g, win, (struct step){ look_prove, win->n_files, CHUNK });
	} else {
		all(g, win, (struct step){ look_files, win->n_files, CHUNK });
		window_sort(win, r->gap, r->part_max);
		all(g, win, (struct step){ parts, win->n_parts, 1 });
		all(g, win, (struct step){ links_make, win->n_links, CHUNK });
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
	struct gang *g = arg;

	pthread_mutex_lock(&g->lock);
	for (;;) {
		while (g->todo == NULL && !g->quit)
			pthread_cond_wait(&g->turned, &g->lock);
		if (g->todo == NULL)
			break;
		pthread_mutex_unlock(&g->lock);
		do_window(g, g->todo);
		pthread_mutex_lock(&g->lock);
		g->todo = NULL;
		pthread_cond_broadcast(&g->turned);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

struct gang *
gang_start(struct restore *r)
{
	struct gang *g = xalloc(sizeof(*g));
	sigset_t every, before;

	g->r = r;
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->turned, NULL);
	/* Signals are for the thread that waits for them. */
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	g->threaded = pthread_create(&g->thread, NULL, run, g) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return g;
}

static void
wait_a_tick(struct gang *g)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += TICK * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_nsec -= 1000000000L;
		ts.tv_sec++;
	}
	pthread_cond_timedwait(&g->turned, &g->lock, &ts);
	pthread_mutex_unlock(&g->lock);
	restore_tick(g->r);
	pthread_mutex_lock(&g->lock);
}

void
gang_wait(struct gang *g)
{
	pthread_mutex_lock(&g->lock);
	while (g->todo != NULL)
		wait_a_tick(g);
	pthread_mutex_unlock(&g->lock);
}

struct window *
gang_give(struct gang *g, struct window *full)
{
	if (full == NULL)
		return &g->windows[0];
	if (!g->threaded) {
		do_window(g, full);
		restore_tick(g->r);
		return full;
	}
	gang_wait(g);
	pthread_mutex_lock(&g->lock);
	g->todo = full;
	pthread_cond_broadcast(&g->turned);
	pthread_mutex_unlock(&g->lock);
	return full == &g->windows[0] ? &g->windows[1] : &g->windows[0];
}

void
gang_stop(struct gang *g)
{
	if (g == NULL)
		return;
	if (g->threaded) {
		pthread_mutex_lock(&g->lock);
		g->quit = 1;
		pthread_cond_broadcast(&g->turned);
		pthread_mutex_unlock(&g->lock);
		pthread_join(g->thread, NULL);
	}
	window_fini(&g->windows[0]);
	window_fini(&g->windows[1]);
	pthread_cond_destroy(&g->turned);
	pthread_mutex_destroy(&g->lock);
	free(g);
}
