/*
 * test_http.c -- one request, one answer, whatever the server does: bounded in
 * bytes and in time, and no secret in a message.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/http.h"
#include "net/test/server.h"
#include "testing/scratch.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

/* What the server is to do is the first word of the path. */
static int
is(const struct server_request *r, const char *word)
{
	size_t n = strlen(word);

	return strncmp(r->target + 1, word, n) == 0 &&
	    strchr("/?", r->target[1 + n]) != NULL;
}

static void
handle(void *arg, const struct server_request *r, struct server_answer *a)
{
	atomic_uint *redirected = arg;
	unsigned i;
	char *v;

	if (is(r, "echo")) {
		v = server_header(r, "X-Give");
		server_say(r, a, 200, v != NULL ? "X-Got: yes\r\n" : "",
		    r->body_len > 0 ? r->body : r->head,
		    r->body_len > 0 ? r->body_len : strlen(r->head));
		free(v);
	} else if (is(r, "told")) {
		server_say(r, a, 403, "", "no, since", 9);
	} else if (is(r, "here")) {
		server_say(r, a, 302, "Location: /gone\r\n", "", 0);
	} else if (is(r, "gone")) {
		atomic_fetch_add(redirected, 1);
		server_say(r, a, 200, "", "", 0);
	} else if (is(r, "short")) {
		buf_adds(&a->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 100"
		    "\r\n\r\nhalf");
		a->close = 1;
	} else if (is(r, "long")) {
		buf_adds(&a->bytes, "HTTP/1.1 200 OK\r\n\r\n");
		a->endless = "again and again ";
	} else if (is(r, "longno")) {
		buf_adds(&a->bytes, "HTTP/1.1 500 No\r\n\r\n");
		a->endless = "no and no and no ";
	} else if (is(r, "headers")) {
		buf_adds(&a->bytes, "HTTP/1.1 200 OK\r\n");
		a->endless = "X-More: and more\r\n";
	} else if (is(r, "continue")) {
		a->endless = "HTTP/1.1 100 Continue\r\n\r\n";
	} else if (is(r, "nothing")) {
		a->hang = 1;
	} else if (is(r, "half")) {
		buf_adds(&a->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 100"
		    "\r\n\r\nhalf");
		a->hang = 1;
	} else if (is(r, "garbage")) {
		for (i = 0; i < 1000; i++)
			buf_addc(&a->bytes, (char)(i * 7));
		a->close = 1;
	} else {
		a->close = 1;
	}
}

struct bench {
	struct server	*s;
	struct http	*h;
	atomic_uint	 redirected;
	char		 url[256];
	struct http_answer a;
	struct err	 e;
};

static atomic_int stop_now;

static int
stop(void *arg)
{
	(void)arg;
	return stop_now;
}

static int
setup(void **state)
{
	struct bench *b = xalloc(sizeof(*b));
	struct http_options o = { .stall = 300000, .stop = stop,
	    .user = "me", .password = "hush-hush" };

	stop_now = 0;
	b->s = server_new(NULL, handle, &b->redirected);
	assert_int_equal(http_new(&o, &b->h, NULL), 0);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	http_free(b->h);
	server_free(b->s);
	http_answer_fini(&b->a);
	free(b);
	return 0;
}

static int
ask(struct bench *b, const char *path, struct http_request *r)
{
	snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%u/%s/p?secret=1",
	    server_port(b->s), path);
	r->url = b->url;
	if (r->method == NULL)
		r->method = "GET";
	if (r->max == 0)
		r->max = 1000;
	b->e = (struct err){0};
	return http_do(b->h, r, &b->a, &b->e);
}

