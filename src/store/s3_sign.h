#ifndef STORE_S3_SIGN_H
#define STORE_S3_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/*
 * Amazon's Signature Version 4, pure: a request, keys and a time make headers.
 * (We do it ourselves since libcurl's own gives wrong signatures for queries that
 * are not sorted, and sends no hash of the body: doc/why/far.md.)
 */
struct s3_keys {
	char	*id, *secret;
	char	*token;			/* of a session; NULL: none */
};

void s3_keys_fini(struct s3_keys *k);	/* wipes, and is then {0} */

struct s3_pair {
	const char	*name, *value;
};

struct s3_sign {
	const char	*method;
	const char	*host;		/* as the Host header has it */
	const char	*path;		/* percent-encoded, begins with '/' */
	const struct s3_pair *query;	/* not encoded, any order */
	size_t		 n_query;
	const struct s3_pair *headers;	/* to be signed besides host and x-amz-*
					 * of ours; names in lower case */
	size_t		 n_headers;
	const char	*body_hash;	/* hex, or "UNSIGNED-PAYLOAD"; NULL: the body
					 * has no header of its own (not S3) */
	const char	*region, *service;
	int64_t		 now;		/* µs since 1970 */
};

#define S3_SIGN_MAX	32		/* pairs of each sort */

/*
 * Append the headers that the request gets, each ended by "\n": "host" is not
 * among them; x-amz-date, x-amz-content-sha256, x-amz-security-token,
 * authorization, and those of headers.
 */
void s3_sign(const struct s3_sign *s, const struct s3_keys *k,
    struct buf *out);

/* The query in the one form that is signed: sorted and encoded, without '?'. */
void s3_query(const struct s3_pair *v, size_t n, struct buf *out);

/* HMAC with SHA-256; key and data of any length. */
void s3_hmac(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char out[32]);

#endif
