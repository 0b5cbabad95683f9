/* test_thread.c -- a thread takes no signals, and a wait for a while ends. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/thread.h"
#include "util/time.h"

static void *
blocked(void *arg)
{
	pthread_sigmask(SIG_SETMASK, NULL, arg);
	return NULL;
}

static void
signals_are_for_others(void **state)
{
	sigset_t before, after, in;
	pthread_t t;
	int s;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	sigemptyset(&in);
	assert_int_equal(thread_start(&t, blocked, &in), 0);
	pthread_join(t, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_true(sigismember(&in, SIGINT) && sigismember(&in, SIGTERM) &&
	    sigismember(&in, SIGHUP));
	for (s = 1; s < SIGRTMIN; s++)
		assert_int_equal(sigismember(&before, s),
		    sigismember(&after, s));
}

struct turn {
	pthread_mutex_t	 lock;
	pthread_cond_t	 turned;
	int		 done;
};

static void *
turn(void *arg)
{
	struct turn *t = arg;

	pthread_mutex_lock(&t->lock);
	t->done = 1;
	pthread_cond_signal(&t->turned);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Nobody signals: it comes back by itself, and not at once. */
static void
a_while_ends(void **state)
{
	struct turn t = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	const int64_t us = 2000, began = time_mono();

	(void)state;
	pthread_mutex_lock(&t.lock);
	while (time_mono() - began < us)
		thread_wait(&t.turned, &t.lock, us);
	pthread_mutex_unlock(&t.lock);
}

static void
who_is_woken_does_not_wait_on(void **state)
{
	struct turn t = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	pthread_t id;

	(void)state;
	pthread_mutex_lock(&t.lock);
	assert_int_equal(thread_start(&id, turn, &t), 0);
	/* An hour a turn: unwoken it would run into the test's time limit. */
	while (!t.done)
		thread_wait(&t.turned, &t.lock, INT64_C(3600) * 1000000);
	pthread_mutex_unlock(&t.lock);
	pthread_join(id, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_for_others),
		cmocka_unit_test(a_while_ends),
		cmocka_unit_test(who_is_woken_does_not_wait_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
