/*
 * test_http_stores.c -- S3 and REST when the server is not what it should be:
 * it lies, repeats itself, never ends, or lets nothing be removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store.h"
#include "store/test/far_server.h"
#include "store/test/texts.h"
#include "util/err.h"
#include "util/xalloc.h"

struct bench {
	struct far_server	*far;
	struct store		*s;
	struct err		 e;
	const char		*evil;		/* what it does instead */
	const char		*method;	/* to these; NULL: to all */
	unsigned		 left;		/* so many times */
	char			 head[4096];	/* of the last request */
};

static int
instead(void *arg, const struct server_request *r, struct server_answer *a)
{
	struct bench *b = arg;

	snprintf(b->head, sizeof(b->head), "%s", r->head);
	if (b->evil == NULL || b->left == 0 ||
	    (b->method != NULL && strcmp(b->method, r->method) != 0))
		return 0;
	b->left--;
	if (strncmp(b->evil, "HTTP/", 5) == 0) {
		buf_adds(&a->bytes, b->evil);
		a->close = 1;
	} else {
		server_say(r, a, 200, "", b->evil, strlen(b->evil));
	}
	return 1;
}

static void
begin(struct bench *b, struct far_options far, const char *const *extended)
{
	struct store_options o = { .extended = extended, .retry = -1,
	    .stall = 500000 };
	char *place;

	*b = (struct bench){ .left = 1000000 };
	far.instead = instead;
	far.arg = b;
	b->far = far_server_new(&far);
	place = far_server_place(b->far);
	if (store_create(place, &o, &b->s, &b->e) < 0)
		fail_msg("%s", b->e.text);
	free(place);
}

static void
end(struct bench *b)
{
	store_close(b->s);
	far_server_free(b->far);
}

static int
put(struct bench *b, enum store_kind kind, const char *text)
{
	struct store_name n = text_name(kind, text);

	b->e = (struct err){0};
	return store_put(b->s, &n, text, strlen(text), &b->e);
}

static int
count(void *arg, const struct store_name *n, uint64_t size)
{
	(void)n;
	(void)size;
	++*(size_t *)arg;
	return 0;
}

static int
list(struct bench *b, enum store_kind kind, size_t *n)
{
	*n = 0;
	b->e = (struct err){0};
	return store_list(b->s, kind, count, n, &b->e);
}

/* A read whose answer is this: what it ends in. */
static int
read_as(struct bench *b, const char *evil, uint64_t at, size_t len)
{
	struct store_name n = text_name(STORE_PACK, "0123456789");
	char out[16];

	b->e = (struct err){0};
	b->evil = evil;
	return store_get(b->s, &n, at, out, len, &b->e);
}

static void
expect_bad_reads(struct bench *b)
{
	static const struct {
		const char	*answer;
		uint64_t	 at;
		enum err_kind	 kind;
	} bad[] = {
		/* All of the file instead of a part; too much; too little. */
		{ "0123456789", 2, ERR_CORRUPT },
		{ "0123456789", 0, ERR_CORRUPT },
		{ "01", 0, ERR_CORRUPT },
		{ "HTTP/1.1 206 P\r\nContent-Range: bytes 3-6/10\r\n"
		    "Content-Length: 4\r\n\r\n3456", 2, ERR_CORRUPT },
		{ "HTTP/1.1 206 P\r\nContent-Length: 4\r\n\r\n23", 2, ERR_NET },
		{ "HTTP/1.1 200 O\r\nContent-Length: 99999999999\r\n\r\n0123456789",
		    0, ERR_CORRUPT },
		{ "HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:1/\r\n"
		    "Content-Length: 0\r\n\r\n", 0, ERR_IO },
		{ "HTTP/1.1 503 S\r\nContent-Length: 0\r\n\r\n", 0, ERR_NET },
		{ "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n", 0, ERR_NOENT },
		{ "HTTP/1.1 401 U\r\nContent-Length: 0\r\n\r\n", 0, ERR_DENIED },
		{ "HTTP/1.1 507 F\r\nContent-Length: 0\r\n\r\n", 0, ERR_FULL },
	};
	size_t i;

	assert_int_equal(put(b, STORE_PACK, "0123456789"), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(read_as(b, bad[i].answer, bad[i].at, 4), -1);
		if (b->e.kind != bad[i].kind)
			fail_msg("answer %zu: %d, %s", i, (int)b->e.kind,
			    b->e.text);
		assert_null(strstr(b->e.text, "hush"));
	}
	/* A part of the right place, told or not, is good. */
	assert_int_equal(read_as(b, NULL, 2, 4), 0);
	assert_int_equal(read_as(b, "0123", 0, 4), 0);
	b->evil = NULL;
}

static void
reads_from_a_bad_server(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, (struct far_options){ .s3 = 1 }, NULL);
	expect_bad_reads(&b);
	end(&b);
	begin(&b, (struct far_options){0}, NULL);
	expect_bad_reads(&b);
	end(&b);
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UP "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"

