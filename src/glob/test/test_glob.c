/*
 * test_glob.c -- patterns mean what organize and restic mean by them, and no
 * pattern can hang a run.
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

#include "glob/glob.h"
#include "util/err.h"

struct row {
	const char	*pattern, *text;
	int		 want;
};

static int
match_name(const char *pattern, const char *name, unsigned flags)
{
	struct glob *g;
	int r;

	assert_int_equal(glob_new(pattern, flags, &g, NULL), 0);
	r = glob_match(g, name, strlen(name));
	glob_free(g);
	return r;
}

static void
check_names(const struct row *rows, size_t n, unsigned flags)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (match_name(rows[i].pattern, rows[i].text, flags) !=
		    rows[i].want)
			fail_msg("'%s' and '%s': want %d", rows[i].pattern,
			    rows[i].text, rows[i].want);
}

/* Each row was put to Python's fnmatch.fnmatchcase. */
static void
names_as_python_matches_them(void **state)
{
	static const struct row rows[] = {
		{ "", "", 1 }, { "", "a", 0 }, { "a", "", 0 }, { "*", "", 1 },
		{ "?", "", 0 }, { "abc", "abc", 1 }, { "abc", "abcd", 0 },
		{ "*.jpg", "x.jpg", 1 }, { "*.jpg", ".jpg", 1 },
		{ "*.jpg", "x.JPG", 0 }, { "*.jpg", "x.jpg~", 0 },
		{ "a*b*c", "aXXbYYbZZc", 1 }, { "a*b*c", "acb", 0 },
		{ "**", "x", 1 }, { "*?*", "", 0 }, { "*?*", "x", 1 },
		{ "*", "a/b", 1 }, { "a?b", "a/b", 1 }, { "*", ".x", 1 },
		{ "~$*", "~$doc", 1 }, { "[abc]", "b", 1 },
		{ "[a-c]x", "cx", 1 }, { "[a-c]x", "dx", 0 },
		{ "[!a-c]", "d", 1 }, { "[!a-c]", "b", 0 },
		{ "[^a]", "^", 1 }, { "[^a]", "b", 0 }, { "[]]", "]", 1 },
		{ "[!]]", "]", 0 }, { "[!]]", "a", 1 }, { "[]-a]", "^", 1 },
		{ "[]-a]", "-", 0 }, { "[a-]", "-", 1 }, { "[-a]", "-", 1 },
		{ "[!-a]", "-", 0 }, { "[a-c-e]", "-", 1 },
		{ "[a-c-e]", "d", 0 }, { "[a-c-e]", "e", 1 },
		{ "[z-a]", "z", 0 }, { "[z-a]", "m", 0 }, { "[!z-a]", "m", 1 },
		{ "[*]", "*", 1 }, { "[*]", "a", 0 }, { "[?]", "a", 0 },
		{ "[", "[", 1 }, { "[a", "[a", 1 }, { "[!]", "[!]", 1 },
		{ "[]", "[]", 1 }, { "a[b", "ab", 0 }, { "[\\]", "\\", 1 },
		{ "\\*", "\\x", 1 }, { "\\*", "*", 0 }, { "[[]", "[", 1 },
		{ "[a-b-c-d]", "-", 1 }, { "[--0]", ".", 1 },
		{ "a\nb", "a\nb", 1 }, { "a?b", "a\nb", 1 },
	};

	(void)state;
	check_names(rows, sizeof(rows) / sizeof(rows[0]), 0);
}

/* A `?` is a character, not a byte; what is no UTF-8 goes byte by byte. */
static void
a_question_mark_is_a_character(void **state)
{
	static const struct row rows[] = {
		{ "?", "\xc3\xa9", 1 }, { "??", "\xc3\xa9", 0 },
		{ "?", "\xe2\x82\xac", 1 }, { "?", "\xf0\x9f\x98\x80", 1 },
		{ "[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", 1 },
		{ "[!\xc3\xa9]", "\xc3\xa8", 1 }, { "?", "\xe9", 1 },
		{ "??", "\xe9\xe8", 1 }, { "?", "\xe9\xe8", 0 },
		{ "??", "\xc3", 0 }, { "??", "\xc0\xaf", 1 },	/* overlong */
		{ "???", "\xed\xa0\x80", 1 },		/* a surrogate */
		{ "????", "\xf4\x90\x80\x80", 1 },	/* above U+10FFFF */
		{ "\xe9", "\xe9", 1 }, { "\xe9*", "\xe9x", 1 },
		{ "*\xa9", "\xc3\xa9", 0 },	/* no half characters */
		{ "*??", "\xe2\x82\xac", 0 },
	};

	(void)state;
	check_names(rows, sizeof(rows) / sizeof(rows[0]), 0);
}

