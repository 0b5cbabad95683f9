/* What a request says, who may come in, what may be started, what is hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/xalloc.h"
#include "web/args.h"
#include "web/channel.h"
#include "web/errand.h"
#include "web/masked.h"
#include "web/patience.h"
#include "web/session.h"
#include "web/web.h"

#define MINUTE	INT64_C(60000000)

/* ---- args ---- */
static int
parse(struct args *a, const char *json)
{
	struct err e = {0};

	*a = (struct args){ .n = 0 };
	return args_of_json(a, json, strlen(json), &e);
}

static void
test_args(void **state)
{
	CLEAN_ARGS struct args a = { .n = 0 };
	struct err e = {0};
	int64_t n = 7;
	size_t i;

	(void)state;
	assert_int_equal(parse(&a, "{\"run\":12,\"paths\":[\"/a\",\"/b\"],"
	    "\"yes\":true,\"none\":null,\"p_bytes\":\"/w==\"}"), 0);
	assert_string_equal(args_get(&a, "run"), "12");
	assert_string_equal(args_get(&a, "yes"), "true");
	assert_string_equal(args_get(&a, "p"), "\xff");
	assert_null(args_get(&a, "none"));
	for (i = 0; strcmp(a.name[i], "paths") != 0; i++)
		;
	assert_string_equal(a.value[i], "/a");
	assert_string_equal(a.value[i + 1], "/b");
	assert_int_equal(args_number(&a, "run", 1, 12, &n, &e), 1);
	assert_int_equal(n, 12);
	assert_int_equal(args_number(&a, "run", 1, 11, &n, &e), -1);
	assert_int_equal(args_number(&a, "yes", 0, 11, &n, &e), -1);
	assert_int_equal(args_number(&a, "absent", 0, 11, &n, &e), 0);
	assert_int_equal(n, 12);
}

static void
test_args_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "{", "{\"a\":{}}",
	    "{\"a\":[[1]]}", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}",
	    "{\"a_bytes\":\"!\"}", "{\"a_bytes\":\"AA==\"}", "{\"a\":1} 2" };
	struct args a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(&a, bad[i]), -1);
		args_fini(&a);
	}
}

static void
test_args_travel(void **state)
{
	CLEAN_ARGS struct args a = { .n = 0 }, b = { .n = 0 };
	CLEAN_BUF struct buf m = {0};
	struct unpack u;
	size_t len;

	(void)state;
	assert_int_equal(args_add(&a, "x", "1"), 0);
	assert_int_equal(args_add(&a, "y", ""), 0);
	args_pack(&a, &m);
	u = unpack_start(m.data, m.len);
	assert_int_equal(args_unpack(&b, &u), 0);
	assert_string_equal(args_get(&b, "x"), "1");
	for (len = 0; len < m.len; len++) {	/* cut short anywhere */
		args_fini(&b);
		u = unpack_start(m.data, len);
		assert_true(args_unpack(&b, &u) < 0 || unpack_end(&u) < 0);
	}
	while (args_add(&a, "z", "") == 0)
		;
	assert_int_equal(a.n, ARGS_MAX);
}

/* ---- sessions ---- */
static void
test_tokens(void **state)
{
	struct sessions *s = sessions_new("");
	char token[SESSION_TEXT], cookie[SESSION_TEXT], csrf[SESSION_TEXT];
	int64_t now = MINUTE;

	(void)state;
	memset(token, 'a', sizeof(token) - 1);
	token[sizeof(token) - 1] = '\0';
	assert_int_equal(sessions_enter(s, token, now, cookie), 401);
	sessions_expect(s, token, now);
	assert_int_equal(sessions_enter(s, token, now, cookie), 200);
	assert_int_equal(sessions_enter(s, token, now, cookie), 401);	/* once */
	assert_int_equal(sessions_find(s, cookie, now, csrf), 1);
	assert_string_not_equal(cookie, csrf);
	assert_int_equal(sessions_find(s, csrf, now, csrf), 0);
	assert_int_equal(sessions_find(s, "", now, csrf), 0);
	sessions_expect(s, token, now);
	assert_int_equal(sessions_enter(s, token, now + SESSION_TOKEN_US + 1,
	    cookie), 401);				/* too late */
	assert_int_equal(sessions_login(s, "", now, cookie), 401);
	sessions_free(s);
}

