/*
 * test_text.c -- names and strings are byte for byte what Go writes,
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

#include <cmocka.h>

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
		cmocka_unit_test(random_names_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
