#ifndef CRYPTO_OSSL_H
#define CRYPTO_OSSL_H

#include <openssl/types.h>

/*
 * OpenSSL for this room: a library context of ours, made once a process, that
 * reads no configuration file, so neither openssl.cnf nor the environment can
 * put another implementation in the place of its own.  Algorithms are fetched
 * once and kept until the process ends.  All of them are built into libcrypto:
 * only want of memory keeps one from us, and that ends the process.
 */
OSSL_LIB_CTX *ossl_lib(void);

const EVP_MD *ossl_sha256(void);
const EVP_CIPHER *ossl_aes256_ctr(void);
const EVP_CIPHER *ossl_aes128_ecb(void);
EVP_MAC *ossl_poly1305(void);

#endif
