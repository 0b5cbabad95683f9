/*
 * news.c -- who is to be told what: a child hands it over (job/post.h), one at
 * a time, and whatever it meets there it cannot hold up anybody.
 *
 * From time to time it is asked whether a job is late, since what does not
 * happen cannot tell of itself.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "job/post.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/span.h"
#include "util/time.h"

#define LOOK_EVERY	(15 * SPAN_MINUTE)
#define TOO_LONG	(POST_CHILD + SPAN_MINUTE)

static void
on_timer(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	timer_take(&d->news.timer);
	news_ask(d);
}

static void
on_end(void *arg, uint32_t events)
{
	struct daemon *d = arg;
	struct err e = {0};

	(void)events;
	loop_remove(&d->loop, &d->news.watch);
	if (proc_wait(&d->news.proc, -1, NULL, &e) < 0)
		say_error(d, &e);
	d->news.again = time_mono() + SPAN_SECOND;
	news_ask(d);
}

int
news_open(struct daemon *d, struct err *e)
{
	return timer_open(&d->news.timer, &d->loop, CLOCK_REALTIME, on_timer, d,
	    e);
}

void
news_close(struct daemon *d)
{
	if (d->news.proc.pid != 0) {
		loop_remove(&d->loop, &d->news.watch);
		proc_end(&d->news.proc, 0);
	}
	timer_close(&d->news.timer, &d->loop);
}

void
news_soon(struct daemon *d)
{
	timer_set(&d->news.timer, time_now());
}

static int
start(struct daemon *d, struct err *e)
{
	CLEAN_FREE char *file = reload_file(d);
	const char *argv[POST_ARGS];
	struct proc_spec spec = { PROC_NULL, .argv = argv, .die_with_us = 1 };

	post_arguments(argv, file, "", 1);
	log_flush(d->h->log, NULL);
	if (proc_start(&spec, &d->news.proc, e) < 0)
		return -1;
	d->news.since = time_mono();
	d->news.watch = (struct watch){ .fd = d->news.proc.fd,
	    .ready = on_end, .arg = d };
	if (loop_add(&d->loop, &d->news.watch, e) == 0)
		return 0;
	proc_end(&d->news.proc, 0);
	return -1;
}

/* It is due and has only to wait for its turn: not for power, a network, or
 * somebody who is in its way for long. */
static int
begins(void *arg, const char *job)
{
	struct daemon *d = arg;
	const struct queued *q = queue_find(&d->queue, job);

	if (q == NULL || (!q->running &&
	    (!q->due || q->paused != NULL || q->put_off != 0)))
		return 0;
	d->news.looked = 0;	/* again when it has ended, then */
	return 1;
}

static int
look_for_late(struct daemon *d, int64_t now, struct err *e)
{
	if (d->news.looked != 0 && d->news.looked <= now &&
	    now - d->news.looked < LOOK_EVERY)
		return 0;
	d->news.looked = now;
	return post_late(d->h, now, begins, d, e);
}

void
news_ask(struct daemon *d)
{
	int64_t now = time_now(), at, soonest;
	struct err e = {0};

	if (d->ending)
		return;
	if (d->news.proc.pid != 0) {
		if (time_mono() - d->news.since > TOO_LONG)
			proc_signal(&d->news.proc, SIGKILL);
		timer_set(&d->news.timer, now + SPAN_MINUTE);
		return;
	}
	if (look_for_late(d, now, &e) < 0 || post_next(d->h, &at, &e) < 0) {
		say_error(d, &e);
		at = INT64_MAX;
	}
	/* One that ends at once and leaves its work must not keep us busy. */
	soonest = now + (d->news.again > time_mono() ?
	    d->news.again - time_mono() : 0);
	if (at <= soonest && soonest == now && start(d, &e) < 0) {
		say_error(d, &e);
		at = INT64_MAX;
	}
	if (at < soonest)
		at = soonest;
	if (at > now + LOOK_EVERY)
		at = now + LOOK_EVERY;
	timer_set(&d->news.timer, d->news.proc.pid != 0 ? now + SPAN_MINUTE : at);
}
