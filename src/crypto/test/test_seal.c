/*
 * test_seal.c -- restic's encryption: the published messages are opened, and a
 * bit turned anywhere is found.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "crypto/random.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hex.h"

static void
hex(const char *digits, void *out, size_t len)
{
	assert_int_equal(hex_parse(digits, out, len), 0);
}

/* A sealed message published in restic's own tests. */
static const char known_text[] = "Dies ist ein Test!";

static void
known_message(struct seal_key *key, unsigned char *sealed)
{
	hex("303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef",
	    key->encrypt, 32);
	hex("ef4d8824cb80b2bcc5fbff8a9b12a42c", key->k, 16);
	hex("cc8d4b948ee0ebfe1d415de921d10353", key->r, 16);
	hex("69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a54"
	    "ea63338a813bcf3f75d8c3cc75dddf8750", sealed, 50);
}

static void
the_published_message_opens(void **state)
{
	struct seal_key key;
	unsigned char sealed[50], plain[18];
	struct sealer *s;
	struct err e = {0};

	(void)state;
	known_message(&key, sealed);
	s = sealer_new(&key);
	assert_int_equal(sealer_open(s, plain, sealed, sizeof(sealed), &e), 0);
	assert_memory_equal(plain, known_text, sizeof(plain));
	/* In place. */
	assert_int_equal(sealer_open(s, sealed + 16, sealed, sizeof(sealed),
	    &e), 0);
	assert_memory_equal(sealed + 16, known_text, sizeof(plain));
	sealer_free(s);
}

/* Poly1305-AES, the paper of 2005: a message is ciphertext here. */
static void
the_papers_tags_fit(void **state)
{
	static const struct {
		const char	*msg, *r, *k, *nonce, *tag;
	} papers[] = {
		{ "f3f6", "851fc40c3467ac0be05cc20404f3f700",
		    "ec074c835580741701425b623235add6",
		    "fb447350c4e868c52ac3275cf9d4327e",
		    "f4c633c3044fc145f84f335cb81953de" },
		{ "", "a0f3080000f46400d0c7e9076c834403",
		    "75deaa25c09f208e1dc4ce6b5cad3fbf",
		    "61ee09218d29b0aaed7e154a2c5509cc",
		    "dd3fab2251f11ac759f0887129cc2ee7" },
		{ "663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d065"
		    "6136", "48443d0bb0d21109c89a100b5ce2c208",
		    "6acb5f61a7176dd320c5c1eb2edcdc74",
		    "ae212a55399729595dea458bc621ff0e",
		    "0ee1c16bb73f0f4fd19881753c01cdbe" },
		{ "ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491"
		    "faf0990c62e48b8018b2c3e4a0fa3134cb67fa83e158c994d961c4cb21"
		    "095c1bf9", "12976a08c4426d0ce8a82407c4f48207",
		    "e1a5668a4d5b66a5f68cc5424ed5982d",
		    "9ae831e743978d3a23527c7128149e3a",
		    "5154ad0d2cb26e01274fc51148491f1b" },
	};
	unsigned char sealed[128], plain[96];
	struct seal_key key;
	struct sealer *s;
	struct err e = {0};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(papers) / sizeof(papers[0]); i++) {
		memset(&key, 1, sizeof(key));
		hex(papers[i].r, key.r, 16);
		hex(papers[i].k, key.k, 16);
		n = strlen(papers[i].msg) / 2;
		hex(papers[i].nonce, sealed, 16);
		hex(papers[i].msg, sealed + 16, n);
		hex(papers[i].tag, sealed + 16 + n, 16);
		s = sealer_new(&key);
		assert_int_equal(sealer_open(s, plain, sealed, n + 32, &e), 0);
		sealer_free(s);
	}
}

/* What sealer_look tells, put together. */
static void
gather(void *arg, const void *plain, size_t n)
{
	buf_add(arg, plain, n);
}

