/*
 * workers.c -- each job in a process of its own: the program itself, so that
 * a run by the clock is the same run as one by hand.
 *
 * A worker inherits the lock of the catalog and dies with us, so nobody can
 * begin to recover while one is left.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "daemon/web.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define EXE		"/proc/self/exe"
#define WORKER_ARGS	16
#define RECOVER_LATER	INT64_C(60000000)

/* How runs end (face.md), as far as it matters here. */
#define DONE_BUT_SOME	3
#define HELD_SOME	4
#define IN_THE_WAY	11
#define STOPPED		130
#define KILLED		128		/* and the signal's number */

static const char *
shown(const char *name, char q[QUOTE_SIZE])
{
	return *name != '\0' ? quote_to(q, QUOTE_SIZE, name) :
	    "the house-keeping";
}

static struct worker *
free_place(struct daemon *d)
{
	size_t i;

	for (i = 0; i < DAEMON_WORKERS; i++)
		if (d->workers[i].proc.pid == 0)
			return &d->workers[i];
	return NULL;
}

size_t
workers_running(const struct daemon *d)
{
	size_t i, n = web_errands(d);

	for (i = 0; i < DAEMON_WORKERS; i++)
		n += d->workers[i].proc.pid != 0;
	return n + (size_t)courier_is_there(d);
}

static int
was_killed(int status)
{
	return status > KILLED && status != STOPPED;
}

static void
tell_end(struct daemon *d, const char *name, long pid, int status)
{
	char q[QUOTE_SIZE];

	if (was_killed(status))
		say(d, LOG_ERROR, "%s (pid %ld) was ended by signal %d",
		    shown(name, q), pid, status - KILLED);
	else if (status == IN_THE_WAY)
		say(d, LOG_INFO, "%s waits: somebody else is at work there",
		    shown(name, q));
	else
		say(d, LOG_DEBUG, "%s (pid %ld) ended with %d", shown(name, q),
		    pid, status);
}

/* May it run again at once, if it is due?  It ran well, so a new instant has
 * come meanwhile; or it was killed, which may not happen again. */
static int
may_go_on(struct queued *q, int status)
{
	if (was_killed(status) && !q->killed) {
		q->killed = 1;
		return 1;
	}
	return status == 0 || status == DONE_BUT_SOME || status == HELD_SOME;
}

/* The clock is asked whether it is still due; then it may have to wait. */
static void
settle(struct daemon *d, const char *name, int status)
{
	struct queued *q = queue_find(&d->queue, name);
	int at_once = q == NULL || may_go_on(q, status);

	if (q != NULL) {
		q->running = 0;
		q->not_before = at_once ? 0 : INT64_MAX;
	}
	clock_ask(d);
	q = queue_find(&d->queue, name);
	if (q == NULL || q->running || at_once)
		return;
	queue_put_off(q, time_mono(), status == IN_THE_WAY);
	workers_start(d);
}

static void
on_end(void *arg, uint32_t events)
{
	struct worker *w = arg;
	struct daemon *d = w->d;
	CLEAN_FREE char *name = w->name;
	long pid = (long)w->proc.pid;
	struct err e = {0};
	int status = 0;

	(void)events;
	loop_remove(&d->loop, &w->watch);
	if (proc_wait(&w->proc, -1, &status, &e) < 0)
		say_error(d, &e);
	w->name = NULL;
	tell_end(d, name, pid, status);
	d->unclean |= was_killed(status);
	if (d->ending && workers_running(d) == 0)
		loop_end(&d->loop);
	settle(d, name, status);
	workers_somebody_left(d);
}

/* The arguments of a worker, NULL-ended, borrowed. */
static void
arguments(const char *argv[WORKER_ARGS], const char *file, const char *name)
{
	size_t n = 0;

	argv[n++] = EXE;
	argv[n++] = "-q";
	argv[n++] = "-c";
	argv[n++] = file;
	argv[n++] = "-W";
	argv[n++] = "";			/* no relative paths */
	argv[n++] = "run";
	argv[n++] = "--trigger";
	argv[n++] = "schedule";
	if (*name == '\0') {
		argv[n++] = "--housekeeping";
	} else {
		argv[n++] = "--";
		argv[n++] = name;
	}
	argv[n] = NULL;
}

static int
start(struct daemon *d, struct worker *w, const char *name, struct err *e)
{
	CLEAN_FREE char *file = reload_file(d);
	int lock = catalog_lock_fd(d->h->catalog);
	const char *argv[WORKER_ARGS];
	struct proc_spec spec = { PROC_NULL, .argv = argv, .keep = &lock,
	    .n_keep = 1, .die_with_us = 1 };

	arguments(argv, file, name);
	spec.err = STDERR_FILENO;
	log_flush(d->h->log, NULL);
	if (proc_start(&spec, &w->proc, e) < 0)
		return -1;
	w->d = d;
	w->name = xstrdup(name);
	w->since = time_now();
	w->watch = (struct watch){ .fd = w->proc.fd, .ready = on_end,
	    .arg = w };
	if (loop_add(&d->loop, &w->watch, e) == 0)
		return 0;
	proc_end(&w->proc, 0);
	free(w->name);
	w->name = NULL;
	return -1;
}

/* 1 all is as it should be, 0 not yet. */
static int
recover(struct daemon *d)
{
	struct err e = {0};

	courier_rest(d);
	if (workers_running(d) > 0 || catalog_guests(d->h->catalog) > 0)
		return 0;
	if (hall_recover(d->h, time_now(), d->o->sink, &e) < 0) {
		say_error(d, &e);
		timer_set(&d->again, RECOVER_LATER);
		return 0;
	}
	d->unclean = 0;
	return 1;
}

void
workers_start(struct daemon *d)
{
	int64_t now = time_mono(), again = INT64_MAX;
	char quoted[QUOTE_SIZE];
	struct worker *w;
	struct queued *q;
	struct err e = {0};

	if (d->ending || (d->unclean && !recover(d)))
		return;
	while ((w = free_place(d)) != NULL &&
	    (q = queue_pick(&d->queue, now, &again)) != NULL) {
		if (start(d, w, q->name, &e) < 0) {
			say_error(d, &e);
			queue_put_off(q, now, 0);
			continue;
		}
		q->running = 1;
		say(d, LOG_DEBUG, "%s has begun (pid %ld)",
		    shown(q->name, quoted), (long)w->proc.pid);
	}
	timer_set(&d->again, again == INT64_MAX ? again : again - now);
}

void
workers_signal(struct daemon *d, int sig)
{
	size_t i;

	for (i = 0; i < DAEMON_WORKERS; i++)
		proc_signal(&d->workers[i].proc, sig);
	web_signal(d, sig);
	courier_signal(d, sig);
}

void
workers_somebody_left(struct daemon *d)
{
	struct err e = {0};

	if (d->ending)
		return;
	if (!d->unclean && workers_running(d) == 0 &&
	    catalog_guests(d->h->catalog) == 0 &&
	    (d->unclean = hall_is_unclean(d->h, &e)) < 0) {
		say_error(d, &e);
		d->unclean = 1;
	}
	queue_unlock(&d->queue);
	workers_start(d);
}

void
workers_close(struct daemon *d)
{
	size_t i;

	for (i = 0; i < DAEMON_WORKERS; i++) {
		if (d->workers[i].proc.pid == 0)
			continue;
		loop_remove(&d->loop, &d->workers[i].watch);
		proc_end(&d->workers[i].proc, 0);
		free(d->workers[i].name);
	}
	queue_fini(&d->queue);
}
