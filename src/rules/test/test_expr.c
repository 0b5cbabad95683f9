/*
 * Expressions: what Jinja and Python would give, faults where they stand, and
 * bounds that hold whatever is written.
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

#include "rules/expr/expr.h"
#include "util/clean.h"
#include "util/xalloc.h"

/* Names: a text, a missing one, a map of anything, a time, paths. */
enum { TEXT, GONE, TREE, WHEN, FILE_, NUMBER, REAL };

static int
tree_get(struct expr_run *run, const struct expr_value *map, const char *key,
    size_t len, struct expr_value *out)
{
	static const struct expr_map leaf = { .said = "tree", .get = tree_get };

	(void)run;
	*out = expr_text("Canon EOS", 9);
	if (map->self != NULL)
		return len == 5 && memcmp(key, "model", 5) == 0;
	if (len != 5 || memcmp(key, "image", 5) != 0)
		return 0;
	*out = (struct expr_value){ .type = EXPR_MAP, .map = &leaf,
	    .self = "image" };
	return 1;
}

static const struct expr_map tree = { .said = "tree", .get = tree_get };
static const struct expr_name names[] = {
	{ "text", EXPR_TEXT, TEXT, 0, NULL },
	{ "gone", EXPR_TEXT, GONE, 0, NULL },
	{ "tree", EXPR_MAP, TREE, 0, &tree },
	{ "when", EXPR_TIME, WHEN, 1, NULL },
	{ "file", EXPR_PATH, FILE_, 0, NULL },
	{ "number", EXPR_INT, NUMBER, 0, NULL },
	{ "real", EXPR_FLOAT, REAL, 0, NULL },
	{ 0 },
};
static const struct expr_scope scope = { .names = names };
static const char *text = "Hello World", *file = "/home/me/a.tar.gz";

static int
value(struct expr_run *run, unsigned id, struct expr_value *out)
{
	(void)run;
	switch (id) {
	case TEXT:
		*out = expr_text(text, strlen(text));
		return 1;
	case TREE:
		*out = (struct expr_value){ .type = EXPR_MAP, .map = &tree };
		return 1;
	case WHEN:
		*out = (struct expr_value){ .type = EXPR_TIME, .aware = 1,
		    .n = INT64_C(1704067200) * 1000000000 + 250000000 };
		return 1;
	case FILE_:
		*out = expr_path(file, strlen(file));
		out->from = EXPR_WRITTEN;
		return 1;
	case NUMBER:
		*out = expr_int(-7);
		return 1;
	case REAL:
		*out = expr_float(2.5);
		return 1;
	}
	return 0;
}

/* 0 and what is printed; -1: it was refused; -2: it failed; 1: missing. */
static int
work_out(const char *s, size_t len, struct buf *out, struct expr_fault *f,
    struct err *e)
{
	CLEAN_ARENA struct arena own = {0};
	struct expr_run *run;
	struct expr_value v;
	struct expr *x;
	size_t used;
	int rc;

	*e = (struct err){0};
	buf_reset(out);
	if (expr_parse(s, len, &scope, &own, &x, &used, f, e) < 0)
		return -1;
	run = expr_run_new();
	run->value = value;
	run->e = e;
	expr_run_begin(run);
	rc = expr_eval(run, x, &v);
	if (rc == 0 && v.type == EXPR_MISSING)
		rc = 1;
	else if (rc == 0)
		expr_print(&v, out);
	expr_run_free(run);
	return rc < 0 ? -2 : rc;
}

static int
of(const char *s, struct buf *out, struct expr_fault *f, struct err *e)
{
	CLEAN_FREE char *braced = xasprintf("%s}", s);

	return work_out(braced, strlen(braced), out, f, e);
}

struct pair {
	const char	*expr, *want;
};

