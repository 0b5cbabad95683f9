/* sha256.c -- see sha256.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/ossl.h"
#include "crypto/sha256.h"
#include "crypto/sha256_ni.h"
#include "util/hex.h"
#include "util/xalloc.h"

#define BLOCK		((size_t)64)

/* Either OpenSSL's, or, where the processor has instructions for it, ours. */
struct sha256 {
	EVP_MD_CTX	*ctx;		/* NULL: ours */
	uint32_t	 state[8];
	uint64_t	 len;		/* what was added */
	unsigned char	 part[BLOCK];	/* the last len % BLOCK bytes of it */
};

struct sha256 *
sha256_new_by(int ours)
{
	struct sha256 *s = xalloc(sizeof(*s));

	if (!ours && (s->ctx = EVP_MD_CTX_new()) == NULL)
		abort();
	sha256_start(s);
	return s;
}

struct sha256 *
sha256_new(void)
{
	return sha256_new_by(sha256_ni_here());
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
	static const uint32_t first[8] = {	/* FIPS 180-4, 5.3.3 */
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	if (s->ctx != NULL &&
	    EVP_DigestInit_ex2(s->ctx, ossl_sha256(), NULL) != 1)
		abort();
	memcpy(s->state, first, sizeof(first));
	s->len = 0;
}

/* Of ours: fill the block that was begun.  How many bytes that took. */
static size_t
fill_part(struct sha256 *s, const unsigned char *p, size_t len)
{
	size_t have = s->len % BLOCK, n = BLOCK - have;

	if (have == 0)
		return 0;
	if (n > len)
		n = len;
	memcpy(s->part + have, p, n);
	s->len += n;
	if (s->len % BLOCK == 0)
		sha256_ni_one(s->state, s->part, 1);
	return n;
}

static void
add_ours(struct sha256 *s, const unsigned char *p, size_t len)
{
	size_t n = fill_part(s, p, len);

	p += n;
	len -= n;
	sha256_ni_one(s->state, p, len / BLOCK);
	memcpy(s->part, p + len - len % BLOCK, len % BLOCK);
	s->len += len;
}

void
sha256_add(struct sha256 *s, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (s->ctx == NULL)
		add_ours(s, data, len);
	else if (EVP_DigestUpdate(s->ctx, data, len) != 1)
		abort();
}

void
sha256_add_two(struct sha256 *a, const void *data_a, struct sha256 *b,
    const void *data_b, size_t len)
{
	const unsigned char *p = data_a, *q = data_b;
	size_t n, m, both;

	if (a->ctx != NULL || b->ctx != NULL || len < 2 * BLOCK) {
		sha256_add(a, p, len);
		sha256_add(b, q, len);
		return;
	}
	n = fill_part(a, p, len);
	m = fill_part(b, q, len);
	both = (len - (n > m ? n : m)) / BLOCK;
	sha256_ni_two(a->state, p + n, b->state, q + m, both);
	n += both * BLOCK;
	m += both * BLOCK;
	a->len += both * BLOCK;
	b->len += both * BLOCK;
	sha256_add(a, p + n, len - n);
	sha256_add(b, q + m, len - m);
}

/* A bit, zeros, and the length in bits, to the end of a block. */
static void
end_ours(struct sha256 *s, unsigned char *sum)
{
	unsigned char last[2 * BLOCK] = {0};
	uint64_t bits = s->len * 8;
	size_t have = s->len % BLOCK, i;
	size_t size = have < BLOCK - 8 ? BLOCK : 2 * BLOCK;

	memcpy(last, s->part, have);
	last[have] = 0x80;
	for (i = 0; i < 8; i++)
		last[size - 1 - i] = (unsigned char)(bits >> 8 * i);
	sha256_ni_one(s->state, last, size / BLOCK);
	for (i = 0; i < SHA256_LEN; i++)
		sum[i] = (unsigned char)(s->state[i / 4] >> (24 - i % 4 * 8));
}

void
sha256_end(struct sha256 *s, unsigned char sum[SHA256_LEN])
{
	if (s->ctx == NULL)
		end_ours(s, sum);
	else if (EVP_DigestFinal_ex(s->ctx, sum, NULL) != 1)
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
	hex_put(hex, sum, SHA256_LEN);
}

int
sha256_parse(const char *hex, unsigned char sum[SHA256_LEN])
{
	unsigned char out[SHA256_LEN];

	if (hex_parse(hex, out, SHA256_LEN) < 0)
		return -1;
	memcpy(sum, out, SHA256_LEN);
	return 0;
}