static void
case_is_an_option(void **state)
{
	static const struct row rows[] = {
		{ "*.jpg", "X.JPG", 1 }, { "*.JPG", "x.jpg", 1 },
		{ "[A-C]", "b", 1 }, { "[!A-C]", "b", 0 }, { "[a-c]", "B", 1 },
		{ "\xc3\x84*", "\xc3\xa4pfel", 1 },	/* A-umlaut */
		{ "stra\xc3\x9f" "e", "STRA\xc3\x9f" "E", 1 },
		{ "\xe9", "\xc9", 0 },		/* bytes have no case */
	};

	(void)state;
	check_names(rows, sizeof(rows) / sizeof(rows[0]), GLOB_NOCASE);
}

static int
match_path(const char *pattern, const char *path, unsigned flags)
{
	struct glob_list *l = glob_list_new(flags);
	int r;

	assert_int_equal(glob_list_add(l, pattern, NULL), 0);
	r = glob_list_match(l, path, strlen(path));
	glob_list_free(l);
	return r;
}

/* restic's manual, 040_backup "Excluding Files", and corners of its code. */
static void
paths_as_restic_matches_them(void **state)
{
	static const struct row rows[] = {
		/* A part anywhere in the path, and all that lies below it. */
		{ "*.c", "/home/a/x.c", 1 }, { "*.c", "/home/a.c/x", 1 },
		{ "*.c", "/home/a/x.cc", 0 }, { "*", "/a", 1 },
		{ "node_modules", "/p/node_modules/x/y", 1 },
		{ "node_modules", "/p/node_modules2", 0 },
		{ "a/b", "/x/a/b/c", 1 }, { "a/b", "/x/a/y/b", 0 },
		{ "a/*/c", "/a/b/c", 1 }, { "a/*/c", "/a/b/b/c", 0 },
		{ "foo/", "/x/foo", 1 }, { "./foo", "/x/foo", 1 },
		{ "a//b", "/a/b", 1 }, { "a/../b", "/b", 1 },
		{ "*/b", "/b", 0 }, { "*/b", "/a/b", 1 },
		/* With a slash in front it begins at the root. */
		{ "/home", "/home/user", 1 }, { "/home", "/x/home", 0 },
		{ "/home", "home", 0 }, { "home", "home", 1 },
		{ "/home/*", "/home", 0 }, { "/home/*", "/home/u/x", 1 },
		{ "/home/*.c", "/home/u/x.c", 0 }, { "/", "/any/thing", 1 },
		{ "/", "any", 0 }, { "/..", "/a", 1 }, { "/../a", "/a", 1 },
		/* Two stars are any number of folders, also none. */
		{ "/**/foo", "/foo", 1 }, { "/**/foo", "/a/b/foo/c", 1 },
		{ "foo/**/bar", "/foo/bar", 1 },
		{ "foo/**/bar", "/x/foo/1/2/3/bar", 1 },
		{ "foo/**/bar", "/bar/foo", 0 }, { "**/x", "/x", 1 },
		{ "foo/**", "/a/foo", 1 }, { "foo/**", "/a/foo/b", 1 },
		{ "**", "/a", 1 }, { "**/**", "/a", 1 }, { "**", "a", 1 },
		{ "a/**/b/**/c", "/a/b/c", 1 },
		{ "a/**/b/**/c", "/a/x/b/y/z/c", 1 },
		{ "a/**/b/**/c", "/a/c/b", 0 },
		{ "/a/**/b/**/b", "/a/b", 0 }, { "a/**b", "/a/x/xb", 0 },
		{ "a/**b", "/a/xb", 1 }, { "/*/**/c", "/a/c", 1 },
		{ "**/*/c", "/c", 0 },
		/* Sets and escapes are Go's. */
		{ "[a-c]*", "/bx", 1 }, { "[^a-c]*", "/bx", 0 },
		{ "[!a]", "/!", 1 }, { "[!a]", "/b", 0 }, { "\\*", "/*", 1 },
		{ "\\*", "/a", 0 }, { "[\\]]", "/]", 1 }, { "[a\\-c]", "/b", 0 },
		{ "[a\\-c]", "/-", 1 }, { "[z-a]", "/m", 0 }, { "]", "/]", 1 },
		{ "\\!x", "/!x", 1 }, { "[[]", "/[", 1 },
		{ "?", "/\xc3\xa9", 1 }, { "??", "/\xc3\xa9", 0 },
		{ "*??", "/\xe2\x82\xac", 1 },	/* Go's star steps by bytes */
		{ "?", "/\xe9", 1 }, { "*.C", "/x.c", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (match_path(rows[i].pattern, rows[i].text, 0) !=
		    rows[i].want)
			fail_msg("'%s' and '%s': want %d", rows[i].pattern,
			    rows[i].text, rows[i].want);
	assert_true(match_path("*.C", "/x.c", GLOB_NOCASE));
	assert_true(match_path("/Home/[X-Z]", "/hOME/y/q", GLOB_NOCASE));
}

static void
the_last_word_counts(void **state)
{
	static const struct {
		const char	*patterns[4], *path;
		int		 want;
	} rows[] = {
		{ { "*.go", "!keep.go" }, "/a/x.go", 1 },
		{ { "*.go", "!keep.go" }, "/a/keep.go", 0 },
		{ { "!keep.go", "*.go" }, "/a/keep.go", 1 },
		{ { "*.go", "!keep.go", "/a" }, "/a/keep.go", 1 },
		{ { "/a/*", "!/a/b" }, "/a/b/c", 0 },
		{ { "!x" }, "/y", 0 }, { { "!x" }, "/x", 0 },
		{ { "*", "!*.c", "x.c" }, "/x.c", 1 },
		{ { "*", "!*.c", "x.c" }, "/y.c", 0 },
		{ { "", "a" }, "/a", 1 }, { { "" }, "/a", 0 },
		{ { "a" }, "", 0 },
	};
	struct glob_list *l;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = glob_list_new(0);
		for (j = 0; j < 4 && rows[i].patterns[j] != NULL; j++)
			assert_int_equal(glob_list_add(l, rows[i].patterns[j],
			    NULL), 0);
		if (glob_list_match(l, rows[i].path, strlen(rows[i].path)) !=
		    rows[i].want)
			fail_msg("row %zu: '%s'", i, rows[i].path);
		glob_list_free(l);
	}
}

/* What --include wants to know of a folder, as restic's ListWithChild says it. */
static void
what_may_match_below(void **state)
{
	static const struct {
		const char	*patterns[3], *path;
		int		 want;
	} rows[] = {
		{ { "/a/b/c" }, "/a", 1 }, { { "/a/b/c" }, "/a/b", 1 },
		{ { "/a/b/c" }, "/a/x", 0 }, { { "/a/b/c" }, "/b", 0 },
		{ { "/a/b" }, "/a/b/c", 1 }, { { "/a/b" }, "/a/c/b", 0 },
		{ { "b" }, "/a", 1 }, { { "*.c" }, "/a/b", 1 },
		{ { "/a/**/c" }, "/a/x/y", 1 }, { { "/a/**/c" }, "/b", 0 },
		{ { "/**/c" }, "/b", 1 }, { { "/" }, "/b", 1 },
		{ { "/a*/b" }, "/ax", 1 }, { { "/a*/b" }, "/x", 0 },
		{ { "/a", "!/a/b" }, "/a/b", 0 }, { { "/a", "!/a/b" }, "/a", 1 },
		{ { "!/a/b", "/a" }, "/a/b", 1 }, { { "" }, "/a", 0 },
		{ { "/x", "/a/b" }, "/a", 1 },
	};
	struct glob_list *l;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = glob_list_new(0);
		for (j = 0; j < 3 && rows[i].patterns[j] != NULL; j++)
			assert_int_equal(glob_list_add(l, rows[i].patterns[j],
			    NULL), 0);
		if (glob_list_below(l, rows[i].path, strlen(rows[i].path)) !=
		    rows[i].want)
			fail_msg("row %zu: '%s'", i, rows[i].path);
		glob_list_free(l);
	}
}

