/* test_tree.c -- what is written comes out, in its place, and within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/nearest.h"
#include "conf/show.h"
#include "util/buf.h"

/* The tree of a text without fault. */
static struct conf *
parse(const char *text, size_t len)
{
	struct conf_faults *f = conf_faults_new();
	CLEAN_BUF struct buf out = {0};
	struct conf *c = NULL;
	int r = conf_parse("f", text, len, f, &c);

	conf_faults_print(f, &out);
	if (r < 0 || conf_faults_count(f, CONF_FAULT) > 0)
		print_error("%s\n%s", text, buf_str(&out));
	assert_int_equal(r, 0);
	assert_int_equal(conf_faults_count(f, CONF_FAULT), 0);
	conf_faults_free(f);
	return c;
}

/* The tree of a text, as YAML without aliases and merges. */
static void
assert_shown(const char *text, const char *wanted)
{
	struct conf *c = parse(text, strlen(text));
	CLEAN_BUF struct buf out = {0};

	conf_show(conf_root(c), false, &out);
	assert_string_equal(buf_str(&out), wanted);
	conf_free(c);
}

/* There is no tree, and among the faults is this one. */
static void
assert_refused(const char *text, size_t len, const char *wanted)
{
	struct conf_faults *f = conf_faults_new();
	CLEAN_BUF struct buf out = {0};
	struct conf *c;

	assert_int_equal(conf_parse("f", text, len, f, &c), -1);
	assert_null(c);
	conf_faults_print(f, &out);
	assert_non_null(strstr(buf_str(&out), wanted));
	conf_faults_free(f);
}

static void
every_node_knows_its_place(void **state)
{
	static const char text[] = "# first\nrules:\n  - name: 'é x'\n"
	    "    to: [/a,\n      /b]\n";
	struct conf *c = parse(text, strlen(text));
	const struct conf_node *rule, *n;

	(void)state;
	rule = conf_get(conf_root(c), "rules")->items[0];
	assert_int_equal(rule->at.line, 3);
	assert_int_equal(rule->at.column, 5);
	n = conf_get(rule, "name");
	assert_int_equal(n->key_at.column, 5);
	assert_int_equal(n->at.column, 11);
	assert_int_equal(n->at.width, 5);
	assert_string_equal(n->key, "name");
	assert_int_equal(n->style, CONF_SINGLE);
	n = conf_get(rule, "to");
	assert_int_equal(n->style, CONF_FLOW);
	assert_false(n->one_line);
	assert_int_equal(n->items[1]->at.line, 5);
	assert_int_equal(n->items[1]->at.column, 7);
	assert_int_equal(n->items[1]->key_at.line, 4);
	assert_true(n->items[1]->in_list && n->items[1]->in_flow);
	conf_free(c);
}

static void
nothing_is_an_empty_map(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# only a comment\n",
	    "---\n", "--- ~\n", "\xef\xbb\xbf", "%YAML 1.2\n---\n", "{}\n" };
	struct conf *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		c = parse(texts[i], strlen(texts[i]));
		assert_int_equal(conf_root(c)->kind, CONF_MAP);
		assert_int_equal(conf_root(c)->n, 0);
		conf_free(c);
	}
}

static void
windows_files_are_fine(void **state)
{
	static const char text[] = "\xef\xbb\xbf" "a: b\r\nc:\r\n  - d\r\n"
	    "e: |\r\n  f\r\n  g\r\n";
	struct conf *c = parse(text, strlen(text));
	const struct conf_node *n = conf_get(conf_root(c), "c");

	(void)state;
	assert_int_equal(conf_get(conf_root(c), "a")->key_at.column, 1);
	assert_int_equal(n->items[0]->at.line, 3);
	assert_int_equal(n->items[0]->at.column, 5);
	assert_string_equal(conf_get(conf_root(c), "e")->text, "f\ng\n");
	conf_free(c);
}

/* The traps of YAML 1.1's types: nothing is a type until somebody asks. */
static void
values_stay_text(void **state)
{
	(void)state;
	assert_shown("a: no\nb: 1:30\nc: 010\nd: 2026-11-22\ne: 1_000\n",
	    "a: no\nb: '1:30'\nc: 010\nd: 2026-11-22\ne: 1_000\n");
	assert_shown("a: 'null'\nb: null\nc: ~\nd: '~'\ne:\nf: ''\ng: !!str ~\n",
	    "a: 'null'\nb: null\nc: null\nd: '~'\ne: null\nf: ''\ng: '~'\n");
}

