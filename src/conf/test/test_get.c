/* test_get.c -- values come as they were meant, and defaults stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/env.h"
#include "conf/get.h"
#include "conf/paths.h"
#include "conf/units.h"
#include "util/arena.h"
#include "util/buf.h"

#define DAY	((int64_t)86400 * 1000000000)

/* An environment out of a table of NAME, value pairs. */
static const char *
var(void *arg, const char *name)
{
	const char *const *v = arg;

	for (; v != NULL && *v != NULL; v += 2)
		if (strcmp(v[0], name) == 0)
			return v[1];
	return NULL;
}

static int
home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg;
	if (user == NULL && uid == 1000)
		buf_adds(out, "/home/listed");
	else if (user != NULL && strcmp(user, "you") == 0)
		buf_adds(out, "/home/you");
	else
		return -1;
	return 0;
}

static int
hostname(void *arg, struct buf *out)
{
	(void)arg;
	buf_adds(out, "box");
	return 0;
}

static struct conf_env
world(uid_t uid, const char *const *vars)
{
	struct conf_env env = { .uid = uid, .var = var, .home = home,
	    .hostname = hostname };

	memcpy(&env.arg, &vars, sizeof(vars));
	return env;
}

struct text {
	struct conf		*conf;
	struct conf_faults	*f;
	const struct conf_node	*root;
};

static struct text
read_text(const char *yaml)
{
	struct text t = { NULL, conf_faults_new(), NULL };

	assert_int_equal(conf_parse("f", yaml, strlen(yaml), t.f, &t.conf), 0);
	t.root = conf_root(t.conf);
	return t;
}

static void
free_text(struct text *t)
{
	conf_free(t->conf);
	conf_faults_free(t->f);
}

static void
sizes_are_read(void **state)
{
	static const struct { const char *text; bool bare; uint64_t n; } good[] = {
		{ "10MiB", false, 10485760 }, { "10MB", false, 10000000 },
		{ "1k", false, 1000 }, { "1ki", false, 1024 },
		{ "1K", false, 1000 }, { " 1.5 GB ", false, 1500000000 },
		{ "0.5kib", false, 512 }, { "7", true, 7 }, { "0", true, 0 },
		{ "12 bytes", false, 12 }, { "3b", false, 3 },
		{ "7EiB", false, 8070450532247928832u },
		{ "1.000000000000000001EB", false, 1000000000000000001 },
	};
	char why[CONF_WHY];
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(conf_text_size(good[i].text, good[i].bare, &n,
		    why), 0);
		assert_true(n == good[i].n);
	}
	n = 42;
	assert_int_equal(conf_text_size("8EiB", false, &n, why), -1);
	assert_int_equal(conf_text_size("", true, &n, why), -1);
	assert_int_equal(conf_text_size("1.MB", true, &n, why), -1);
	assert_int_equal(conf_text_size("+1MB", true, &n, why), -1);
	assert_int_equal(conf_text_size("1kk", true, &n, why), -1);
	assert_int_equal(conf_text_size("1 MB x", true, &n, why), -1);
	assert_true(n == 42);
}

static void
spans_are_read(void **state)
{
	static const struct { const char *text; int64_t ns; } good[] = {
		{ "30 days", 30 * DAY }, { "1 day", DAY }, { "1d", DAY },
		{ "2 weeks", 14 * DAY }, { "1h 30min", DAY / 16 },
		{ "1h30min", DAY / 16 }, { "1.5h", DAY / 16 },
		{ "2s", 2000000000 }, { "0s", 0 }, { "5ms", 5000000 },
		{ "1 month", (int64_t)2629800 * 1000000000 },
		{ "1M", (int64_t)2629800 * 1000000000 },
		{ "1m", (int64_t)60 * 1000000000 },
		{ "2 years", (int64_t)2 * 31557600 * 1000000000 },
		{ "7\xc2\xb5s", 7000 },
	};
	char why[CONF_WHY];
	int64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(conf_text_span(good[i].text, NULL, &ns, why),
		    0);
		assert_true(ns == good[i].ns);
	}
	ns = 42;
	assert_int_equal(conf_text_span("292 years 200 days", NULL, &ns, why),
	    -1);
	assert_int_equal(conf_text_span("infinity", NULL, &ns, why), -1);
	assert_int_equal(conf_text_span("", NULL, &ns, why), -1);
	assert_int_equal(conf_text_span("5", "seconds", &ns, why), -1);
	assert_string_equal(why, "a unit is needed: 5 seconds");
	assert_true(ns == 42);
}

static void
shares_and_numbers_are_read(void **state)
{
	char why[CONF_WHY];
	uint32_t ppm;
	int64_t n;

	(void)state;
	assert_int_equal(conf_text_percent("10%", &ppm, why), 0);
	assert_int_equal(ppm, 100000);
	assert_int_equal(conf_text_percent("0.5 %", &ppm, why), 0);
	assert_int_equal(ppm, 5000);
	assert_int_equal(conf_text_percent("100%", &ppm, why), 0);
	assert_int_equal(conf_text_percent("100.001%", &ppm, why), -1);
	assert_int_equal(conf_text_int("-5", -10, 10, &n, why), 0);
	assert_int_equal(n, -5);
	assert_int_equal(conf_text_int("0", 0, 10, &n, why), 0);
	assert_int_equal(conf_text_int("-", -10, 10, &n, why), -1);
	assert_int_equal(conf_text_int("0x1", -10, 10, &n, why), -1);
	assert_int_equal(conf_text_int("1_0", -10, 100, &n, why), -1);
}

