/*
 * clock.c -- what is due, and when to look again.
 *
 * The hall is asked anew each time: when the timer comes, when the clock was
 * set or the machine woke up, when a worker ended, when the configuration was
 * taken.  Nothing is carried over that could be wrong by then.
 */
#include <stdlib.h>
#include <time.h>

#include "daemon/impl.h"
#include "daemon/slim.h"
#include "job/housekeeping.h"
#include "util/err.h"
#include "util/time.h"

#define LATER	INT64_C(60000000)	/* when the hall could not be asked */

static void
on_clock(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	if (timer_take(&d->clock) < 0)
		say(d, LOG_INFO, "the clock was set; looking again at what is "
		    "due");
	clock_ask(d);
}

static void
on_again(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	timer_take(&d->again);
	clock_ask(d);
}

int
clock_open(struct daemon *d, struct err *e)
{
	if (timer_open(&d->clock, &d->loop, CLOCK_REALTIME, on_clock, d,
	    e) < 0)
		return -1;
	return timer_open(&d->again, &d->loop, CLOCK_BOOTTIME, on_again, d, e);
}

void
clock_close(struct daemon *d)
{
	timer_close(&d->clock, &d->loop);
	timer_close(&d->again, &d->loop);
}

/* Put a job that is due into the queue, with its folders as they are written:
 * the worker itself claims what they really are. */
static void
enqueue(struct daemon *d, const char *name)
{
	const struct settings *s = *d->s;
	struct queued *w;
	size_t i;

	for (i = 0; i < s->n_jobs; i++) {
		if (&s->jobs[i] != settings_job(s, name))
			continue;
		w = queue_due(&d->queue, name, i);
		if (w->running)
			return;
		resources_fini(&w->r);
		resources_of_job(&w->r, &s->jobs[i], 0);
		return;
	}
}

static int
ask_jobs(struct daemon *d, int64_t now, int64_t *next, struct err *e)
{
	char **names, **n;

	if (job_due(d->h, now, &names, next, e) < 0)
		return -1;
	for (n = names; *n != NULL; n++) {
		enqueue(d, *n);
		free(*n);
	}
	free(names);
	return 0;
}

static int
ask_house(struct daemon *d, int64_t now, int64_t *next, struct err *e)
{
	int64_t at;

	if (housekeeping_next(d->h, &at, e) < 0)
		return -1;
	if (at <= now)
		queue_due(&d->queue, "", SIZE_MAX);
	else if (at < *next)
		*next = at;
	return 0;
}

void
clock_ask(struct daemon *d)
{
	int64_t now = time_now(), next = INT64_MAX;
	struct err e = {0};

	if (d->ending)
		return;
	queue_ask(&d->queue);
	if (ask_jobs(d, now, &next, &e) < 0 ||
	    ask_house(d, now, &next, &e) < 0) {
		say_error(d, &e);
		timer_set(&d->again, LATER);
		return;
	}
	queue_told(&d->queue);
	d->next = next;
	timer_set(&d->clock, next);
	workers_start(d);
	news_ask(d);
	if (workers_running(d) == 0)
		slim();
}