static void
test_sessions_end(void **state)
{
	struct sessions *s = sessions_new("right");
	char cookie[SESSION_TEXT], csrf[SESSION_TEXT], first[SESSION_TEXT];
	int64_t now = MINUTE, t;
	int i;

	(void)state;
	assert_int_equal(sessions_login(s, "right", now, cookie), 200);
	assert_int_equal(sessions_find(s, cookie, now + SESSION_IDLE_US + 1,
	    csrf), 0);
	assert_int_equal(sessions_login(s, "right", now, cookie), 200);
	for (t = now; t < now + SESSION_MOST_US; t += SESSION_IDLE_US / 2)
		assert_int_equal(sessions_find(s, cookie, t, csrf), 1);
	assert_int_equal(sessions_find(s, cookie, now + SESSION_MOST_US + 1,
	    csrf), 0);
	assert_int_equal(sessions_login(s, "right", now, first), 200);
	sessions_leave(s, first);
	assert_int_equal(sessions_find(s, first, now, csrf), 0);
	assert_int_equal(sessions_login(s, "right", now, first), 200);
	for (i = 1; i <= SESSIONS; i++)		/* the oldest makes room */
		assert_int_equal(sessions_login(s, "right", now + i, cookie),
		    200);
	assert_int_equal(sessions_find(s, first, now + i, csrf), 0);
	assert_int_equal(sessions_find(s, cookie, now + i, csrf), 1);
	sessions_free(s);
}

static void
test_tries(void **state)
{
	static const char token[] = "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef";
	struct sessions *s = sessions_new("right");
	char cookie[SESSION_TEXT];
	int64_t now = MINUTE;
	int round, i;

	(void)state;
	for (round = 0; round < 5; round++, now += MINUTE + 1) {
		for (i = 0; i < SESSION_TRIES; i++)
			assert_int_equal(sessions_login(s, "wrong", now, cookie),
			    401);
		assert_int_equal(sessions_login(s, "right", now, cookie), 429);
		assert_int_equal(sessions_enter(s, "x", now, cookie), 429);
		sessions_expect(s, token, now);	/* the owner's link, all the same */
		assert_int_equal(sessions_enter(s, token, now, cookie), 200);
	}
	assert_int_equal(sessions_login(s, "right", now, cookie), 200);
	sessions_free(s);
}

static void
test_rate(void **state)
{
	struct sessions *s = sessions_new("");
	int64_t now = 1000 * MINUTE;
	int n = 0;

	(void)state;
	while (sessions_rate(s, now))
		n++;
	assert_int_equal(n, SESSION_BURST);
	for (n = 0; sessions_rate(s, now + 1000000); n++)
		;
	assert_in_range(n, SESSION_RATE - 1, SESSION_RATE + 1);
	sessions_free(s);
}

/* ---- errands ---- */
/* The command line, or "" if it is refused. */
static const char *
line(enum errand_verb v, const char *a, const char *b, const char *c,
    const char *d)
{
	static char out[2000];
	size_t len = 0;
	const char *all[] = { a, b, c, d };
	CLEAN_ARENA struct arena mem = {0};
	const char *argv[ERRAND_ARGV];
	char *args[4];
	struct err e = {0};
	size_t n, i;

	for (n = 0; n < 4 && all[n] != NULL; n++)
		args[n] = (char *)(uintptr_t)all[n];
	out[0] = '\0';
	if (errand_argv(v, args, n, argv, 0, &mem, &e) < 0)
		return out;
	for (i = 0; argv[i] != NULL; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s",
		    i > 0 ? "|" : "", argv[i]);
	return out;
}

