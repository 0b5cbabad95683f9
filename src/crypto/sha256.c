/* sha256.c -- see sha256.h. */
#include <stdlib.h>

#include <openssl/evp.h>

#include "crypto/ossl.h"
#include "crypto/sha256.h"
#include "util/xalloc.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
};

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
	if (EVP_DigestInit_ex2(s->ctx, ossl_sha256(), NULL) != 1)
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
	if (EVP_Digest(data, len, sum, NULL, ossl_sha256(), NULL) != 1)
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
