#ifndef PLAN_PRINTS_H
#define PLAN_PRINTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A very large set of 64-bit hashes in little memory: 6.2 bytes an entry, 7.7
 * with what the allocator loses, also while it grows.  Of a hash, 60 bits
 * count: among a million entries a wrong "is in it" comes once in a million
 * million questions.  Good for some ten million; the hashes must be spread
 * evenly, as keyed ones are.
 *
 * The first 12 bits choose one of 4096 shards, each an array of its own that
 * grows a little at a time, so nothing large is ever moved.  {0} is empty.
 */
#define PRINTS_SHARDS	4096

struct prints_shard {
	unsigned char	*v;		/* 6 bytes each, sorted */
	uint32_t	 n, cap;
};

struct prints {
	struct prints_shard	*shards;	/* NULL while nothing is in it */
};

int prints_has(const struct prints *p, uint64_t hash);
void prints_add(struct prints *p, uint64_t hash);
/* 1 if it was there. */
int prints_remove(struct prints *p, uint64_t hash);
void prints_fini(struct prints *p);

/* Bytes it takes, for tests and benches. */
size_t prints_size(const struct prints *p);

#endif
