/*
 * test_lex.c -- JSON is read as strictly as Go reads it, and its strings as
 * forgivingly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/emit.h"
#include "repo/lex.h"
#include "util/buf.h"
#include "util/err.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

static int
read_string(const char *json, struct buf *out)
{
	CLEAN_LEX struct lex s;
	struct lex_text t;
	struct err e;

	buf_reset(out);
	lex_init(&s, json, strlen(json));
	if (lex_string(&s, &t, &e) < 0 || lex_end(&s, &e) < 0) {
		assert_int_equal(e.kind, ERR_CORRUPT);
		return -1;
	}
	buf_add(out, t.s, t.len);
	return 0;
}

static void
strings_are_read_as_go_does(void **state)
{
	static const char *const good[][2] = {
		{ "\"\"", "" },
		{ " \"a\" \n", "a" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u00e9\\u65E5\"", "\xc3\xa9\xe6\x97\xa5" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		/* Half a pair is replaced, and what follows it stays. */
		{ "\"\\ud83d\"", "\xef\xbf\xbd" },
		{ "\"\\ude00x\"", "\xef\xbf\xbdx" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A" },
		{ "\"\\ud83d\\ud83d\\ude00\"",
		    "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "\"\\ud83dxxxxxxxx\"", "\xef\xbf\xbdxxxxxxxx" },
		/* Each byte that is not UTF-8. */
		{ "\"\xff\"", "\xef\xbf\xbd" },
		{ "\"12345678\xe2\x82\"",
		    "12345678\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\xed\xa0\x80\"",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\x7f\"", "\x7f" },
	};
	static const char *const bad[] = {
		"", "\"", "\"a", "a", "\"\\", "\"\\\"", "\"\\x41\"", "\"\\u12\"",
		"\"\\u12g4\"", "\"\\u", "\"\n\"", "\"12345678\x1f\"", "\"\\'\"",
		"\"\\u+123\"", "\"a\"b", "\"a\",",
	};
	CLEAN_BUF struct buf out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_int_equal(read_string(good[i][0], &out), 0);
		assert_string_equal(buf_str(&out), good[i][1]);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(read_string(bad[i], &out), -1);
}

static void
values_of_any_kind_are_passed_over(void **state)
{
	static const char *const good[] = {
		"0", "-0", "10", "-1.5e+9", "1E-2", "0.0", "true", "false",
		"null", "[]", "{}", " [ ] ", "[1,[2,{\"a\":[]}],\"\\u0000\"]",
		"{ \"a\" : 1 , \"b\" : { } }",
	};
	static const char *const bad[] = {
		"", "01", "-", "1.", ".5", "1e", "+1", "tru", "True", "nul",
		"[", "[1", "[1,", "[1,]", "[,1]", "{", "{\"a\"", "{\"a\":",
		"{\"a\":1", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "]",
		"[}", "{]", "1 1", "[1]]", "{1:2}", "\x00",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good) + COUNT(bad); i++) {
		const char *text = i < COUNT(good) ? good[i] :
		    bad[i - COUNT(good)];
		CLEAN_LEX struct lex s;
		int is_good;

		lex_init(&s, text, strlen(text));
		is_good = lex_skip(&s, &e) == 0 && lex_end(&s, &e) == 0;
		assert_int_equal(is_good, i < COUNT(good));
	}
}

static void
nesting_has_an_end(void **state)
{
	char text[2 * LEX_DEPTH_MAX + 4];
	struct lex s;
	struct err e;

	(void)state;
	memset(text, '[', LEX_DEPTH_MAX + 1);
	memset(text + LEX_DEPTH_MAX + 1, ']', LEX_DEPTH_MAX + 1);
	lex_init(&s, text, (size_t)2 * LEX_DEPTH_MAX + 2);
	assert_int_equal(lex_skip(&s, &e), -1);
	assert_non_null(strstr(e.text, "too deep"));
	lex_init(&s, text + 1, (size_t)2 * LEX_DEPTH_MAX);
	assert_int_equal(lex_skip(&s, &e), 0);
}

static void
numbers_are_exact(void **state)
{
	static const struct {
		const char	*text;
		int		 good;
		uint64_t	 v;
	} all[] = {
		{ "0", 1, 0 }, { "18446744073709551615", 1, UINT64_MAX },
		{ "18446744073709551616", 0, 0 }, { "-1", 0, 0 },
		{ "99999999999999999999999", 0, 0 }, { "1.0", 0, 0 },
		{ "1e3", 0, 0 }, { "\"1\"", 0, 0 }, { "00", 0, 0 },
		{ "01", 0, 0 }, { "", 0, 0 }, { "-0", 0, 0 },
		{ " 42 ", 1, 42 },
	};
	struct lex s;
	struct err e;
	uint64_t v;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		lex_init(&s, all[i].text, strlen(all[i].text));
		got = lex_u64(&s, UINT64_MAX, &v, &e);
		assert_int_equal(got == 0, all[i].good);
		if (got == 0)
			assert_true(v == all[i].v);
	}
	lex_init(&s, "4294967296", 10);
	assert_int_equal(lex_u64(&s, UINT32_MAX, &v, &e), -1);
	for (v = 1; v < UINT64_MAX / 7; v = v * 7 - 3) {
		CLEAN_BUF struct buf b = {0};
		uint64_t back;

		b.len = (size_t)(emit_u64(buf_room(&b, EMIT_U64_MAX), v) -
		    b.data);
		assert_true(strtoull(buf_str(&b), NULL, 10) == v);
		lex_init(&s, b.data, b.len);
		assert_int_equal(lex_u64(&s, UINT64_MAX, &back, &e), 0);
		assert_true(back == v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_read_as_go_does),
		cmocka_unit_test(values_of_any_kind_are_passed_over),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(numbers_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
