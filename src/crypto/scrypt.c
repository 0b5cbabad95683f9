/* scrypt.c -- see seal.h. */
#include <stdint.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/ossl.h"
#include "crypto/seal.h"
#include "util/err.h"

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

int
scrypt_key(const void *password, size_t len, const void *salt,
    size_t salt_len, const struct scrypt *s, struct seal_key *out,
    struct err *e)
{
	if (!acceptable(s))
		return err_set(e, ERR_USAGE, "scrypt: N=%u r=%u p=%u cannot be, "
		    "or wants too much", s->n, s->r, s->p);
	if (EVP_PBE_scrypt_ex(password, len, salt, salt_len, s->n, s->r, s->p,
	    2 * SCRYPT_MEMORY_MAX, (unsigned char *)out, sizeof(*out),
	    ossl_lib(), NULL) == 1)
		return 0;
	ERR_clear_error();
	return err_set(e, ERR_USAGE, "scrypt: N=%u r=%u p=%u: not enough "
	    "memory", s->n, s->r, s->p);
}
