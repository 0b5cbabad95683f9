#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

/*
 * Random bytes from the kernel (getrandom), good enough for keys.  May block
 * in the first seconds after boot, never later.  Does not fail: a kernel
 * without getrandom ends the process, since nothing weaker may take its place.
 */
void random_bytes(void *out, size_t len);

#endif
