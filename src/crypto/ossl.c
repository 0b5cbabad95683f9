/* ossl.c -- see ossl.h. */
#include <pthread.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/ossl.h"

static struct {
	OSSL_LIB_CTX	*lib;
	EVP_MD		*sha256;
	EVP_CIPHER	*aes256_ctr, *aes128_ecb;
	EVP_MAC		*poly1305;
} all;

static void
fetch(void)
{
	all.lib = OSSL_LIB_CTX_new();
	if (all.lib == NULL)
		abort();
	all.sha256 = EVP_MD_fetch(all.lib, "SHA2-256", NULL);
	all.aes256_ctr = EVP_CIPHER_fetch(all.lib, "AES-256-CTR", NULL);
	all.aes128_ecb = EVP_CIPHER_fetch(all.lib, "AES-128-ECB", NULL);
	all.poly1305 = EVP_MAC_fetch(all.lib, "POLY1305", NULL);
	if (all.sha256 == NULL || all.aes256_ctr == NULL ||
	    all.aes128_ecb == NULL || all.poly1305 == NULL)
		abort();
}

static void
need(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pthread_once(&once, fetch) != 0)
		abort();
}

OSSL_LIB_CTX *
ossl_lib(void)
{
	need();
	return all.lib;
}

const EVP_MD *
ossl_sha256(void)
{
	need();
	return all.sha256;
}

const EVP_CIPHER *
ossl_aes256_ctr(void)
{
	need();
	return all.aes256_ctr;
}

const EVP_CIPHER *
ossl_aes128_ecb(void)
{
	need();
	return all.aes128_ecb;
}

EVP_MAC *
ossl_poly1305(void)
{
	need();
	return all.poly1305;
}