static void
aliases_and_merges_are_written_out(void **state)
{
	(void)state;
	assert_shown("x-a: &a {k: 1, l: 2}\nb: *a\n",
	    "x-a:\n  k: 1\n  l: 2\nb:\n  k: 1\n  l: 2\n");
	assert_shown("x-a: &a {k: 1, l: 2}\nb: {l: 3, <<: *a, m: 4}\n",
	    "x-a:\n  k: 1\n  l: 2\nb:\n  k: 1\n  l: 3\n  m: 4\n");
	assert_shown("x-a: &a {k: 1}\nx-b: &b {k: 2, l: 3}\n"
	    "c:\n  <<: [*a, *b]\n",
	    "x-a:\n  k: 1\nx-b:\n  k: 2\n  l: 3\nc:\n  k: 1\n  l: 3\n");
	assert_shown("x-a: &a {k: 1}\nb: &b {<<: *a, l: 2}\nc: {<<: *b, k: 3}\n",
	    "x-a:\n  k: 1\nb:\n  k: 1\n  l: 2\nc:\n  l: 2\n  k: 3\n");
	assert_shown("a: &k key\n*k : b\n'<<': c\n", "a: key\nkey: b\n'<<': c\n");
}

/* Ten lines of nine aliases each would be a billion values. */
static void
billion_laughs_are_refused(void **state)
{
	CLEAN_BUF struct buf b = {0};
	int i, k;

	(void)state;
	buf_adds(&b, "a0: &a0 lol\n");
	for (i = 1; i < 10; i++) {
		buf_addf(&b, "a%d: &a%d [", i, i);
		for (k = 0; k < 9; k++)
			buf_addf(&b, "%s*a%d", k ? "," : "", i - 1);
		buf_adds(&b, "]\n");
	}
	assert_refused((const char *)b.data, b.len, "more than 100000 values");
}

