/*
 * test_quote.c -- a name is shown as ls shows it, on one line, whatever it is.
 * The expected texts are what GNU ls 9.1 --quoting-style=shell-escape prints;
 * but for a name that holds both an apostrophe and a control character, of
 * which ls makes another name, and the expected text is what bash takes back.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/quote.h"
#include "util/unicode.h"

static void
names_look_as_ls_shows_them(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "''" },
		{ "plain-1.2_x%+,:@].tar.gz", "plain-1.2_x%+,:@].tar.gz" },
		{ "/a/b", "/a/b" },
		{ "-rf", "-rf" },
		{ "na\xc3\xafve \xf0\x9f\x98\x80", "'na\xc3\xafve \xf0\x9f\x98\x80'" },
		{ "na\xc3\xafve", "na\xc3\xafve" },
		{ "two words", "'two words'" },
		{ "it's", "\"it's\"" },
		{ "it's $HOME", "'it'\\''s $HOME'" },
		{ "a'b#c", "'a'\\''b#c'" },
		{ "$HOME.txt", "'$HOME.txt'" },
		{ "{x}", "{x}" },
		{ "{", "'{'" },
		{ "#a", "'#a'" },
		{ "a#~", "a#~" },
		{ "~", "'~'" },
		{ "a\\b", "'a\\b'" },
		{ "a\nb", "'a'$'\\n''b'" },
		{ "\n", "''$'\\n'" },
		{ "\n'", "''$'\\n'\\'''" },
		{ "\x1b[31mred", "''$'\\033''[31mred'" },
		{ "a\xff\xfe" "b", "'a'$'\\377\\376''b'" },
		{ "\x01\x7f\t", "''$'\\001\\177\\t'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		quote_str(&b, pairs[i][0]);
		assert_string_equal(buf_str(&b), pairs[i][1]);
	}
}

static void
every_ascii_character_gets_its_quotes(void **state)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
	    "RSTUVWXYZ0123456789%+,-./:@]_{}#~";
	char name[3] = "x?";
	int c;

	(void)state;
	for (c = 1; c < 128; c++) {
		CLEAN_BUF struct buf b = {0};

		name[1] = (char)c;
		quote_str(&b, name);
		assert_int_equal(b.len == 2, strchr(bare, c) != NULL);
	}
}

static void
what_turns_text_around_is_escaped(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	quote_str(&b, "x\xe2\x80\xae" "gpj.exe");
	assert_string_equal(buf_str(&b), "'x'$'\\342\\200\\256''gpj.exe'");
}

/* Any bytes (but NUL, which names cannot hold) come out as one plain line. */
static void
nothing_leaves_its_line(void **state)
{
	CLEAN_BUF struct buf b = {0};
	unsigned char name[3] = { 'a', 0, 'b' };
	uint32_t cp;
	size_t i;
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		name[1] = (unsigned char)c;
		buf_reset(&b);
		quote_add(&b, (char *)name, 3);
		quote_text(&b, (char *)name, 3);
		assert_true(utf8_valid(b.data, b.len));
		for (i = 0; i < b.len; i += utf8_next(b.data + i, b.len - i, &cp))
			assert_true(b.data[i] >= 0x20 && b.data[i] != 0x7F);
	}
}

static void
long_names_lose_their_middle(void **state)
{
	char name[401], out[16];

	(void)state;
	memset(name, 'a', 200);
	memset(name + 200, 'z', 200);
	name[400] = '\0';
	errno = ENOSPC;
	assert_string_equal(quote_to(out, sizeof(out), name), "aaaaaa...zzzzzz");
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(quote_to(out, sizeof(out), "aaaaaaaaaaaaaaa"),
	    "aaaaaaaaaaaaaaa");
	assert_string_equal(quote_to(out, sizeof(out),
	    "aaaaa\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9zzzzz"),
	    "aaaaa...zzzzz");
}

static void
text_keeps_its_backslashes_and_loses_its_lines(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	quote_text(&b, "a\\b it's\n\x1b[0m\xc3\xa9\xff", 16);
	assert_string_equal(buf_str(&b), "a\\b it's\\n\\033[0m\xc3\xa9\\377");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_look_as_ls_shows_them),
		cmocka_unit_test(every_ascii_character_gets_its_quotes),
		cmocka_unit_test(what_turns_text_around_is_escaped),
		cmocka_unit_test(nothing_leaves_its_line),
		cmocka_unit_test(long_names_lose_their_middle),
		cmocka_unit_test(text_keeps_its_backslashes_and_loses_its_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
