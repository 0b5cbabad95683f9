#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdint.h>

/*
 * One loop, one thread: whoever has a descriptor says what to do when it is
 * ready.  Nothing wakes it but these descriptors.
 *
 * A watch is the caller's and stays where it is until loop_remove; its ready
 * function may remove (and free) any watch, itself too, since events are taken
 * one by one.
 */
struct err;

struct watch {
	int		 fd;		/* -1: not watched */
	void (*ready)(void *arg, uint32_t events);	/* EPOLL* */
	void		*arg;
};

struct loop {
	int		 fd;		/* -1: not open */
	int		 ended;
};

int loop_open(struct loop *l, struct err *e);
void loop_close(struct loop *l);
int loop_add(struct loop *l, struct watch *w, struct err *e);
/* What to wait for from now on; EPOLLIN at first. */
void loop_want(struct loop *l, struct watch *w, uint32_t events);
/* The descriptor stays the caller's.  Nothing if it is not watched. */
void loop_remove(struct loop *l, struct watch *w);
/* Until loop_end, asked from a ready function. */
int loop_run(struct loop *l, struct err *e);
void loop_end(struct loop *l);

/*
 * A timer is a watch with a clock: CLOCK_REALTIME (an instant, µs since 1970;
 * it also comes when the clock was set, at once) or CLOCK_MONOTONIC or
 * CLOCK_BOOTTIME (µs from now).  INT64_MAX: not.  Each setting comes once.
 */
struct timer {
	struct watch	 watch;
	int		 clock;
};

int timer_open(struct timer *t, struct loop *l, int clock,
    void (*ready)(void *arg, uint32_t events), void *arg, struct err *e);
void timer_close(struct timer *t, struct loop *l);
void timer_set(struct timer *t, int64_t us);
/* What CLOCK_BOOTTIME says, µs: unlike time_mono it goes on while the machine
 * sleeps, so who was put off for an hour is not put off for a night. */
int64_t loop_clock(void);

/* To be called by ready: 1 it came, 0 it did not (it was set anew meanwhile),
 * -1 the clock was set. */
int timer_take(struct timer *t);

#endif
