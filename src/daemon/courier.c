/*
 * courier.c -- the worker that handles files as they arrive.
 *
 * It is started with the first, as all workers are the program itself, and
 * kept while more come: starting takes longer than a file may wait.  It goes
 * by itself when nothing has come for a while.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "daemon/slim.h"
#include "job/burst_wire.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

#define EXE		"/proc/self/exe"
#define PIECE		65536
#define PAUSE_FIRST	INT64_C(1000000)
#define PAUSE_MOST	INT64_C(60000000)
#define KILLED		128	/* and the signal's number */
#define STOPPED		130

int
courier_is_there(const struct daemon *d)
{
	return d->arrivals.courier.proc.pid != 0;
}

int
courier_is_free(const struct arrivals *a)
{
	const struct courier *c = &a->courier;

	if (c->proc.pid == 0)
		return c->not_before <= time_mono();
	return !c->ending && c->batch.n == 0;
}

static void
hang_up(struct arrivals *a)
{
	struct courier *c = &a->courier;

	c->ending = 1;
	if (c->sock.fd < 0)
		return;
	loop_remove(&a->d->loop, &c->sock);
	close(c->sock.fd);
	c->sock.fd = -1;
	buf_fini(&c->in);
	buf_fini(&c->out);
	c->in = c->out = (struct buf){0};
	c->sent = 0;
	arrivals_lost(a);
}

/* ---- talking ---- */

/* As much as it takes now; the loop tells when it takes more. */
static int
push(struct arrivals *a)
{
	struct courier *c = &a->courier;
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->sock.fd, c->out.data + c->sent,
		    c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			loop_want(&a->d->loop, &c->sock, EPOLLIN | EPOLLOUT);
			return 0;
		}
		if (n < 0)
			return -1;
		c->sent += (size_t)n;
	}
	loop_want(&a->d->loop, &c->sock, EPOLLIN);
	buf_fini(&c->out);
	c->out = (struct buf){0};
	c->sent = 0;
	return 0;
}

/* One message: 0, or -1. */
static int
hear(struct arrivals *a, const void *body, size_t len)
{
	struct burst_answer x;
	enum wire_kind kind;
	struct err e = {0};

	if (wire_get(body, len, &kind, &x, &e) < 0) {
		say_error(a->d, &e);
		return -1;
	}
	if (kind == WIRE_ANSWER) {
		a->courier.pause = 0;
		arrivals_answered(a, &x);
	} else
		workers_somebody_left(a->d);
	burst_answer_fini(&x);
	return 0;
}

static int
pull(struct arrivals *a)
{
	struct courier *c = &a->courier;
	ssize_t n = recv(c->sock.fd, buf_room(&c->in, PIECE), PIECE,
	    MSG_DONTWAIT);
	const void *body;
	size_t len, all;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	c->in.len += (size_t)n;
	while ((r = wire_whole(&c->in, &body, &len, &all)) == 1) {
		CLEAN_FREE char *copy = xalloc(len + 1);

		memcpy(copy, body, len);
		c->in.len -= all;
		memmove(c->in.data, c->in.data + all, c->in.len);
		if (hear(a, copy, len) < 0)
			return -1;
		if (c->sock.fd < 0)
			return 0;
	}
	return r;
}

static void
on_sock(void *arg, uint32_t events)
{
	struct arrivals *a = arg;

	if ((events & EPOLLOUT && push(a) < 0) ||
	    (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && pull(a) < 0))
		hang_up(a);
}

/* ---- its life ---- */

static void
on_end(void *arg, uint32_t events)
{
	struct arrivals *a = arg;
	struct daemon *d = a->d;
	struct courier *c = &a->courier;
	struct err e = {0};
	long pid = (long)c->proc.pid;
	int status = 0;

	(void)events;
	loop_remove(&d->loop, &c->end);
	if (proc_wait(&c->proc, -1, &status, &e) < 0)
		say_error(d, &e);
	/* It may have answered last of all. */
	while (c->sock.fd >= 0 && !c->ending && pull(a) == 0 &&
	    c->batch.n > 0)
		continue;
	hang_up(a);
	c->ending = 0;
	if (status > KILLED && status != STOPPED) {
		say(d, LOG_ERROR, "the worker for files that arrive (pid %ld) "
		    "was ended by signal %d", pid, status - KILLED);
		d->unclean = 1;
	}
	if (status != 0 && status != STOPPED) {
		c->pause = c->pause == 0 ? PAUSE_FIRST : c->pause * 2 >
		    PAUSE_MOST ? PAUSE_MOST : c->pause * 2;
		c->not_before = time_mono() + c->pause;
	}
	if (d->ending && workers_running(d) == 0) {
		loop_end(&d->loop);
		return;
	}
	workers_somebody_left(d);
	arrivals_go(a);
	if (workers_running(d) == 0)
		slim();
}

static int
start(struct arrivals *a, struct err *e)
{
	struct daemon *d = a->d;
	struct courier *c = &a->courier;
	CLEAN_FREE char *file = reload_file(d);
	int lock = catalog_lock_fd(d->h->catalog), pair[2], r;
	const char *argv[] = { EXE, "-q", "-c", file, "-W", "", "run",
	    "--trigger", "watch", NULL };
	struct proc_spec spec = { PROC_NULL, .argv = argv, .keep = &lock,
	    .n_keep = 1, .die_with_us = 1 };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "make a pair of sockets");
	spec.in = pair[1];
	spec.err = STDERR_FILENO;
	log_flush(d->h->log, NULL);
	r = proc_start(&spec, &c->proc, e);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return -1;
	}
	c->ending = 0;
	c->sock = (struct watch){ .fd = pair[0], .ready = on_sock, .arg = a };
	c->end = (struct watch){ .fd = c->proc.fd, .ready = on_end, .arg = a };
	if (loop_add(&d->loop, &c->end, e) == 0 &&
	    loop_add(&d->loop, &c->sock, e) == 0)
		return 0;
	loop_remove(&d->loop, &c->end);
	proc_end(&c->proc, 0);
	close(c->sock.fd);
	c->sock.fd = -1;
	return -1;
}

int
courier_take(struct arrivals *a, struct burst_batch *b, struct err *e)
{
	struct courier *c = &a->courier;

	if (c->proc.pid == 0 && start(a, e) < 0) {
		c->not_before = time_mono() + PAUSE_FIRST;
		return -1;
	}
	c->batch = *b;
	wire_put_batch(&c->out, b);
	/* If it is gone already, the loop will say so. */
	(void)push(a);
	return 0;
}

void
courier_end_run(struct arrivals *a)
{
	struct burst_batch none = {0};

	if (a->courier.proc.pid == 0 || !courier_is_free(a))
		return;
	wire_put_batch(&a->courier.out, &none);
	(void)push(a);
}

void
courier_rest(struct daemon *d)
{
	if (courier_is_there(d))
		hang_up(&d->arrivals);
}

void
courier_signal(struct daemon *d, int sig)
{
	proc_signal(&d->arrivals.courier.proc, sig);
}

void
courier_close(struct daemon *d)
{
	struct courier *c = &d->arrivals.courier;

	if (!courier_is_there(d))
		return;
	hang_up(&d->arrivals);
	loop_remove(&d->loop, &c->end);
	proc_end(&c->proc, 0);
}
