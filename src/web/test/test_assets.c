/* Pages: each is index.html; a file is itself, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "web/assets.h"
#include "web/web_impl.h"

struct browser {
	const char	*accepts, *has;
};

static const char *
header(void *arg, const char *name)
{
	const struct browser *b = arg;

	return strcmp(name, "Accept-Encoding") == 0 ? b->accepts :
	    strcmp(name, "If-None-Match") == 0 ? b->has : NULL;
}

static int
ask(const char *path, struct browser b, struct reply *r)
{
	struct request q = { .method = HEAD_GET, .path = path, .header = header,
	    .arg = &b };

	*r = (struct reply){ .status = 0 };
	return web_asset(&q, r);
}

static void
test_pages(void **state)
{
	static const char *const pages[] = { "/", "/runs", "/runs/12",
	    "/index.html" };
	struct browser plain = { NULL, NULL };
	struct reply r, first;
	size_t i;

	(void)state;
	assert_int_equal(ask("/", plain, &first), 1);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		assert_int_equal(ask(pages[i], plain, &r), 1);
		assert_int_equal(r.status, 200);
		assert_ptr_equal(r.fixed, first.fixed);
		assert_string_equal(r.type, "text/html; charset=utf-8");
		assert_false(r.keep);
	}
	assert_memory_equal(r.fixed, "<!doctype html>", 15);
}

static void
test_files(void **state)
{
	struct browser plain = { NULL, NULL }, gzip = { "br, gzip", NULL },
	    none = { "gzip;q=0", NULL }, has = { NULL, NULL };
	struct reply r;

	(void)state;
	assert_int_equal(ask("/app-0a1b2c3d.js", plain, &r), 1);
	assert_memory_equal(r.fixed, "console.log", 11);
	assert_int_equal(r.fixed_len, 800);
	assert_true(r.keep);
	assert_int_equal(ask("/app-0a1b2c3d.js", none, &r), 1);
	assert_false(r.gzip);
	assert_int_equal(ask("/app-0a1b2c3d.js", gzip, &r), 1);
	assert_true(r.gzip);
	assert_memory_equal(r.fixed, "\x1f\x8b", 2);
	assert_true(r.fixed_len < 200);
	has.has = r.etag;
	assert_int_equal(ask("/app-0a1b2c3d.js", has, &r), 1);
	assert_int_equal(r.status, 304);
	assert_int_equal(ask("/robots.txt", gzip, &r), 1);
	assert_false(r.gzip);			/* it would be larger */
}

static void
test_nothing(void **state)
{
	static const char *const absent[] = { "/app.js", "/assets/x.css",
	    "/etc/passwd.txt", "/../secret.txt", "//index.html.x", "/a.b/c.d" };
	struct browser plain = { NULL, NULL };
	struct reply r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_int_equal(ask(absent[i], plain, &r), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages), cmocka_unit_test(test_files),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