static void
all_give(const struct pair *v, size_t n)
{
	CLEAN_BUF struct buf b = {0};
	struct expr_fault f;
	struct err e;

	for (size_t i = 0; i < n; i++) {
		if (of(v[i].expr, &b, &f, &e) != 0)
			fail_msg("%s: %s", v[i].expr, e.text);
		if (strcmp(buf_str(&b), v[i].want) != 0)
			fail_msg("%s gives %s, not %s", v[i].expr,
			    buf_str(&b), v[i].want);
	}
}

#define GIVE(v)	all_give(v, sizeof(v) / sizeof(v[0]))

/* Each was worked out by Python 3.11 with Jinja 3.1. */
static void
operators_are_pythons(void **state)
{
	static const struct pair v[] = {
		{ "1 + 2 * 3", "7" }, { "(1 + 2) * 3", "9" },
		{ "2 ** 3 ** 2", "64" }, { "-2 ** 2", "4" },
		{ "7 // 2", "3" }, { "-7 // 2", "-4" }, { "7 // -2", "-4" },
		{ "-7 % 3", "2" }, { "7 % -3", "-2" }, { "7 / 2", "3.5" },
		{ "6 / 3", "2.0" }, { "1_000 + 1", "1001" },
		{ "2 ** -1", "0.5" }, { "number // 2", "-4" },
		{ "real * 2", "5.0" }, { "7.5 // 2", "3.0" },
		{ "1 if false else 0.1 + 0.2", "0.30000000000000004" },
		{ "1.0 * 10 ** 16", "1e+16" }, { "0.00001 * 1", "1e-05" },
		{ "'a' + 'b'", "ab" }, { "'a' * 3", "aaa" }, { "2 * 'ab'", "abab" },
		{ "1 ~ 'a' ~ 2.0 ~ true ~ none", "1a2.0TrueNone" },
		{ "(1 + 1) ~ 2", "22" }, { "'x' 'y' \"z\"", "xyz" },
		{ "1 < 2 < 3", "True" }, { "1 < 3 < 2", "False" },
		{ "1 == 1.0", "True" }, { "'a' == 'b'", "False" },
		{ "'a' < 'b'", "True" }, { "'b' in 'abc'", "True" },
		{ "'x' not in ['x', 'y']", "False" }, { "2 in [1, 2]", "True" },
		{ "1 == 'a'", "False" }, { "not 0", "True" },
		{ "not 1 == 2", "True" }, { "0 or 'x'", "x" },
		{ "'a' and 'b'", "b" }, { "'' or 0 or 'z'", "z" },
		{ "1 if 2 > 1 else 3", "1" }, { "1 if 0 else 3", "3" },
		{ "'x' if 0", "" }, { "1 if 0 else 2 if 0 else 3", "3" },
		{ "[1, 'a', none]", "[1, 'a', None]" }, { "[]", "[]" },
		{ "(1,)", "(1,)" }, { "[1] + [2]", "[1, 2]" },
		{ "\"it's\" ~ [\"it's\", 'q\"']", "it's[\"it's\", 'q\"']" },
		{ "'\\x41\\u00e4\\t\\n\\q'", "A\xc3\xa4\t\n\\q" },
		{ "[1, [2, 3]][1][0]", "2" }, { "[1, 2] < [1, 3]", "True" },
		{ "+number", "-7" }, { "--1", "1" },
		{ "true and false", "False" }, { "True == 1", "True" },
	};

	(void)state;
	GIVE(v);
}

static void
slices_are_pythons(void **state)
{
	static const struct pair v[] = {
		{ "text[0]", "H" }, { "text[-1]", "d" }, { "text[1:4]", "ell" },
		{ "text[:5]", "Hello" }, { "text[6:]", "World" },
		{ "text[::-1]", "dlroW olleH" }, { "text[::2]", "HloWrd" },
		{ "text[-5:-1]", "Worl" }, { "text[9:2]", "" },
		{ "text[9:2:-3]", "lWl" }, { "text[100:]", "" },
		{ "text[:-100]", "" }, { "text[-100:3]", "Hel" },
		{ "'\xc3\xa4\xc3\xb6\xc3\xbc'[1]", "\xc3\xb6" },
		{ "'\xc3\xa4\xc3\xb6\xc3\xbc'[::-1]",
		    "\xc3\xbc\xc3\xb6\xc3\xa4" },
		{ "[1,2,3,4][1:3]", "[2, 3]" }, { "[1,2,3][::-1]", "[3, 2, 1]" },
		{ "text.split()[1]", "World" }, { "text.split('o')[-1]", "rld" },
	};

	(void)state;
	GIVE(v);
}