static void
ill_formed_patterns_are_refused(void **state)
{
	static const char *const bad[] = {
		"[", "a[", "[]", "[^]", "[a-]", "[-a]", "a/[b/c]", "x\\", "[\\",
		"[a", "[\xe9]", "a/b\\/c", "!x[",
	};
	char *big = malloc(GLOB_PATTERN_MAX + 2);
	struct glob_list *l = glob_list_new(0);
	struct glob *g;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(glob_list_add(l, "good", NULL), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err){0};
		if (glob_list_add(l, bad[i], &e) != -1)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	assert_true(glob_list_match(l, "/good", 5));
	assert_false(glob_list_match(l, "/a", 2));
	memset(big, 'a', GLOB_PATTERN_MAX + 1);
	big[GLOB_PATTERN_MAX + 1] = '\0';
	assert_int_equal(glob_list_add(l, big, NULL), -1);
	assert_int_equal(glob_new(big, 0, &g, NULL), -1);
	assert_null(g);
	free(big);
	glob_list_free(l);
}

/* A matcher that is slow and plainly right, for `*`, `?` and letters. */
static int
plainly(const char *p, const char *s)
{
	if (*p == '\0')
		return *s == '\0';
	if (*p == '*')
		return plainly(p + 1, s) || (*s != '\0' && plainly(p, s + 1));
	return *s != '\0' && (*p == '?' || *p == *s) && plainly(p + 1, s + 1);
}

