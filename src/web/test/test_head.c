/* Requests that two readers could understand in two ways are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/head.h"

static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]", NULL };
static const struct head_rules here = { hosts, 7979 }, any = { hosts, 0 };

static int
check(const char *text)
{
	struct head h;
	size_t len;

	return head_check(text, strlen(text), &here, &h, &len);
}

#define HOST	"Host: 127.0.0.1:7979\r\n"

static void
test_good(void **state)
{
	static const char get[] = "GET /a?b=%2e%2e/ HTTP/1.1\r\n" HOST "\r\nrest";
	struct head h;
	size_t len, i;

	(void)state;
	assert_int_equal(head_check(get, strlen(get), &here, &h, &len), 200);
	assert_int_equal(len, strlen(get) - 4);
	assert_int_equal(h.method, HEAD_GET);
	for (i = 0; i < len; i++)	/* whole, or not yet */
		assert_int_equal(head_check(get, i, &here, &h, &len), 0);
	assert_int_equal(check("POST / HTTP/1.1\r\n" HOST
	    "Content-Length: 65536\r\n\r\n"), 200);
	assert_int_equal(check("HEAD /... HTTP/1.1\r\nhost:LOCALHOST:7979 \r\n"
	    "\r\n"), 200);
}

static void
test_bad(void **state)
{
	static const struct {
		int		 status;
		const char	*text;
	} v[] = {
		{ 400, "GET /\r\n\r\n" },			/* HTTP/0.9 */
		{ 505, "GET / HTTP/1.0\r\n" HOST "\r\n" },
		{ 505, "GET / HTTP/2.0\r\n" HOST "\r\n" },
		{ 400, "GET /  HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\n" HOST "\r\n" },	/* bare LF */
		{ 400, "GET / HTTP/1.1\r\nHost: 127.0.0.1:7979\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nA: b\rc\r\n" HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "nothing\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n\r\n" },		/* no host */
		{ 400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n" },
		{ 421, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n" },
		{ 421, "GET / HTTP/1.1\r\nHost: evil.example:7979\r\n\r\n" },
		{ 421, "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n" },
		{ 421, "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil:7979\r\n\r\n" },
		{ 421, "GET / HTTP/1.1\r\nHost: 127.0.0.1:7979@evil\r\n\r\n" },
		{ 421, "GET / HTTP/1.1\r\nHost: \r\n\r\n" },
		{ 400, "GET http://evil/ HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET * HTTP/1.1\r\n" HOST "\r\n" },
		{ 405, "OPTIONS / HTTP/1.1\r\n" HOST "\r\n" },
		{ 405, "TRACE / HTTP/1.1\r\n" HOST "\r\n" },
		{ 405, "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n" },
		{ 405, "get / HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /%00 HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /?a=%00 HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /%2 HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /%zz HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /../etc HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /a/.. HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /a/..?b HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /%2e%2E/etc HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /.%2e/etc HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /..%2fetc HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /a\\b HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET /\x80 HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST
		    "Transfer-Encoding: chunked\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
		    "Content-Length: 1\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n" },
		{ 413, "POST / HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n" },
		{ 413, "POST / HTTP/1.1\r\n" HOST
		    "Content-Length: 99999999999999999999\r\n\r\n" },
		{ 411, "POST / HTTP/1.1\r\n" HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" },
		{ 417, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
		    "Expect: 100-continue\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (check(v[i].text) != v[i].status)
			fail_msg("%d, not %d: %s", check(v[i].text),
			    v[i].status, v[i].text);
}

static void
test_nul(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nA: b\0c\r\n" HOST "\r\n";
	struct head h;
	size_t len;

	(void)state;
	assert_int_equal(head_check(text, sizeof(text) - 1, &here, &h, &len),
	    400);
}

static void
test_limits(void **state)
{
	char text[HEAD_MAX * 2];
	struct head h;
	size_t len, i, n;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	assert_int_equal(head_check(text, sizeof(text), &here, &h, &len), 431);
	memcpy(text + 5 + HEAD_TARGET, " HTTP/1.1\r\n\r\n", 13);
	assert_int_equal(head_check(text, 5 + HEAD_TARGET + 13, &here, &h, &len),
	    414);
	n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST);
	for (i = 0; i < HEAD_FIELDS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "A: b\r\n");
	assert_int_equal(head_check(text, n, &here, &h, &len), 431);
}

static void
test_any_port(void **state)
{
	(void)state;
	assert_true(head_is_ours("127.0.0.1:43210", &any));
	assert_true(head_is_ours("localhost", &any));
	assert_true(head_is_ours("[::1]:1", &any));
	assert_false(head_is_ours("127.0.0.1:0", &any));
	assert_false(head_is_ours("127.0.0.1:65536", &any));
	assert_false(head_is_ours("rebind.example:43210", &any));
	assert_false(head_is_ours("127.0.0.1:7979", &(struct head_rules){
	    hosts, 7980 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_nul), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_any_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