static void
test_errands(void **state)
{
	(void)state;
	assert_string_equal(line(ERRAND_RUN, "-x", NULL, NULL, NULL),
	    "--json|run|--trigger|hand|--|-x");
	assert_string_equal(line(ERRAND_UNDO, "12", "/a b", NULL, NULL),
	    "--json|undo|--yes|--|12|/a b");
	assert_string_equal(line(ERRAND_REJECT, "3", NULL, NULL, NULL),
	    "--json|reject|3");
	assert_string_equal(line(ERRAND_GET, "-n", "", "/to", NULL),
	    "--json|get|--to|/to|--|-n");
	assert_string_equal(line(ERRAND_RESTORE, "b", "ab12", "/h/*[x]", "/t"),
	    "--json|--backup|b|restore|--overwrite|never|--target|/t|--include|"
	    "/\\*\\[x\\]|--|ab12:/h");
	assert_string_equal(line(ERRAND_RESTORE, "b", "ab12", "/", "/t"),
	    "--json|--backup|b|restore|--overwrite|never|--target|/t|--|ab12");
	assert_string_equal(line(ERRAND_RESTORE, "b", "ab12", "/h/x", "/"),
	    "--json|--backup|b|restore|--overwrite|never|--target|/|--include|"
	    "/h/x|--|ab12");
	assert_string_equal(line(ERRAND_DUMP, "b", "latest", "/h", "zip"),
	    "--backup|b|dump|--archive|zip|--|latest|/h");
	assert_string_equal(line(ERRAND_CHECK, "b", "2.5%", NULL, NULL),
	    "--json|--backup|b|check|--read-data-subset|2.5%");
}

static void
test_errands_refused(void **state)
{
	(void)state;
	assert_string_equal(line((enum errand_verb)0, "x", NULL, NULL, NULL), "");
	assert_string_equal(line((enum errand_verb)99, "x", NULL, NULL, NULL),
	    "");
	assert_string_equal(line(ERRAND_RUN, "", NULL, NULL, NULL), "");
	assert_string_equal(line(ERRAND_UNDO, "0", NULL, NULL, NULL), "");
	assert_string_equal(line(ERRAND_UNDO, "last", NULL, NULL, NULL), "");
	assert_string_equal(line(ERRAND_UNDO, "1", "a", NULL, NULL), "");
	assert_string_equal(line(ERRAND_UNDO, "1", "/a/../b", NULL, NULL), "");
	assert_string_equal(line(ERRAND_APPROVE, "-1", NULL, NULL, NULL), "");
	assert_string_equal(line(ERRAND_GET, "x", "", "rel", NULL), "");
	assert_string_equal(line(ERRAND_RESTORE, "b", "-x", "/a", "/t"), "");
	assert_string_equal(line(ERRAND_RESTORE, "b", "a:/b", "/a", "/t"), "");
	assert_string_equal(line(ERRAND_RESTORE, "b", "ab", "a", "/t"), "");
	assert_string_equal(line(ERRAND_RESTORE, "b", "ab", "/a", "t"), "");
	assert_string_equal(line(ERRAND_RESTORE, "b", "ab", "/a", NULL), "");
	assert_string_equal(line(ERRAND_CHECK, "b", "2G", NULL, NULL), "");
	assert_string_equal(line(ERRAND_DUMP, "b", "ab", "/a", "rar"), "");
}

/* ---- secrets ---- */
static void
masks(const char *text, const char *want)
{
	CLEAN_BUF struct buf b = {0};

	masked_text(&b, text);
	assert_string_equal(buf_str(&b), want);
}

static void
test_masked(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	masks("a: 1\n# b\n  - c: d\n", "a: 1\n# b\n  - c: d\n");
	masks("password: x\nother: y\n", "password: ***\nother: y\n");
	masks("- env: {A: b}\n  x: y\n", "- env: ***\n  x: y\n");
	masks("env:\n  A: b\n  C:\n    - d\nx: y", "env:\n  A: ***\n  C: ***\n"
	    "    - ***\nx: y");
	masks("token: |\n  abc\n  def\nx: y\n", "token: ***\n  ***\n  ***\nx: y\n");
	masks("password : x\n", "password : ***\n");
	masks("\"password\": x\n'token' : y\n", "\"password\": ***\n'token' : ***\n");
	masks("password:\n  >-\n  x y\n  z\na: b\n",
	    "password:\n  ***\n  ***\n  ***\na: b\n");
	/* What is used as one under another name. */
	masks("x-a: &a sword\nx-b: &b fish\nmail: {password: *a}\nc: *b\n",
	    "x-a: &a ***\nx-b: &b fish\nmail: {password: ***\nc: *b\n");
	masks("x: &p\n  A: b\ny: 1\nenv: *p\n", "x: &p\n  A: ***\ny: 1\nenv: ***\n");
	masks("password_file: /a/b\n", "password_file: /a/b\n");
	masked_text(&b, "repository: rest:https://me:swordfish@host/\n");
	assert_null(strstr(buf_str(&b), "swordfish"));
}

