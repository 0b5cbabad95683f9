/*
 * seal.c -- see seal.h.
 *
 * The tag is Poly1305 of the ciphertext under the one-time key r || s, where s
 * is the IV enciphered by AES-128 under k.  OpenSSL clamps r itself.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/ossl.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "util/err.h"
#include "util/xalloc.h"

#define IV_LEN		16
#define TAG_LEN		16

/* EVP counts in int. */
#define STEP		((size_t)1 << 30)

/* What sealer_look opens at a time: it stays in the first cache. */
#define PIECE		((size_t)16 << 10)

struct sealer {
	EVP_CIPHER_CTX	*ctr, *ecb;
	EVP_MAC_CTX	*mac;
	unsigned char	*one_time;	/* r || s, secret memory */
};

static int
all_zero(const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned any = 0;
	size_t i;

	for (i = 0; i < len; i++)
		any |= p[i];
	return any == 0;
}

/* A failure here is want of memory, or a bug: either ends the process. */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

struct sealer *
sealer_new(const struct seal_key *key)
{
	struct sealer *s = xalloc(sizeof(*s));

	/* What a forked child finds in secret memory must never seal. */
	must(!all_zero(key->encrypt, sizeof(key->encrypt)));
	s->ctr = EVP_CIPHER_CTX_new();
	s->ecb = EVP_CIPHER_CTX_new();
	s->mac = EVP_MAC_CTX_new(ossl_poly1305());
	must(s->ctr != NULL && s->ecb != NULL && s->mac != NULL);
	must(EVP_EncryptInit_ex2(s->ctr, ossl_aes256_ctr(), key->encrypt, NULL,
	    NULL));
	must(EVP_EncryptInit_ex2(s->ecb, ossl_aes128_ecb(), key->k, NULL, NULL));
	must(EVP_CIPHER_CTX_set_padding(s->ecb, 0));
	s->one_time = secret_alloc(32);
	memcpy(s->one_time, key->r, sizeof(key->r));
	return s;
}

void
sealer_free(struct sealer *s)
{
	if (s == NULL)
		return;
	EVP_CIPHER_CTX_free(s->ctr);
	EVP_CIPHER_CTX_free(s->ecb);
	EVP_MAC_CTX_free(s->mac);
	secret_free(s->one_time, 32);
	free(s);
}

/* CTR is its own inverse. */
static void
cipher(struct sealer *s, const unsigned char *iv, unsigned char *out,
    const unsigned char *in, size_t len)
{
	size_t step;
	int n;

	must(EVP_EncryptInit_ex2(s->ctr, NULL, NULL, iv, NULL));
	for (; len > 0; len -= step, in += step, out += step) {
		step = len < STEP ? len : STEP;
		must(EVP_EncryptUpdate(s->ctr, out, &n, in, (int)step));
		must((size_t)n == step);
	}
}

static void
tag_of(struct sealer *s, const unsigned char *iv, const unsigned char *text,
    size_t len, unsigned char tag[TAG_LEN])
{
	size_t got;
	int n;

	must(EVP_EncryptUpdate(s->ecb, s->one_time + 16, &n, iv, IV_LEN));
	must(n == IV_LEN);
	must(EVP_MAC_init(s->mac, s->one_time, 32, NULL));
	must(EVP_MAC_update(s->mac, text, len));
	must(EVP_MAC_final(s->mac, tag, &got, TAG_LEN));
	must(got == TAG_LEN);
}

void
sealer_seal(struct sealer *s, void *out, const void *plain, size_t len)
{
	unsigned char *iv = out, *text = iv + IV_LEN;

	do
		random_bytes(iv, IV_LEN);
	while (all_zero(iv, IV_LEN));
	cipher(s, iv, text, plain, len);
	tag_of(s, iv, text, len, text + len);
}

/* Is it one of ours?  *len becomes that of the text within. */
static int
check(struct sealer *s, const unsigned char *sealed, size_t *len,
    struct err *e)
{
	const unsigned char *text = sealed + IV_LEN;
	unsigned char tag[TAG_LEN];

	if (*len < SEAL_OVERHEAD)
		return err_set(e, ERR_CORRUPT, "decrypt: %zu bytes are too few",
		    *len);
	*len -= SEAL_OVERHEAD;
	if (all_zero(sealed, IV_LEN))
		return err_set(e, ERR_CORRUPT, "decrypt: the IV is all zero");
	tag_of(s, sealed, text, *len, tag);
	if (!secret_equal(tag, text + *len, TAG_LEN))
		return err_set(e, ERR_CORRUPT, "decrypt: the checksum (MAC) "
		    "does not fit: damaged, or another key");
	return 0;
}

int
sealer_open(struct sealer *s, void *out, const void *sealed, size_t len,
    struct err *e)
{
	const unsigned char *iv = sealed;

	if (check(s, iv, &len, e) < 0)
		return -1;
	cipher(s, iv, out, iv + IV_LEN, len);
	return 0;
}

int
sealer_look(struct sealer *s, const void *sealed, size_t len,
    void (*each)(void *arg, const void *plain, size_t n), void *arg,
    struct err *e)
{
	const unsigned char *iv = sealed, *text = iv + IV_LEN;
	unsigned char piece[PIECE];
	size_t step;
	int n;

	if (check(s, iv, &len, e) < 0)
		return -1;
	must(EVP_EncryptInit_ex2(s->ctr, NULL, NULL, iv, NULL));
	for (; len > 0; len -= step, text += step) {
		step = len < PIECE ? len : PIECE;
		must(EVP_EncryptUpdate(s->ctr, piece, &n, text, (int)step));
		must((size_t)n == step);
		each(arg, piece, step);
	}
	return 0;
}
