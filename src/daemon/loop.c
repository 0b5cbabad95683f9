#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loop.h"
#include "util/err.h"

#define US	1000000

int
loop_open(struct loop *l, struct err *e)
{
	l->ended = 0;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	return l->fd < 0 ? err_sys(e, "make an epoll instance") : 0;
}

void
loop_close(struct loop *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

int
loop_add(struct loop *l, struct watch *w, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = w };

	if (epoll_ctl(l->fd, EPOLL_CTL_ADD, w->fd, &ev) < 0)
		return err_sys(e, "watch a descriptor");
	return 0;
}

void
loop_want(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	epoll_ctl(l->fd, EPOLL_CTL_MOD, w->fd, &ev);
}

void
loop_remove(struct loop *l, struct watch *w)
{
	if (w->fd >= 0)
		epoll_ctl(l->fd, EPOLL_CTL_DEL, w->fd, NULL);
}

int
loop_run(struct loop *l, struct err *e)
{
	struct epoll_event ev;
	struct watch *w;
	int n;

	while (!l->ended) {
		n = epoll_wait(l->fd, &ev, 1, -1);
		if (n < 0 && errno != EINTR)
			return err_sys(e, "wait for events");
		if (n <= 0)
			continue;
		w = ev.data.ptr;
		w->ready(w->arg, ev.events);
	}
	return 0;
}

void
loop_end(struct loop *l)
{
	l->ended = 1;
}

int
timer_open(struct timer *t, struct loop *l, int clock,
    void (*ready)(void *arg, uint32_t events), void *arg, struct err *e)
{
	t->clock = clock;
	t->watch = (struct watch){ .ready = ready, .arg = arg };
	t->watch.fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->watch.fd < 0)
		return err_sys(e, "make a timer");
	if (loop_add(l, &t->watch, e) == 0)
		return 0;
	close(t->watch.fd);
	t->watch.fd = -1;
	return -1;
}

void
timer_close(struct timer *t, struct loop *l)
{
	if (t->watch.fd < 0)
		return;
	loop_remove(l, &t->watch);
	close(t->watch.fd);
	t->watch.fd = -1;
}

void
timer_set(struct timer *t, int64_t us)
{
	struct itimerspec s = {0};
	int flags = 0;

	if (t->clock == CLOCK_REALTIME) {
		/* Armed even if it is never to come: for a clock that is set. */
		flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
		if (us > INT64_MAX / 2)
			us = INT64_MAX / 2;
	} else if (us == INT64_MAX)
		us = 0;			/* which disarms it */
	else if (us <= 0)
		us = 1;
	if (us < 0)
		us = 0;
	s.it_value.tv_sec = us / US;
	s.it_value.tv_nsec = us % US * 1000;
	if (t->clock == CLOCK_REALTIME && us == 0)
		s.it_value.tv_nsec = 1;
	timerfd_settime(t->watch.fd, flags, &s, NULL);
}

int64_t
loop_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * US + ts.tv_nsec / 1000;
}

int
timer_take(struct timer *t)
{
	uint64_t times;

	if (read(t->watch.fd, &times, sizeof(times)) == (ssize_t)sizeof(times))
		return 1;
	return errno == ECANCELED ? -1 : 0;
}
