/* test_arena.c -- memory that is forgotten at once is empty again, and held no
 * longer than it may be. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"

static void
what_it_gives_is_zero_and_aligned(void **state)
{
	CLEAN_ARENA struct arena a = {0};
	static const unsigned char zeros[5000];
	unsigned char *p;
	size_t round, n;

	(void)state;
	for (round = 0; round < 20; round++) {
		for (n = 1; n < sizeof(zeros); n += 1 + n / 3) {
			p = arena_alloc(&a, n);
			assert_true((uintptr_t)p % 16 == 0);
			assert_memory_equal(p, zeros, n);
			memset(p, 0xFF, n);
		}
		assert_string_equal(arena_dup(&a, "ab\0c", 2), "ab");
		arena_reset(&a);
	}
	assert_true(a.total < sizeof(zeros) * 20);
}

static void
one_large_round_is_not_held_for_ever(void **state)
{
	CLEAN_ARENA struct arena a = {0};

	(void)state;
	arena_reset(&a);
	assert_int_equal(a.total, 0);
	arena_alloc(&a, 100);
	arena_alloc(&a, 4 * ARENA_KEEP);
	assert_true(a.total > 4 * ARENA_KEEP);
	arena_reset(&a);
	assert_true(a.total <= ARENA_KEEP);
	memset(arena_alloc(&a, 100), 1, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_gives_is_zero_and_aligned),
		cmocka_unit_test(one_large_round_is_not_held_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
