/*
 * test_regex.c -- patterns mean what Python's re means by them, faults are
 * pointed at, and no pattern can hang a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regex/regex.h"
#include "util/err.h"

static struct regex *
compiled(const char *pattern, unsigned flags)
{
	struct regex *re;
	struct err e = {0};

	if (regex_new(pattern, flags, &re, NULL, &e) < 0)
		fail_msg("'%s': %s", pattern, e.text);
	return re;
}

/* The whole match, or NULL; the text is compared, so it must outlive. */
static int
finds(const char *pattern, unsigned flags, const char *text, const char *want)
{
	struct regex *re = compiled(pattern, flags);
	struct regex_match *m = regex_match_new(re);
	const char *got = NULL;
	size_t len = 0;
	int r, same;

	r = regex_search(re, text, strlen(text), m, NULL);
	assert_int_not_equal(r, -1);
	got = regex_value(m, 0, &len);
	assert_int_equal(r, got != NULL);
	same = want == NULL ? got == NULL : got != NULL &&
	    len == strlen(want) && memcmp(got, want, len) == 0;
	regex_match_free(m);
	regex_free(re);
	return same;
}

/* Each row was put to Python's re.search. */
static void
found_as_python_finds(void **state)
{
	static const struct {
		const char	*pattern, *text, *want;
	} rows[] = {
		{ "", "abc", "" }, { "b", "abc", "b" }, { "^b", "abc", NULL },
		{ "c$", "abc", "c" }, { "c$", "abc\n", "c" },
		{ "c\\Z", "abc\n", NULL }, { "c\\Z", "abc", "c" },
		{ "\\Ab", "abc", NULL }, { ".+", "ab\ncd", "ab" },
		{ ".+", "ab\rcd", "ab\rcd" }, { "(?s).+", "ab\ncd", "ab\ncd" },
		{ "(?m)^c", "ab\ncd", "c" }, { "(?i)B", "abc", "b" },
		{ "a{,2}b", "aaab", "aab" }, { "a{,}b", "aaab", "aaab" },
		{ "a{,x}", "a{,x}", "a{,x}" }, { "[a{,2}]+", "{,2a}", "{,2a}" },
		{ "\\{,2}", "{,2}", "{,2}" }, { "x{2,}", "xxx", "xxx" },
		{ "\\u00e9", "caf\xc3\xa9", "\xc3\xa9" },
		{ "[\\u00e0-\\u00ff]+", "caf\xc3\xa9", "\xc3\xa9" },
		{ "\\U0001F600", "x\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\\xe9", "caf\xc3\xa9", "\xc3\xa9" }, { "\\\\u", "\\u", "\\u" },
		{ "\\w+", "\xc3\xa4pfel", "\xc3\xa4pfel" },
		{ "(?i)\xc3\x84", "\xc3\xa4", "\xc3\xa4" },
		{ "\\d+", "no \xd9\xa3", "\xd9\xa3" },	/* ARABIC-INDIC 3 */
		{ "caf.$", "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "[]a]+", "x]a", "]a" }, { "[^]a]+", "x]a", "x" },
		{ "[\\]Z]+", "x]Z", "]Z" }, { "(a|b)\\1", "abb", "bb" },
		{ "(?P<x>a)(?P=x)", "baa", "aa" }, { "(?:ab)+?", "abab", "ab" },
		{ "a(?=b)", "acab", "a" }, { "(?<!a)b", "abb", "b" },
		{ "(?<=\\d{3})x", "12x123x", "x" }, { "a++b", "aaab", "aaab" },
		{ "(?x) a b # c\n", "ab", "ab" }, { "(?#no)b", "ab", "b" },
		{ "(\\d{4})-(\\d\\d)", "IMG 2026-11-22", "2026-11" },
		{ "\\bfoo\\b", "a foo b", "foo" }, { "\\Bo", "foo", "o" },
		{ "a|ab", "ab", "a" }, { "\\x41\\t\\n", "A\t\n", "A\t\n" },
		{ "(a)?(?(1)b|c)", "c", "c" }, { "$", "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!finds(rows[i].pattern, 0, rows[i].text, rows[i].want))
			fail_msg("'%s' in '%s'", rows[i].pattern, rows[i].text);
	assert_true(finds("\xc3\x84.JPG", REGEX_NOCASE, "\xc3\xa4.jpg",
	    "\xc3\xa4.jpg"));
	assert_true(finds("a.jpg", 0, "A.jpg", NULL));
}

