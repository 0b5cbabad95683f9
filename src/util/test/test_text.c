/* test_text.c -- UTF-8, base64, hex and paths: nothing but the real thing is taken. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "util/base64.h"
#include "util/buf.h"
#include "util/hex.h"
#include "util/path.h"
#include "util/unicode.h"

static void
every_character_is_read_as_written(void **state)
{
	unsigned char bytes[4];
	uint32_t cp, got;
	size_t n;

	(void)state;
	for (cp = 0; cp <= 0x10FFFF; cp++) {
		if (cp == 0xD800)
			cp = 0xE000;
		n = utf8_put(bytes, cp);
		if (utf8_next(bytes, n, &got) != n || got != cp ||
		    !utf8_valid(bytes, n))
			fail_msg("U+%04X came back as U+%04X", cp, got);
	}
}

static void
broken_pieces_have_unicodes_lengths(void **state)
{
	static const struct { const char *text; size_t piece; } bad[] = {
		{ "\x80", 1 }, { "\xbf", 1 }, { "\xc0\x80", 1 },
		{ "\xc1\xbf", 1 }, { "\xe0\x80\x80", 1 },
		{ "\xed\xa0\x80", 1 }, { "\xf0\x80\x80\x80", 1 },
		{ "\xf4\x90\x80\x80", 1 }, { "\xf5\x80", 1 }, { "\xff", 1 },
		{ "\xc3", 1 }, { "\xe2\x82", 2 }, { "\xe2\x82" "a", 2 },
		{ "\xf0\x9f\x98", 3 }, { "\xf0\x9f" "a", 2 },
	};
	uint32_t cp;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = strlen(bad[i].text);
		assert_int_equal(utf8_next(bad[i].text, len, &cp),
		    bad[i].piece);
		assert_int_equal(cp, UTF8_BAD);
		assert_int_equal(utf8_valid(bad[i].text, len), 0);
	}
	assert_int_equal(utf8_next("", 0, &cp), 0);
	assert_int_equal(utf8_valid("longer than eight \xff", 19), 0);
	assert_int_equal(utf8_valid("longer than eight \xc3\xa9", 20), 1);
}

static void
what_reorders_or_hides_is_unsafe(void **state)
{
	static const uint32_t unsafe[] = { 0, 9, 0x1B, 0x7F, 0x9B, 0x202E,
	    0x2066, 0x2028, 0xFEFF, 0x200B };
	static const uint32_t safe[] = { ' ', 'a', 0xA0, 0xE9, 0x200D, 0x4E2D,
	    0x1F600 };
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(unicode_unsafe(unsafe[i]), 1);
	for (i = 0; i < 7; i++)
		assert_int_equal(unicode_unsafe(safe[i]), 0);
}

static void
base64_is_the_rfcs(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfd", "//79" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		CLEAN_BUF struct buf b = {0}, back = {0};

		base64_add(&b, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(buf_str(&b), pairs[i][1]);
		assert_int_equal(base64_parse(pairs[i][1],
		    strlen(pairs[i][1]), &back), 0);
		assert_string_equal(buf_str(&back), pairs[i][0]);
	}
}

static void
base64_that_is_not_ours_leaves_nothing(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zh==", "Zm9=",
	    "Zg==Zg==", "Zm9v\n", "Zm-_", "====", "=Zg=" };
	CLEAN_BUF struct buf b = {0};
	size_t i;

	(void)state;
	buf_adds(&b, "kept");
	for (i = 0; i < 10; i++)
		assert_int_equal(base64_parse(bad[i], strlen(bad[i]), &b), -1);
	assert_string_equal(buf_str(&b), "kept");
}

static void
hex_is_exact(void **state)
{
	unsigned char back[3];
	char text[7];

	(void)state;
	assert_int_equal(hex_digit('9'), 9);
	assert_int_equal(hex_digit('a'), 10);
	assert_int_equal(hex_digit('F'), 15);
	assert_int_equal(hex_digit('g'), -1);
	assert_int_equal(hex_digit('\0'), -1);
	hex_put(text, "\x00\xab\xff", 3);
	assert_string_equal(text, "00abff");
	assert_int_equal(hex_parse("00ABff", back, 3), 0);
	assert_memory_equal(back, "\x00\xab\xff", 3);
	assert_int_equal(hex_parse("00abf", back, 3), -1);
	assert_int_equal(hex_parse("00abff0", back, 3), -1);
	assert_int_equal(hex_parse("00abfg", back, 3), -1);
	assert_int_equal(hex_parse("", back, 3), -1);
}

static void
a_folder_is_no_prefix(void **state)
{
	(void)state;
	assert_true(path_is_below("/a", "/a"));
	assert_true(path_is_below("/a/b", "/a"));
	assert_true(path_is_below("/a/b", "/"));
	assert_true(path_is_below("/", "/"));
	assert_false(path_is_below("/ab", "/a"));
	assert_false(path_is_below("/", "/a"));
	assert_false(path_is_below("/a", "/a/b"));
}

static void
what_leads_out_is_not_inside(void **state)
{
	static const char *const out[] = { "", "/", "/a", "a/", "a//b", ".",
	    "..", "../a", "a/..", "a/../b", "a/./b" };
	static const char *const in[] = { "a", "a/b", "...", ".a", "a/..b/c" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(out) / sizeof(*out); i++)
		assert_false(path_is_inside(out[i]));
	for (i = 0; i < sizeof(in) / sizeof(*in); i++)
		assert_true(path_is_inside(in[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_is_read_as_written),
		cmocka_unit_test(broken_pieces_have_unicodes_lengths),
		cmocka_unit_test(what_reorders_or_hides_is_unsafe),
		cmocka_unit_test(base64_is_the_rfcs),
		cmocka_unit_test(base64_that_is_not_ours_leaves_nothing),
		cmocka_unit_test(hex_is_exact),
		cmocka_unit_test(a_folder_is_no_prefix),
		cmocka_unit_test(what_leads_out_is_not_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
