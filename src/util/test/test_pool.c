/* test_pool.c -- all is done, once, and comes back in the order given. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/pool.h"

#define ITEMS	5000

struct item {
	unsigned	 number, by, times;
};

static void
work(void *arg, unsigned hand, void *item)
{
	atomic_uint *busy = arg;
	struct item *it = item;
	volatile unsigned n = (it->number * 2654435761u) % 4096;

	/* Some take longer than those behind them. */
	while (n > 0)
		n--;
	it->times++;
	it->by = hand;
	atomic_fetch_add(&busy[hand], 1);
}

static void
all_come_back_in_order(void **state)
{
	static struct item v[ITEMS];
	atomic_uint busy[POOL_THREADS_MAX] = { 0 };
	struct pool *p = pool_new(3, 7, work, busy);
	struct item *it;
	unsigned i, next = 0, sum = 0;

	(void)state;
	assert_true(pool_is_empty(p));
	assert_null(pool_take(p, 1));
	for (i = 0; i < ITEMS; i++) {
		v[i] = (struct item){ .number = i };
		if (pool_is_full(p)) {
			it = pool_take(p, 1);
			assert_non_null(it);
			assert_int_equal(it->number, next++);
		}
		pool_give(p, &v[i]);
		while ((it = pool_take(p, 0)) != NULL)
			assert_int_equal(it->number, next++);
	}
	while ((it = pool_take(p, 1)) != NULL)
		assert_int_equal(it->number, next++);
	assert_int_equal(next, ITEMS);
	assert_true(pool_is_empty(p));
	pool_free(p);
	for (i = 0; i < ITEMS; i++) {
		assert_int_equal(v[i].times, 1);
		assert_in_range(v[i].by, 0, 2);
	}
	for (i = 0; i < POOL_THREADS_MAX; i++)
		sum += atomic_load(&busy[i]);
	assert_int_equal(sum, ITEMS);
}

/* Both must be at work at once for either to end. */
static void
meet(void *arg, unsigned hand, void *item)
{
	(void)hand;
	(void)item;
	pthread_barrier_wait(arg);
}

static void
two_are_at_work_at_once(void **state)
{
	pthread_barrier_t both;
	struct pool *p;
	int a, b;

	(void)state;
	pthread_barrier_init(&both, NULL, 2);
	p = pool_new(2, 4, meet, &both);
	pool_give(p, &a);
	pool_give(p, &b);
	assert_ptr_equal(pool_take(p, 1), &a);
	assert_ptr_equal(pool_take(p, 1), &b);
	pool_free(p);
	pthread_barrier_destroy(&both);
}

static void
without_threads_the_owner_works(void **state)
{
	atomic_uint busy[POOL_THREADS_MAX] = { 0 };
	struct item v[3] = { { .number = 0 }, { .number = 1 }, { .number = 2 } };
	struct pool *p = pool_new(0, 3, work, busy);
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++)
		pool_give(p, &v[i]);
	assert_true(pool_is_full(p));
	for (i = 0; i < 3; i++)
		assert_ptr_equal(pool_take(p, 0), &v[i]);
	assert_null(pool_take(p, 1));
	assert_int_equal(v[2].times, 1);
	pool_free(p);
}

static void
what_nobody_took_is_no_leak(void **state)
{
	static struct item v[4];
	atomic_uint busy[POOL_THREADS_MAX] = { 0 };
	struct pool *p = pool_new(2, 4, work, busy);
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++)
		pool_give(p, &v[i]);
	pool_free(p);
	pool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_back_in_order),
		cmocka_unit_test(two_are_at_work_at_once),
		cmocka_unit_test(without_threads_the_owner_works),
		cmocka_unit_test(what_nobody_took_is_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
