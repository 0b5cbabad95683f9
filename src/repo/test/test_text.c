/*
 * test_text.c -- names, strings and times are byte for byte what Go writes,
 * since the ids of trees depend on it, and read back to what they were.
 *
 * The tables were made by running Go 1.23's strconv and encoding/json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "repo/emit.h"
#include "repo/node.h"
#include "repo/printable.h"
#include "repo/lex.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/unicode.h"

struct vector {
	const char	*hex, *json;
};

static const struct vector names[] = {
	{ "706c61696e2e747874", "\"plain.txt\"" },
	{ "612062", "\"a b\"" },
	{ "7461620968657265", "\"tab\\\\there\"" },
	{ "6e65770a6c696e65", "\"new\\\\nline\"" },
	{ "71756f74652264", "\"quote\\\\\\\"d\"" },
	{ "6261636b5c736c617368", "\"back\\\\\\\\slash\"" },
	{ "73696e676c652771756f7465", "\"single'quote\"" },
	{ "6261636b7469636b60", "\"backtick`\"" },
	{ "62656c6c07", "\"bell\\\\a\"" },
	{ "627308", "\"bs\\\\b\"" },
	{ "66660c", "\"ff\\\\f\"" },
	{ "63720d", "\"cr\\\\r\"" },
	{ "76740b", "\"vt\\\\v\"" },
	{ "6e756c2d697368011f", "\"nul-ish\\\\x01\\\\x1f\"" },
	{ "64656c7f", "\"del\\\\x7f\"" },
	{ "6573631b", "\"esc\\\\x1b\"" },
	{ "6c6174696e312de9", "\"latin1-\\\\xe9\"" },
	{ "fffe", "\"\\\\xff\\\\xfe\"" },
	{ "7472756e632de282", "\"trunc-\\\\xe2\\\\x82\"" },
	{ "6f7665726c6f6e672dc0af", "\"overlong-\\\\xc0\\\\xaf\"" },
	{ "737572726f676174652deda080",
	    "\"surrogate-\\\\xed\\\\xa0\\\\x80\"" },
	{ "c3a9", "\"\303\251\"" },
	{ "c3bc2de697a5e69cace8aa9e",
	    "\"\303\274-\346\227\245\346\234\254\350\252\236\"" },
	{ "656d6f6a692df09f9880", "\"emoji-\360\237\230\200\"" },
	{ "6e6273702dc2a0", "\"nbsp-\\\\u00a0\"" },
	{ "7a7773702de2808b", "\"zwsp-\\\\u200b\"" },
	{ "6c732de280a8", "\"ls-\\\\u2028\"" },
	{ "70732de280a9", "\"ps-\\\\u2029\"" },
	{ "626f6d2defbbbf", "\"bom-\\\\ufeff\"" },
	{ "7265706c2defbfbd", "\"repl-\357\277\275\"" },
	{ "736f66742dc2ad", "\"soft-\\\\u00ad\"" },
	{ "707269762dee8080", "\"priv-\\\\ue000\"" },
	{ "756e61737369676e65642dcdb8", "\"unassigned-\\\\u0378\"" },
	{ "7461672df3a08081", "\"tag-\\\\U000e0001\"" },
	{ "6e6f6e6368617261637465722df48fbfbf",
	    "\"noncharacter-\\\\U0010ffff\"" },
	{ "68746d6c3c3e26", "\"html\\u003c\\u003e\\u0026\"" },
	{ "636f6d62696e696e672d65cc81", "\"combining-e\314\201\"" },
	{ "6964656f677261706869632d73706163652de38080",
	    "\"ideographic-space-\\\\u3000\"" },
	{ "63312dc285", "\"c1-\\\\u0085\"" },
	{ "6d61782df48188b4", "\"max-\\\\U00101234\"" },
};

static const struct vector strings[] = {
	{ "613c623e2663", "\"a\\u003cb\\u003e\\u0026c\"" },
	{ "74616209", "\"tab\\t\"" },
	{ "6e6c0a", "\"nl\\n\"" },
	{ "63720d", "\"cr\\r\"" },
	{ "627308", "\"bs\\b\"" },
	{ "66660c", "\"ff\\f\"" },
	{ "76740b", "\"vt\\u000b\"" },
	{ "00011f7f", "\"\\u0000\\u0001\\u001f\177\"" },
	{ "626164ff", "\"bad\\ufffd\"" },
	{ "62616432e282", "\"bad2\\ufffd\\ufffd\"" },
	{ "e280a8e280a9", "\"\\u2028\\u2029\"" },
	{ "c3a9e697a5f09f9880", "\"\303\251\346\227\245\360\237\230\200\"" },
	{ "71225c2f", "\"q\\\"\\\\/\"" },
};

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

static size_t
bytes_of(const char *hex, unsigned char out[64])
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= 64);
	assert_int_equal(hex_parse(hex, out, n), 0);
	return n;
}

/* A name through quote, string, the reader and unquote. */
static void
assert_name_comes_back(const void *name, size_t len)
{
	CLEAN_BUF struct buf quoted = {0}, json = {0}, fused = {0}, back = {0};
	CLEAN_LEX struct lex s;
	struct lex_text t;
	struct err e;

	node_quote(&quoted, name, len);
	node_string(&json, (const char *)quoted.data, quoted.len);
	fused.len = (size_t)(emit_name(buf_room(&fused, EMIT_STRING_MAX(len)),
	    name, len) - fused.data);
	assert_int_equal(fused.len, json.len);
	assert_memory_equal(fused.data, json.data, json.len);
	assert_true(fused.len <= EMIT_STRING_MAX(len));

	lex_init(&s, json.data, json.len);
	assert_int_equal(lex_string(&s, &t, &e), 0);
	assert_int_equal(lex_end(&s, &e), 0);
	assert_int_equal(t.len, quoted.len);
	if (t.len > 0)
		assert_memory_equal(t.s, quoted.data, t.len);
	assert_int_equal(node_unquote(&back, t.s, t.len, &e), 0);
	assert_int_equal(back.len, len);
	if (len > 0)
		assert_memory_equal(back.data, name, len);
}

