/* s3_sign.c -- see s3_sign.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/sha256.h"
#include "net/url.h"
#include "store/s3_sign.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define BLOCK	64		/* of SHA-256 */

static void
wipe(char **s)
{
	if (*s != NULL)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void
s3_keys_fini(struct s3_keys *k)
{
	wipe(&k->id);
	wipe(&k->secret);
	wipe(&k->token);
}

void
s3_hmac(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char out[32])
{
	unsigned char pad[BLOCK] = {0}, inner[SHA256_LEN];
	struct sha256 *h = sha256_new();
	size_t i;

	if (key_len > BLOCK)
		sha256_of(key, key_len, pad);
	else
		memcpy(pad, key, key_len);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	sha256_start(h);
	sha256_add(h, pad, BLOCK);
	sha256_add(h, data, len);
	sha256_end(h, inner);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha256_start(h);
	sha256_add(h, pad, BLOCK);
	sha256_add(h, inner, sizeof(inner));
	sha256_end(h, out);
	sha256_free(h);
	explicit_bzero(pad, sizeof(pad));
}

/* ---- the parts of a request in their one form ---- */
static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
s3_query(const struct s3_pair *v, size_t n, struct buf *out)
{
	char *sorted[S3_SIGN_MAX];
	size_t i;

	assert(n <= S3_SIGN_MAX);
	for (i = 0; i < n; i++) {
		struct buf one = {0};

		/* '=' is below all letters, so "a=" is before "ab=", as it has
		 * to be; but not below '-' and '.', which no name here has. */
		url_encode(&one, v[i].name, "");
		buf_addc(&one, '=');
		url_encode(&one, v[i].value, "");
		sorted[i] = buf_steal(&one);
	}
	if (n > 0)
		qsort(sorted, n, sizeof(sorted[0]), by_text);
	for (i = 0; i < n; i++) {
		buf_addf(out, "%s%s", i > 0 ? "&" : "", sorted[i]);
		free(sorted[i]);
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct s3_pair *)a)->name,
	    ((const struct s3_pair *)b)->name);
}

/* Without spaces around, and one for many within. */
static void
add_trimmed(struct buf *out, const char *s)
{
	int space = 0, any = 0;

	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == '\t') {
			space = any;
			continue;
		}
		if (space)
			buf_addc(out, ' ');
		buf_addc(out, *s);
		space = 0;
		any = 1;
	}
}

struct dated {
	char	stamp[24];		/* 20261122T010000Z */
	char	day[12];
};

static struct dated
date_of(int64_t now)
{
	time_t t = (time_t)(now / 1000000);
	struct dated d;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(d.stamp, sizeof(d.stamp), "%Y%m%dT%H%M%SZ", &tm);
	strftime(d.day, sizeof(d.day), "%Y%m%d", &tm);
	return d;
}

/* All headers that are signed, sorted; how many. */
static size_t
signed_headers(const struct s3_sign *s, const struct s3_keys *k,
    const struct dated *d, struct s3_pair *v)
{
	size_t n = 0;

	assert(s->n_headers + 4 <= S3_SIGN_MAX);
	for (; n < s->n_headers; n++)
		v[n] = s->headers[n];
	v[n++] = (struct s3_pair){ "host", s->host };
	v[n++] = (struct s3_pair){ "x-amz-date", d->stamp };
	if (s->body_hash != NULL)
		v[n++] = (struct s3_pair){ "x-amz-content-sha256",
		    s->body_hash };
	if (k->token != NULL)
		v[n++] = (struct s3_pair){ "x-amz-security-token", k->token };
	qsort(v, n, sizeof(v[0]), by_name);
	return n;
}

static void
hash_hex(const void *data, size_t len, char hex[SHA256_HEX])
{
	unsigned char sum[SHA256_LEN];

	sha256_of(data, len, sum);
	sha256_hex(sum, hex);
}

static void
canonical(const struct s3_sign *s, const struct s3_pair *v, size_t n,
    const char *names, char hex[SHA256_HEX])
{
	CLEAN_BUF struct buf b = {0};
	char empty[SHA256_HEX];
	size_t i;

	hash_hex("", 0, empty);
	buf_addf(&b, "%s\n%s\n", s->method, s->path);
	s3_query(s->query, s->n_query, &b);
	buf_addc(&b, '\n');
	for (i = 0; i < n; i++) {
		buf_addf(&b, "%s:", v[i].name);
		add_trimmed(&b, v[i].value);
		buf_addc(&b, '\n');
	}
	buf_addf(&b, "\n%s\n%s", names, s->body_hash != NULL ? s->body_hash :
	    empty);
	hash_hex(b.data, b.len, hex);
}

/* The key of a day, region and service. */
static void
key_of(const struct s3_sign *s, const struct s3_keys *k, const char *day,
    unsigned char key[SHA256_LEN])
{
	char *first = xasprintf("AWS4%s", k->secret);

	s3_hmac(first, strlen(first), day, strlen(day), key);
	wipe(&first);
	s3_hmac(key, SHA256_LEN, s->region, strlen(s->region), key);
	s3_hmac(key, SHA256_LEN, s->service, strlen(s->service), key);
	s3_hmac(key, SHA256_LEN, "aws4_request", 12, key);
}

void
s3_sign(const struct s3_sign *s, const struct s3_keys *k, struct buf *out)
{
	CLEAN_BUF struct buf names = {0}, text = {0};
	unsigned char key[SHA256_LEN], sum[SHA256_LEN];
	struct dated d = date_of(s->now);
	struct s3_pair v[S3_SIGN_MAX];
	char hex[SHA256_HEX];
	size_t n = signed_headers(s, k, &d, v), i;

	for (i = 0; i < n; i++)
		buf_addf(&names, "%s%s", i > 0 ? ";" : "", v[i].name);
	canonical(s, v, n, buf_str(&names), hex);
	buf_addf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s",
	    d.stamp, d.day, s->region, s->service, hex);
	key_of(s, k, d.day, key);
	s3_hmac(key, sizeof(key), text.data, text.len, sum);
	explicit_bzero(key, sizeof(key));
	sha256_hex(sum, hex);
	for (i = 0; i < n; i++)
		if (strcmp(v[i].name, "host") != 0)
			buf_addf(out, "%s: %s\n", v[i].name, v[i].value);
	buf_addf(out, "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/"
	    "aws4_request, SignedHeaders=%s, Signature=%s\n", k->id, d.day,
	    s->region, s->service, buf_str(&names), hex);
}
