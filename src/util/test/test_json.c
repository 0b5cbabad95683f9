/* test_json.c -- what is written is JSON, and what is read is what it says. */
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/base64.h"
#include "util/json.h"

static void
lines_are_as_a_reader_expects(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	(void)state;
	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_key(&j, "list");
	json_array_start(&j);
	json_u64(&j, UINT64_MAX);
	json_i64(&j, INT64_MIN);
	json_i64(&j, -7);
	json_double(&j, 0.1);
	json_double(&j, 1e300);
	json_double(&j, NAN);
	json_bool(&j, 1);
	json_bool(&j, 0);
	json_str(&j, NULL);
	json_array_start(&j);
	json_array_end(&j);
	json_object_start(&j);
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
	json_line(&j);
	json_str(&j, "next");
	json_line(&j);
	assert_string_equal(buf_str(&b),
	    "{\"v\":1,\"list\":[18446744073709551615,-9223372036854775808,-7,"
	    "0.1,1e+300,null,true,false,null,[],{}]}\n\"next\"\n");
}

static void
no_text_can_break_a_line(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	(void)state;
	json_str(&j, "a\"\\\b\f\n\r\t\v\x1b\x7f/\xc2\x85\xe2\x80\xa8");
	assert_string_equal(buf_str(&b), "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u000b"
	    "\\u001b\\u007f/\\u0085\\u2028\"");
	buf_reset(&b);
	j.comma = 0;
	json_str(&j, "na\xc3\xafve \xf0\x9f\x98\x80");
	assert_string_equal(buf_str(&b), "\"na\xc3\xafve \xf0\x9f\x98\x80\"");
}

static void
a_name_that_is_not_utf8_is_kept_whole(void **state)
{
	CLEAN_BUF struct buf b = {0}, back = {0};
	struct json j = { .out = &b };

	(void)state;
	json_object_start(&j);
	json_name(&j, "to", "plain", 5);
	json_name(&j, "from", "a\xff\xe2\x82/b", 6);
	json_object_end(&j);
	assert_string_equal(buf_str(&b), "{\"to\":\"plain\",\"from\":"
	    "\"a\xef\xbf\xbd\xef\xbf\xbd/b\",\"from_bytes\":\"Yf/igi9i\"}");
	assert_int_equal(base64_parse("Yf/igi9i", 8, &back), 0);
	assert_memory_equal(back.data, "a\xff\xe2\x82/b", 6);
}

static void
doubles_read_back_as_they_were(void **state)
{
	static const double values[] = { 0, 1, -1.5, 0.1 + 0.2, 1.0 / 3, 5e-324,
	    1.7976931348623157e308, 123456789012345680.0 };
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };
	CLEAN_JSON_READ struct json_read r;
	struct err e;
	double v;
	size_t i;

	(void)state;
	setlocale(LC_ALL, "de_DE.UTF-8");	/* where there is one: 0,1 */
	json_array_start(&j);
	for (i = 0; i < 8; i++)
		json_double(&j, values[i]);
	json_array_end(&j);
	json_read_init(&r, b.data, b.len);
	assert_int_equal(json_expect(&r, JSON_ARRAY, &e), 0);
	for (i = 0; i < 8; i++) {
		assert_int_equal(json_get_double(&r, &v, &e), 0);
		assert_memory_equal(&v, &values[i], sizeof(v));
	}
	assert_int_equal(json_item(&r, &e), 0);
	assert_int_equal(json_end(&r, &e), 0);
	setlocale(LC_ALL, "C");
}

/* The whole text: 0, or -1 with e told. */
static int
read_all(const char *s, size_t len, struct err *e)
{
	CLEAN_JSON_READ struct json_read r;
	int n;

	json_read_init(&r, s, len);
	while ((n = json_next(&r, e)) == 1)
		;
	return n;
}

static void
what_is_valid_is_read(void **state)
{
	static const char *const good[] = {
		"0", "-0", " 1.5e+10 ", "\"\"", "[]", "{}", "[[],{}]", "null",
		"{\"a\":1,\"a\":2}", "\t[ 1 , 2 ]\r\n", "\"\\u0000\"",
		"\"\\ud83d\\ude00\\/\"", "[true,false,null]", "1E9",
		"{\"a\" : {\"b\" :[ ] } }",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (read_all(good[i], strlen(good[i]), &e) != 0)
			fail_msg("%s: %s", good[i], e.text);
}

static void
what_is_not_is_refused_with_its_place(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "", "JSON: expected a value at offset 0" },
		{ "[1,]", "JSON: expected a value at offset 3" },
		{ "{\"a\":1,}", "JSON: expected a key at offset 7" },
		{ "{\"a\" 1}", "JSON: expected ':' at offset 5" },
		{ "{a:1}", "JSON: expected a key at offset 1" },
		{ "[1 2]", "JSON: expected ',' or ']' at offset 3" },
		{ "[1}", "JSON: expected ',' or ']' at offset 2" },
		{ "{\"a\":1]", "JSON: expected ',' or '}' at offset 6" },
		{ "1 2", "JSON: more than one value at offset 2" },
		{ "01", "JSON: more than one value at offset 1" },
		{ "-", "JSON: expected a digit at offset 1" },
		{ "1.", "JSON: expected a digit at offset 2" },
		{ "1e", "JSON: expected a digit at offset 2" },
		{ "+1", "JSON: expected a value at offset 0" },
		{ "nul", "JSON: expected a value at offset 0" },
		{ "\"a", "JSON: string without an end at offset 2" },
		{ "\"a\n\"", "JSON: control character in a string at offset 2" },
		{ "\"\xff\"", "JSON: invalid UTF-8 at offset 1" },
		{ "\"\xc0\x80\"", "JSON: invalid UTF-8 at offset 1" },
		{ "\"\\x\"", "JSON: unknown escape at offset 2" },
		{ "\"\\u12g4\"", "JSON: not four hex digits at offset 5" },
		{ "\"\\ud83d\"", "JSON: half a surrogate pair at offset 7" },
		{ "\"\\ude00\"", "JSON: half a surrogate pair at offset 7" },
		{ "\"\\ud83d\\u0041\"",
		    "JSON: half a surrogate pair at offset 13" },
		{ "[", "JSON: expected a value at offset 1" },
		{ "{", "JSON: expected a key at offset 1" },
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_all(bad[i].text, strlen(bad[i].text), &e),
		    -1);
		assert_string_equal(e.text, bad[i].says);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