static void
names_are_quoted_as_go_does(void **state)
{
	unsigned char raw[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		CLEAN_BUF struct buf out = {0};

		n = bytes_of(names[i].hex, raw);
		out.len = (size_t)(emit_name(buf_room(&out, EMIT_STRING_MAX(n)),
		    raw, n) - out.data);
		assert_string_equal(buf_str(&out), names[i].json);
		assert_name_comes_back(raw, n);
	}
}

static void
strings_are_escaped_as_go_does(void **state)
{
	unsigned char raw[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(strings); i++) {
		CLEAN_BUF struct buf out = {0};

		n = bytes_of(strings[i].hex, raw);
		node_string(&out, (const char *)raw, n);
		assert_string_equal(buf_str(&out), strings[i].json);
	}
}

/* Each byte alone, and before and behind seven others, where the run of eight
 * is looked at as one word. */
static void
every_byte_comes_back(void **state)
{
	unsigned char name[17];
	size_t at;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		name[0] = (unsigned char)c;
		assert_name_comes_back(name, 1);
		for (at = 0; at < sizeof(name); at++) {
			memset(name, 'x', sizeof(name));
			name[at] = (unsigned char)c;
			assert_name_comes_back(name, sizeof(name));
		}
	}
}

static void
any_two_bytes_come_back(void **state)
{
	unsigned char name[2];
	unsigned v;

	(void)state;
	for (v = 0; v < 0x10000; v += 1) {
		name[0] = (unsigned char)(v >> 8);
		name[1] = (unsigned char)v;
		if (name[0] >= 0x80 || name[1] >= 0x80 || name[0] == '\\')
			assert_name_comes_back(name, 2);
	}
}

static void
characters_of_every_range_come_back(void **state)
{
	unsigned char name[4];
	uint32_t cp;

	(void)state;
	for (cp = 0; cp <= 0x10FFFF; cp += cp < 0x3000 ? 1 : 37)
		if (cp < 0xD800 || cp > 0xDFFF)
			assert_name_comes_back(name, utf8_put(name, cp));
}

/* One bit a code point, against the digest of what Go said of all of them. */
static void
the_printable_ones_are_gos(void **state)
{
	static unsigned char bits[0x110000 / 8];
	unsigned char digest[SHA256_LEN];
	char hex[SHA256_HEX];
	unsigned hint = 0;
	uint32_t cp;

	(void)state;
	memset(bits, 0, sizeof(bits));
	for (cp = 0; cp < 0x110000; cp++)
		if (printable(cp, &hint))
			bits[cp / 8] |= (unsigned char)(1 << cp % 8);
	sha256_of(bits, sizeof(bits), digest);
	sha256_hex(digest, hex);
	assert_string_equal(hex, "dbe4beecc0027b38c16c32d304958e61"
	    "1e27baa40412efea4cf616346eb631a2");
	/* Wherever the last one was found. */
	for (cp = 0x110000; cp-- > 0;)
		assert_int_equal(printable(cp, &hint),
		    bits[cp / 8] >> cp % 8 & 1);
}

