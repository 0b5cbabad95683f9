#ifndef TEST_LITERAL_H
#define TEST_LITERAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The chunker as its description has it (restic-format 1.10), byte by byte with
 * a ring of 64, and as slow as that: what every kernel is held against.
 */
struct literal {
	uint64_t	 out[256], mod[256];
};

void literal_init(struct literal *l, uint64_t polynomial);

/*
 * The first chunk of n bytes: its length, and the digest at its end.  skip is
 * what restic does, not to hash what is more than 64 bytes before CHUNK_MIN.
 */
size_t literal_next(const struct literal *l, const unsigned char *data,
    size_t n, int skip, uint64_t *digest);

/* The state of splitmix64, and bytes made with it. */
uint64_t literal_random(uint64_t *state);
void literal_fill(uint64_t seed, unsigned char *out, size_t n);

#endif
