/* test_notify.c -- what is written under notify:, and news in words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "notify/notify.h"
#include "notify/text.h"
#include "util/buf.h"
#include "util/json.h"

struct world {
	struct conf_faults	*f;
	struct conf		*c;
	struct notify_list	 l;
};

static size_t
read_text(struct world *w, const char *text, int commands)
{
	struct conf_env env;
	struct conf_where where = { .env = &env };

	conf_env_system(&env);
	w->f = conf_faults_new();
	assert_int_equal(conf_parse("t", text, strlen(text), w->f, &w->c), 0);
	notify_read(conf_get(conf_root(w->c), "notify"), &where, commands,
	    &w->l, w->f);
	return conf_faults_count(w->f, CONF_FAULT);
}

static void
end(struct world *w)
{
	notify_list_fini(&w->l);
	conf_free(w->c);
	conf_faults_free(w->f);
}

static void
what_face_shows_is_read(void **state)
{
	struct world w;

	(void)state;
	assert_int_equal(read_text(&w, "notify:\n"
	    "  - {events: [failure, held, late], mail: {to: me@example.org, "
	    "from: f@example.org, smtp: 'smtps://mail.example.org', user: me, "
	    "password_command: pass mail}}\n"
	    "  - {events: [start, success, failure], job: home, ping: "
	    "'https://hc-ping.com/UUID'}\n", 1), 0);
	assert_int_equal(w.l.n, 2);
	assert_int_equal(w.l.v[0].kind, NOTIFY_MAIL);
	assert_string_equal(w.l.v[0].secret.command[1], "mail");
	assert_int_equal(w.l.v[0].events, NOTIFY_BIT(NOTIFY_FAILURE) |
	    NOTIFY_BIT(NOTIFY_HELD) | NOTIFY_BIT(NOTIFY_LATE));
	assert_string_equal(w.l.v[1].jobs[0], "home");
	end(&w);
}

/* Each of these is a fault, and only one. */
static void
faults(void **state)
{
	static const char *const bad[] = {
		"- {events: [failure]}",
		"- {mail: {to: me, smtp: h}}",
		"- {mail: {to: me@h}}",
		"- {mail: {to: me@h, smtp: 'http://h'}}",
		"- {mail: {to: me@h, smtp: 'smtp://u:p@h'}}",
		"- {mail: {to: me@h, smtp: h, user: x, password: y}}",
		"- {mail: {to: me@h, smtp: h}, ping: 'https://x/'}",
		"- {ping: 'ftp://x/'}",
		"- {events: [late], ping: 'https://x/'}",
		"- {ping: 'https://x/{jbo}'}",
		"- {webhook: {url: 'https://x/', text: '{titel}'}}",
		"- {webhook: {url: 'https://x/', text: a, json: {b: c}}}",
		"- {webhook: {url: 'https://x/', json: text}}",
		"- {webhook: {url: 'https://x/', headers: {'A B': c}}}",
		"- {webhook: {url: 'https://x/', secret: c}}",
		"- {webhook: {url: 'https://x/', method: DELETE}}",
		"- {events: [fail], desktop: yes}",
		"- {desktop: yes, digest: daily}",
		"- {desktop: yes, timeout: 1h}",
		"- {mail: {to: me@h, smtp: h}, digest: 25:00}",
		"- {command: 'a | b'}",
		"- {comand: 'a'}",
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CLEAN_BUF struct buf b = {0};
		size_t n;

		buf_addf(&b, "notify:\n  %s\n", bad[i]);
		n = read_text(&w, buf_str(&b), 1);
		if (n < 1 || n > 2) {
			conf_faults_print(w.f, &b);
			fail_msg("%zu faults: %s", n, buf_str(&b));
		}
		end(&w);
	}
}

static void
commands_must_be_allowed(void **state)
{
	struct world w;

	(void)state;
	assert_int_equal(read_text(&w, "notify: {command: logger hi}", 0), 1);
	end(&w);
	assert_int_equal(read_text(&w, "notify: {command: logger hi}", 1), 0);
	end(&w);
}

static void
nothing_written_is_the_usual(void **state)
{
	struct world w;

	(void)state;
	assert_int_equal(read_text(&w, "rules: []", 1), 0);
	assert_int_equal(w.l.usual, 1);
	assert_int_equal(w.l.n, 1);
	end(&w);
	assert_int_equal(read_text(&w, "notify: []", 1), 0);
	assert_int_equal(w.l.n, 0);
	end(&w);
}

static struct notify_news
news(unsigned events, char *job, char *text)
{
	static char kind[] = "backup", none[] = "";

	return (struct notify_news){ .events = events, .job = job,
	    .kind = kind, .text = text, .log = none, .run = 12 };
}