/* One long text named a thousand times is as bad. */
static void
long_texts_count_more(void **state)
{
	CLEAN_BUF struct buf b = {0};
	int i;

	(void)state;
	buf_adds(&b, "a: &a ");
	for (i = 0; i < 100000; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\nb: [");
	for (i = 0; i < 1000; i++)
		buf_adds(&b, "*a,");
	buf_adds(&b, "]\n");
	assert_refused((const char *)b.data, b.len, "more than 100000 values");
}

static void
depth_is_bounded(void **state)
{
	static const char *const opens[] = { "[", "{a: ", "- ", "[a,[],", "? " };
	CLEAN_BUF struct buf b = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		buf_reset(&b);
		while (b.len + strlen(opens[i]) <= CONF_FILE_MAX)
			buf_adds(&b, opens[i]);
		assert_refused((const char *)b.data, b.len,
		    "nested more than 64 deep");
	}
	buf_reset(&b);
	buf_adds(&b, "a: &a ");
	for (i = 0; i < 40; i++)
		buf_addc(&b, '[');
	for (i = 0; i < 40; i++)
		buf_addc(&b, ']');
	buf_adds(&b, "\nb: ");
	for (i = 0; i < 40; i++)
		buf_addc(&b, '[');
	buf_adds(&b, "*a");
	for (i = 0; i < 40; i++)
		buf_addc(&b, ']');
	assert_refused((const char *)b.data, b.len, "nested more than 64 deep");
}

static void
size_is_bounded(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	while (b.len <= CONF_FILE_MAX)
		buf_adds(&b, "# a comment\n");
	assert_refused((const char *)b.data, b.len, "more than 1048576 bytes");
	buf_reset(&b);
	while (b.len < CONF_FILE_MAX - 10)
		buf_adds(&b, "- a\n");
	assert_refused((const char *)b.data, b.len, "more than 100000 values");
	buf_reset(&b);
	buf_adds(&b, "a:\n");
	while (b.len < 100000)
		buf_addf(&b, "- &a%zu b\n", b.len);
	assert_refused((const char *)b.data, b.len, "more than 1000 anchors");
}

static void
lists_in_lists_are_flat(void **state)
{
	static const char text[] = "a: [1, [2, [3], []], 4]\nb: 5\nc:\nd: ~\n";
	struct conf *c = parse(text, strlen(text));
	const struct conf_node *item, *root = conf_root(c);
	struct conf_each it = conf_each(conf_get(root, "a"));
	CLEAN_BUF struct buf seen = {0};

	(void)state;
	while ((item = conf_next(&it)) != NULL)
		buf_adds(&seen, item->text);
	it = conf_each(conf_get(root, "b"));
	while ((item = conf_next(&it)) != NULL)
		buf_adds(&seen, item->text);
	assert_string_equal(buf_str(&seen), "12345");
	it = conf_each(conf_get(root, "c"));
	assert_null(conf_next(&it));
	it = conf_each(conf_get(root, "d"));
	assert_int_equal(conf_next(&it)->kind, CONF_NULL);
	it = conf_each(NULL);
	assert_null(conf_next(&it));
	conf_free(c);
}

static void
only_used_anchors_excuse_a_key(void **state)
{
	static const char text[] = "a: {b: [&x 1]}\nc: &y 2\nd: *x\nx-e: 3\n";
	struct conf *c = parse(text, strlen(text));
	const struct conf_node *root = conf_root(c);

	(void)state;
	assert_true(conf_is_extra(&root->pairs[0]));
	assert_false(conf_is_extra(&root->pairs[1]));
	assert_true(conf_is_extra(&root->pairs[3]));
	conf_free(c);
}

/* Reading what was shown gives the same again. */
static void
what_is_shown_reads_back(void **state)
{
	static const char text[] =
	    "'': {}\n'a: b': [[], {}, [[x]], {y: {z: ~}}]\n"
	    "\"esc\\e\\n\\u2028\\U0001f600\\t\": \"a\\rb\"\n"
	    "multi: |\n  a\n\n   b\n'- x': ' lead'\n'#': 'it''s'\n"
	    "'null': 'Null'\n'...': '---'\n? \"long"
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "\"\n: {a: 'b:'}\n";
	CLEAN_BUF struct buf once = {0}, twice = {0};
	struct conf *c = parse(text + strlen("'': {}\n"),
	    strlen(text) - strlen("'': {}\n"));

	(void)state;
	conf_show(conf_root(c), false, &once);
	conf_free(c);
	c = parse((const char *)once.data, once.len);
	conf_show(conf_root(c), false, &twice);
	assert_string_equal(buf_str(&once), buf_str(&twice));
	assert_string_equal(conf_get(conf_root(c), "multi")->text, "a\n\n b\n");
	assert_non_null(conf_get(conf_root(c),
	    "esc\x1b\n\xe2\x80\xa8\xf0\x9f\x98\x80\t"));
	conf_free(c);
}

static void
secrets_are_masked(void **state)
{
	static const char text[] =
	    "password: a1\nPassWord: [a2, {x: a3}]\npassword_file: ~/key\n"
	    "password_command: pass a4\nsmtp_token: a5\nenv: {PATH: a6}\n"
	    "env_file: /e\nto: sftp://me:a7@host/x\nplain: me@host:x\n"
	    "url: https://host/a@b:c\nsecret: ~\n";
	static const char wanted[] =
	    "password: '***'\nPassWord:\n  - '***'\n  - x: '***'\n"
	    "password_file: ~/key\npassword_command: '***'\n"
	    "smtp_token: '***'\nenv:\n  PATH: '***'\nenv_file: /e\n"
	    "to: 'sftp://me:***@host/x'\nplain: 'me@host:x'\n"
	    "url: '***'\nsecret: null\n";
	struct conf *c = parse(text, strlen(text));
	CLEAN_BUF struct buf out = {0};

	(void)state;
	conf_show(conf_root(c), true, &out);
	assert_string_equal(buf_str(&out), wanted);
	conf_free(c);
}

static void
the_nearest_word_is_found(void **state)
{
	static const char *const words[] = { "locations", "name", "to",
	    "older_than", "on_conflict", NULL };

	(void)state;
	assert_string_equal(conf_nearest("locatoins", words), "locations");
	assert_string_equal(conf_nearest("Locations", words), "locations");
	assert_string_equal(conf_nearest("location", words), "locations");
	assert_string_equal(conf_nearest("older-than", words), "older_than");
	assert_string_equal(conf_nearest("nmae", words), "name");
	assert_string_equal(conf_nearest("onconflict", words), "on_conflict");
	assert_null(conf_nearest("ot", words));
	assert_null(conf_nearest("colour", words));
	assert_null(conf_nearest("", words));
	assert_null(conf_nearest("name", NULL));
}

static void
fingerprints_follow_the_bytes(void **state)
{
	struct conf *a = parse("a: 1\n", 5), *b = parse("a: 1\n", 5);
	struct conf *other = parse("a: 2\n", 5);

	(void)state;
	assert_true(conf_fingerprint(a) == conf_fingerprint(b));
	assert_true(conf_fingerprint(a) != conf_fingerprint(other));
	assert_int_equal(conf_files(a), 1);
	assert_string_equal(conf_file(a, 0), "f");
	conf_free(a);
	conf_free(b);
	conf_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(nothing_is_an_empty_map),
		cmocka_unit_test(windows_files_are_fine),
		cmocka_unit_test(values_stay_text),
		cmocka_unit_test(aliases_and_merges_are_written_out),
		cmocka_unit_test(billion_laughs_are_refused),
		cmocka_unit_test(long_texts_count_more),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(lists_in_lists_are_flat),
		cmocka_unit_test(only_used_anchors_excuse_a_key),
		cmocka_unit_test(what_is_shown_reads_back),
		cmocka_unit_test(secrets_are_masked),
		cmocka_unit_test(the_nearest_word_is_found),
		cmocka_unit_test(fingerprints_follow_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
