#ifndef CRYPTO_SHA256_H
#define CRYPTO_SHA256_H

#include <stddef.h>

/*
 * SHA-256, as a stream or at once.
 *
 * A struct sha256 is made once and used for any number of messages, one after
 * the other, by one thread at a time:
 *
 *	s = sha256_new();
 *	for each file:
 *		sha256_start(s);
 *		while (...) sha256_add(s, data, len);
 *		sha256_end(s, sum);
 *	sha256_free(s);
 *
 * Reuse pays: a context made for each small message costs twice as much as
 * hashing it.  Nothing here blocks, and nothing fails: hashing needs only
 * memory, and running out of memory ends the process.
 *
 * It is done by the processor's own instructions where it has them
 * (sha256_ni.h); else, and for a message that is there at once, by OpenSSL's own
 * default provider, fetched once a process in a library context of ours that reads
 * no configuration file, so neither openssl.cnf nor the environment can put another
 * in its place.
 */
#define SHA256_LEN	32	/* bytes of a sum */
#define SHA256_HEX	65	/* its hex digits and a NUL */

struct sha256;

struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *s);	/* NULL is fine */

/* Begin a message.  One that was begun and not ended is forgotten. */
void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* As sha256_add of each, and in hardly more time than that of one. */
void sha256_add_two(struct sha256 *a, const void *data_a, struct sha256 *b,
    const void *data_b, size_t len);
/* The sum of what was added since start; start again before the next add. */
void sha256_end(struct sha256 *s, unsigned char sum[SHA256_LEN]);

/* One message at once. */
void sha256_of(const void *data, size_t len, unsigned char sum[SHA256_LEN]);

/*
 * As 64 lower-case digits, and back: 0, or -1 if hex is anything but exactly
 * 64 digits (either case) and a NUL.
 */
void sha256_hex(const unsigned char sum[SHA256_LEN], char hex[SHA256_HEX]);
int sha256_parse(const char *hex, unsigned char sum[SHA256_LEN]);

#endif