/* ---- the channel ---- */
static void
test_channel(void **state)
{
	struct channel_in in = { .fds = { -1, -1 } };
	CLEAN_BUF struct buf m = {0};
	int pair[2], p[2];
	char c = 0;

	(void)state;
	assert_int_equal(channel_pair(pair), 0);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(channel_take(pair[1], &in), -1);	/* nothing yet */
	buf_adds(&m, "hello");
	assert_int_equal(channel_send(pair[0], &m, p, 2), 0);
	assert_int_equal(channel_send(pair[0], &m, NULL, 0), 0);
	assert_int_equal(channel_take(pair[1], &in), 1);
	assert_int_equal(in.bytes.len, 5);
	assert_int_equal(write(in.fds[1], "x", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(channel_take(pair[1], &in), 1);
	assert_int_equal(in.fds[0], -1);
	buf_room(&m, CHANNEL_MAX);
	m.len = CHANNEL_MAX + 1;
	assert_int_equal(channel_send(pair[0], &m, NULL, 0), -1);
	close(pair[0]);
	assert_int_equal(channel_take(pair[1], &in), 0);
	channel_in_fini(&in);
	close(pair[1]);
	close(p[0]);
	close(p[1]);
}

static void
test_setup(void **state)
{
	char *hosts[] = { (char *)(uintptr_t)"a", (char *)(uintptr_t)"b", NULL };
	char empty[] = "", word[] = "pw";
	struct web_setup s = { .is_unix = 1, .port = 79, .hosts = hosts,
	    .password = word, .certificate = empty, .key = empty }, t;
	CLEAN_BUF struct buf m = {0};
	size_t len;

	(void)state;
	web_setup_pack(&s, &m);
	assert_int_equal(web_setup_unpack(m.data, m.len, &t), 0);
	assert_int_equal(t.port, 79);
	assert_string_equal(t.hosts[1], "b");
	assert_string_equal(t.password, "pw");
	web_setup_fini(&t);
	for (len = 0; len < m.len; len++) {
		assert_int_equal(web_setup_unpack(m.data, len, &t), -1);
		web_setup_fini(&t);
	}
}

/* Who is late is hung up; who was heard out, or is not late, is not. */
static void
test_patience(void **state)
{
	struct waiting *late, *heard, *all[PATIENCE_CALLERS];
	struct patience p;
	int a[2], b[2];
	char c;
	size_t i;

	(void)state;
	patience_init(&p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	late = patience_enter(&p, a[0], 100);
	heard = patience_enter(&p, b[0], 100);
	patience_until(&p, heard, 0);
	assert_int_equal(patience_end(&p, 100), 0);
	assert_int_equal(patience_end(&p, 101), 1);
	assert_int_equal(recv(a[1], &c, 1, MSG_DONTWAIT), 0);
	assert_int_equal(recv(b[1], &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(patience_end(&p, 102), 0);	/* only once */
	patience_leave(&p, late);
	patience_leave(&p, heard);
	for (i = 0; i < PATIENCE_CALLERS; i++)
		assert_non_null(all[i] = patience_enter(&p, a[0], 0));
	assert_null(patience_enter(&p, a[0], 0));
	patience_leave(&p, NULL);
	patience_until(&p, NULL, 1);
	patience_leave(&p, all[3]);
	assert_ptr_equal(patience_enter(&p, a[0], 0), all[3]);
	for (i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args), cmocka_unit_test(test_args_refused),
		cmocka_unit_test(test_args_travel), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_sessions_end), cmocka_unit_test(test_tries),
		cmocka_unit_test(test_rate), cmocka_unit_test(test_errands),
		cmocka_unit_test(test_errands_refused),
		cmocka_unit_test(test_masked), cmocka_unit_test(test_channel),
		cmocka_unit_test(test_setup), cmocka_unit_test(test_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