static void
random_string(char *out, const char *alphabet, size_t max, unsigned *seed)
{
	size_t n = (size_t)rand_r(seed) % max, i;

	for (i = 0; i < n; i++)
		out[i] = alphabet[(size_t)rand_r(seed) % strlen(alphabet)];
	out[n] = '\0';
}

static void
random_patterns_agree(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	char p[9], s[13];
	int i;

	(void)state;
	print_message("# seed %u\n", seed);
	for (i = 0; i < 50000; i++) {
		random_string(p, "ab*?", sizeof(p), &seed);
		random_string(s, "ab", sizeof(s), &seed);
		if (match_name(p, s, 0) != plainly(p, s))
			fail_msg("'%s' and '%s'", p, s);
		if (p[0] != '\0' && s[0] != '\0' && strcmp(p, "**") != 0 &&
		    match_path(p, s, 0) != plainly(p, s))
			fail_msg("path '%s' and '%s'", p, s);
	}
}

/* The longest patterns with the most stars.  A matcher that tries every way
 * would not end; the test's own time limit is the judge. */
static void
no_pattern_explodes(void **state)
{
	static char pattern[GLOB_PATTERN_MAX + 1], text[4096];
	struct glob_list *l = glob_list_new(GLOB_NOCASE);
	size_t i;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	for (i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[GLOB_PATTERN_MAX - 1] = 'b';
	assert_false(match_name(pattern, text, GLOB_NOCASE));

	for (i = 0; i + 5 < sizeof(pattern); i += 5)
		memcpy(pattern + i, "**/a/", 5);
	memcpy(pattern + i, "b", 2);
	for (i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "/a", 2);
	text[i] = '\0';
	assert_int_equal(glob_list_add(l, pattern, NULL), 0);
	assert_false(glob_list_match(l, text, strlen(text)));
	glob_list_free(l);
}

/* find enters only folders below which something may match; one that is left
 * out wrongly is a file that is not found. */
static void
folders_that_may_hold_a_match(void **state)
{
	static const struct row rows[] = {
		{ "a", "/any/where", 1 }, { "/a/b/c", "/a", 1 },
		{ "/a/b/c", "/a/b", 1 }, { "/a/b/c", "/a/b/c", 1 },
		{ "/a/b/c", "/a/b/c/d", 1 }, { "/a/b/c", "/b", 0 },
		{ "/a/b/c", "/a/c", 0 }, { "/a/b/c", "/ab", 0 },
		{ "/a/*/c", "/a/x", 1 }, { "/a/*/c", "/a/x/c/d", 1 },
		{ "/a/*/c", "/a/x/d", 0 }, { "/a/**/c", "/a/x/y/z", 1 },
		{ "/a/**/c", "/b", 0 }, { "/**/c", "/b/d", 1 },
		{ "/", "/b", 1 }, { "/a", "a", 0 },
	};
	struct glob_list *l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		l = glob_list_new(0);
		assert_int_equal(glob_list_add(l, rows[i].pattern, NULL), 0);
		if (glob_list_below(l, rows[i].text, strlen(rows[i].text)) !=
		    rows[i].want)
			fail_msg("'%s' below '%s': want %d", rows[i].pattern,
			    rows[i].text, rows[i].want);
		glob_list_free(l);
	}
	l = glob_list_new(0);
	assert_int_equal(glob_list_add(l, "/x", NULL), 0);
	assert_int_equal(glob_list_add(l, "/y/z", NULL), 0);
	assert_true(glob_list_below(l, "/y", 2));
	assert_false(glob_list_below(l, "/z", 2));
	glob_list_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_as_python_matches_them),
		cmocka_unit_test(a_question_mark_is_a_character),
		cmocka_unit_test(case_is_an_option),
		cmocka_unit_test(paths_as_restic_matches_them),
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(what_may_match_below),
		cmocka_unit_test(folders_that_may_hold_a_match),
		cmocka_unit_test(ill_formed_patterns_are_refused),
		cmocka_unit_test(random_patterns_agree),
		cmocka_unit_test(no_pattern_explodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
