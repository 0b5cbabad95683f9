/*
 * digest.c -- see digest.h.  As in sha256.c the library has a context of ours,
 * which reads no configuration file.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/digest.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define PIECE	((size_t)256 << 10)

struct digest {
	EVP_MD	*md;
};

const char *const digest_names[] = { "md5", "sha1", "sha224", "sha256",
	"sha384", "sha512", "sha512_224", "sha512_256", "sha3_224",
	"sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s",
	"ripemd160", "sm3", "md5-sha1", NULL };

/* The library's names for them, in the same order. */
static const char *const openssl_names[] = { "MD5", "SHA1", "SHA2-224",
	"SHA2-256", "SHA2-384", "SHA2-512", "SHA2-512/224", "SHA2-512/256",
	"SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "BLAKE2B-512",
	"BLAKE2S-256", "RIPEMD-160", "SM3", "MD5-SHA1" };

static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX	*lib;

static void
begin(void)
{
	lib = OSSL_LIB_CTX_new();
}

static int
same_name(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		int x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if ((x >= 'A' && x <= 'Z' ? x | 0x20 : x) != y)
			return 0;
	}
	return *a == *b;
}

int
digest_new(const char *name, struct digest **out, struct err *e)
{
	EVP_MD *md = NULL;

	if (pthread_once(&once, begin) != 0 || lib == NULL)
		abort();		/* only for want of memory */
	if (same_name(name, "shake_128") || same_name(name, "shake_256"))
		return err_set(e, ERR_USAGE, "'%.40s' has no length of its own, "
		    "so it is no use here", name);
	for (size_t i = 0; digest_names[i] != NULL && md == NULL; i++)
		if (same_name(name, digest_names[i]))
			md = EVP_MD_fetch(lib, openssl_names[i], NULL);
	if (md == NULL)
		return err_set(e, ERR_USAGE, "there is no hash '%.40s' here",
		    name);
	*out = xalloc(sizeof(**out));
	(*out)->md = md;
	return 0;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_free(d->md);
	free(d);
}

int
digest_file(const struct digest *d, int fd, struct buf *out, struct err *e)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	CLEAN_FREE unsigned char *piece = xalloc(PIECE);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned len = 0;
	uint64_t at = 0;
	ssize_t n;

	if (c == NULL || EVP_DigestInit_ex2(c, d->md, NULL) != 1)
		abort();		/* only for want of memory */
	do {
		n = fd_pread_full(fd, piece, PIECE, at);
		if (n > 0 && EVP_DigestUpdate(c, piece, (size_t)n) != 1)
			abort();
		at += n > 0 ? (uint64_t)n : 0;
	} while (n == (ssize_t)PIECE);
	if (n < 0)
		err_sys(e, "read it");
	else if (EVP_DigestFinal_ex(c, sum, &len) != 1)
		abort();
	EVP_MD_CTX_free(c);
	for (unsigned i = 0; n >= 0 && i < len; i++)
		buf_addf(out, "%02x", sum[i]);
	return n < 0 ? -1 : 0;
}
