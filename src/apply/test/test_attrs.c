/* What the journal keeps of attributes: back as it was, and nothing from bytes
 * that are no note. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apply/attrs.h"
#include "util/buf.h"

static const struct attrs some = { .n = 3, .v = {
	{ "user.xdg.tags", 1, 1, "a\0b", "new", 3, 3 },
	{ "user.empty", 0, 1, NULL, "", 0, 0 },
	{ "user.gone", 1, 0, "x", NULL, 1, 0 },
} };

static void
packs_and_turns(void **state)
{
	CLEAN_BUF struct buf b = {0}, words = {0};
	struct attrs a;

	(void)state;
	attrs_pack(&b, &some);
	assert_int_equal(attrs_unpack(b.data, b.len, &a), 0);
	assert_int_equal(a.n, 3);
	assert_string_equal(a.v[0].name, "user.xdg.tags");
	assert_memory_equal(a.v[0].was, "a\0b", 3);
	assert_true(!a.v[1].had && a.v[1].has && a.v[1].now_len == 0);
	attrs_turn(&a);
	assert_true(a.v[1].had && !a.v[1].has);
	assert_memory_equal(a.v[0].now, "a\0b", 3);
	attrs_words(&words, &a);
	assert_string_equal(buf_str(&words), "xdg.tags=0x610062, no empty, "
	    "gone=x");
}

/* Cut short, longer, other names, every byte changed: refused or read, never
 * out of bounds, and never an attribute that is not the user's. */
static void
trusts_nothing(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct attrs a;

	(void)state;
	attrs_pack(&b, &some);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(attrs_unpack(b.data, n, &a), -1);
	for (size_t i = 0; i < b.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			unsigned char *p = b.data;

			p[i] ^= (unsigned char)(1 << bit);
			if (attrs_unpack(b.data, b.len, &a) == 0)
				for (size_t k = 0; k < a.n; k++)
					assert_memory_equal(a.v[k].name,
					    "user.", 5);
			p[i] ^= (unsigned char)(1 << bit);
		}
	buf_addc(&b, 'x');
	assert_int_equal(attrs_unpack(b.data, b.len, &a), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packs_and_turns),
		cmocka_unit_test(trusts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