static void
methods_are_pythons(void **state)
{
	static const struct pair v[] = {
		{ "text.upper()", "HELLO WORLD" }, { "text.lower()", "hello world" },
		{ "text.swapcase()", "hELLO wORLD" },
		{ "'hello WORLD'.capitalize()", "Hello world" },
		{ "\"they're bill's\".title()", "They'Re Bill'S" },
		{ "text.replace('o', '0')", "Hell0 W0rld" },
		{ "text.replace('o', '0', 1)", "Hell0 World" },
		{ "'abc'.replace('', '-')", "-a-b-c-" },
		{ "'abc'.replace('', '-', 2)", "-a-bc" },
		{ "''.replace('', '-')", "-" },
		{ "'  x '.strip() ~ '|'", "x|" }, { "'xxaxx'.strip('x')", "a" },
		{ "' x '.lstrip() ~ '|'", "x |" }, { "' x '.rstrip() ~ '|'", " x|" },
		{ "'a,b,,c'.split(',')", "['a', 'b', '', 'c']" },
		{ "'a,b,c'.split(',', 1)", "['a', 'b,c']" },
		{ "' a  b '.split()", "['a', 'b']" },
		{ "'a b c'.split(maxsplit=1)", "['a', 'b c']" },
		{ "'a,b,c'.rsplit(',', 1)", "['a,b', 'c']" },
		{ "'a-b-c'.partition('-')", "('a', '-', 'b-c')" },
		{ "'a-b-c'.rpartition('-')", "('a-b', '-', 'c')" },
		{ "'abc'.rpartition('-')", "('', '', 'abc')" },
		{ "'a\\nb\\r\\nc'.splitlines()", "['a', 'b', 'c']" },
		{ "text.startswith('Hell')", "True" },
		{ "text.startswith(('x', 'H'))", "True" },
		{ "text.endswith('x')", "False" }, { "text.find('o')", "4" },
		{ "text.rfind('o')", "7" }, { "text.find('x')", "-1" },
		{ "text.count('l')", "3" }, { "text.index('W')", "6" },
		{ "'7'.zfill(3)", "007" }, { "'-7'.zfill(4)", "-007" },
		{ "'a'.center(5, '*')", "**a**" }, { "'ab'.center(5, '*')", "**ab*" },
		{ "'a'.ljust(3) ~ '|'", "a  |" }, { "'a'.rjust(3, '0')", "00a" },
		{ "'-'.join(['a', 'b'])", "a-b" }, { "'123'.isdigit()", "True" },
		{ "'12a'.isdigit()", "False" }, { "''.isdigit()", "False" },
		{ "'a1'.isalnum()", "True" }, { "'AB'.isupper()", "True" },
		{ "'Ab'.islower()", "False" }, { "' \\t'.isspace()", "True" },
		{ "'test_x.py'.removeprefix('test_').removesuffix('.py')", "x" },
		{ "'\xc3\xa4'.upper()", "\xc3\x84" },
	};

	(void)state;
	GIVE(v);
}

