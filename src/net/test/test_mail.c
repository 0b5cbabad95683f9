/* test_mail.c -- a mail is what RFC 5322 wants, whatever is put into it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/mail.h"
#include "util/buf.h"
#include "util/err.h"

static const char *const to[] = { "me@example.org", NULL };

static void
print(const char *from, const char *subject, const char *body, struct buf *out)
{
	const struct mail m = { .from = from, .to = to, .subject = subject,
	    .body = body, .date = INT64_C(1795305600) * 1000000, .id = "x.1" };

	buf_reset(out);
	mail_print(&m, out);
}

/* The promise: every line ends in CRLF, is short, and has 7 bits. */
static void
assert_form(struct buf *b)
{
	const char *p = buf_str(b), *end;

	for (; *p != '\0'; p = end + 2) {
		end = strstr(p, "\r\n");
		assert_non_null(end);
		assert_true(end - p <= 78);
		for (; p < end; p++)
			assert_true(((unsigned char)*p >= ' ' && *p < 0x7f) ||
			    *p == '\t');
	}
}

static void
a_plain_mail(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	print("fettle <f@example.org>", "backup home failed", "why\n.\nFrom me\n",
	    &b);
	assert_form(&b);
	assert_non_null(strstr(buf_str(&b),
	    "Date: Sun, 22 Nov 2026 00:00:00 +0000\r\n"));
	assert_non_null(strstr(buf_str(&b),
	    "From: \"fettle\" <f@example.org>\r\nTo: <me@example.org>\r\n"
	    "Subject: backup home failed\r\n"
	    "Message-ID: <x.1@example.org>\r\n"));
	assert_non_null(strstr(buf_str(&b),
	    "\r\n\r\nwhy\r\n=2E\r\n=46rom me\r\n"));
}

static void
no_subject_makes_a_header(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	print("f@example.org", "job\r\nBcc: all@example.org\n\nbody", "", &b);
	assert_form(&b);
	assert_null(strstr(buf_str(&b), "\nBcc:"));
	assert_non_null(strstr(buf_str(&b), "Subject: job  Bcc: "));
}

static void
other_letters_are_encoded_words(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	print("Müller <f@example.org>", "Größe: 日本語のファイル名がとても長い場合でも"
	    "行は短いままでなければならない", "Zeile mit Umlaut: ü\x80 \n", &b);
	assert_form(&b);
	assert_non_null(strstr(buf_str(&b), "From: =?UTF-8?B?TcO8bGxlcg==?="));
	assert_non_null(strstr(buf_str(&b), "Subject: =?UTF-8?B?R3LDtsOf"));
	assert_non_null(strstr(buf_str(&b), "\r\n =?UTF-8?B?"));
	assert_non_null(strstr(buf_str(&b), "=C3=BC=EF=BF=BD=20\r\n"));
}

static void
long_lines_are_broken_softly(void **state)
{
	CLEAN_BUF struct buf b = {0}, body = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++)
		buf_addc(&body, (char)('a' + i % 26));
	print("f@example.org", buf_str(&body), buf_str(&body), &b);
	assert_form(&b);
}

static void
addresses(void **state)
{
	static const char *const bad[] = { "", "me", "@host", "me@",
	    "a@b@c", "a b@c", "me@host\r\nRCPT TO:<x>", "Name <me@host",
	    "Name <me@host> x", "m\xc3\xbc@host", "a@b,c@d", NULL };
	struct err e = {0};
	size_t i, len;

	(void)state;
	for (i = 0; bad[i] != NULL; i++)
		assert_int_equal(mail_check_address(bad[i], &e), -1);
	assert_int_equal(mail_check_address("me@example.org", &e), 0);
	assert_int_equal(mail_check_address("Me <me@example.org>", &e), 0);
	assert_memory_equal(mail_address("Me <me@host>", &len), "me@host", 7);
	assert_int_equal(len, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_mail),
		cmocka_unit_test(no_subject_makes_a_header),
		cmocka_unit_test(other_letters_are_encoded_words),
		cmocka_unit_test(long_lines_are_broken_softly),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