static void
wrong_quotes_are_refused(void **state)
{
	static const char *const bad[] = {
		"\\", "a\\", "\\x", "\\x1", "\\xg1", "\\u12", "\\ud800",
		"\\uDFFF", "\\U00110000", "\\U0000d800", "\\Uffffffff", "\\8",
		"\\12", "\\400", "\\777", "\\'", "\\e", "\\0", "a\"b", "a\nb",
		"\\x 1", "\\u+123",
	};
	CLEAN_BUF struct buf out = {0};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		e.kind = ERR_NONE;
		assert_int_equal(node_unquote(&out, bad[i], strlen(bad[i]),
		    &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

/* What other writers may have used. */
static void
other_quotes_are_read(void **state)
{
	CLEAN_BUF struct buf out = {0};
	static const char text[] = "\\101\\377\\u0041\\u00e9\\U0001F600\\xfF\t'"
	    "\xc2\xa0\\\"\\\\";

	(void)state;
	assert_int_equal(node_unquote(&out, text, strlen(text), NULL), 0);
	assert_string_equal(buf_str(&out),
	    "A\xff" "A\xc3\xa9\xf0\x9f\x98\x80\xff\t'\xc2\xa0\"\\");
	buf_reset(&out);
	assert_int_equal(node_unquote(&out, "a\xffz", 3, NULL), 0);
	assert_string_equal(buf_str(&out), "a\xef\xbf\xbdz");
}

/* ---- strings of JSON, read ---- */

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

/* ---- times ---- */

static void
times_are_written_as_go_does(void **state)
{
	static const struct {
		struct node_time t;
		const char	*text;
	} all[] = {
		{ { 0, 0, 0 }, "1970-01-01T00:00:00Z" },
		{ { 1700000000, 123456789, 0 },
		    "2023-11-14T22:13:20.123456789Z" },
		{ { 1700000000, 120000000, 0 }, "2023-11-14T22:13:20.12Z" },
		{ { 1700000000, 0, 3600 }, "2023-11-14T23:13:20+01:00" },
		{ { 1700000000, 5, -34200 },
		    "2023-11-14T12:43:20.000000005-09:30" },
		{ { -1, 999999999, 0 }, "1969-12-31T23:59:59.999999999Z" },
		{ { -62135596801, 0, 0 }, "0000-12-31T23:59:59Z" },
		{ { -62135596800, 0, 0 }, "0001-01-01T00:00:00Z" },
		{ { 1700000000, 0, 3661 }, "2023-11-14T23:14:21+01:01" },
		{ { 1700000000, 0, -30 }, "2023-11-14T22:12:50+00:00" },
		{ { 253402300799, 999999999, 0 },
		    "9999-12-31T23:59:59.999999999Z" },
		/* Outside these years only the year changes. */
		{ { 253402300800, 0, 0 }, "9999-01-01T00:00:00Z" },
		{ { 253402300799, 0, 3600 }, "9999-01-01T00:59:59+01:00" },
		{ { -62167219201, 1, 0 }, "0000-12-31T23:59:59.000000001Z" },
		{ { INT64_C(253407398400), 0, 0 }, "9999-03-01T00:00:00Z" },
	};
	CLEAN_BUF struct buf out = {0};
	struct node_time back, most = { INT64_MAX, 999999999, INT32_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		buf_reset(&out);
		node_time_text(&out, &all[i].t);
		assert_string_equal(buf_str(&out), all[i].text);
		assert_int_equal(node_time_parse(all[i].text, &back, NULL), 0);
		if (i < 8)
			assert_memory_equal(&back, &all[i].t, sizeof(back));
	}
	/* Nothing overflows, and the text has its room. */
	buf_reset(&out);
	node_time_text(&out, &most);
	assert_true(out.len + 2 <= EMIT_TIME_MAX);
	most = (struct node_time){ INT64_MIN, INT32_MIN, INT32_MIN };
	buf_reset(&out);
	node_time_text(&out, &most);
	assert_true(out.len + 2 <= EMIT_TIME_MAX);
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "2023", "2023-11-14", "2023-11-14T22:13:20",
		"2023-11-14 22:13:20Z", "2023-11-14t22:13:20Z",
		"2023-11-14T22:13:20z", "2023-11-14T22:13:20.Z",
		"2023-11-14T22:13:20,5Z", "2023-11-14T2:13:20Z",
		"2023-13-14T22:13:20Z", "2023-00-14T22:13:20Z",
		"2023-11-31T22:13:20Z", "2023-02-29T22:13:20Z",
		"2023-11-00T22:13:20Z", "2023-11-14T24:13:20Z",
		"2023-11-14T22:60:20Z", "2023-11-14T22:13:60Z",
		"2023-11-14T22:13:20+24:00", "2023-11-14T22:13:20+01:60",
		"2023-11-14T22:13:20+0100", "2023-11-14T22:13:20Zx",
		"-023-11-14T22:13:20Z", "12023-11-14T22:13:20Z",
		"2023-11-14T22:13:20+", "2023-11-14T22:13:20+01:0",
	};
	struct node_time t;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		e.kind = ERR_NONE;
		assert_int_equal(node_time_parse(bad[i], &t, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
	assert_int_equal(node_time_parse("2024-02-29T00:00:00.1234567899-00:00",
	    &t, NULL), 0);
	assert_int_equal(t.nsec, 123456789);
	assert_int_equal(t.zone, 0);
}

struct zone_case {
	const char	*zone;
	struct {
		int64_t	 sec;
		int32_t	 zone;
	} at[4];
};

/* A thread of its own, since what it learnt of a zone is kept in the thread. */
static void *
check_zone(void *arg)
{
	const struct zone_case *c = arg;
	struct node_time t;
	struct tm tm;
	time_t sec;
	size_t i;

	for (i = 0; i < 4; i++) {
		node_time_local(c->at[i].sec, 7, &t);
		if (t.sec != c->at[i].sec || t.nsec != 7 ||
		    t.zone != c->at[i].zone)
			return arg;
	}
	/* Around changes the kept answers are those of the C library. */
	for (sec = 1700000000 - 86400 * 400; sec < 1700000000; sec += 1801) {
		localtime_r(&sec, &tm);
		node_time_local(sec, 0, &t);
		if (t.zone != tm.tm_gmtoff)
			return arg;
	}
	return NULL;
}

static void
local_times_have_the_zone_of_their_instant(void **state)
{
	static struct zone_case all[] = {
		{ "UTC", { { 0, 0 }, { -1, 0 }, { 1700000000, 0 },
		    { 1690000000, 0 } } },
		{ "Europe/Berlin", { { 1700000000, 3600 },
		    { 1690000000, 7200 }, { 1679792399, 3600 },
		    { 1679792400, 7200 } } },
		{ "America/St_Johns", { { 1700000000, -12600 },
		    { 1690000000, -9000 }, { 0, -12600 }, { 1, -12600 } } },
	};
	pthread_t thread;
	void *failed;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		setenv("TZ", all[i].zone, 1);
		tzset();
		assert_int_equal(pthread_create(&thread, NULL, check_zone,
		    &all[i]), 0);
		assert_int_equal(pthread_join(thread, &failed), 0);
		assert_null(failed);
	}
}

static void *
check_far(void *arg)
{
	CLEAN_BUF struct buf b = {0};
	struct node_time t;

	node_time_local(INT64_C(999999999999), 0, &t);
	node_time_text(&b, &t);
	if (strcmp(buf_str(&b), "9999-09-27T03:46:39+02:00") != 0)
		return arg;
	buf_reset(&b);
	node_time_local(INT64_MAX, 0, &t);
	node_time_text(&b, &t);
	node_time_local(INT64_MIN, 0, &t);
	node_time_text(&b, &t);
	return NULL;
}

/* Year 33658 is summer in Berlin, and so is 9999. */
static void
far_times_are_in_the_zone_of_the_year_shown(void **state)
{
	pthread_t thread;
	void *failed;

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	assert_int_equal(pthread_create(&thread, NULL, check_far, &failed), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
}

/* Random strings, half of them near what is special. */
static void
random_names_come_back(void **state)
{
	static const char *const odd[] = { "\\", "\"", "\\x41", "\xe2\x80\xa8",
		"\xed\xa0\x80", "<", "\xf4\x90\x80\x80", "\xf0\x9f", "\n",
		"\xef\xbf\xbd", "\xc0\x80", "\x7f" };
	unsigned seed;
	int i;

	(void)state;
	random_bytes(&seed, sizeof(seed));
	print_message("seed %u\n", seed);
	srand(seed);
	for (i = 0; i < 20000; i++) {
		CLEAN_BUF struct buf name = {0};
		int n = rand() % 24;

		while (n-- > 0) {
			if (rand() % 2)
				buf_adds(&name, odd[(size_t)rand() % COUNT(odd)]);
			else
				buf_addc(&name, (char)(rand() % 256));
		}
		assert_name_comes_back(name.data, name.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_quoted_as_go_does),
		cmocka_unit_test(strings_are_escaped_as_go_does),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(any_two_bytes_come_back),
		cmocka_unit_test(characters_of_every_range_come_back),
		cmocka_unit_test(the_printable_ones_are_gos),
		cmocka_unit_test(wrong_quotes_are_refused),
		cmocka_unit_test(other_quotes_are_read),
		cmocka_unit_test(strings_are_read_as_go_does),
		cmocka_unit_test(values_of_any_kind_are_passed_over),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(times_are_written_as_go_does),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(local_times_have_the_zone_of_their_instant),
		cmocka_unit_test(far_times_are_in_the_zone_of_the_year_shown),
		cmocka_unit_test(random_names_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
