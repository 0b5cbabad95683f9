/*
 * test_map.c -- maps and sets do what a plain array with a linear search does,
 * over random calls with a printed seed.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "util/map.h"
#include "util/set64.h"

#define KEYS	3000
#define CALLS	60000

static uint64_t seed;

static uint64_t
random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static int
draw_seed(void **state)
{
	const char *given = getenv("SEED");

	(void)state;
	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	seed |= 1;
	printf("# SEED=%" PRIu64 "\n", seed);
	return 0;
}

static void
a_map_is_an_array_that_is_faster(void **state)
{
	CLEAN_MAP struct map m = {0};
	static uint64_t value[KEYS];
	static int there[KEYS];
	struct map_entry entry;
	size_t i, n = 0, at, k;
	uint64_t *v;

	(void)state;
	for (i = 0; i < CALLS; i++) {
		k = random64() % KEYS;
		switch (random64() % 3) {
		case 0:
			value[k] = random64();
			assert_int_equal(map_put(&m, &k, sizeof(k), value[k]),
			    !there[k]);
			n += !there[k];
			there[k] = 1;
			break;
		case 1:
			assert_int_equal(map_remove(&m, &k, sizeof(k)),
			    there[k]);
			n -= (size_t)there[k];
			there[k] = 0;
			break;
		default:
			v = map_get(&m, &k, sizeof(k));
			assert_int_equal(v != NULL, there[k]);
			assert_true(v == NULL || *v == value[k]);
		}
		assert_int_equal(m.n, n);
	}
	for (at = 0; map_next(&m, &at, &entry); n--) {
		memcpy(&k, entry.key, sizeof(k));
		assert_int_equal(entry.len, sizeof(k));
		assert_true(there[k] && *entry.value == value[k]);
	}
	assert_int_equal(n, 0);
}

static void
keys_are_bytes_with_their_length(void **state)
{
	CLEAN_MAP struct map m = {0};
	int added;

	(void)state;
	assert_null(map_get(&m, "", 0));
	assert_int_equal(map_remove(&m, "a", 1), 0);
	*map_add(&m, "", 0, &added) = 1;
	assert_int_equal(added, 1);
	map_put(&m, "a", 1, 2);
	map_put(&m, "a\0b", 3, 3);
	map_put(&m, "a\0c", 3, 4);
	assert_int_equal(*map_get(&m, "", 0), 1);
	assert_int_equal(*map_get(&m, "a", 1), 2);
	assert_int_equal(*map_get(&m, "a\0b", 3), 3);
	assert_int_equal(*map_add(&m, "a\0c", 3, &added), 4);
	assert_int_equal(added, 0);
	assert_null(map_get(&m, "a\0", 2));
}

static void
a_set_is_an_array_that_is_faster(void **state)
{
	CLEAN_SET64 struct set64 s = {0};
	static int there[KEYS];
	size_t i, n = 0, at, k;
	uint64_t v;

	(void)state;
	for (i = 0; i < CALLS; i++) {
		k = random64() % KEYS;
		switch (random64() % 3) {
		case 0:
			assert_int_equal(set64_add(&s, k), !there[k]);
			n += !there[k];
			there[k] = 1;
			break;
		case 1:
			assert_int_equal(set64_remove(&s, k), there[k]);
			n -= (size_t)there[k];
			there[k] = 0;
			break;
		default:
			assert_int_equal(set64_has(&s, k), there[k]);
		}
		assert_int_equal(s.n, n);
	}
	for (at = 0; set64_next(&s, &at, &v); n--)
		assert_true(v < KEYS && there[v]);
	assert_int_equal(n, 0);
}

static void
a_set_is_never_fuller_than_promised(void **state)
{
	CLEAN_SET64 struct set64 s = {0};
	size_t i, cap;

	(void)state;
	assert_int_equal(set64_has(&s, 0), 0);
	assert_int_equal(set64_has(&s, 7), 0);
	assert_int_equal(set64_remove(&s, 7), 0);
	assert_int_equal(set64_remove(&s, 0), 0);
	assert_int_equal(set64_add(&s, 0), 1);
	for (i = 1; i < 100000; i++) {
		set64_add(&s, random64());
		assert_true(s.n <= s.cap / 4 * 3 + 1);
	}
	set64_reserve(&s, 1000000);
	cap = s.cap;
	for (i = s.n; i < 1000000; i++)
		set64_add(&s, random64());
	assert_int_equal(s.cap, cap);
	assert_int_equal(set64_has(&s, 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_is_an_array_that_is_faster),
		cmocka_unit_test(keys_are_bytes_with_their_length),
		cmocka_unit_test(a_set_is_an_array_that_is_faster),
		cmocka_unit_test(a_set_is_never_fuller_than_promised),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
