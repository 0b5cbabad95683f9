/* test_prints.c -- the set of hashes: nothing lost, nothing left, small. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "plan/prints.h"

/* splitmix64: distinct numbers well spread, the same each time. */
static uint64_t
number(uint64_t i)
{
	uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
what_is_added_is_there_and_little_is_used(void **state)
{
	struct prints p = {0};
	uint64_t i, n = 1000000;
	double each;

	(void)state;
	assert_int_equal(prints_has(&p, number(0)), 0);
	assert_int_equal(prints_remove(&p, number(0)), 0);
	for (i = 0; i < n; i++) {
		prints_add(&p, number(i));
		if (i == 4999) {
			assert_true(prints_has(&p, number(0)));
			assert_false(prints_has(&p, number(5000)));
		}
	}
	for (i = 0; i < n; i++)
		assert_true(prints_has(&p, number(i)));
	for (i = n; i < 2 * n; i++)
		assert_false(prints_has(&p, number(i)));
	each = (double)prints_size(&p) / (double)n;
	printf("# %.2f bytes an entry\n", each);
	assert_true(each < 6.5);
	prints_fini(&p);
	assert_int_equal(prints_has(&p, number(0)), 0);
}

/* Against a plain array, with many that fall into the same shard. */
static void
adding_and_removing_in_any_order(void **state)
{
	unsigned seed = (unsigned)time(NULL), k;
	static unsigned char there[3000];
	struct prints p = {0};
	uint64_t v;
	int i;

	(void)state;
	printf("# seed %u\n", seed);
	for (i = 0; i < 200000; i++) {
		k = (unsigned)rand_r(&seed) % 3000;
		v = number(k) >> 12 | UINT64_C(5) << 52;
		if (rand_r(&seed) % 2) {
			prints_add(&p, v);
			there[k] = 1;
		} else {
			assert_int_equal(prints_remove(&p, v), there[k]);
			there[k] = 0;
		}
		k = (unsigned)rand_r(&seed) % 3000;
		v = number(k) >> 12 | UINT64_C(5) << 52;
		assert_int_equal(prints_has(&p, v), there[k]);
	}
	prints_fini(&p);
}

static void
zero_is_a_number_like_others(void **state)
{
	struct prints p = {0};

	(void)state;
	prints_add(&p, 0);
	prints_add(&p, 0);
	assert_int_equal(prints_has(&p, 0), 1);
	assert_int_equal(prints_remove(&p, 0), 1);
	assert_int_equal(prints_has(&p, 0), 0);
	prints_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_there_and_little_is_used),
		cmocka_unit_test(adding_and_removing_in_any_order),
		cmocka_unit_test(zero_is_a_number_like_others),
	};

	return cmocka_run_group_tests_name("plan prints", tests, NULL, NULL);
}
