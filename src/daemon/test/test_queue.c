/* test_queue.c -- who may start: never two in one folder, in their order. */
#include <setjmp.h>
#include <string.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/queue.h"

static void
due(struct queue *q, const char *name, size_t order, const char *a,
    const char *b)
{
	struct queued *w = queue_due(q, name, order);

	resources_add(&w->r, a);
	if (b != NULL)
		resources_add(&w->r, b);
}

static void
start(struct queue *q, int64_t now, const char *name)
{
	int64_t again;
	struct queued *w = queue_pick(q, now, &again);

	assert_non_null(w);
	assert_string_equal(w->name, name);
	w->running = 1;
}

static void
nobody(struct queue *q, int64_t now, int64_t until)
{
	int64_t again;

	assert_null(queue_pick(q, now, &again));
	assert_true(again == until);
}

/* It ended, and is no longer due. */
static void
ended(struct queue *q, const char *name)
{
	queue_find(q, name)->running = 0;
	queue_find(q, name)->due = 0;
	queue_told(q);
}

static void
never_two_in_one_folder(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "sort", 0, "/home/me/Downloads", NULL);
	due(&q, "home", 1, "/home/me", "/media/backup");
	due(&q, "music", 2, "/srv/music", NULL);
	start(&q, 0, "sort");
	start(&q, 0, "music");
	nobody(&q, 0, INT64_MAX);
	ended(&q, "sort");
	start(&q, 0, "home");
	queue_fini(&q);
}

static void
nobody_overtakes_for_the_same_folder(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "a", 0, "/x", NULL);
	start(&q, 0, "a");
	due(&q, "b", 1, "/x", "/y");
	due(&q, "c", 2, "/y/z", NULL);
	nobody(&q, 0, INT64_MAX);
	ended(&q, "a");
	start(&q, 0, "b");
	nobody(&q, 0, INT64_MAX);
	ended(&q, "b");
	start(&q, 0, "c");
	queue_fini(&q);
}

static void
they_start_in_the_order_of_the_configuration(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "last", 9, "/x", NULL);
	due(&q, "first", 1, "/x", NULL);
	start(&q, 0, "first");
	queue_fini(&q);
}

static void
who_is_put_off_waits_longer_each_time(void **state)
{
	struct queue q = {0};
	int64_t now = 5, wait = QUEUE_PUT_OFF;
	int i;

	(void)state;
	due(&q, "a", 0, "/x", NULL);
	for (i = 0; i < 10; i++) {
		queue_put_off(queue_find(&q, "a"), now, 0);
		nobody(&q, now, now + wait);
		nobody(&q, now + wait - 1, now + wait);
		now += wait;
		wait = wait * 2 > QUEUE_PUT_OFF_MOST ? QUEUE_PUT_OFF_MOST :
		    wait * 2;
	}
	start(&q, now, "a");
	queue_fini(&q);
}

static void
who_is_put_off_is_in_nobodys_way(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "a", 0, "/x", NULL);
	due(&q, "b", 1, "/x", NULL);
	queue_put_off(queue_find(&q, "a"), 0, 0);
	start(&q, 0, "b");
	nobody(&q, QUEUE_PUT_OFF, INT64_MAX);
	queue_fini(&q);
}

static void
who_was_locked_out_tries_when_somebody_leaves(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "a", 0, "/x", NULL);
	due(&q, "b", 1, "/y", NULL);
	queue_put_off(queue_find(&q, "a"), 0, 1);
	queue_put_off(queue_find(&q, "b"), 0, 0);
	queue_unlock(&q);
	start(&q, 0, "a");
	nobody(&q, 0, QUEUE_PUT_OFF);
	queue_fini(&q);
}

/* Both are always due, and there is one place: each has its turn. */
static void
nobody_starves(void **state)
{
	struct queue q = {0};
	int i, second = 0;

	(void)state;
	for (i = 0; i < 100; i++) {
		int64_t again;
		struct queued *w;

		queue_ask(&q);
		due(&q, "first", 0, "/x", NULL);
		due(&q, "second", 1, "/y", NULL);
		queue_told(&q);
		w = queue_pick(&q, 0, &again);
		assert_non_null(w);
		second += strcmp(w->name, "second") == 0;
		w->running = 1;
		queue_ask(&q);		/* due again while it runs */
		queue_due(&q, "first", 0);
		queue_due(&q, "second", 1);
		queue_told(&q);
		queue_find(&q, i % 2 ? "second" : "first")->running = 0;
	}
	assert_int_equal(second, 50);
	queue_fini(&q);
}

/* What became due together goes in its order, whoever runs meanwhile. */
static void
together_in_order(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "early", 5, "/e", NULL);
	start(&q, 0, "early");
	due(&q, "c", 2, "/c", NULL);
	due(&q, "a", 0, "/a", NULL);
	due(&q, "b", 1, "/b", NULL);
	start(&q, 0, "a");
	start(&q, 0, "b");
	start(&q, 0, "c");
	queue_fini(&q);
}

static void
what_is_no_longer_due_goes(void **state)
{
	struct queue q = {0};

	(void)state;
	due(&q, "a", 0, "/x", NULL);
	due(&q, "b", 1, "/y", NULL);
	due(&q, "c", 2, "/z", NULL);
	start(&q, 0, "a");
	queue_ask(&q);
	queue_due(&q, "c", 2);
	queue_told(&q);
	assert_int_equal(q.n, 2);
	assert_non_null(queue_find(&q, "a"));
	assert_null(queue_find(&q, "b"));
	queue_fini(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_two_in_one_folder),
		cmocka_unit_test(nobody_overtakes_for_the_same_folder),
		cmocka_unit_test(they_start_in_the_order_of_the_configuration),
		cmocka_unit_test(who_is_put_off_waits_longer_each_time),
		cmocka_unit_test(who_is_put_off_is_in_nobodys_way),
		cmocka_unit_test(who_was_locked_out_tries_when_somebody_leaves),
		cmocka_unit_test(nobody_starves),
		cmocka_unit_test(together_in_order),
		cmocka_unit_test(what_is_no_longer_due_goes),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
