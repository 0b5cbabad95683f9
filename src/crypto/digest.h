#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>

/*
 * Hashes by name, as Python's hashlib calls them: md5 sha1 sha224 sha256 sha384
 * sha512 sha512_224 sha512_256 sha3_224 sha3_256 sha3_384 sha3_512 blake2b
 * blake2s ripemd160 sm3 md5-sha1; '-' and '_' are one, case does not count.
 * They are for finding files again, not for secrets.
 *
 * A struct digest is made once and may be used by several threads at a time.
 */
struct buf;
struct digest;
struct err;

/* All names, ended by NULL. */
extern const char *const digest_names[];

/* -1 (ERR_USAGE) if there is no such hash, or none that has a length
 * (shake_128). */
int digest_new(const char *name, struct digest **out, struct err *e);
void digest_free(struct digest *d);		/* NULL is fine */

/* Append the hash of all that can be read from fd, from its start on, as
 * lower-case digits.  fd's offset is not used.  -1: it could not be read. */
int digest_file(const struct digest *d, int fd, struct buf *out,
    struct err *e);

#endif
