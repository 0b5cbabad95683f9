/*
 * prints.c -- 4096 sorted arrays.
 *
 * Hashes are spread evenly, so where one stands in its array is known but for
 * a few places, and is walked to from there: faster than a search, and no gaps
 * as a hash table needs them.  An array of 500 entries (two million in all) is
 * 3 KB, so making room in the middle of it costs little.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/prints.h"
#include "util/xalloc.h"

#define WIDTH	6
#define BITS	48

static struct prints_shard *
shard_of(const struct prints *p, uint64_t hash)
{
	return &p->shards[hash >> 52];
}

static uint64_t
print_of(uint64_t hash)
{
	return hash & ((UINT64_C(1) << BITS) - 1);
}

static uint64_t
get(const struct prints_shard *s, uint32_t i)
{
	const unsigned char *p = s->v + (size_t)i * WIDTH;
	uint32_t low;
	uint16_t high;

	memcpy(&low, p, sizeof(low));
	memcpy(&high, p + sizeof(low), sizeof(high));
	return (uint64_t)high << 32 | low;
}

static void
set(struct prints_shard *s, uint32_t i, uint64_t v)
{
	unsigned char *p = s->v + (size_t)i * WIDTH;
	uint32_t low = (uint32_t)v;
	uint16_t high = (uint16_t)(v >> 32);

	memcpy(p, &low, sizeof(low));
	memcpy(p + sizeof(low), &high, sizeof(high));
}

/* Where the first one is that is not smaller than v: 1 if it is v. */
static int
find(const struct prints_shard *s, uint64_t v, uint32_t *at)
{
	uint32_t i = (uint32_t)((v >> (BITS - 32)) * s->n >> 32);

	while (i < s->n && get(s, i) < v)
		i++;
	while (i > 0 && get(s, i - 1) >= v)
		i--;
	*at = i;
	return i < s->n && get(s, i) == v;
}

int
prints_has(const struct prints *p, uint64_t hash)
{
	uint32_t at;

	return p->shards != NULL &&
	    find(shard_of(p, hash), print_of(hash), &at);
}

void
prints_add(struct prints *p, uint64_t hash)
{
	struct prints_shard *s;
	uint32_t at;

	if (p->shards == NULL)
		p->shards = xallocn(PRINTS_SHARDS, sizeof(*p->shards));
	s = shard_of(p, hash);
	if (find(s, print_of(hash), &at))
		return;
	if (s->n == s->cap) {
		s->cap += s->cap / 32 + 8;
		s->v = xrealloc(s->v, s->cap, WIDTH);
	}
	memmove(s->v + ((size_t)at + 1) * WIDTH, s->v + (size_t)at * WIDTH,
	    (size_t)(s->n - at) * WIDTH);
	set(s, at, print_of(hash));
	s->n++;
}

int
prints_remove(struct prints *p, uint64_t hash)
{
	struct prints_shard *s;
	uint32_t at;

	if (p->shards == NULL)
		return 0;
	s = shard_of(p, hash);
	if (!find(s, print_of(hash), &at))
		return 0;
	s->n--;
	memmove(s->v + (size_t)at * WIDTH, s->v + ((size_t)at + 1) * WIDTH,
	    (size_t)(s->n - at) * WIDTH);
	return 1;
}

void
prints_fini(struct prints *p)
{
	size_t i;

	for (i = 0; p->shards != NULL && i < PRINTS_SHARDS; i++)
		free(p->shards[i].v);
	free(p->shards);
	*p = (struct prints){0};
}

size_t
prints_size(const struct prints *p)
{
	size_t i, n = 0;

	if (p->shards == NULL)
		return 0;
	for (i = 0; i < PRINTS_SHARDS; i++)
		n += (size_t)p->shards[i].cap * WIDTH + sizeof(p->shards[0]);
	return n;
}