static void
a_request_and_its_answer(void **state)
{
	const char *headers[] = { "X-Give: it", NULL };
	struct http_request r = { .headers = headers };
	struct bench *b = *state;
	const char *v;
	size_t len;

	assert_int_equal(ask(b, "echo", &r), 0);
	assert_int_equal(b->a.status, 200);
	assert_int_equal(b->a.len, b->a.body.len);
	assert_non_null(strstr(buf_str(&b->a.body), "GET /echo/p?secret=1 "));
	assert_non_null(strstr(buf_str(&b->a.body), "User-Agent: fettle/"));
	assert_non_null(strstr(buf_str(&b->a.body), "Authorization: Basic "
	    "bWU6aHVzaC1odXNo\r\n"));
	assert_null(strstr(buf_str(&b->a.body), "Accept-Encoding"));
	v = http_header(&b->a, "x-got", &len);
	assert_non_null(v);
	assert_memory_equal(v, "yes", len);
	assert_int_equal(http_header_is(&b->a, "X-GOT", "YES"), 1);
	assert_null(http_header(&b->a, "x-go", &len));
	/* Again, on the same connection. */
	assert_int_equal(ask(b, "echo", &r), 0);
	assert_int_equal(server_connections(b->s), 1);
}

static ssize_t
letters(void *arg, size_t at, void *out, size_t room)
{
	size_t i;

	(void)arg;
	if (room > 7)
		room = 7;
	for (i = 0; i < room; i++)
		((char *)out)[i] = (char)('a' + (at + i) % 26);
	return (ssize_t)room;
}

static void
bodies_of_all_sorts(void **state)
{
	struct http_request r = { .method = "PUT", .body = "body", .body_len = 4 };
	struct bench *b = *state;
	char out[26];

	assert_int_equal(ask(b, "echo", &r), 0);
	assert_string_equal(buf_str(&b->a.body), "body");
	r = (struct http_request){ .method = "POST", .read = letters,
	    .body_len = 26, .out = out, .max = 26 };
	assert_int_equal(ask(b, "echo", &r), 0);
	assert_memory_equal(out, "abcdefghijklmnopqrstuvwxyz", 26);
	assert_int_equal(b->a.len, 26);
	/* No body at all still tells its length. */
	r = (struct http_request){ .method = "POST" };
	assert_int_equal(ask(b, "echo", &r), 0);
	assert_non_null(strstr(buf_str(&b->a.body), "Content-Length: 0\r\n"));
	r = (struct http_request){ .method = "HEAD" };
	assert_int_equal(ask(b, "told", &r), 0);
	assert_int_equal(b->a.status, 403);
	assert_int_equal(b->a.len, 9);
	r = (struct http_request){ .range_from = 5, .range_len = 10 };
	assert_int_equal(ask(b, "echo", &r), 0);
	assert_non_null(strstr(buf_str(&b->a.body), "Range: bytes=5-14\r\n"));
}

static void
a_refusal_is_an_answer(void **state)
{
	struct http_request r = {0};
	struct bench *b = *state;

	assert_int_equal(ask(b, "told", &r), 0);
	assert_int_equal(b->a.status, 403);
	assert_string_equal(buf_str(&b->a.body), "no, since");
	assert_int_equal(http_told(&b->a, "do it", &b->e), -1);
	assert_int_equal(b->e.kind, ERR_DENIED);
}

static void
redirects_are_not_followed(void **state)
{
	struct http_request r = {0};
	struct bench *b = *state;

	assert_int_equal(ask(b, "here", &r), 0);
	assert_int_equal(b->a.status, 302);
	assert_int_equal(b->redirected, 0);
}

static void
too_much_is_refused(void **state)
{
	struct http_request r = {0};
	struct bench *b = *state;
	char out[1001] = {0};

	assert_int_equal(ask(b, "long", &r), -1);
	assert_int_equal(b->e.kind, ERR_CORRUPT);
	r.out = out;
	assert_int_equal(ask(b, "long", &r), -1);
	assert_int_equal(b->e.kind, ERR_CORRUPT);
	assert_int_equal(out[1000], 0);
	r.out = NULL;
	assert_int_equal(ask(b, "headers", &r), -1);
	assert_int_equal(b->e.kind, ERR_CORRUPT);
	assert_int_equal(ask(b, "continue", &r), -1);
	assert_int_equal(b->e.kind, ERR_CORRUPT);
	/* Of a refusal the beginning is enough. */
	assert_int_equal(ask(b, "longno", &r), 0);
	assert_int_equal(b->a.status, 500);
	assert_int_equal(b->a.body.len, HTTP_TOLD_MAX);
}

