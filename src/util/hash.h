#ifndef UTIL_HASH_H
#define UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * SipHash-1-3 under a key drawn once a process (getrandom), so that hostile
 * file names cannot be chosen to collide.  Never stored: the key dies with us.
 */
uint64_t hash_keyed(uint64_t seed, const void *data, size_t len);

/*
 * The same under a fixed key: equal in every process and version, for
 * fingerprints that are written down.
 */
uint64_t hash_fixed(uint64_t seed, const void *data, size_t len);

#endif
