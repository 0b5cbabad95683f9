/* test_crypto.c -- sums are the published ones, however the bytes arrive. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "crypto/sha256_ni.h"

/* FIPS 180-2, appendix B, and the empty message. */
static const struct {
	const char	*text, *sum;
} known[] = {
	{ "",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};
static const char million_a[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void
published_sums(void **state)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		sha256_of(known[i].text, strlen(known[i].text), sum);
		sha256_hex(sum, hex);
		assert_string_equal(hex, known[i].sum);
	}
}

/* One context, many messages, pieces of every size: promise of reuse. */
static void
a_stream_is_its_bytes(void **state)
{
	struct sha256 *s = sha256_new();
	char a[1000], hex[SHA256_HEX];
	unsigned char sum[SHA256_LEN];
	size_t piece, n, left;

	(void)state;
	memset(a, 'a', sizeof(a));
	for (piece = 1; piece <= sizeof(a); piece = piece * 3 + 1) {
		sha256_start(s);
		for (left = 1000000; left > 0; left -= n) {
			n = left < piece ? left : piece;
			sha256_add(s, a, n);
		}
		sha256_end(s, sum);
		sha256_hex(sum, hex);
		assert_string_equal(hex, million_a);
	}
	sha256_free(s);
}

/*
 * Ours and OpenSSL's are the same, for messages of every length that begins a
 * block or not, in pieces of any, alone and two at once.
 */
static void
both_ways_are_the_same(void **state)
{
	enum { MAX = 1000 };
	struct sha256 *s[4] = { sha256_new_by(0), sha256_new_by(0),
	    sha256_new_by(sha256_ni_here()), sha256_new_by(sha256_ni_here()) };
	unsigned char data[MAX], sum[SHA256_LEN], wanted[SHA256_LEN];
	size_t i, len, at, n;

	(void)state;
	random_bytes(data, sizeof(data));
	for (len = 0; len <= MAX; len++) {
		sha256_of(data, len, wanted);
		for (i = 0; i < 4; i++)
			sha256_start(s[i]);
		for (at = 0; at < len; at += n) {
			n = 1 + (data[at] * 3U + len) % 400;
			if (n > len - at)
				n = len - at;
			sha256_add_two(s[0], data + at, s[1], data + at, n);
			sha256_add(s[2], data + at, n);
		}
		/* The other of the two is out of step with it. */
		at = len < 7 ? len : len % 7;
		sha256_add(s[3], data, at);
		sha256_start(s[1]);
		sha256_add_two(s[1], data, s[3], data + at, len - at);
		sha256_add(s[1], data + len - at, at);
		for (i = 0; i < 4; i++) {
			sha256_end(s[i], sum);
			assert_memory_equal(sum, wanted, sizeof(sum));
		}
	}
	for (i = 0; i < 4; i++)
		sha256_free(s[i]);
}

static void
two_at_once_are_two(void **state)
{
	enum { MAX = 3000 };
	struct sha256 *a = sha256_new(), *b = sha256_new();
	unsigned char data[2][MAX], sum[SHA256_LEN], wanted[SHA256_LEN];
	size_t len, skip_a, skip_b;

	(void)state;
	random_bytes(data, sizeof(data));
	for (len = 0; len < MAX - 200; len += 1 + len / 9) {
		skip_a = len % 130;
		skip_b = len * 7 % 131;
		sha256_start(a);
		sha256_start(b);
		sha256_add(a, data[0], skip_a);
		sha256_add(b, data[1], skip_b);
		sha256_add_two(a, data[0] + skip_a, b, data[1] + skip_b, len);
		sha256_end(a, sum);
		sha256_of(data[0], skip_a + len, wanted);
		assert_memory_equal(sum, wanted, sizeof(sum));
		sha256_end(b, sum);
		sha256_of(data[1], skip_b + len, wanted);
		assert_memory_equal(sum, wanted, sizeof(sum));
	}
	sha256_free(a);
	sha256_free(b);
}

static void
start_forgets_what_was_begun(void **state)
{
	struct sha256 *s = sha256_new();
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	(void)state;
	sha256_add(s, "rubbish", 7);
	sha256_start(s);
	sha256_add(s, "abc", 3);
	sha256_end(s, sum);
	sha256_hex(sum, hex);
	assert_string_equal(hex, known[1].sum);
	sha256_free(s);
}

static void *
hash_many(void *arg)
{
	struct sha256 *s = sha256_new();
	unsigned char sum[SHA256_LEN], want[SHA256_LEN];
	int i;

	for (i = 0; i < 2000; i++) {
		sha256_start(s);
		sha256_add(s, arg, 1);
		sha256_end(s, sum);
		sha256_of(arg, 1, want);
		if (memcmp(sum, want, sizeof(sum)) != 0)
			break;
	}
	sha256_free(s);
	return i == 2000 ? NULL : arg;
}

static void
threads_do_not_mix(void **state)
{
	static char bytes[4] = { 'a', 'b', 'c', 'd' };
	pthread_t t[4];
	void *bad;
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, hash_many,
		    &bytes[i]), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
}

static void
hex_is_read_strictly(void **state)
{
	unsigned char sum[SHA256_LEN] = {0}, want[SHA256_LEN];
	char hex[SHA256_HEX + 1];
	size_t i;

	(void)state;
	sha256_of("abc", 3, want);
	assert_int_equal(sha256_parse(known[1].sum, sum), 0);
	assert_memory_equal(sum, want, sizeof(sum));
	for (i = 0; i < 64; i++) {	/* too short, or a digit that is none */
		memcpy(hex, known[1].sum, SHA256_HEX);
		hex[i] = '\0';
		assert_int_equal(sha256_parse(hex, sum), -1);
		hex[i] = 'g';
		assert_int_equal(sha256_parse(hex, sum), -1);
	}
	memcpy(hex, known[1].sum, SHA256_HEX);
	hex[64] = '0';
	hex[65] = '\0';
	assert_int_equal(sha256_parse(hex, sum), -1);
	assert_memory_equal(sum, want, sizeof(sum));	/* untouched */
}

/* Every byte asked for is drawn, and not one more. */
static void
random_fills_exactly(void **state)
{
	unsigned char a[1002], b[1002];
	uint32_t seen[256] = {0};
	size_t i, kinds;
	int round;

	(void)state;
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	for (round = 0; round < 40; round++) {
		random_bytes(a + 1, 1000);
		for (i = 1; i <= 1000; i++) {
			b[i] |= a[i];
			seen[a[i]]++;
		}
		assert_int_equal(a[0], 0);
		assert_int_equal(a[1001], 0);
	}
	/* A place that 40 draws left at zero has odds of 256^-40. */
	for (i = 1; i <= 1000; i++)
		assert_int_not_equal(b[i], 0);
	for (i = kinds = 0; i < 256; i++)
		kinds += seen[i] > 0;
	assert_int_equal(kinds, 256);
	random_bytes(a, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_sums),
		cmocka_unit_test(a_stream_is_its_bytes),
		cmocka_unit_test(both_ways_are_the_same),
		cmocka_unit_test(two_at_once_are_two),
		cmocka_unit_test(start_forgets_what_was_begun),
		cmocka_unit_test(threads_do_not_mix),
		cmocka_unit_test(hex_is_read_strictly),
		cmocka_unit_test(random_fills_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