static void
filters_are_jinjas(void **state)
{
	static const struct pair v[] = {
		{ "text|upper", "HELLO WORLD" }, { "text | lower | title", "Hello World" },
		{ "'foo-bar (baz)'|title", "Foo-Bar (Baz)" },
		{ "text|replace('l', 'L')", "HeLLo WorLd" },
		{ "text|length", "11" }, { "[1,2]|count", "2" },
		{ "'42'|int + 1", "43" }, { "'x'|int", "0" }, { "'x'|int(-1)", "-1" },
		{ "'42.9'|int", "42" }, { "3.99|int", "3" }, { "'ff'|int(base=16)", "255" },
		{ "'1.5'|float", "1.5" }, { "'x'|float", "0.0" },
		{ "2.5|round", "2.0" }, { "3.5|round", "4.0" }, { "7|round", "7" },
		{ "42.55|round(1)", "42.5" }, { "42.55|round(1, 'floor')", "42.5" },
		{ "42.12|round(1, 'ceil')", "42.2" }, { "-3|abs", "3" },
		{ "number|abs", "7" }, { "[1,2,3]|join('-')", "1-2-3" },
		{ "['a','b']|join", "ab" }, { "'abc'|join('.')", "a.b.c" },
		{ "' x '|trim ~ '|'", "x|" }, { "'xax'|trim('x')", "a" },
		{ "'foo bar baz qux'|truncate(9)", "foo..." },
		{ "'foo bar baz qux'|truncate(9, true)", "foo ba..." },
		{ "'foo bar baz qux'|truncate(11)", "foo bar baz qux" },
		{ "'foo bar baz qux'|truncate(11, leeway=0)", "foo bar..." },
		{ "'foo bar'|truncate(5, killwords=true, end='', leeway=0)", "foo b" },
		{ "gone|default('x')", "x" }, { "gone|d('y')", "y" },
		{ "gone|default ~ '|'", "|" }, { "''|default('x')", "" },
		{ "''|default('x', true)", "x" }, { "text|default('x')", "Hello World" },
		{ "tree.lens|default('none')", "none" },
		{ "tree.lens.name|default('none')", "none" },
		{ "[3,1,2]|sort", "[1, 2, 3]" }, { "['b','A']|sort", "['A', 'b']" },
		{ "['b','A']|sort(true)", "['b', 'A']" }, { "[1,2,1]|unique", "[1, 2]" },
		{ "[3,1,2]|min", "1" }, { "['a','B']|max", "B" }, { "[1,2,3]|sum", "6" },
		{ "[1,2]|first", "1" }, { "'abc'|last", "c" }, { "'abc'|reverse", "cba" },
		{ "[1,2]|reverse", "[2, 1]" }, { "'abc'|list", "['a', 'b', 'c']" },
		{ "'%s-%03d'|format('a', 7)", "a-007" }, { "'a b'|wordcount", "2" },
		{ "1300|filesizeformat", "1.3 kB" },
		{ "1300|filesizeformat(true)", "1.3 KiB" },
		{ "'x'|center(5) ~ '|'", "  x  |" }, { "5|string ~ 'x'", "5x" },
		{ "-7|abs ~ 'x'", "7x" }, { "1 + '2'|int", "3" },
	};

	(void)state;
	GIVE(v);
}

static void
formats_are_pythons(void **state)
{
	static const struct pair v[] = {
		{ "'%d' % 5", "5" }, { "'%03d' % 7", "007" },
		{ "'%-4d|' % 7", "7   |" }, { "'%+d' % 7", "+7" },
		{ "'%x %X %o' % (255, 255, 8)", "ff FF 10" },
		{ "'%.2f' % 3.14159", "3.14" }, { "'%5.1f|' % 2.25", "  2.2|" },
		{ "'%s' % text", "Hello World" }, { "'%r' % 'a'", "'a'" },
		{ "'%5s|%-5s|' % ('a', 'b')", "    a|b    |" },
		{ "'%.2s' % 'abc'", "ab" }, { "'100%%' % ()", "100%" },
		{ "'%c%c' % ('a', 66)", "aB" }, { "'%d' % 3.9", "3" },
		{ "'%e' % 1234.5", "1.234500e+03" }, { "'%s' % [1]", "[1]" },
		{ "'%3s|' % '\xc3\xa4'", "  \xc3\xa4|" },
	};

	(void)state;
	GIVE(v);
}