static void
too_little_is_refused(void **state)
{
	struct http_request r = {0};
	struct bench *b = *state;

	assert_int_equal(ask(b, "short", &r), -1);
	assert_int_equal(b->e.kind, ERR_NET);
	assert_int_equal(ask(b, "closed", &r), -1);
	assert_int_equal(b->e.kind, ERR_NET);
	assert_int_equal(ask(b, "garbage", &r), -1);
	assert_true(b->e.kind == ERR_CORRUPT || b->e.kind == ERR_NET);
}

static void
a_server_that_says_nothing_is_left(void **state)
{
	struct http_request r = {0};
	struct bench *b = *state;
	int64_t began = time_mono();

	assert_int_equal(ask(b, "nothing", &r), -1);
	assert_int_equal(b->e.kind, ERR_NET);
	assert_non_null(strstr(b->e.text, "not a byte"));
	assert_int_equal(ask(b, "half", &r), -1);
	assert_int_equal(b->e.kind, ERR_NET);
	r.total = 100000;
	assert_int_equal(ask(b, "nothing", &r), -1);
	assert_non_null(strstr(b->e.text, "not done"));
	assert_true(time_mono() - began < 20000000);
}

static void *
stop_soon(void *arg)
{
	(void)arg;
	usleep(50000);
	stop_now = 1;
	return NULL;
}

static void
it_stops_when_asked(void **state)
{
	struct http_options o = { .stop = stop };
	struct http_request r = {0};
	struct bench *b = *state;
	int64_t began = time_mono();
	pthread_t t;

	http_free(b->h);
	assert_int_equal(http_new(&o, &b->h, NULL), 0);
	assert_int_equal(pthread_create(&t, NULL, stop_soon, NULL), 0);
	assert_int_equal(ask(b, "nothing", &r), -1);
	assert_int_equal(b->e.kind, ERR_STOPPED);
	assert_true(time_mono() - began < 20000000);
	pthread_join(t, NULL);
	assert_int_equal(ask(b, "echo", &r), -1);
	assert_int_equal(b->e.kind, ERR_STOPPED);
	/* But for what must be told all the same. */
	r.holds_on = 1;
	assert_int_equal(ask(b, "echo", &r), 0);
}

static int64_t
slowly(void *arg, int up, size_t n)
{
	atomic_size_t *bytes = arg;

	atomic_fetch_add(&bytes[up], n);
	return 50000;
}

static void
the_pace_is_kept_and_no_stall(void **state)
{
	atomic_size_t bytes[2] = { 0, 0 };
	struct http_options o = { .stall = 40000, .pace = slowly,
	    .pace_arg = bytes };
	struct http_request r = { .method = "PUT", .read = letters,
	    .body_len = 70 };
	struct bench *b = *state;
	int64_t began = time_mono();

	http_free(b->h);
	assert_int_equal(http_new(&o, &b->h, NULL), 0);
	assert_int_equal(ask(b, "echo", &r), 0);
	assert_int_equal(b->a.len, 70);
	assert_int_equal(bytes[1], 70);
	assert_int_equal(bytes[0], 70);
	assert_true(time_mono() - began >= 11 * 50000);
}

static void
no_secret_in_a_message(void **state)
{
	static const char *const paths[] = { "short", "nothing", "long",
	    "headers", "garbage" };
	struct bench *b = *state;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct http_request r = {0};

		assert_int_equal(ask(b, paths[i], &r), -1);
		assert_null(strstr(b->e.text, "hush"));
		assert_null(strstr(b->e.text, "secret"));
		assert_non_null(strstr(b->e.text, "GET http://127.0.0.1:"));
	}
}