static void
a_ping_hears_of_every_end(void **state)
{
	static const unsigned ends[] = { NOTIFY_PARTIAL, NOTIFY_HELD,
	    NOTIFY_FAILURE };
	const struct notify n = { .kind = NOTIFY_PING, .events =
	    NOTIFY_BIT(NOTIFY_START) | NOTIFY_BIT(NOTIFY_SUCCESS) |
	    NOTIFY_BIT(NOTIFY_FAILURE) };
	char job[] = "j", none[] = "";
	enum notify_event ev;
	struct notify_news w;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		w = news(NOTIFY_BIT(ends[i]), job, none);
		assert_int_equal(notify_wants(&n, &w, NULL, &ev), 1);
		assert_int_equal(ev, NOTIFY_FAILURE);
	}
	w = news(NOTIFY_BIT(NOTIFY_SUCCESS) | NOTIFY_BIT(NOTIFY_RECOVERED), job,
	    none);
	assert_int_equal(notify_wants(&n, &w, NULL, &ev), 1);
	assert_int_equal(ev, NOTIFY_SUCCESS);
}

static void
filters(void **state)
{
	const char *jobs[] = { "home", NULL }, *tags[] = { "night", NULL };
	char *own[] = { (char *)(uintptr_t)"night", NULL };
	struct notify n = { .kind = NOTIFY_MAIL, .events = NOTIFY_TROUBLE,
	    .jobs = jobs, .tags = tags };
	char home[] = "home", other[] = "other", none[] = "";
	enum notify_event ev;
	struct notify_news w = news(NOTIFY_BIT(NOTIFY_FAILURE) |
	    NOTIFY_BIT(NOTIFY_INTEGRITY), home, none);

	(void)state;
	assert_int_equal(notify_wants(&n, &w, NULL, &ev), 1);
	assert_int_equal(ev, NOTIFY_INTEGRITY);
	w.job = other;
	assert_int_equal(notify_wants(&n, &w, NULL, &ev), 0);
	assert_int_equal(notify_wants(&n, &w, own, &ev), 1);
	n.unattended = 1;
	assert_int_equal(notify_wants(&n, &w, own, &ev), 0);
	w.unattended = 1;
	assert_int_equal(notify_wants(&n, &w, own, &ev), 1);
}

/* A name cannot leave the string that it stands in. */
static void
templates_are_escaped(void **state)
{
	struct world w;
	CLEAN_BUF struct buf b = {0};
	char job[] = "a\"},{\"x\":\"\n{text}", text[] = "1 < 2\r\nX: y";
	struct notify_news n = news(NOTIFY_BIT(NOTIFY_FAILURE), job, text);
	const struct notify_item it = { NOTIFY_FAILURE, &n };
	const struct notify_env env = { .host = "h" };
	CLEAN_JSON_READ struct json_read r;
	struct err e = {0};

	(void)state;
	assert_int_equal(read_text(&w, "notify: {webhook: {url: 'https://x/"
	    "{job}', json: {a: '{job}', b: [1, true, null, '2'], '{event}': "
	    "'{{x}}'}, headers: {T: '{text}'}}}", 1), 0);
	notify_template(w.l.v[0].body, &it, &env, NULL, NOTIFY_IN_JSON, &b);
	assert_string_equal(buf_str(&b), "{\"a\":\"a\\\"},{\\\"x\\\":\\\"\\n"
	    "{text}\",\"b\":[1,true,null,\"2\"],\"failure\":\"{x}\"}");
	json_read_init(&r, b.data, b.len);
	assert_int_equal(json_next(&r, &e), 1);
	assert_int_equal(json_skip(&r, &e), 0);
	assert_int_equal(json_end(&r, &e), 0);
	buf_reset(&b);
	notify_template(w.l.v[0].headers[1], &it, &env, NULL, NOTIFY_IN_HEADER,
	    &b);
	assert_string_equal(buf_str(&b), "1 < 2  X: y");
	buf_reset(&b);
	notify_template("https://x/{job}", &it, &env, NULL, NOTIFY_IN_URL, &b);
	assert_null(strpbrk(buf_str(&b) + 10, "\"{}\n/,"));
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_face_shows_is_read),
		cmocka_unit_test(faults),
		cmocka_unit_test(commands_must_be_allowed),
		cmocka_unit_test(nothing_written_is_the_usual),
		cmocka_unit_test(a_ping_hears_of_every_end),
		cmocka_unit_test(filters),
		cmocka_unit_test(templates_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