static void
tests_are_jinjas(void **state)
{
	static const struct pair v[] = {
		{ "gone is defined", "False" }, { "gone is undefined", "True" },
		{ "text is defined", "True" }, { "gone is not defined", "True" },
		{ "tree.image.model is defined", "True" },
		{ "tree.image.make is defined", "False" },
		{ "none is none", "True" }, { "4 is even", "True" },
		{ "4 is odd", "False" }, { "9 is divisibleby 3", "True" },
		{ "9 is divisibleby(2)", "False" }, { "text is string", "True" },
		{ "4 is number and 4.5 is number", "True" },
		{ "'A' is upper", "True" }, { "2 is in [1, 2]", "True" },
		{ "'x' if gone is defined else 'y'", "y" },
		{ "3 is eq 3", "True" }, { "true is boolean", "True" },
	};

	(void)state;
	GIVE(v);
}

static void
times_are_pythons(void **state)
{
	static const struct pair v[] = {
		{ "when", "2024-01-01 01:00:00.250000+01:00" },
		{ "when()", "2024-01-01 01:00:00.250000+01:00" },
		{ "when.date()", "2024-01-01" }, { "when.time()", "01:00:00.250000" },
		{ "when.timestamp()", "1704067200.25" },
		{ "when.timestamp() | int", "1704067200" },
		{ "when.isoformat()", "2024-01-01T01:00:00.250000+01:00" },
		{ "when.date().isoformat()", "2024-01-01" },
		{ "when.weekday() ~ when.isoweekday()", "01" },
		{ "when.strftime('%Y-%m-%d %H:%M:%S.%f')",
		    "2024-01-01 01:00:00.250000" },
		{ "when.date().strftime('%A %j')", "Monday 001" },
		{ "when.time().strftime('%H%M')", "0100" },
		{ "when.ctime()", "Mon Jan  1 01:00:00 2024" },
		{ "when.year ~ '%02d' % when.month", "202401" },
		{ "(when - when).days", "0" }, { "when - when", "0:00:00" },
		{ "(when.date() - when.date()).total_seconds()", "0.0" },
		{ "when.date() == when.date()", "True" },
		{ "when.strftime('%Y')|int - 1", "2023" },
	};

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	GIVE(v);
}

static void
paths_are_pathlibs(void **state)
{
	static const struct pair v[] = {
		{ "file.name", "a.tar.gz" }, { "file.stem", "a.tar" },
		{ "file.suffix", ".gz" }, { "file.suffixes", "['.tar', '.gz']" },
		{ "file.parent", "/home/me" }, { "file.parent.name", "me" },
		{ "file.parts", "('/', 'home', 'me', 'a.tar.gz')" },
		{ "file.parents[1]", "/home" }, { "file.parents|length", "3" },
		{ "file.with_suffix('.bz2')", "/home/me/a.tar.bz2" },
		{ "file.with_suffix('')", "/home/me/a.tar" },
		{ "file.with_name('b')", "/home/me/b" },
		{ "file.with_stem('b')", "/home/me/b.gz" },
		{ "file.parent / 'x'", "/home/me/x" },
		{ "file.parent.joinpath('x')", "/home/me/x" },
		{ "file.relative_to('/home')", "me/a.tar.gz" },
		{ "file.is_relative_to('/etc')", "False" },
		{ "file.as_posix().upper()", "/HOME/ME/A.TAR.GZ" },
		{ "file|string|replace('/', ':')", ":home:me:a.tar.gz" },
		{ "file.anchor", "/" }, { "file.is_absolute()", "True" },
	};

	(void)state;
	GIVE(v);
}