static void
nobody_there_is_told(void **state)
{
	struct http_request r = { .method = "GET",
	    .url = "http://127.0.0.1:1/" };
	struct bench *b = *state;
	struct http_options bad = { .ca_file = "/no/such/file" };
	struct http *h;

	assert_int_equal(http_do(b->h, &r, &b->a, &b->e), -1);
	assert_int_equal(b->e.kind, ERR_NET);
	r.url = "ftp://127.0.0.1/";
	b->e = (struct err){0};
	assert_int_equal(http_do(b->h, &r, &b->a, &b->e), -1);
	r.url = "file:///etc/passwd";
	assert_int_equal(http_do(b->h, &r, &b->a, &b->e), -1);
	assert_int_equal(http_new(&bad, &h, &b->e), -1);
	assert_int_equal(b->e.kind, ERR_USAGE);
}

static void
a_socket_is_as_good_as_a_port(void **state)
{
	struct scratch dir = scratch_new();
	struct http_request r = { .method = "GET", .url = "http://localhost/"
	    "echo/", .max = 1000 };
	struct bench *b = *state;
	atomic_uint redirected = 0;
	struct http_options o = {0};
	struct server *s;
	const char *path = scratch_path(&dir, "s");

	s = server_new(path, handle, &redirected);
	o.unix_socket = path;
	http_free(b->h);
	assert_int_equal(http_new(&o, &b->h, NULL), 0);
	assert_int_equal(http_do(b->h, &r, &b->a, &b->e), 0);
	assert_int_equal(b->a.status, 200);
	http_free(b->h);
	b->h = NULL;
	server_free(s);
	scratch_free(&dir);
}

static void *
many(void *arg)
{
	struct bench *b = arg;
	struct http_answer a = {0};
	struct http_request r = { .method = "PUT", .body_len = 26,
	    .read = letters, .max = 26 };
	char url[64];
	int i, bad = 0;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/echo/",
	    server_port(b->s));
	r.url = url;
	for (i = 0; i < 50; i++)
		if (http_do(b->h, &r, &a, NULL) < 0 || a.len != 26)
			bad = 1;
	http_answer_fini(&a);
	return bad ? b : NULL;
}

static void
many_threads_share_a_few_connections(void **state)
{
	struct bench *b = *state;
	pthread_t t[8];
	void *bad;
	int i;

	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&t[i], NULL, many, b), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	assert_true(server_connections(b->s) <= 8);
}

static void
retry_after_is_bounded(void **state)
{
	struct http_answer a = {0};

	(void)state;
	buf_adds(&a.headers, "HTTP/1.1 503 No\r\nRetry-After: 7\r\n\r\n");
	assert_int_equal(http_retry_after(&a), 7000000);
	buf_reset(&a.headers);
	buf_adds(&a.headers, "Retry-After: 1000000000000000000000000\r\n");
	assert_int_equal(http_retry_after(&a), 60000000);
	buf_reset(&a.headers);
	buf_adds(&a.headers, "Retry-After: Fri, 01 Jan 2027\r\n");
	assert_int_equal(http_retry_after(&a), 0);
	http_answer_fini(&a);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_request_and_its_answer),
		WITH(bodies_of_all_sorts),
		WITH(a_refusal_is_an_answer),
		WITH(redirects_are_not_followed),
		WITH(too_much_is_refused),
		WITH(too_little_is_refused),
		WITH(a_server_that_says_nothing_is_left),
		WITH(it_stops_when_asked),
		WITH(the_pace_is_kept_and_no_stall),
		WITH(no_secret_in_a_message),
		WITH(nobody_there_is_told),
		WITH(a_socket_is_as_good_as_a_port),
		WITH(many_threads_share_a_few_connections),
		cmocka_unit_test(retry_after_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
