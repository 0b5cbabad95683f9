/* test_pack.c -- what is packed comes back, and garbage never does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/pack.h"

static void
values_come_back(void **state)
{
	static const uint64_t us[] = { 0, 1, 127, 128, 1ull << 40, UINT64_MAX };
	static const int64_t is[] = { 0, -1, 63, -64, INT64_MAX, INT64_MIN };
	CLEAN_BUF struct buf b = {0};
	struct unpack u;
	size_t i;
	char *s;

	(void)state;
	for (i = 0; i < 6; i++) {
		pack_u64(&b, us[i]);
		pack_i64(&b, is[i]);
	}
	pack_str(&b, "x\n\xff");
	pack_cstr(&b, "y");
	pack_cstr(&b, NULL);
	pack_u64(&b, UINT32_MAX);
	u = unpack_start(b.data, b.len);
	for (i = 0; i < 6; i++) {
		assert_true(unpack_u64(&u) == us[i]);
		assert_true(unpack_i64(&u) == is[i]);
	}
	s = unpack_str(&u);
	assert_string_equal(s, "x\n\xff");
	free(s);
	assert_string_equal(unpack_cstr(&u), "y");
	assert_string_equal(unpack_cstr(&u), "");
	assert_true(unpack_u32(&u) == UINT32_MAX);
	assert_int_equal(unpack_end(&u), 0);
}

static void
every_cut_is_bad(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct unpack u;
	size_t cut;

	(void)state;
	pack_u64(&b, 1ull << 60);
	pack_str(&b, "hello");
	pack_cstr(&b, "world");
	for (cut = 0; cut < b.len; cut++) {
		u = unpack_start(b.data, cut);
		unpack_u64(&u);
		free(unpack_str(&u));
		unpack_cstr(&u);
		assert_int_equal(unpack_end(&u), -1);
	}
}

static void
what_does_not_fit_is_bad(void **state)
{
	/* Five bytes that hold a NUL, and four with something else behind them. */
	static const char inside[] = "\005ab\0cd\0", behind[] = "\004abcdX";
	CLEAN_BUF struct buf b = {0};
	struct unpack u;

	(void)state;
	pack_u64(&b, (uint64_t)UINT32_MAX + 1);
	u = unpack_start(b.data, b.len);
	assert_true(unpack_u32(&u) == 0);
	assert_int_equal(unpack_end(&u), -1);
	u = unpack_start(inside, sizeof(inside) - 1);
	assert_string_equal(unpack_cstr(&u), "");
	assert_true(u.bad);
	u = unpack_start(behind, sizeof(behind) - 1);
	assert_string_equal(unpack_cstr(&u), "");
	assert_true(u.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(every_cut_is_bad),
		cmocka_unit_test(what_does_not_fit_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