static void
a_bit_turned_anywhere_is_found(void **state)
{
	CLEAN_BUF struct buf told = {0};
	struct seal_key key;
	unsigned char sealed[50], plain[18], none[18] = {0};
	struct sealer *s;
	struct err e = {0};
	size_t i;

	(void)state;
	known_message(&key, sealed);
	s = sealer_new(&key);
	memset(plain, 0, sizeof(plain));
	for (i = 0; i < sizeof(sealed) * 8; i++) {
		sealed[i / 8] ^= (unsigned char)(1 << i % 8);
		e = (struct err){0};
		assert_int_equal(sealer_open(s, plain, sealed, sizeof(sealed),
		    &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_int_equal(sealer_look(s, sealed, sizeof(sealed), gather,
		    &told, &e), -1);
		sealed[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	for (i = 0; i < sizeof(sealed); i++) {
		assert_int_equal(sealer_open(s, plain, sealed, i, &e), -1);
		assert_int_equal(sealer_look(s, sealed, i, gather, &told, &e),
		    -1);
	}
	assert_int_equal(told.len, 0);
	memset(sealed, 0, 16);
	assert_int_equal(sealer_open(s, plain, sealed, sizeof(sealed), &e), -1);
	/* Nothing is written before the tag fits. */
	assert_memory_equal(plain, none, sizeof(plain));
	sealer_free(s);
}

static void
what_is_sealed_opens(void **state)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 4096, 1 << 20 };
	struct seal_key key;
	unsigned char *plain, *sealed, *again, first[16];
	CLEAN_BUF struct buf told = {0};
	struct sealer *s, *other;
	struct err e = {0};
	size_t i, n;

	(void)state;
	random_bytes(&key, sizeof(key));
	s = sealer_new(&key);
	other = sealer_new(&key);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		n = lengths[i];
		plain = malloc(n + 1);
		sealed = malloc(n + SEAL_OVERHEAD);
		again = malloc(n + 1);
		assert_true(plain != NULL && sealed != NULL && again != NULL);
		random_bytes(plain, n);
		sealer_seal(s, sealed, plain, n);
		memcpy(first, sealed, 16);
		assert_int_equal(sealer_open(other, again, sealed,
		    n + SEAL_OVERHEAD, &e), 0);
		assert_memory_equal(again, plain, n);
		told.len = 0;
		assert_int_equal(sealer_look(other, sealed, n + SEAL_OVERHEAD,
		    gather, &told, &e), 0);
		assert_int_equal(told.len, n);
		assert_memory_equal(buf_str(&told), plain, n);
		/* In place, and never under the same IV. */
		memcpy(sealed + 16, plain, n);
		sealer_seal(s, sealed, sealed + 16, n);
		assert_memory_not_equal(sealed, first, 16);
		assert_int_equal(sealer_open(other, again, sealed,
		    n + SEAL_OVERHEAD, &e), 0);
		assert_memory_equal(again, plain, n);
		free(plain);
		free(sealed);
		free(again);
	}
	sealer_free(s);
	sealer_free(other);
}

/*
 * The counter is of 128 bits: the second block of this message, sealed block by
 * block elsewhere, carries into the IV's first byte.
 */
static void
the_counter_carries_over(void **state)
{
	static const char text[] = "The counter carries over here, 2x.";
	unsigned char sealed[66], plain[sizeof(text) - 1];
	struct seal_key key;
	struct sealer *s;
	struct err e = {0};

	(void)state;
	memset(&key, 7, sizeof(key));
	hex("12ffffffffffffffffffffffffffffff9b4cbf648bc6879045bb46a1a4160509"
	    "6b3dd76518a1907326b26246320c7b819abf48dceac6339883a67ab6b6708b72"
	    "fd41", sealed,
	    sizeof(sealed));
	s = sealer_new(&key);
	assert_int_equal(sealer_open(s, plain, sealed, sizeof(sealed), &e), 0);
	assert_memory_equal(plain, text, sizeof(plain));
	sealer_free(s);
}

/* RFC 7914, 12: the first 64 bytes it lists; and restic 0.18's own key file. */
static void
scrypt_is_the_published_one(void **state)
{
	static const struct scrypt small = { 1024, 8, 16 };
	static const struct scrypt restics = { 32768, 8, 5 };
	static const char salt[] = "BUdEZaAHlbPxTzWlShvls9NC4qylUf68g8kMYKXIwrlh"
	    "YQTa9NYl2t6S/MiKZFqjzZJlN+MEkvmCTLY03AJLSQ==";
	CLEAN_BUF struct buf raw = {0};
	unsigned char want[64];
	struct seal_key key;
	struct err e = {0};

	(void)state;
	hex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622e"
	    "af30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
	    want, 64);
	assert_int_equal(scrypt_key("password", 8, "NaCl", 4, &small, &key, &e),
	    0);
	assert_memory_equal(&key, want, 64);
	assert_int_equal(base64_parse(salt, strlen(salt), &raw), 0);
	assert_int_equal(scrypt_key("test-password", 13, raw.data, raw.len,
	    &restics, &key, &e), 0);
	hex("b254fe99f6ee1216f52eea17f66a13ba705dc8b65e20846afb5d27dca75b060a"
	    "50f2d9e715b357a857aacca698046a37fd2fea491c780bec4cd29bef9ae1bd8d",
	    want, 64);
	assert_memory_equal(&key, want, 64);
}