static void
members_are_found_by_name_and_by_item(void **state)
{
	static const struct pair v[] = {
		{ "tree.image.model", "Canon EOS" },
		{ "tree['image']['model']", "Canon EOS" },
		{ "tree.image['model'].upper()", "CANON EOS" },
		{ "tree.image.model.split()[0]", "Canon" },
		{ "'model' in tree.image", "True" },
		{ "'image' in tree and 'x' not in tree", "True" },
	};

	(void)state;
	GIVE(v);
}

struct fault_case {
	const char	*expr, *word;
	size_t		 at;
	const char	*near;
};

static void
faults_stand_where_they_are(void **state)
{
	static const struct fault_case v[] = {
		{ "txt", "unknown placeholder 'txt'", 0, "text" },
		{ "1 + txt", "unknown placeholder", 4, "text" },
		{ "text.uper()", "has no 'uper'", 5, "upper" },
		{ "text | uper", "unknown filter", 7, "upper" },
		{ "text is strng", "unknown test", 8, "string" },
		{ "file.nam", "has no 'nam'", 5, "name" },
		{ "when.yaer", "has no 'yaer'", 5, "year" },
		{ "text.upper", "needs its ()", 5, NULL },
		{ "file.name()", "takes no ()", 5, NULL },
		{ "text()", "takes no ()", 0, NULL },
		{ "1 +", "was expected before the end", 3, NULL },
		{ "(1", "')' was expected", 2, NULL },
		{ "[1, 2", "']' was expected", 5, NULL },
		{ "'abc", "closing '", 0, NULL },
		{ "1 $ 2", "means nothing", 2, NULL },
		{ "99999999999999999999", "too large", 0, NULL },
		{ "1 / 0", "division by 0", 0, NULL },
		{ "9223372036854775807 + 1", "too large", 0, NULL },
		{ "10 ** 30", "too large", 0, NULL },
		{ "'a' + 1", "'~' joins anything", 0, NULL },
		{ "1 2", "operator", 2, NULL },
		{ "text|", "filter's name", 5, NULL },
		{ "text.", "name behind '.'", 5, NULL },
		{ "text|replace('a')", "more values", 12, NULL },
		{ "text|upper(1)", "no more values", 11, NULL },
		{ "text|truncate(size=3)", "no option 'size'", 14, NULL },
		{ "text|truncate(3, length=3)", "already", 24, NULL },
		{ "text|round", "cannot be asked of a text", 5, NULL },
		{ "'%d' % 'x'", "needs a number", 0, NULL },
		{ "'%d' % (1, 2)", "more values", 0, NULL },
		{ "'%d %d' % 1", "too few", 0, NULL },
		{ "'%y' % 1", "no format", 0, NULL },
		{ "1 if 2 else", "was expected", 11, NULL },
		{ "1 not 2", "'in'", 6, NULL },
		{ "'\\u12'", "digits", 3, NULL },
	};
	CLEAN_BUF struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct expr_fault f = {0};
		struct err e;
		int rc = of(v[i].expr, &b, &f, &e);

		if (rc != -1 || strstr(e.text, v[i].word) == NULL)
			fail_msg("%s: %d %s", v[i].expr, rc, e.text);
		if (f.at > strlen(v[i].expr) || (v[i].at != 0 &&
		    v[i].near != NULL && f.at != v[i].at))
			fail_msg("%s: at %zu, not %zu", v[i].expr, f.at,
			    v[i].at);
	}
}

/* The nearest word lives in the scope or in tables: compared at once. */
static void
the_nearest_word_is_named(void **state)
{
	static const struct fault_case v[] = {
		{ "txt", NULL, 0, "text" }, { "text.uper()", NULL, 0, "upper" },
		{ "text|uper", NULL, 0, "upper" }, { "file.nam", NULL, 0, "name" },
		{ "when.yaer", NULL, 0, "year" },
		{ "text is strng", NULL, 0, "string" },
	};
	CLEAN_BUF struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct expr_fault f = {0};
		struct err e;

		assert_int_equal(of(v[i].expr, &b, &f, &e), -1);
		assert_non_null(f.near);
		assert_string_equal(f.near, v[i].near);
	}
}

