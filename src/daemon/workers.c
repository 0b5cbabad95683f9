/*
 * workers.c -- each job in a process of its own: the program itself, so that
 * a run by the clock is the same run as one by hand.
 *
 * A worker inherits the lock of the catalog and dies with us, so nobody can
 * begin to recover while one is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "daemon/web.h"
#include "job/power.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define EXE		"/proc/self/exe"
#define WORKER_ARGS	16
#define RECOVER_LATER	INT64_C(60000000)
#define PAUSE		INT64_C(60000000)	/* until the power is looked at anew */
#define PAUSE_METERED	INT64_C(300000000)

/* How runs end (face.md), as far as it matters here. */
#define MISREAD		2		/* the configuration, or no such job */
#define DONE_BUT_SOME	3
#define HELD_SOME	4
#define IN_THE_WAY	11
#define NOT_NOW		75
#define STOPPED		130
#define KILLED		128		/* and the signal's number */

/* "undo 12"; a job by its name. */
static const char *
shown(const struct worker *w, char q[QUOTE_SIZE])
{
	char text[QUOTE_SIZE];

	if (*w->name == '\0')
		return w->asked ? "run" : "the house-keeping";
	if (strcmp(w->what, "run") == 0)
		return quote_to(q, QUOTE_SIZE, w->name);
	snprintf(text, sizeof(text), "%s %.200s", w->what, w->name);
	return quote_to(q, QUOTE_SIZE, text);
}

static size_t
running(const struct daemon *d, int asked)
{
	size_t i, n = 0;

	for (i = 0; i < PLACES; i++)
		n += d->workers[i].proc.pid != 0 &&
		    d->workers[i].asked == asked;
	return n;
}

/* The schedule's places are its own, and so are the others'. */
static struct worker *
free_place(struct daemon *d, int asked)
{
	static const size_t most[] = { DAEMON_WORKERS, ASKED_WORKERS };
	size_t i;

	if (running(d, asked) >= most[asked != 0])
		return NULL;
	for (i = 0; d->workers[i].proc.pid != 0; i++)
		;
	return &d->workers[i];
}

size_t
workers_running(const struct daemon *d)
{
	return running(d, 0) + running(d, 1) + web_errands(d) +
	    (size_t)courier_is_there(d);
}

struct worker *
workers_find(struct daemon *d, const char *what, const char *name)
{
	size_t i;

	for (i = 0; i < PLACES; i++)
		if (d->workers[i].proc.pid != 0 &&
		    strcmp(d->workers[i].what, what) == 0 &&
		    strcmp(d->workers[i].name, name) == 0)
			return &d->workers[i];
	return NULL;
}

static int
was_killed(int status)
{
	return status > KILLED && status != STOPPED;
}

static void
tell_end(struct daemon *d, const struct worker *w, long pid, int status)
{
	char q[QUOTE_SIZE];

	if (was_killed(status))
		say(d, LOG_ERROR, "%s (pid %ld) was ended by signal %d",
		    shown(w, q), pid, status - KILLED);
	else if (status == IN_THE_WAY)
		say(d, LOG_INFO, "%s waits: somebody else is at work there",
		    shown(w, q));
	else if (status == NOT_NOW)
		say(d, LOG_INFO, "%s waits: the network is metered",
		    shown(w, q));
	else
		say(d, LOG_DEBUG, "%s (pid %ld) ended with %d", shown(w, q),
		    pid, status);
}

/* May it run again at once, if it is due?  It ran well, so a new instant has
 * come meanwhile; or it was killed, or read a file that was being changed, which
 * may not happen again. */
static int
may_go_on(struct queued *q, int status)
{
	if ((was_killed(status) || status == MISREAD) && !q->again) {
		q->again = 1;
		return 1;
	}
	return status == 0 || status == DONE_BUT_SOME || status == HELD_SOME;
}

/* The clock is asked whether it is still due; then it may have to wait.  Who
 * could not read the configuration saw a change that we have not: we look too,
 * so that the next one reads the last good one. */
static void
settle(struct daemon *d, const char *name, int status)
{
	struct queued *q;
	int at_once;

	if (status == MISREAD && !d->ending)
		reload_now(d, 0);
	q = queue_find(&d->queue, name);
	at_once = q == NULL || may_go_on(q, status);
	if (q != NULL) {
		q->running = 0;
		q->not_before = at_once ? 0 : INT64_MAX;
	}
	clock_ask(d);
	q = queue_find(&d->queue, name);
	if (q == NULL || q->running || at_once)
		return;
	q->paused = status == NOT_NOW ? "the network is metered" : NULL;
	if (status == NOT_NOW)
		queue_pause(q, loop_clock(), PAUSE_METERED);
	else
		queue_put_off(q, loop_clock(), status == IN_THE_WAY);
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
	tell_end(d, w, pid, status);
	w->name = NULL;
	d->unclean |= was_killed(status);
	if (d->ending && workers_running(d) == 0)
		loop_end(&d->loop);
	if (w->stopped)
		asked_pass(d, name);
	if (w->asked)
		clock_ask(d);
	else
		settle(d, name, status);
	workers_somebody_left(d);
}