static void
groups_are_named_and_valued(void **state)
{
	static const char text[] = "Invoice no. 4711 of ACME";
	struct regex *re = compiled("no\\. (?P<number>\\d+)( paid)?"
	    "( of (?P<who>\\w+))?()", 0);
	struct regex_match *m = regex_match_new(re);
	const char *v;
	size_t len;

	(void)state;
	assert_int_equal(regex_groups(re), 5);
	assert_string_equal(regex_name(re, 1), "number");
	assert_null(regex_name(re, 0));
	assert_null(regex_name(re, 2));
	assert_string_equal(regex_name(re, 4), "who");
	assert_null(regex_name(re, 6));
	assert_int_equal(regex_number(re, "who"), 4);
	assert_int_equal(regex_number(re, "whom"), 0);

	assert_int_equal(regex_search(re, text, strlen(text), m, NULL), 1);
	v = regex_value(m, 1, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(v, "4711", 4);
	assert_null(regex_value(m, 2, &len));	/* it had no part */
	v = regex_value(m, 4, &len);
	assert_ptr_equal(v, text + 20);
	v = regex_value(m, 5, &len);		/* empty is not absent */
	assert_non_null(v);
	assert_int_equal(len, 0);
	assert_null(regex_value(m, 6, &len));

	/* A search that finds nothing leaves nothing of the last one. */
	assert_int_equal(regex_search(re, "no", 2, m, NULL), 0);
	assert_null(regex_value(m, 0, &len));
	regex_match_free(m);
	regex_free(re);
}

static void
faults_are_pointed_at(void **state)
{
	static const struct {
		const char	*pattern;
		size_t		 offset;
	} rows[] = {
		{ "ab(cd", 5 }, { "a)b", 1 }, { "[abc", 4 }, { "*a", 0 },
		{ "a**b\\", 2 }, { "(?P<n>a)(?P<n>b)", 14 },
		{ "\\u00e9\\u00e9(", 13 },	/* in the user's own count */
		{ "a{,3}{,3}x)", 8 }, { "(?P<1a>b)", 4 }, { "x\\C", 3 },
		{ "\\Z\\Z[", 5 }, { "\xff", 0 }, { "(?P<a>x", 7 },
		{ "(?z)", 2 }, { "\\q", 1 }, { "(?P=no)", 4 },
	};
	struct regex *re;
	size_t i, offset;
	struct err e;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct err){0};
		if (regex_new(rows[i].pattern, 0, &re, &offset, &e) != -1)
			fail_msg("'%s' was taken", rows[i].pattern);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_null(re);
		if (offset != rows[i].offset)
			fail_msg("'%s' at %zu, want %zu: %s", rows[i].pattern,
			    offset, rows[i].offset, e.text);
	}
}

static void
bytes_that_are_no_text_are_passed_over(void **state)
{
	(void)state;
	assert_true(finds("b.*", 0, "\xff\xfe" "abc", "bc"));
	assert_true(finds("a.b", 0, "a\xff" "b", NULL));
	assert_true(finds("a.", 0, "a\xc3", NULL));
	assert_true(finds("^b", 0, "\xff" "b", NULL));
	assert_true(finds("[^x]+$", 0, "ab\xc3\x28" "c", "(c"));
	assert_true(finds("\xc3\xa9", 0, "\xa9\xc3\xa9", "\xc3\xa9"));
}

/* Patterns that would try for ages end in an error; the test's own time
 * limit is the judge. */
static void
costly_searches_give_up(void **state)
{
	static const char *const costly[] = {
		"(a+)+$", "(a*)*b", "(a|aa)+$", "(?:a?){30}a{30}$",
		"([a-z]+)*=", "(.*.*.*.*.*)*x",
	};
	char text[200];
	struct regex_match *m;
	struct regex *re;
	struct err e;
	size_t i;
	int r, gave_up = 0;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '!';
	for (i = 0; i < sizeof(costly) / sizeof(costly[0]); i++) {
		re = compiled(costly[i], 0);
		m = regex_match_new(re);
		e = (struct err){0};
		r = regex_search(re, text, sizeof(text), m, &e);
		assert_int_not_equal(r, 1);
		assert_int_equal(e.kind, r == 0 ? ERR_NONE : ERR_USAGE);
		assert_true(i > 0 || r == -1);
		gave_up += r == -1;
		regex_match_free(m);
		regex_free(re);
	}
	/* Some PCRE2 sees to have no match at once, not all. */
	assert_true(gave_up >= 2);
}

/* A text that needs more stack than the just-in-time code has goes on in the
 * interpreter, within REGEX_HEAP. */
static void
deep_searches_stay_within_memory(void **state)
{
	size_t small = 20000, big = 4u << 20, len;
	struct regex *re = compiled("^(?:(a)|b)*$", 0);
	struct regex_match *m = regex_match_new(re);
	char *text = malloc(big);
	struct err e = {0};

	(void)state;
	memset(text, 'a', big);
	assert_int_equal(regex_search(re, text, small, m, &e), 1);
	assert_non_null(regex_value(m, 0, &len));
	assert_int_equal(len, small);
	assert_int_equal(regex_search(re, text, big, m, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_null(regex_value(m, 0, &len));
	assert_int_equal(regex_search(re, text, 3, m, &e), 1);
	free(text);
	regex_match_free(m);
	regex_free(re);
}

static void
sizes_are_bounded(void **state)
{
	char *big = malloc(REGEX_PATTERN_MAX + 2);
	struct regex *re;
	size_t offset = 0;
	struct err e = {0};

	(void)state;
	memset(big, 'a', REGEX_PATTERN_MAX + 1);
	big[REGEX_PATTERN_MAX + 1] = '\0';
	assert_int_equal(regex_new(big, 0, &re, &offset, &e), -1);
	assert_int_equal(offset, REGEX_PATTERN_MAX);
	big[REGEX_PATTERN_MAX] = '\0';
	assert_int_equal(regex_new(big, 0, &re, &offset, &e), 0);
	regex_free(re);
	memset(big, '(', REGEX_PATTERN_MAX);
	assert_int_equal(regex_new(big, 0, &re, &offset, &e), -1);
	assert_int_equal(regex_new("((a{1000}){1000}){1000}", 0, &re, NULL,
	    &e), -1);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_as_python_finds),
		cmocka_unit_test(groups_are_named_and_valued),
		cmocka_unit_test(faults_are_pointed_at),
		cmocka_unit_test(bytes_that_are_no_text_are_passed_over),
		cmocka_unit_test(costly_searches_give_up),
		cmocka_unit_test(deep_searches_stay_within_memory),
		cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
