/*
 * test_s3_sign.c -- signatures of S3: the examples that Amazon publishes ("AWS
 * Signature Version 4 test suite", and "Authenticating Requests" of S3's manual),
 * places, keys, and the XML of answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "store/s3_keys.h"
#include "store/s3_place.h"
#include "store/s3_sign.h"
#include "store/s3_xml.h"
#include "util/err.h"
#include "util/time.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char id[] = "AKIAIOSFODNN7EXAMPLE";
static char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static char suite_id[] = "AKIDEXAMPLE";
static char suite_secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

static void
expect(const struct s3_sign *s, const struct s3_keys *k, const char *signature)
{
	CLEAN_BUF struct buf b = {0};
	const char *at;

	s3_sign(s, k, &b);
	at = strstr(buf_str(&b), "Signature=");
	assert_non_null(at);
	assert_memory_equal(at + 10, signature, 64);
	assert_null(strstr(buf_str(&b), k->secret));
}

/* RFC 4231, cases 1 and 6. */
static void
hmac(void **state)
{
	unsigned char key[131], out[32];
	char hex[SHA256_HEX];
	const char *text = "Test Using Larger Than Block-Size Key - Hash Key "
	    "First";

	(void)state;
	memset(key, 0x0b, 20);
	s3_hmac(key, 20, "Hi There", 8, out);
	sha256_hex(out, hex);
	assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	memset(key, 0xaa, 131);
	s3_hmac(key, 131, text, strlen(text), out);
	sha256_hex(out, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

static void
the_suite(void **state)
{
	const struct s3_keys k = { suite_id, suite_secret, NULL };
	const struct s3_pair one[] = { { "Param1", "value1" } };
	const struct s3_pair two[] = { { "Param2", "value2" },
	    { "Param1", "value1" } };
	struct s3_sign s = { .method = "GET", .host = "example.amazonaws.com",
	    .path = "/", .region = "us-east-1", .service = "service" };

	(void)state;
	assert_int_equal(time_parse_rfc3339("2015-08-30T12:36:00Z", &s.now, NULL,
	    NULL), 0);
	expect(&s, &k, "5fa00fa31553b73ebf1942676e86291e"
	    "8372ff2a2260956d9b8aae1d763fbf31");	/* get-vanilla */
	s.query = one;
	s.n_query = 1;
	expect(&s, &k, "a67d582fa61cc504c4bae71f336f98b9"
	    "7f1ea3c7a6bfe1b6e45aec72011b9aeb");
	s.query = two;
	s.n_query = 2;
	expect(&s, &k, "b97d918cfa904a5beff61c982a1b6f45"
	    "8b799221646efd99d3219ec94cdf2500");
	s.method = "POST";
	s.n_query = 0;
	expect(&s, &k, "5da7c1a2acd57cee7505fc6676e4e544"
	    "621c30862966e37dddb68e92efbe5d6b");	/* post-vanilla */
}

static void
the_manual(void **state)
{
	const struct s3_keys k = { id, secret, NULL };
	const struct s3_pair range[] = { { "range", "bytes=0-9" } };
	const struct s3_pair put[] = {
	    { "date", "Fri, 24 May 2013 00:00:00 GMT" },
	    { "x-amz-storage-class", "REDUCED_REDUNDANCY" } };
	const struct s3_pair lifecycle[] = { { "lifecycle", "" } };
	const struct s3_pair list[] = { { "prefix", "J" }, { "max-keys", "2" } };
	struct s3_sign s = { .method = "GET", .path = "/test.txt",
	    .host = "examplebucket.s3.amazonaws.com", .region = "us-east-1",
	    .service = "s3", .body_hash = EMPTY, .headers = range,
	    .n_headers = 1 };

	(void)state;
	assert_int_equal(time_parse_rfc3339("2013-05-24T00:00:00Z", &s.now, NULL,
	    NULL), 0);
	expect(&s, &k, "f0e8bdb87c964420e857bd35b5d6ed31"
	    "0bd44f0170aba48dd91039c6036bdb41");
	s.path = "/";
	s.n_headers = 0;
	s.query = lifecycle;
	s.n_query = 1;
	expect(&s, &k, "fea454ca298b7da1c68078a5d1bdbfbb"
	    "e0d65c699e0f91ac7a200a0136783543");
	s.query = list;
	s.n_query = 2;
	expect(&s, &k, "34b48302e7b5fa45bde8084f4b7868a8"
	    "6f0a534bc59db6670ed5711ef69dc6f7");
	s.method = "PUT";
	s.path = "/test%24file.text";
	s.n_query = 0;
	s.headers = put;
	s.n_headers = 2;
	s.body_hash = "44ce7dd67c959e0d3524ffac1771dfbb"
	    "a87d2b6b4b4e99e42034a8b803f8b072";
	expect(&s, &k, "98ad721746da40c64f1a55b78f14c238"
	    "d841ea1380cd77a1b5971af0ece108bd");
}

static void
a_session_is_signed_too(void **state)
{
	char token[] = "of-a-session";
	const struct s3_keys k = { id, secret, token };
	struct s3_sign s = { .method = "GET", .path = "/", .host = "h",
	    .region = "r", .service = "s3", .body_hash = EMPTY };
	CLEAN_BUF struct buf b = {0};

	(void)state;
	s3_sign(&s, &k, &b);
	assert_non_null(strstr(buf_str(&b), "x-amz-security-token: "
	    "of-a-session\n"));
	assert_non_null(strstr(buf_str(&b), "SignedHeaders=host;"
	    "x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
}

/* ---- places ---- */
static void
expect_place(const char *place, const char *const *extended,
    const char *origin, const char *root, const char *prefix,
    const char *region)
{
	struct store_options o = { .extended = extended };
	struct s3_place p;
	struct err e = {0};

	if (s3_place_parse(place, &o, &p, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(p.origin, origin);
	assert_string_equal(p.root, root);
	assert_string_equal(p.prefix, prefix);
	assert_string_equal(p.region, region);
	s3_place_fini(&p);
}

static void
places_as_restic_writes_them(void **state)
{
	static const char *const dns[] = { "s3.bucket-lookup=dns",
	    "s3.region=here", NULL };
	static const char *const path[] = { "s3.bucket-lookup=path", NULL };

	(void)state;
	expect_place("https://h:9000/bucket/a/b", NULL, "https://h:9000",
	    "/bucket/a/b/", "a/b/", "us-east-1");
	expect_place("h/bucket", NULL, "https://h", "/bucket/", "",
	    "us-east-1");
	expect_place("//h/bucket//a/./b//", NULL, "https://h", "/bucket/a/b/",
	    "a/b/", "us-east-1");
	expect_place("s3.amazonaws.com/bucket/p", NULL,
	    "https://bucket.s3.amazonaws.com", "/p/", "p/", "us-east-1");
	expect_place("s3.eu-west-1.amazonaws.com/bucket", NULL,
	    "https://bucket.s3.eu-west-1.amazonaws.com", "/", "", "eu-west-1");
	expect_place("s3.amazonaws.com/bucket.dot", NULL,
	    "https://s3.amazonaws.com", "/bucket.dot/", "", "us-east-1");
	expect_place("s3.amazonaws.com/bucket", path,
	    "https://s3.amazonaws.com", "/bucket/", "", "us-east-1");
	expect_place("http://h:80/bucket/x", dns, "http://bucket.h", "/x/",
	    "x/", "here");
	expect_place("h/bucket/a%20b", NULL, "https://h", "/bucket/a%20b/",
	    "a b/", "us-east-1");
}

static void
what_is_no_place(void **state)
{
	static const char *const bad[] = { "", "h", "h/", "https://h/",
	    "h/..", "h/bucket/../other", "ftp://h/b", "h/b?x=y",
	    "https://me:hush@h/b" };
	static const char *const wrong[][2] = { { "s3.nosuch=1", NULL },
	    { "s3.connections=0", NULL }, { "s3.connections=1x", NULL },
	    { "s3.bucket-lookup=x", NULL }, { "s3.region=a/b", NULL },
	    { "s3.retention-mode=compliance", NULL },
	    { "s3.retention-mode=x", NULL } };
	struct store_options o = {0};
	struct s3_place p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = {0};

		assert_int_equal(s3_place_parse(bad[i], NULL, &p, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_null(strstr(e.text, "hush"));
		s3_place_fini(&p);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		o.extended = wrong[i];
		assert_int_equal(s3_place_parse("h/bucket", &o, &p, NULL), -1);
		s3_place_fini(&p);
	}
}

/* ---- keys ---- */
static void
keys_in_files(void **state)
{
	static const char text[] = "# of mine\n[default]\n"
	    "aws_access_key_id = A\n aws_secret_access_key=B/+= \r\n"
	    "[other]\naws_access_key_id=C\n[profile third]\n"
	    "aws_access_key_id=D\naws_secret_access_key=E\n"
	    "aws_session_token=F";
	struct s3_keys k;

	(void)state;
	assert_int_equal(s3_keys_of_file(text, sizeof(text) - 1, "default", &k),
	    0);
	assert_string_equal(k.id, "A");
	assert_string_equal(k.secret, "B/+=");
	assert_null(k.token);
	s3_keys_fini(&k);
	assert_int_equal(s3_keys_of_file(text, sizeof(text) - 1, "other", &k),
	    -1);
	assert_null(k.id);
	assert_int_equal(s3_keys_of_file(text, sizeof(text) - 1, "third", &k),
	    0);
	assert_string_equal(k.token, "F");
	s3_keys_fini(&k);
	assert_int_equal(s3_keys_of_file("", 0, "default", &k), -1);
}

static void
keys_of_a_service(void **state)
{
	static const char text[] = "{\"Code\":\"Success\",\"AccessKeyId\":\"A\","
	    "\"SecretAccessKey\":\"B\",\"Token\":\"C\","
	    "\"Expiration\":\"2026-11-22T01:00:00Z\"}";
	struct s3_keys k;
	int64_t expires;

	(void)state;
	assert_int_equal(s3_keys_of_json(text, sizeof(text) - 1, &k, &expires),
	    0);
	assert_string_equal(k.secret, "B");
	assert_int_equal(expires, INT64_C(1795309200) * 1000000);
	s3_keys_fini(&k);
	assert_int_equal(s3_keys_of_json("{\"AccessKeyId\":1}", 17, &k,
	    &expires), -1);
	assert_int_equal(s3_keys_of_json("[]", 2, &k, &expires), -1);
	assert_int_equal(s3_keys_of_json("{\"AccessKeyId\":\"A\"}", 19, &k,
	    &expires), -1);
	assert_null(k.id);
}

/* ---- XML ---- */
static void
texts_of_elements(void **state)
{
	static const char text[] = "<?xml?><R><Key>a&amp;b&#x2F;&#47;</Key>"
	    "<Keys>no</Keys><Key x='y'>2</Key><Key/><Key>3</Key></R>";
	struct s3_xml x = { text, text + sizeof(text) - 1 };
	CLEAN_BUF struct buf b = {0};

	(void)state;
	assert_int_equal(s3_xml_next(&x, "Key", 100, &b), 1);
	assert_string_equal(buf_str(&b), "a&b//");
	assert_int_equal(s3_xml_next(&x, "Key", 100, &b), 1);
	assert_string_equal(buf_str(&b), "2");
	assert_int_equal(s3_xml_next(&x, "Key", 100, &b), 1);
	assert_string_equal(buf_str(&b), "3");
	assert_int_equal(s3_xml_next(&x, "Key", 100, &b), 0);
}

static void
what_is_no_xml(void **state)
{
	static const char *const bad[] = { "<K>a", "<K>a<b></K>", "<K>&x;</K>",
	    "<K>&#0;</K>", "<K>&#x110000;</K>", "<K>&#99999999999;</K>",
	    "<K>&</K>", "<K>0123456789a</K>", "<K>&#x;</K>" };
	static const char *const none[] = { "", "<", "<K", "K>", "K>a</K>",
	    "<K/>", "<KK>a</KK>", "</K>" };
	CLEAN_BUF struct buf b = {0};
	struct s3_xml x;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		x = (struct s3_xml){ bad[i], bad[i] + strlen(bad[i]) };
		assert_int_equal(s3_xml_next(&x, "K", 10, &b), -1);
	}
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		x = (struct s3_xml){ none[i], none[i] + strlen(none[i]) };
		assert_int_equal(s3_xml_next(&x, "K", 10, &b), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac),
		cmocka_unit_test(the_suite),
		cmocka_unit_test(the_manual),
		cmocka_unit_test(a_session_is_signed_too),
		cmocka_unit_test(places_as_restic_writes_them),
		cmocka_unit_test(what_is_no_place),
		cmocka_unit_test(keys_in_files),
		cmocka_unit_test(keys_of_a_service),
		cmocka_unit_test(texts_of_elements),
		cmocka_unit_test(what_is_no_xml),
	};

	unsetenv("AWS_DEFAULT_REGION");
	unsetenv("AWS_REGION");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