/* The arguments of a worker, NULL-ended, borrowed. */
static void
arguments(const char *argv[WORKER_ARGS], const char *file,
    const struct worker *w)
{
	int is_run = strcmp(w->what, "run") == 0;
	size_t n = 0;

	argv[n++] = EXE;
	argv[n++] = "-q";
	argv[n++] = "-c";
	argv[n++] = file;
	argv[n++] = "-W";
	argv[n++] = "";			/* no relative paths */
	argv[n++] = w->what;
	if (is_run) {
		argv[n++] = "--trigger";
		argv[n++] = w->asked ? "hand" : "schedule";
	} else if (strcmp(w->what, "reject") != 0)
		argv[n++] = "--yes";
	if (w->asked && strcmp(w->what, "reject") != 0)
		argv[n++] = "--wait";
	if (*w->name != '\0') {
		argv[n++] = "--";
		argv[n++] = w->name;
	} else if (!w->asked)
		argv[n++] = "--housekeeping";
	argv[n] = NULL;
}

static int
start(struct daemon *d, struct worker *w, struct err *e)
{
	CLEAN_FREE char *file = reload_file(d);
	int lock = catalog_lock_fd(d->h->catalog);
	const char *argv[WORKER_ARGS];
	struct proc_spec spec = { PROC_NULL, .argv = argv, .keep = &lock,
	    .n_keep = 1, .die_with_us = 1 };
	char q[QUOTE_SIZE];

	arguments(argv, file, w);
	spec.err = STDERR_FILENO;
	log_flush(d->h->log, NULL);
	if (proc_start(&spec, &w->proc, e) < 0)
		return -1;
	w->since = time_now();
	w->watch = (struct watch){ .fd = w->proc.fd, .ready = on_end,
	    .arg = w };
	if (loop_add(&d->loop, &w->watch, e) < 0) {
		proc_end(&w->proc, 0);
		return -1;
	}
	say(d, LOG_DEBUG, "%s has begun (pid %ld)", shown(w, q),
	    (long)w->proc.pid);
	return 0;
}

static int
start_as(struct daemon *d, struct worker *w, const char *what,
    const char *name, int asked, struct err *e)
{
	if (w == NULL)
		return err_set(e, ERR_LOCKED, "as many as may be are at work");
	*w = (struct worker){ .d = d, .what = what, .name = xstrdup(name),
	    .asked = asked };
	if (start(d, w, e) == 0)
		return 0;
	free(w->name);
	*w = (struct worker){0};
	return -1;
}

int
workers_may_ask(const struct daemon *d)
{
	return running(d, 1) < ASKED_WORKERS;
}

void
workers_ask(struct daemon *d, const char *what, const char *name)
{
	struct err e = {0};

	if (start_as(d, free_place(d, 1), what, name, 1, &e) < 0)
		say_error(d, &e);
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

/* On battery nothing begins, if that is wished. */
static int
is_paused(struct daemon *d, struct queued *q, int64_t now)
{
	const char *why = power_waits(*d->s, NULL, 0);

	if (why == NULL) {
		q->paused = NULL;
		return 0;
	}
	if (q->paused == NULL)
		say(d, LOG_INFO, "%s waits: %s", *q->name != '\0' ? q->name :
		    "the house-keeping", why);
	q->paused = why;
	queue_pause(q, now, PAUSE);
	return 1;
}

void
workers_start(struct daemon *d)
{
	int64_t now = loop_clock(), again = INT64_MAX;
	struct worker *w;
	struct queued *q;
	struct err e = {0};

	if (d->ending || (d->unclean && !recover(d)))
		return;
	while (asked_start(d))
		;
	while ((w = free_place(d, 0)) != NULL &&
	    (q = queue_pick(&d->queue, now, &again)) != NULL) {
		if (is_paused(d, q, now))
			continue;
		if (start_as(d, w, "run", q->name, 0, &e) < 0) {
			say_error(d, &e);
			queue_put_off(q, now, 0);
			continue;
		}
		q->running = 1;
	}
	timer_set(&d->again, again == INT64_MAX ? again : again - now);
}

void
workers_signal(struct daemon *d, int sig)
{
	size_t i;

	for (i = 0; i < PLACES; i++)
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

	for (i = 0; i < PLACES; i++) {
		if (d->workers[i].proc.pid == 0)
			continue;
		loop_remove(&d->loop, &d->workers[i].watch);
		proc_end(&d->workers[i].proc, 0);
		free(d->workers[i].name);
	}
	queue_fini(&d->queue);
}
