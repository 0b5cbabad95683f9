/* test_conflict.c -- the next free name, whatever the name is like. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/conflict.h"
#include "util/buf.h"

static void
becomes(const char *stem, const char *sep, const char *ext, unsigned width,
    uint64_t n, const char *want)
{
	struct conflict c = { CONFLICT_RENAME, stem, sep, ext, width, 2 }, d;
	CLEAN_BUF struct buf packed = {0}, name = {0};

	conflict_pack(&packed, &c);
	assert_int_equal(conflict_unpack(packed.data, packed.len, &d), 0);
	assert_int_equal(d.mode, CONFLICT_RENAME);
	if (want == NULL) {
		assert_int_equal(conflict_name(&d, n, &name), -1);
		assert_int_equal(name.len, 0);
		return;
	}
	assert_int_equal(conflict_name(&d, n, &name), 0);
	assert_string_equal(buf_str(&name), want);
}

static void
names(void **state)
{
	char stem[256], want[256], ext[256];

	(void)state;
	becomes("a", " ", ".tar.gz", 0, 2, "a 2.tar.gz");
	becomes(".bashrc", " ", "", 0, 10, ".bashrc 10");
	becomes("a", "_", ".x", 3, 7, "a_007.x");
	becomes("", "", " a.x", 0, 2, "2 a.x");
	becomes("\xff\xfe", " ", "", 0, 2, "\xff\xfe 2");
	/* 255 bytes: the stem gives way, and never in mid character. */
	memset(stem, 'x', 255);
	stem[255] = '\0';
	memset(want, 'x', 249);
	memcpy(want + 249, " 2.txt", sizeof(" 2.txt"));
	becomes(stem, " ", ".txt", 0, 2, want);
	memcpy(stem + 248, "\xe2\x82\xac", 3);
	memset(want, 'x', 248);
	memcpy(want + 248, " 2.txt", sizeof(" 2.txt"));
	becomes(stem, " ", ".txt", 0, 2, want);
	memset(ext, 'e', 254);
	ext[254] = '\0';
	becomes("a", " ", ext, 0, 2, NULL);
	becomes("a", "/", "", 0, 2, NULL);
}

static void
garbage(void **state)
{
	struct conflict c;

	(void)state;
	assert_int_equal(conflict_unpack(NULL, 0, &c), 0);
	assert_int_equal(c.mode, CONFLICT_SKIP);
	assert_int_equal(conflict_unpack("\x01", 1, &c), -1);
	assert_int_equal(conflict_unpack("\x05\0\0\0\0\0\0\0\0", 9, &c), -1);
	assert_int_equal(conflict_unpack("\x01\x7f", 2, &c), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