/* Ours is OpenSSL's, whatever the sizes: blocks of one and many, n of 2. */
static void
scrypt_is_openssls(void **state)
{
	static const struct scrypt s[] = {
		{ 2, 1, 1 }, { 2, 8, 3 }, { 16, 1, 1 }, { 16, 3, 2 },
		{ 64, 8, 1 }, { 128, 17, 5 }, { 4096, 2, 2 }, { 1024, 8, 1 },
	};
	unsigned char want[SEAL_KEY_LEN], pass[200];
	struct seal_key key;
	struct err e = {0};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(s) / sizeof(s[0]); i++)
		for (len = 0; len <= sizeof(pass); len += 67) {
			memset(pass, (int)(i + len), sizeof(pass));
			assert_int_equal(EVP_PBE_scrypt((char *)pass, len, pass,
			    len / 2, s[i].n, s[i].r, s[i].p, 0, want,
			    sizeof(want)), 1);
			assert_int_equal(scrypt_key(pass, len, pass, len / 2,
			    &s[i], &key, &e), 0);
			assert_memory_equal(&key, want, sizeof(want));
		}
}

static void
scrypt_refuses_what_cannot_be(void **state)
{
	static const struct scrypt bad[] = {
		{ 0, 8, 1 }, { 1, 8, 1 }, { 15, 8, 1 }, { 16, 0, 1 },
		{ 16, 8, 0 }, { 1u << 31, 8, 1 }, { 16, 1u << 31, 1 },
		{ 16, 8, 1u << 31 }, { 65536, 1, 1 }, { 1u << 24, 64, 1 },
		{ 32768, 8, 257 }, { 1u << 31, 1u << 31, 1u << 31 },
		{ 2, 0xFFFFFFFF, 0xFFFFFFFF },
	};
	static const struct scrypt good = { 16, 8, 1 };
	struct seal_key key, empty;
	struct err e = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err){0};
		assert_int_equal(scrypt_key("x", 1, "salt", 4, &bad[i], &key,
		    &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	assert_int_equal(scrypt_key("x", 1, "salt", 4, &good, &key, &e), 0);
	assert_int_equal(scrypt_key("", 0, "salt", 4, &good, &empty, &e), 0);
	assert_memory_not_equal(&key, &empty, sizeof(key));
}

static void
secret_memory_is_zeroed_and_ours_alone(void **state)
{
	static const unsigned char zero[5000];
	unsigned char *p = secret_alloc(sizeof(zero));
	int status;
	pid_t pid;

	(void)state;
	assert_memory_equal(p, zero, sizeof(zero));
	memset(p, 0xAA, sizeof(zero));
	/* A child finds zeroes, or no memory at all. */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(memcmp(p, zero, sizeof(zero)) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) ? WEXITSTATUS(status) == 0 :
	    WTERMSIG(status) == SIGSEGV);
	assert_int_equal(p[4999], 0xAA);
	secret_free(p, sizeof(zero));
	secret_free(NULL, 1);
	secret_wipe(NULL, 0);
}

static void
equal_is_equal(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", "abc", 3));
	assert_false(secret_equal("abc", "abd", 3));
	assert_true(secret_equal("abc", "xyz", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_message_opens),
		cmocka_unit_test(the_papers_tags_fit),
		cmocka_unit_test(a_bit_turned_anywhere_is_found),
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(the_counter_carries_over),
		cmocka_unit_test(scrypt_is_the_published_one),
		cmocka_unit_test(scrypt_is_openssls),
		cmocka_unit_test(scrypt_refuses_what_cannot_be),
		cmocka_unit_test(secret_memory_is_zeroed_and_ours_alone),
		cmocka_unit_test(equal_is_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
