#ifndef PLAN_PRINTS_H
#define PLAN_PRINTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A very large set of 64-bit hashes in little memory: 6.7 to 8.4 bytes an
 * entry, also while it grows.  Of a hash, 60 bits count: among a million
 * entries a wrong "is in it" comes once in a million million questions.
 *
 * The first 12 bits choose one of 4096 shards, each a table of its own that
 * grows by a quarter, so nothing large is ever moved at once.  {0} is empty.
 */
#define PRINTS_SHARDS	4096

struct prints_shard {
	unsigned char	*v;		/* slots of 6 bytes, 0 is free */
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