static void
what_goes_wrong_with_a_file_is_told(void **state)
{
	static const struct pair v[] = {
		{ "text|int / 0", "division by 0" }, { "text[99]", "no item" },
		{ "text + 1", "'~' joins" }, { "gone.upper()", "missing" },
		{ "gone ~ 'x'", "missing" }, { "gone and 1", "missing" },
		{ "gone == 1", "missing" }, { "[gone]", "missing" },
		{ "text < 1", "cannot be compared" },
		{ "tree.image.model.nope", "has no 'nope'" },
		{ "text.index('x')", "not in the text" },
		{ "text * 100000", "bytes comes out" },
		{ "text.zfill(100000)", "bytes comes out" },
		{ "'%d' % text", "needs a number" },
		{ "file.relative_to('/etc')", "does not lie below" },
		{ "text.split('')", "not empty" }, { "number ** 100", "too large" },
	};
	CLEAN_BUF struct buf b = {0};
	struct expr_fault f;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (of(v[i].expr, &b, &f, &e) != -2 ||
		    strstr(e.text, v[i].want) == NULL)
			fail_msg("%s: %s", v[i].expr, e.text);
	assert_int_equal(of("gone", &b, &f, &e), 1);
	assert_int_equal(of("tree.x", &b, &f, &e), 1);
	assert_int_equal(of("tree.x.y.z", &b, &f, &e), 1);
	assert_int_equal(of("[]|first", &b, &f, &e), 1);
}

/* `piece` n times, between two ends. */
static int
of_many(const char *head, const char *piece, size_t n, const char *tail)
{
	CLEAN_BUF struct buf b = {0}, out = {0};
	struct expr_fault f;
	struct err e;

	buf_adds(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, piece);
	buf_adds(&b, tail);
	buf_addc(&b, '}');
	return work_out(buf_str(&b), b.len, &out, &f, &e);
}

static void
nothing_written_takes_for_ever(void **state)
{
	(void)state;
	assert_int_equal(of_many("", "(", 60000, ""), -1);
	assert_int_equal(of_many("", "-", 60000, "1"), -1);
	assert_int_equal(of_many("", "not ", 15000, "1"), -1);
	assert_int_equal(of_many("", "[", 60000, ""), -1);
	assert_int_equal(of_many("1", " if 1 else 1", 5000, ""), -1);
	assert_int_equal(of_many("1", "+1", 30000, ""), -1);
	assert_int_equal(of_many("1", "+number", 300, ""), 0);
	assert_int_equal(of_many("text", ".upper()", 5000, ""), -1);
	assert_int_equal(of_many("text", ".upper()", 500, ""), 0);
	assert_int_equal(of_many("text", "|replace('l', 'lllll')", 15, ""), -2);
	assert_int_equal(of_many("'x'*60000", "~'x'*60000", 600, ""), -1);
	assert_int_equal(of_many("text*5000", "~text*5000", 150, ""), -2);
	assert_int_equal(of_many("(text*5000)", "|list", 2, ""), -2);
	assert_int_equal(of_many("", "''", 20000, ""), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_are_pythons),
		cmocka_unit_test(slices_are_pythons),
		cmocka_unit_test(methods_are_pythons),
		cmocka_unit_test(filters_are_jinjas),
		cmocka_unit_test(formats_are_pythons),
		cmocka_unit_test(tests_are_jinjas),
		cmocka_unit_test(times_are_pythons),
		cmocka_unit_test(paths_are_pathlibs),
		cmocka_unit_test(members_are_found_by_name_and_by_item),
		cmocka_unit_test(faults_stand_where_they_are),
		cmocka_unit_test(the_nearest_word_is_named),
		cmocka_unit_test(what_goes_wrong_with_a_file_is_told),
		cmocka_unit_test(nothing_written_takes_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