static void
lists_of_a_bad_rest_server(void **state)
{
	static const char *const bad[] = { "", "{}", "[", "[\"" ID "\"", "x",
	    "[{\"name\":\"" ID "\",\"size\":-1}]",
	    "[{\"name\":\"" ID "\",\"size\":1e9}]", "[1]", "[[]]",
	    "[{\"name\":1}]", "[{\"name\":\"" ID "\"]", "[]x", "[\"\\x\"]" };
	static const char *const odd[] = { "[]", " [ ] ", "[\"../../etc\"]",
	    "[{\"name\":\"zz\",\"size\":1}]",
	    "[{\"name\":\"" UP "\",\"size\":1}]",
	    "[{\"name\":\"" ID "0\",\"size\":1}]", "[{\"size\":1}]" };
	CLEAN_BUF struct buf long_one = {0};
	struct bench b;
	size_t i, n;

	(void)state;
	begin(&b, (struct far_options){0}, NULL);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		b.evil = bad[i];
		if (list(&b, STORE_PACK, &n) == 0)
			fail_msg("good: %s", bad[i]);
		assert_int_equal(b.e.kind, ERR_CORRUPT);
	}
	/* Names that are none are passed over. */
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		b.evil = odd[i];
		if (list(&b, STORE_PACK, &n) < 0)
			fail_msg("%s: %s", odd[i], b.e.text);
		assert_int_equal(n, 0);
	}
	/* What is not there is empty, but rclone says 404 for more than that. */
	b.evil = "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n";
	assert_int_equal(list(&b, STORE_PACK, &n), 0);
	b.evil = "HTTP/1.1 404 N\r\nServer: rclone/v1.60\r\n"
	    "Content-Length: 0\r\n\r\n";
	assert_int_equal(list(&b, STORE_PACK, &n), -1);
	/* A name without end. */
	buf_adds(&long_one, "[\"");
	for (i = 0; i < 10000; i++)
		buf_adds(&long_one, "0123456789");
	b.evil = buf_str(&long_one);
	assert_int_equal(list(&b, STORE_PACK, &n), -1);
	assert_int_equal(b.e.kind, ERR_CORRUPT);
	end(&b);
}

#define PAGE(files, rest) "<ListBucketResult>" files rest "</ListBucketResult>"
#define FILE_OF(key, size) \
	"<Contents><Key>" key "</Key><Size>" size "</Size></Contents>"
#define LAST "<IsTruncated>false</IsTruncated>"
#define KEY "some/pre~fix/data/01/" ID

static void
lists_of_a_bad_s3_server(void **state)
{
	static const char *const bad[] = { "", "<html>", PAGE("", ""),
	    PAGE(FILE_OF(KEY, "x"), LAST), PAGE(FILE_OF(KEY, "-1"), LAST),
	    PAGE(FILE_OF(KEY, "99999999999999999999999"), LAST),
	    PAGE("<Contents><Size>1</Size></Contents>", LAST),
	    PAGE("<Contents><Key>" KEY "</Key>", LAST),
	    /* The same token for ever; no token; an entity of its own. */
	    PAGE("", "<IsTruncated>true</IsTruncated><NextContinuationToken>t"
		"</NextContinuationToken>"),
	    PAGE("", "<IsTruncated>true</IsTruncated>"),
	    PAGE(FILE_OF("&lol;", "1"), LAST) };
	static const char *const odd[] = { PAGE("", LAST),
	    PAGE(FILE_OF("other/data/01/" ID, "1"), LAST),
	    PAGE(FILE_OF("some/pre~fix/data/02/" ID, "1"), LAST),
	    PAGE(FILE_OF("some/pre~fix/data/" ID, "1"), LAST),
	    PAGE(FILE_OF("some/pre~fix/data/01/../x", "1"), LAST),
	    PAGE(FILE_OF("some/pre~fix/data/01/" UP, "1"), LAST) };
	struct bench b;
	size_t i, n;

	(void)state;
	begin(&b, (struct far_options){ .s3 = 1 }, NULL);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		b.evil = bad[i];
		if (list(&b, STORE_PACK, &n) == 0)
			fail_msg("good: %s", bad[i]);
		assert_int_equal(b.e.kind, ERR_CORRUPT);
	}
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		b.evil = odd[i];
		if (list(&b, STORE_PACK, &n) < 0)
			fail_msg("%s: %s", odd[i], b.e.text);
		assert_int_equal(n, 0);
	}
	b.evil = PAGE(FILE_OF(KEY, "7"), LAST);
	assert_int_equal(list(&b, STORE_PACK, &n), 0);
	assert_int_equal(n, 1);
	end(&b);
}