/* No key, no change: defaults are put there first. */
static void
absent_keys_leave_defaults(void **state)
{
	static const char *const words[] = { "a", "b", NULL };
	struct text t = read_text("other: x\n");
	CLEAN_ARENA struct arena a = {0};
	struct conf_strs strs = { .n = 7 };
	uint64_t size = 1;
	uint32_t ppm = 2;
	int64_t n = 3;
	unsigned word = 4;
	bool b = true;
	const char *s = "default";
	const struct conf_node *none = conf_get(t.root, "none");

	(void)state;
	assert_int_equal(conf_str(none, &s, t.f), 0);
	assert_int_equal(conf_bool(none, &b, t.f), 0);
	assert_int_equal(conf_int(none, 0, 1, &n, t.f), 0);
	assert_int_equal(conf_span(none, NULL, &n, t.f), 0);
	assert_int_equal(conf_size(none, true, &size, t.f), 0);
	assert_int_equal(conf_percent(none, &ppm, t.f), 0);
	assert_int_equal(conf_enum(none, words, NULL, &word, t.f), 0);
	assert_int_equal(conf_strs(none, &a, &strs, t.f), 0);
	assert_true(size == 1 && ppm == 2 && n == 3 && word == 4 && b);
	assert_string_equal(s, "default");
	assert_int_equal(strs.n, 7);
	assert_int_equal(conf_faults_count(t.f, CONF_FAULT), 0);
	assert_null(conf_need(t.root, "none", "a rule", t.f));
	assert_int_equal(conf_faults_count(t.f, CONF_FAULT), 1);
	free_text(&t);
}

static void
truth_has_many_words(void **state)
{
	struct text t = read_text(
	    "v: [true, Yes, ON, 'true', false, No, OFF]\n");
	const struct conf_node *v = conf_get(t.root, "v");
	size_t i;
	bool b;

	(void)state;
	for (i = 0; i < v->n; i++) {
		assert_int_equal(conf_bool(v->items[i], &b, t.f), 1);
		assert_int_equal(b, i < 4);
	}
	assert_true(conf_is(v->items[6], "off"));
	assert_false(conf_is(v->items[0], "off"));
	assert_false(conf_is(NULL, "off"));
	free_text(&t);
}

static void
one_value_stands_for_a_list(void **state)
{
	struct text t = read_text("a: x\nb: [x, [y, z]]\nc: []\n");
	CLEAN_ARENA struct arena a = {0};
	struct conf_strs strs;

	(void)state;
	assert_int_equal(conf_strs(conf_get(t.root, "a"), &a, &strs, t.f), 1);
	assert_int_equal(strs.n, 1);
	assert_int_equal(conf_strs(conf_get(t.root, "b"), &a, &strs, t.f), 1);
	assert_int_equal(strs.n, 3);
	assert_string_equal(strs.text[2], "z");
	assert_int_equal(strs.node[2]->at.column, 12);
	assert_int_equal(conf_strs(conf_get(t.root, "c"), &a, &strs, t.f), 1);
	assert_int_equal(strs.n, 0);
	free_text(&t);
}

/* Each path is read as /expected, in the order of the list. */
static void
paths_are_expanded_once(void **state)
{
	static const char *const vars[] = { "HOME", "/home/me/", "X", "/x",
	    "TRAP", "~/$X{hostname}", NULL };
	static const char *const wanted[] = { "/home/me/Docs", "/home/me",
	    "/home/you/a", "/x/b", "/x/c", "/x", "/a/box.d", "/dir/rel",
	    "/dir/e/", "/dir/~/$X{hostname}/t", "/a/$X/{x}", "/a/$5/$",
	    "/a/{name}/{envx}", "/dir", "/dir/..", "{path.parent}/x" };
	struct text t = read_text("p: [~/Docs, '~', ~you/a, $X/b, '${X}/c', "
	    "'{ env.X }', '/a/{hostname}.d', rel, ./e/, $TRAP/t, "
	    "'/a/$$X/{x}', '/a/$5/$', '/a/{name}/{envx}', ., ..]\n"
	    "t: '{path.parent}/x'\n");
	const struct conf_env env = world(1000, vars);
	struct conf_where w = { &env, "/dir", false };
	CLEAN_ARENA struct arena a = {0};
	struct conf_strs p;
	const char *one;
	size_t i;

	(void)state;
	assert_int_equal(conf_path_list(conf_get(t.root, "p"), &w, &a, &p, t.f),
	    1);
	for (i = 0; i < p.n; i++)
		assert_string_equal(p.text[i], wanted[i]);
	w.template = true;
	assert_int_equal(conf_path(conf_get(t.root, "t"), &w, &a, &one, t.f),
	    1);
	assert_string_equal(one, wanted[i]);
	free_text(&t);
}

