/* scrypt.c -- see seal.h. */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/ossl.h"
#include "crypto/scrypt_mix.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "util/err.h"
#include "util/xalloc.h"

_Static_assert(sizeof(struct seal_key) == SEAL_KEY_LEN, "no padding in it");

/* What key files of others may ask for: they come from outside. */
static int
acceptable(const struct scrypt *s)
{
	uint64_t n = s->n, r = s->r, p = s->p, blocks;

	if (n < 2 || (n & (n - 1)) != 0 || r < 1 || p < 1)
		return 0;
	/* RFC 7914, 2: N < 2 ^ (128 * r / 8). */
	if (r < 4 && n >> (16 * r) != 0)
		return 0;
	if (__builtin_mul_overflow(r, p, &blocks) || blocks >= 1 << 30)
		return 0;
	/* All are below 2^32 now, and blocks below 2^30: nothing wraps. */
	if (n * r > SCRYPT_MEMORY_MAX / 128 ||
	    blocks > SCRYPT_MEMORY_MAX / 128 - n * r)
		return 0;
	return blocks <= (uint64_t)SCRYPT_WORK_MAX * 32768 * 8 / n;
}

/* PBKDF2-HMAC-SHA-256 with one round.  Nothing but want of memory keeps it. */
static void
pbkdf2(const void *password, size_t len, const void *salt, size_t salt_len,
    unsigned char *out, size_t n)
{
	static const char digest[] = "SHA256";
	EVP_KDF *kdf = EVP_KDF_fetch(ossl_lib(), "PBKDF2", NULL);
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(kdf);
	unsigned one = 1;
	int unlimited = 1;
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
		    (void *)(uintptr_t)password, len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)(uintptr_t)salt, salt_len),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
		    (char *)(uintptr_t)digest, 0),
		OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &one),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unlimited),
		OSSL_PARAM_construct_end(),
	};

	if (c == NULL || EVP_KDF_derive(c, out, n, p) != 1)
		abort();
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
}

int
scrypt_key(const void *password, size_t len, const void *salt,
    size_t salt_len, const struct scrypt *s, struct seal_key *out,
    struct err *e)
{
	unsigned char *blocks;
	size_t n;

	if (!acceptable(s))
		return err_set(e, ERR_USAGE, "scrypt: N=%u r=%u p=%u cannot be, "
		    "or wants too much", s->n, s->r, s->p);
	n = (size_t)128 * s->r * s->p;
	blocks = xalloc(n);
	pbkdf2(password, len, salt, salt_len, blocks, n);
	if (scrypt_mix(blocks, s->n, s->r, s->p) < 0) {
		secret_wipe(blocks, n);
		free(blocks);
		return err_set(e, ERR_USAGE, "scrypt: N=%u r=%u p=%u: not "
		    "enough memory", s->n, s->r, s->p);
	}
	pbkdf2(password, len, blocks, n, (unsigned char *)out, sizeof(*out));
	secret_wipe(blocks, n);
	free(blocks);
	return 0;
}