static void
what_s3_says_is_told(void **state)
{
	static const struct {
		const char	*answer;
		enum err_kind	 kind;
		const char	*word;
	} said[] = {
		{ "HTTP/1.1 503 S\r\n\r\n<Error><Code>SlowDown</Code></Error>",
		    ERR_NET, "SlowDown" },
		{ "HTTP/1.1 404 S\r\n\r\n<Error><Code>NoSuchBucket</Code></Error>",
		    ERR_ABSENT, "no such bucket" },
		{ "HTTP/1.1 403 S\r\n\r\n<Error><Code>QuotaExceeded</Code>"
		    "</Error>", ERR_FULL, "quota" },
		{ "HTTP/1.1 400 S\r\n\r\n<Error><Code>RequestTimeout</Code>"
		    "</Error>", ERR_NET, "RequestTimeout" },
		{ "HTTP/1.1 403 S\r\n\r\n<Error><Code>New\033[2J</Code>"
		    "<Message>a\nb</Message></Error>", ERR_DENIED, "a\\nb" },
	};
	struct bench b;
	size_t i;

	(void)state;
	begin(&b, (struct far_options){ .s3 = 1 }, NULL);
	for (i = 0; i < sizeof(said) / sizeof(*said); i++) {
		assert_int_equal(read_as(&b, said[i].answer, 0, 4), -1);
		assert_int_equal(b.e.kind, said[i].kind);
		if (strstr(b.e.text, said[i].word) == NULL)
			fail_msg("%s", b.e.text);
		assert_null(strchr(b.e.text, '\033'));
	}
	end(&b);
}

static void
conditions_are_given_up_once(void **state)
{
	struct bench b;
	unsigned before;

	(void)state;
	begin(&b, (struct far_options){ .s3 = 1, .no_condition = 1 }, NULL);
	before = far_server_requests(b.far);
	assert_int_equal(put(&b, STORE_PACK, "one"), 0);
	assert_int_equal(far_server_requests(b.far) - before, 2);
	assert_int_equal(put(&b, STORE_PACK, "two"), 0);
	assert_int_equal(far_server_requests(b.far) - before, 3);
	end(&b);
}

static void
a_region_is_learnt_once(void **state)
{
	struct bench b;
	unsigned before;

	(void)state;
	begin(&b, (struct far_options){ .s3 = 1, .region = "eu-test-1" }, NULL);
	before = far_server_requests(b.far);
	assert_int_equal(put(&b, STORE_PACK, "one"), 0);
	assert_int_equal(far_server_requests(b.far) - before, 1);
	/* One that would lead elsewhere is none. */
	b.evil = "HTTP/1.1 400 B\r\nx-amz-bucket-region: a@evil/\r\n"
	    "Content-Length: 0\r\n\r\n";
	assert_int_equal(put(&b, STORE_PACK, "two"), -1);
	b.evil = NULL;
	assert_int_equal(put(&b, STORE_PACK, "two"), 0);
	end(&b);
}

static void
classes_and_locks_of_s3(void **state)
{
	static const char *const extended[] = { "s3.storage-class=STANDARD_IA",
	    "s3.retention-mode=governance", "s3.retention-days=30", NULL };
	struct bench b;

	(void)state;
	begin(&b, (struct far_options){ .s3 = 1 }, extended);
	assert_int_equal(put(&b, STORE_PACK, "pack"), 0);
	assert_non_null(strstr(b.head, "x-amz-storage-class: STANDARD_IA\r\n"));
	assert_non_null(strstr(b.head, "x-amz-object-lock-mode: GOVERNANCE\r\n"));
	assert_non_null(strstr(b.head, "x-amz-object-lock-retain-until-date: 2"));
	assert_int_equal(put(&b, STORE_INDEX, "index"), 0);
	assert_null(strstr(b.head, "x-amz-storage-class"));
	assert_non_null(strstr(b.head, "x-amz-object-lock-mode"));
	/* A lock has to go again. */
	assert_int_equal(put(&b, STORE_LOCK, "lock"), 0);
	assert_null(strstr(b.head, "x-amz-object-lock-mode"));
	end(&b);
}

static void
append_only_servers(void **state)
{
	struct store_name n = text_name(STORE_PACK, "pack");
	struct bench b;

	(void)state;
	begin(&b, (struct far_options){ .append_only = 1 }, NULL);
	assert_int_equal(put(&b, STORE_PACK, "pack"), 0);
	/* The answer was lost; the file is there. */
	assert_int_equal(put(&b, STORE_PACK, "pack"), 0);
	assert_int_equal(store_remove(b.s, &n, &b.e), -1);
	assert_int_equal(b.e.kind, ERR_DENIED);
	n = text_name(STORE_LOCK, "lock");
	assert_int_equal(put(&b, STORE_LOCK, "lock"), 0);
	assert_int_equal(store_remove(b.s, &n, &b.e), 0);
	/* "403", and what is there is shorter: it is not ours. */
	b.method = "HEAD";
	b.evil = "HTTP/1.1 200 O\r\nContent-Length: 2\r\n\r\n";
	assert_int_equal(put(&b, STORE_PACK, "pack"), -1);
	assert_int_equal(b.e.kind, ERR_CORRUPT);
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_from_a_bad_server),
		cmocka_unit_test(lists_of_a_bad_rest_server),
		cmocka_unit_test(lists_of_a_bad_s3_server),
		cmocka_unit_test(what_s3_says_is_told),
		cmocka_unit_test(conditions_are_given_up_once),
		cmocka_unit_test(a_region_is_learnt_once),
		cmocka_unit_test(classes_and_locks_of_s3),
		cmocka_unit_test(append_only_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