static void
texts_that_are_no_paths_are_expanded_too(void **state)
{
	static const char *const vars[] = { "H", "host", NULL };
	struct text t = read_text("r: 'sftp:me@$H:/x'\nh: ~\ng: '~/a'\n");
	const struct conf_env env = world(1000, vars);
	const struct conf_where w = { &env, NULL, false };
	CLEAN_ARENA struct arena a = {0};
	const char *s;

	(void)state;
	assert_int_equal(conf_expand(conf_get(t.root, "r"), &w, &a, &s, t.f), 1);
	assert_string_equal(s, "sftp:me@host:/x");
	assert_int_equal(conf_expand(conf_get(t.root, "g"), &w, &a, &s, t.f), 1);
	assert_string_equal(s, "/home/listed/a");
	assert_int_equal(conf_expand(conf_get(t.root, "h"), &w, &a, &s, t.f), -1);
	free_text(&t);
}

static void
a_map_may_be_commented_out(void **state)
{
	static const char *const known[] = { "level", NULL };
	const struct conf_keys keys = { "log", known, NULL, false };
	struct text t = read_text("log:\n  # level: info\n");

	(void)state;
	assert_int_equal(conf_map_check(conf_get(t.root, "log"), &keys, t.f), 1);
	assert_null(conf_get(conf_get(t.root, "log"), "level"));
	assert_int_equal(conf_faults_count(t.f, CONF_FAULT), 0);
	free_text(&t);
}

static void
assert_paths(uid_t uid, const char *const *vars, const char *option,
    const char *config, const char *state, const char *cache, const char *log)
{
	const struct conf_env env = world(uid, vars);
	struct conf_paths p;
	struct err e = {0};

	assert_int_equal(conf_paths(&p, &env, option, &e), 0);
	assert_string_equal(p.config, config);
	assert_string_equal(p.state, state);
	assert_string_equal(p.cache, cache);
	assert_string_equal(p.log, log);
	conf_paths_fini(&p);
}

static void
own_things_lie_where_they_should(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const plain[] = { "HOME", "/h", NULL };
	static const char *const slash[] = { "HOME", "/", NULL };
	static const char *const xdg[] = { "HOME", "/h", "XDG_CONFIG_HOME",
	    "/c/", "XDG_STATE_HOME", "/s", "XDG_CACHE_HOME", "/k", NULL };
	static const char *const odd[] = { "HOME", "/h", "XDG_CONFIG_HOME",
	    "rel", "XDG_STATE_HOME", "", "FETTLE_CONFIG", "/f.yaml", NULL };

	(void)state;
	assert_paths(1000, plain, NULL, "/h/.config/fettle/fettle.yaml",
	    "/h/.local/state/fettle", "/h/.cache/fettle",
	    "/h/.local/state/fettle");
	assert_paths(1000, slash, NULL, "/.config/fettle/fettle.yaml",
	    "/.local/state/fettle", "/.cache/fettle", "/.local/state/fettle");
	assert_paths(1000, none, NULL, "/home/listed/.config/fettle/fettle.yaml",
	    "/home/listed/.local/state/fettle", "/home/listed/.cache/fettle",
	    "/home/listed/.local/state/fettle");
	assert_paths(0, plain, NULL, "/etc/fettle/fettle.yaml",
	    "/var/lib/fettle", "/var/cache/fettle", "/var/log/fettle");
	assert_paths(0, xdg, NULL, "/c/fettle/fettle.yaml", "/s/fettle",
	    "/k/fettle", "/s/fettle");
	assert_paths(1000, xdg, "my.yaml", "my.yaml", "/s/fettle", "/k/fettle",
	    "/s/fettle");
	assert_paths(1000, odd, NULL, "/f.yaml", "/h/.local/state/fettle",
	    "/h/.cache/fettle", "/h/.local/state/fettle");
	assert_paths(1000, odd, "o", "o", "/h/.local/state/fettle",
	    "/h/.cache/fettle", "/h/.local/state/fettle");
}

static void
no_home_is_an_error(void **state)
{
	static const char *const none[] = { NULL };
	const struct conf_env env = world(4711, none);
	struct conf_paths p;
	struct err e = {0};

	(void)state;
	assert_int_equal(conf_paths(&p, &env, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_CONF);
	assert_int_equal(conf_paths(&p, &env, "", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_null(p.state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(spans_are_read),
		cmocka_unit_test(shares_and_numbers_are_read),
		cmocka_unit_test(absent_keys_leave_defaults),
		cmocka_unit_test(truth_has_many_words),
		cmocka_unit_test(one_value_stands_for_a_list),
		cmocka_unit_test(paths_are_expanded_once),
		cmocka_unit_test(texts_that_are_no_paths_are_expanded_too),
		cmocka_unit_test(a_map_may_be_commented_out),
		cmocka_unit_test(own_things_lie_where_they_should),
		cmocka_unit_test(no_home_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
