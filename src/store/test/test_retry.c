/*
 * test_retry.c -- what failed on the way is tried again, everything else is told
 * (retry.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/fault.h"
#include "store/retry.h"
#include "store/store_impl.h"
#include "store/test/texts.h"
#include "util/time.h"

static void
a_lost_answer_is_no_failure(void **state)
{
	static const enum store_fault kinds[] = { FAULT_LOST_ANSWER, FAULT_FAIL,
	    FAULT_EVERY };
	struct store *s;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		/* Of the config, too, which may not be there already. */
		s = store_retry(store_fault(store_mem(), kinds[i],
		    kinds[i] == FAULT_EVERY ? 2 : 1), NULL);
		if (text_put(s, STORE_CONFIG, "the config", &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(text_put(s, STORE_CONFIG, "another", &e), -1);
		assert_int_equal(e.kind, ERR_EXISTS);
		store_close(s);
	}
}

/* Somebody else's config, and our answer lost: that is not ours. */
static void
anothers_config_stays_anothers(void **state)
{
	struct store *mem = store_mem(), *s;
	struct err e;

	(void)state;
	assert_int_equal(text_put(mem, STORE_CONFIG, "theirs", &e), 0);
	s = store_retry(store_fault(mem, FAULT_EVERY, 2), NULL);
	assert_int_equal(text_put(s, STORE_PACK, "x", &e), 0);
	assert_int_equal(text_put(s, STORE_CONFIG, "ours", &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	store_close(s);
}

static void
what_is_final_is_told_at_once(void **state)
{
	struct store *mem = store_mem();
	struct store *counter = store_fault(mem, FAULT_FAIL, 0);
	struct store *s = store_retry(counter, NULL);
	struct store_name n = text_name(STORE_PACK, "not there");
	struct err e = {0};
	char c;

	(void)state;
	assert_int_equal(store_get(s, &n, 0, &c, 1, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(store_fault_calls(counter), 1);
	store_close(s);
}

static void
count_words(void *arg, const char *text)
{
	unsigned *told = arg;

	assert_non_null(strstr(text, "; trying again for 1min"));
	++*told;
}

static int
was_told(void *arg)
{
	return *(unsigned *)arg > 0;
}

/* Who waits for a server that is away is told, and once is enough. */
static void
what_is_tried_again_is_told_once(void **state)
{
	unsigned told = 0;
	struct store_options o = { .retry = 60 * 1000000, .stop = was_told,
	    .stop_arg = &told, .tell = count_words, .tell_arg = &told };
	struct store *dead = store_fault(store_mem(), FAULT_DEAD, 1);
	struct store *s = store_retry(dead, &o);
	struct err e;

	(void)state;
	assert_int_equal(text_put(s, STORE_PACK, "x", &e), -1);
	assert_int_equal(told, 1);
	assert_int_equal(store_fault_calls(dead), 2);
	assert_int_equal(text_put(s, STORE_PACK, "x", &e), -1);
	assert_int_equal(told, 1);
	store_close(s);
}

static void
it_ends_when_its_time_is_over(void **state)
{
	struct store_options o = { .retry = 300000 };
	struct store *dead = store_fault(store_mem(), FAULT_DEAD, 1);
	struct store *s = store_retry(dead, &o);
	int64_t began = time_mono();
	struct err e;

	(void)state;
	assert_int_equal(text_put(s, STORE_PACK, "x", &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	assert_true(time_mono() - began < 60 * 1000000);
	assert_true(store_fault_calls(dead) >= 2);
	store_close(s);
}

static int
stopped(void *arg)
{
	return atomic_load((atomic_int *)arg);
}

static void
being_asked_to_stop_ends_it(void **state)
{
	atomic_int yes = 1;
	struct store_options o = { .stop = stopped, .stop_arg = &yes };
	struct store *dead = store_fault(store_mem(), FAULT_DEAD, 1);
	struct store *s = store_retry(dead, &o);
	struct err e;

	(void)state;
	assert_int_equal(text_put(s, STORE_LOCK, "x", &e), -1);
	assert_int_equal(store_fault_calls(dead), 1);
	store_close(s);
}

/* ---- what comes piece by piece ---- */
struct got {
	char	 text[64];
	size_t	 len, calls;
};

static int
take(void *arg, const void *data, size_t len)
{
	struct got *g = arg;

	assert_true(len <= sizeof(g->text) - g->len);
	memcpy(g->text + g->len, data, len);
	g->len += len;
	g->calls++;
	return 0;
}

/* A store whose line is cut after a few bytes, each time. */
static int
short_flow(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*each)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	static const char text[] = "it goes on where it was cut";
	uint64_t some = len < 5 ? len : 5;

	(void)s;
	(void)n;
	assert_true(at + len < sizeof(text));
	if (each(arg, text + at, (size_t)some) != 0)
		return err_set(e, ERR_STOPPED, "ended");
	return some == len ? 0 : err_set(e, ERR_NET, "cut");
}

static void
close_short(struct store *s)
{
	store_fini(s);
	free(s);
}

static void
what_was_told_is_not_told_again(void **state)
{
	static const struct store_ops ops = { .scheme = "short",
	    .flow = short_flow, .close = close_short };
	struct store *cut = calloc(1, sizeof(*cut)), *s;
	struct store_name n = text_name(STORE_PACK, "x");
	struct got g = {0};
	struct err e = {0};

	(void)state;
	assert_non_null(cut);
	store_init(cut, &ops, "nowhere", NULL, 2);
	s = store_retry(cut, NULL);
	if (store_flow(s, &n, 3, 24, take, &g, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(g.len, 24);
	assert_memory_equal(g.text, "goes on where it was cut", 24);
	assert_int_equal(g.calls, 5);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_answer_is_no_failure),
		cmocka_unit_test(anothers_config_stays_anothers),
		cmocka_unit_test(what_is_final_is_told_at_once),
		cmocka_unit_test(what_is_tried_again_is_told_once),
		cmocka_unit_test(it_ends_when_its_time_is_over),
		cmocka_unit_test(what_was_told_is_not_told_again),
		cmocka_unit_test(being_asked_to_stop_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
