#ifndef CRYPTO_SCRYPT_MIX_H
#define CRYPTO_SCRYPT_MIX_H

#include <stdint.h>

/*
 * scryptROMix (RFC 7914, 5) in place, once for each of p blocks of 128 * r bytes:
 * all of scrypt's work.  n is a power of two above 1.  Takes 128 * r * (n + 2)
 * bytes of memory, wiped when given back.  0, or -1 if there are not so many.
 */
int scrypt_mix(unsigned char *blocks, uint32_t n, uint32_t r, uint32_t p);

#endif
