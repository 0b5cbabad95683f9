/* test_burst.c -- what the daemon and its worker say to each other, and what
 * is counted by the hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job/burst_wire.h"
#include "job/tally.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define MINUTE	INT64_C(60000000)

static struct burst_batch
some(void)
{
	struct burst_batch b = { .n = 2, .found = 1 };
	size_t i;

	b.v = xallocn(2, sizeof(*b.v));
	for (i = 0; i < 2; i++) {
		b.v[i].dir = xstrdup(i == 0 ? "/d" : "/d/e\n");
		b.v[i].n = 1;
		b.v[i].names = xallocn(1, sizeof(char *));
		b.v[i].names[0] = xstrdup("\xff name");
	}
	return b;
}

static void
a_batch_comes_as_it_was_sent(void **state)
{
	CLEAN_BUF struct buf out = {0};
	struct burst_batch b = some(), got;
	const void *body;
	size_t len, all;
	struct err e;

	(void)state;
	wire_put_batch(&out, &b);
	wire_put_batch(&out, &(struct burst_batch){0});
	assert_int_equal(wire_whole(&out, &body, &len, &all), 1);
	assert_int_equal(wire_get_batch(body, len, &got, &e), 0);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.found, 1);
	assert_string_equal(got.v[1].dir, "/d/e\n");
	assert_string_equal(got.v[1].names[0], "\xff name");
	burst_batch_fini(&got);
	burst_batch_fini(&b);
	memmove(out.data, out.data + all, out.len -= all);
	assert_int_equal(wire_whole(&out, &body, &len, &all), 1);
	assert_int_equal(wire_get_batch(body, len, &got, &e), 0);
	assert_int_equal(got.n, 0);
	burst_batch_fini(&got);
}

static void
an_answer_comes_as_it_was_sent(void **state)
{
	CLEAN_BUF struct buf out = {0};
	struct burst_answer a = { .run = 7 }, got;
	enum wire_kind kind;
	const void *body;
	size_t len, all;
	struct err e;

	(void)state;
	burst_leave(&a, "/", "x", "why not", 5);
	wire_put_answer(&out, &a);
	wire_put_ended(&out);
	burst_answer_fini(&a);
	assert_int_equal(wire_whole(&out, &body, &len, &all), 1);
	assert_int_equal(wire_get(body, len, &kind, &got, &e), 0);
	assert_int_equal(kind, WIRE_ANSWER);
	assert_true(got.run == 7 && got.n == 1 && got.v[0].pause == 5);
	assert_string_equal(got.v[0].path, "/x");
	assert_string_equal(got.v[0].why, "why not");
	burst_answer_fini(&got);
	memmove(out.data, out.data + all, out.len -= all);
	assert_int_equal(wire_whole(&out, &body, &len, &all), 1);
	assert_int_equal(wire_get(body, len, &kind, &got, &e), 0);
	assert_int_equal(kind, WIRE_ENDED);
	burst_answer_fini(&got);
}

/* Cut off or changed: refused, or read as something else; never more. */
static void
nonsense_is_refused(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	CLEAN_BUF struct buf out = {0};
	struct burst_batch b = some(), got;
	struct burst_answer a;
	enum wire_kind kind;
	unsigned char *copy;
	const void *body;
	size_t len, all, i;
	struct err e;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	wire_put_batch(&out, &b);
	burst_batch_fini(&b);
	assert_int_equal(wire_whole(&out, &body, &len, &all), 1);
	for (i = 0; i < len; i++)
		assert_int_equal(wire_get_batch(body, i, &got, &e), -1);
	copy = xalloc(len);
	for (i = 0; i < 20000; i++) {
		memcpy(copy, body, len);
		copy[(size_t)rand() % len] = (unsigned char)rand();
		if (wire_get_batch(copy, len, &got, &e) == 0)
			burst_batch_fini(&got);
		if (wire_get(copy, len, &kind, &a, &e) == 0)
			burst_answer_fini(&a);
	}
	free(copy);
	memset(out.data, 0xff, 4);
	assert_int_equal(wire_whole(&out, &body, &len, &all), -1);
}

static void
counted_by_the_hour(void **state)
{
	struct tally t = {0};
	uint64_t moves, deletes;
	int64_t now = 1000 * 60 * MINUTE, i;

	(void)state;
	for (i = 0; i < 90; i++)
		tally_add(&t, now + i * MINUTE, 2, 1);
	tally_sum(&t, now + 89 * MINUTE, &moves, &deletes);
	assert_true(moves == 120 && deletes == 60);
	tally_sum(&t, now + 99 * MINUTE, &moves, &deletes);
	assert_true(moves == 100 && deletes == 50);
	tally_sum(&t, now + 500 * MINUTE, &moves, &deletes);
	assert_true(moves == 0 && deletes == 0);
	tally_add(&t, now + 500 * MINUTE, UINT64_MAX, 0);
	tally_add(&t, now + 500 * MINUTE, 5, 0);
	tally_sum(&t, now + 500 * MINUTE, &moves, &deletes);
	assert_true(moves == UINT32_MAX);
}

static void
a_clock_set_back(void **state)
{
	struct tally t = {0};
	uint64_t moves, deletes;
	int64_t now = 1000 * 60 * MINUTE;

	(void)state;
	tally_add(&t, now, 5, 0);
	tally_sum(&t, now - 3 * MINUTE, &moves, &deletes);
	assert_true(moves == 0);
	tally_add(&t, now - 3 * MINUTE, 4, 0);
	tally_sum(&t, now, &moves, &deletes);
	assert_true(moves == 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_comes_as_it_was_sent),
		cmocka_unit_test(an_answer_comes_as_it_was_sent),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(counted_by_the_hour),
		cmocka_unit_test(a_clock_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