static void
depth_ends_at_its_limit(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 2];
	struct err e;

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(read_all(text + 1, 2 * JSON_DEPTH_MAX, &e), 0);
	assert_int_equal(read_all(text, sizeof(text), &e), -1);
	assert_string_equal(e.text, "JSON: nested too deeply at offset 64");
}

static void
integers_are_exact(void **state)
{
	static const char text[] = "[18446744073709551615,"
	    "-9223372036854775808,9223372036854775807,9007199254740993]";
	CLEAN_JSON_READ struct json_read r;
	struct err e;
	uint64_t u;
	int64_t i;

	(void)state;
	json_read_init(&r, text, strlen(text));
	assert_int_equal(json_expect(&r, JSON_ARRAY, &e), 0);
	assert_int_equal(json_get_u64(&r, &u, &e), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(json_get_i64(&r, &i, &e), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(json_get_i64(&r, &i, &e), 0);
	assert_true(i == INT64_MAX);
	assert_int_equal(json_get_u64(&r, &u, &e), 0);
	assert_true(u == 9007199254740993);
}

static void
integers_that_do_not_fit_are_refused(void **state)
{
	static const char *const bad_u[] = { "18446744073709551616", "-1",
	    "1.0", "1e3", "\"1\"", "99999999999999999999999" };
	static const char *const bad_i[] = { "9223372036854775808",
	    "-9223372036854775809", "1.5", "null" };
	struct err e;
	uint64_t u;
	int64_t v;
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++) {
		CLEAN_JSON_READ struct json_read r;

		json_read_init(&r, bad_u[i], strlen(bad_u[i]));
		assert_int_equal(json_get_u64(&r, &u, &e), -1);
		assert_int_equal(json_next(&r, NULL), -1);
	}
	for (i = 0; i < 4; i++) {
		CLEAN_JSON_READ struct json_read r;

		json_read_init(&r, bad_i[i], strlen(bad_i[i]));
		assert_int_equal(json_get_i64(&r, &v, &e), -1);
	}
}

static void
members_are_picked_and_others_skipped(void **state)
{
	static const char text[] = "{\"x\":{\"deep\":[1,{\"y\":2}]},\"s\":"
	    "\"\\u00e9\\ud83d\\ude00\\u0000\",\"b\":true,\"z\":null}";
	CLEAN_JSON_READ struct json_read r;
	struct err e;
	const char *s;
	size_t len;
	int n, b = 0, seen = 0;

	(void)state;
	json_read_init(&r, text, strlen(text));
	assert_int_equal(json_expect(&r, JSON_OBJECT, &e), 0);
	while ((n = json_member(&r, &e)) == 1) {
		seen++;
		if (strcmp(r.str, "s") == 0) {
			assert_int_equal(json_get_str(&r, &s, &len, &e), 0);
			assert_int_equal(len, 7);
			/* Its own NUL, and the one that ends every string. */
			assert_memory_equal(s, "\xc3\xa9\xf0\x9f\x98\x80\0", 8);
		} else if (strcmp(r.str, "b") == 0) {
			assert_int_equal(json_get_bool(&r, &b, &e), 0);
		} else {
			assert_int_equal(json_skip(&r, &e), 0);
		}
	}
	assert_int_equal(n, 0);
	assert_int_equal(seen, 4);
	assert_int_equal(b, 1);
	assert_int_equal(json_end(&r, &e), 0);
}

static void
a_wrong_kind_is_told(void **state)
{
	static const char text[] = "{\"a\":\"x\\u0000\"}";
	CLEAN_JSON_READ struct json_read r;
	struct err e;
	const char *s;

	(void)state;
	json_read_init(&r, text, strlen(text));
	assert_int_equal(json_expect(&r, JSON_ARRAY, &e), -1);
	assert_string_equal(e.text, "JSON: expected an array at offset 0");
	assert_int_equal(json_next(&r, &e), -1);
	assert_string_equal(e.text, "JSON: expected an array at offset 0");
	json_read_fini(&r);
	json_read_init(&r, text, strlen(text));
	assert_int_equal(json_expect(&r, JSON_OBJECT, &e), 0);
	assert_int_equal(json_member(&r, &e), 1);
	assert_int_equal(json_get_str(&r, &s, NULL, &e), -1);
	assert_string_equal(e.text, "JSON: NUL in a string at offset 5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_as_a_reader_expects),
		cmocka_unit_test(no_text_can_break_a_line),
		cmocka_unit_test(a_name_that_is_not_utf8_is_kept_whole),
		cmocka_unit_test(doubles_read_back_as_they_were),
		cmocka_unit_test(what_is_valid_is_read),
		cmocka_unit_test(what_is_not_is_refused_with_its_place),
		cmocka_unit_test(depth_ends_at_its_limit),
		cmocka_unit_test(integers_are_exact),
		cmocka_unit_test(integers_that_do_not_fit_are_refused),
		cmocka_unit_test(members_are_picked_and_others_skipped),
		cmocka_unit_test(a_wrong_kind_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
