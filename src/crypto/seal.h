#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <stddef.h>

/*
 * restic's authenticated encryption: AES-256-CTR under a random 16-byte IV, and
 * Poly1305-AES over the ciphertext (design.rst, "Keys, Encryption and MAC").
 *
 *	sealed = IV 16 || ciphertext, as long as the plaintext || tag 16
 */
#define SEAL_OVERHEAD	32
#define SEAL_KEY_LEN	64

/* encrypt 32, k 16, r 16 (not clamped); lies in secret memory. */
struct seal_key {
	unsigned char	 encrypt[32];
	unsigned char	 k[16];
	unsigned char	 r[16];
};

struct err;
struct sealer;

/* Made once and used for any number of messages by one thread at a time.  The
 * key is copied (into the ciphers' own contexts) and wiped by free. */
struct sealer *sealer_new(const struct seal_key *key);
void sealer_free(struct sealer *s);	/* NULL is fine */

/* out has room for len + SEAL_OVERHEAD and does not overlap plain, unless
 * plain == out + 16, which seals in place. */
void sealer_seal(struct sealer *s, void *out, const void *plain, size_t len);

/*
 * Check, then decrypt len bytes into out (len - SEAL_OVERHEAD of them); in place
 * if out == sealed + 16.  ERR_CORRUPT if it is too short, its IV is all zero,
 * or the tag does not fit; nothing is written then.
 */
int sealer_open(struct sealer *s, void *out, const void *sealed, size_t len,
    struct err *e);

/*
 * The same for who only looks: the plaintext is told to each, piece by piece,
 * and held nowhere.  Nothing is told if it does not fit.
 */
int sealer_look(struct sealer *s, const void *sealed, size_t len,
    void (*each)(void *arg, const void *plain, size_t n), void *arg,
    struct err *e);

/*
 * scrypt (RFC 7914) to a key.  Blocks for the time it was made for, half a
 * second.  ERR_USAGE for parameters that cannot be, or that want more than
 * SCRYPT_MEMORY_MAX bytes or SCRYPT_WORK_MAX times the work of N=32768 r=8 p=1.
 */
#define SCRYPT_MEMORY_MAX	((size_t)1 << 30)
#define SCRYPT_WORK_MAX		256

struct scrypt {
	unsigned	 n, r, p;
};

int scrypt_key(const void *password, size_t len, const void *salt,
    size_t salt_len, const struct scrypt *s, struct seal_key *out,
    struct err *e);

#endif
