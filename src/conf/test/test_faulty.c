/*
 * test_faulty.c -- every fault is told in its place and in these very words.
 *
 * The texts are read as a small configuration with a key of each type; what
 * conf_faults_print says is compared with the table, letter by letter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/env.h"
#include "conf/get.h"
#include "conf/test/faulty.h"
#include "util/arena.h"
#include "util/buf.h"

static const char *const top_keys[] = { "rules", "backups", "archives",
    "schedule", "guard", "log", NULL };
static const char *const top_later[] = { "web", NULL };
static const char *const rule_keys[] = { "name", "enabled", "locations",
    "exclude", "size", "older_than", "max_depth", "share", "on_conflict",
    "to", "dest", "password", NULL };
static const char *const rule_later[] = { "verify", NULL };
static const char *const modes[] = { "skip", "overwrite", "rename_new",
    "trash", NULL };
static const char *const later_modes[] = { "keep_newer", NULL };
static const struct conf_keys top = { "the configuration", top_keys,
    top_later, true };
static const struct conf_keys rule = { "a rule", rule_keys, rule_later, false };

static const char *
var(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, "HOME") == 0)
		return "/home/me";
	if (strcmp(name, "BRACE") == 0)
		return "{x}";
	return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static int
home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg;
	(void)uid;
	(void)user;
	(void)out;
	return -1;
}

static int
hostname(void *arg, struct buf *out)
{
	(void)arg;
	buf_adds(out, "host");
	return 0;
}

static void
check_rule(const struct conf_node *n, struct arena *a, struct conf_faults *f)
{
	const struct conf_env env = { 1000, NULL, var, home, hostname, NULL };
	const struct conf_where here = { &env, NULL, false };
	const struct conf_where later = { &env, "/data", true };
	struct conf_strs strs;
	const char *s;
	uint64_t size;
	uint32_t ppm;
	int64_t i;
	unsigned mode;
	bool b;

	conf_map_check(n, &rule, f);
	conf_str(conf_get(n, "name"), &s, f);
	conf_str(conf_get(n, "password"), &s, f);
	conf_bool(conf_get(n, "enabled"), &b, f);
	conf_path_list(conf_get(n, "locations"), &here, a, &strs, f);
	conf_path(conf_get(n, "to"), &here, a, &s, f);
	conf_path(conf_get(n, "dest"), &later, a, &s, f);
	conf_strs(conf_get(n, "exclude"), a, &strs, f);
	conf_size(conf_get(n, "size"), false, &size, f);
	conf_span(conf_get(n, "older_than"), "days", &i, f);
	conf_int(conf_get(n, "max_depth"), 0, 64, &i, f);
	conf_percent(conf_get(n, "share"), &ppm, f);
	conf_enum(conf_get(n, "on_conflict"), modes, later_modes, &mode, f);
}

static void
check_all(const struct conf *c, struct conf_faults *f)
{
	static const char *const lists[] = { "rules", "backups", "archives" };
	const struct conf_node *root = conf_root(c), *item;
	CLEAN_ARENA struct arena a = {0};
	struct conf_each it;
	const char *s;
	size_t i;

	conf_map_check(root, &top, f);
	conf_str(conf_get(root, "schedule"), &s, f);
	for (i = 0; i < 3; i++) {
		it = conf_each(conf_get(root, lists[i]));
		while ((item = conf_next(&it)) != NULL)
			check_rule(item, &a, f);
	}
}

static void
tell_all(const char *text, size_t len, struct buf *out)
{
	struct conf_faults *f = conf_faults_new();
	struct conf *c;

	if (conf_parse("f.yaml", text, len, f, &c) == 0)
		check_all(c, f);
	conf_faults_print(f, out);
	conf_free(c);
	conf_faults_free(f);
}

static void
check_table(const struct faulty *t)
{
	CLEAN_BUF struct buf out = {0};
	unsigned wrong = 0;

	for (; t->promise != NULL; t++) {
		buf_reset(&out);
		tell_all(t->text, strlen(t->text), &out);
		if (strcmp(buf_str(&out), t->told) == 0)
			continue;
		print_error("%s\n--- text\n%s\n--- wanted\n%s--- told\n%s",
		    t->promise, t->text, t->told, buf_str(&out));
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void
what_is_no_yaml_is_told(void **state)
{
	(void)state;
	check_table(faulty_syntax);
}

static void
what_yaml_reads_otherwise_is_told(void **state)
{
	(void)state;
	check_table(faulty_traps);
}

static void
what_means_nothing_is_told(void **state)
{
	(void)state;
	check_table(faulty_values);
}

static void
nul_bytes_are_told(void **state)
{
	CLEAN_BUF struct buf out = {0};

	(void)state;
	tell_all("rules:\n  - name: a\0b\n", 21, &out);
	assert_string_equal(buf_str(&out),
	    "f.yaml:2:12: a NUL byte (0x00)\n"
	    "    - name: a?b\n"
	    "             ^\n"
	    "  expected: text\n");
}

/* A thousand faults are told in a hundred, and counted. */
static void
faults_are_bounded(void **state)
{
	CLEAN_BUF struct buf text = {0}, out = {0};
	struct conf_faults *f = conf_faults_new();
	struct conf *c;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_addf(&text, "k%d: 1\n", i);
	assert_int_equal(conf_parse("f", text.data, text.len, f, &c), 0);
	check_all(c, f);
	assert_int_equal(conf_faults_count(f, CONF_FAULT), 1000);
	conf_faults_print(f, &out);
	assert_non_null(strstr(buf_str(&out), "f:100:1: "));
	assert_null(strstr(buf_str(&out), "f:101:1: "));
	assert_non_null(strstr(buf_str(&out), "\nand 900 more faults\n"));
	conf_free(c);
	conf_faults_free(f);
}

/* What a program reads: an object a line, in the same order. */
static void
faults_come_as_json(void **state)
{
	static const char text[] = "rulez: \"\\n\"\nschedule: *:0/15\n";
	CLEAN_BUF struct buf out = {0};
	struct conf_faults *f = conf_faults_new();
	struct conf *c;

	(void)state;
	assert_int_equal(conf_parse("a\"\xff", text, strlen(text), f, &c), 0);
	check_all(c, f);
	conf_faults_json(f, &out);
	assert_string_equal(buf_str(&out),
	    "{\"v\":1,\"severity\":\"fault\",\"file\":\"a\\\"\xef\xbf\xbd\","
	    "\"line\":1,\"column\":1,\"message\":\"unknown key 'rulez' in the "
	    "configuration\",\"text\":\"rulez: \\\"\\\\n\\\"\","
	    "\"suggestion\":\"rules\"}\n"
	    "{\"v\":1,\"severity\":\"fault\",\"file\":\"a\\\"\xef\xbf\xbd\","
	    "\"line\":2,\"column\":11,\"message\":\"'*' begins an alias in "
	    "YAML\",\"text\":\"schedule: *:0/15\",\"remedy\":\"put it in "
	    "quotes\",\"corrected\":\"schedule: '*:0/15'\"}\n");
	conf_free(c);
	conf_faults_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_yaml_is_told),
		cmocka_unit_test(what_yaml_reads_otherwise_is_told),
		cmocka_unit_test(what_means_nothing_is_told),
		cmocka_unit_test(nul_bytes_are_told),
		cmocka_unit_test(faults_are_bounded),
		cmocka_unit_test(faults_come_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
