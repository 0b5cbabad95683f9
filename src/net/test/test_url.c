/* test_url.c -- addresses: what they are, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/url.h"
#include "util/err.h"

static void
an_address_is_its_parts(void **state)
{
	CLEAN_URL struct url u = {0};
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(url_parse("HTTPS://me%40home:p%3aw@a.example:8443/x/y?"
	    "q=1#f", &u, &e), 0);
	assert_string_equal(u.scheme, "https");
	assert_string_equal(u.user, "me@home");
	assert_string_equal(u.password, "p:w");
	assert_string_equal(u.host, "a.example");
	assert_int_equal(u.port, 8443);
	assert_string_equal(u.path, "/x/y");
	assert_string_equal(u.query, "q=1");
	url_print(&u, 1, &b);
	assert_string_equal(buf_str(&b), "https://a.example:8443/x/y?q=1");
	buf_reset(&b);
	/* For people the password is not there. */
	url_print(&u, 0, &b);
	assert_string_equal(buf_str(&b),
	    "https://me%40home:***@a.example:8443/x/y?q=1");
}

static void
forms_of_hosts(void **state)
{
	static const char *const good[] = { "http://h", "http://[::1]:80/",
	    "http://10.0.0.1:1", "http://a_b.c-d/", "http://u@h", "x+y://h?q" };
	static const char *const bad[] = { "", "h/p", "http://", "http:///p",
	    "http://h:0/", "http://h:65536", "http://h:", "http://h:8a/",
	    "http://a b/", "http://a\n/", "http://u%4@h/", "http://u%00@h/",
	    "http://-h/", "http://h<>/", "http://[::1/", "://h", "1://h",
	    "http://h:999999" };
	struct url u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(url_parse(good[i], &u, NULL), 0);
		url_fini(&u);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = {0};

		assert_int_equal(url_parse(bad[i], &u, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		url_fini(&u);
	}
}

static void
a_refusal_keeps_the_password(void **state)
{
	struct err e = {0};
	struct url u;

	(void)state;
	assert_int_equal(url_parse("http://me:hush%zz@h/", &u, &e), -1);
	assert_null(strstr(e.text, "hush"));
	url_fini(&u);
	assert_int_equal(url_parse("http://me:hush@h:x/", &u, &e), -1);
	assert_null(strstr(e.text, "hush"));
	url_fini(&u);
}

static void
what_is_encoded_comes_back(void **state)
{
	CLEAN_BUF struct buf b = {0}, back = {0};
	char all[256];
	int i;

	(void)state;
	for (i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	url_encode(&b, all, "/");
	assert_int_equal(strspn(buf_str(&b), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_.~%/"), b.len);
	assert_int_equal(url_decode(&back, buf_str(&b), b.len), 0);
	assert_string_equal(buf_str(&back), all);
	buf_reset(&back);
	assert_int_equal(url_decode(&back, "a%2", 3), -1);
	assert_int_equal(url_decode(&back, "a%", 2), -1);
	assert_int_equal(back.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_its_parts),
		cmocka_unit_test(forms_of_hosts),
		cmocka_unit_test(a_refusal_keeps_the_password),
		cmocka_unit_test(what_is_encoded_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
