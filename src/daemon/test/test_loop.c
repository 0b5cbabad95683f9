/* test_loop.c -- one loop, and timers that come once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/loop.h"
#include "util/err.h"
#include "util/time.h"

struct heard {
	struct loop	 loop;
	struct timer	 timer;
	struct watch	 a, b;
	int		 times, took;
};

static void
on_timer(void *arg, uint32_t events)
{
	struct heard *h = arg;

	(void)events;
	h->took = timer_take(&h->timer);
	if (++h->times == 2)
		loop_end(&h->loop);
	else
		timer_set(&h->timer, 1000);
}

static void
a_timer_comes_as_often_as_it_is_set(void **state)
{
	struct heard h = {0};
	struct err e = {0};
	int64_t begin = time_mono();

	(void)state;
	assert_int_equal(loop_open(&h.loop, &e), 0);
	assert_int_equal(timer_open(&h.timer, &h.loop, CLOCK_MONOTONIC, on_timer,
	    &h, &e), 0);
	timer_set(&h.timer, 2000);
	assert_int_equal(loop_run(&h.loop, &e), 0);
	assert_int_equal(h.times, 2);
	assert_int_equal(h.took, 1);
	assert_true(time_mono() - begin >= 3000);
	assert_int_equal(timer_take(&h.timer), 0);
	timer_close(&h.timer, &h.loop);
	timer_close(&h.timer, &h.loop);
	loop_close(&h.loop);
}

static void
on_instant(void *arg, uint32_t events)
{
	struct heard *h = arg;

	(void)events;
	h->took = timer_take(&h->timer);
	h->times++;
	loop_end(&h->loop);
}

static void
an_instant_that_has_passed_comes_at_once(void **state)
{
	static const int64_t instants[] = { INT64_MIN, 0, 1, 1000000 };
	struct err e = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		struct heard h = {0};

		assert_int_equal(loop_open(&h.loop, &e), 0);
		assert_int_equal(timer_open(&h.timer, &h.loop, CLOCK_REALTIME,
		    on_instant, &h, &e), 0);
		timer_set(&h.timer, instants[i]);
		assert_int_equal(loop_run(&h.loop, &e), 0);
		assert_int_equal(h.took, 1);
		/* Never is never, and still a time that the kernel takes. */
		timer_set(&h.timer, INT64_MAX);
		assert_int_equal(timer_take(&h.timer), 0);
		timer_close(&h.timer, &h.loop);
		loop_close(&h.loop);
	}
}

/* Both pipes are ready; whoever comes first takes the other out. */
static void
on_pipe(void *arg, uint32_t events)
{
	struct heard *h = arg;

	(void)events;
	h->times++;
	loop_remove(&h->loop, &h->a);
	loop_remove(&h->loop, &h->b);
	timer_set(&h->timer, 1000);
}

static void
what_is_removed_is_heard_no_more(void **state)
{
	struct heard h = {0};
	struct err e = {0};
	int a[2], b[2];

	(void)state;
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	h.a = (struct watch){ .fd = a[0], .ready = on_pipe, .arg = &h };
	h.b = (struct watch){ .fd = b[0], .ready = on_pipe, .arg = &h };
	assert_int_equal(loop_open(&h.loop, &e), 0);
	assert_int_equal(timer_open(&h.timer, &h.loop, CLOCK_MONOTONIC,
	    on_instant, &h, &e), 0);
	assert_int_equal(loop_add(&h.loop, &h.a, &e), 0);
	assert_int_equal(loop_add(&h.loop, &h.b, &e), 0);
	assert_int_equal(loop_run(&h.loop, &e), 0);
	assert_int_equal(h.times, 2);	/* one pipe, and the timer's end */
	timer_close(&h.timer, &h.loop);
	loop_close(&h.loop);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_comes_as_often_as_it_is_set),
		cmocka_unit_test(an_instant_that_has_passed_comes_at_once),
		cmocka_unit_test(what_is_removed_is_heard_no_more),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
