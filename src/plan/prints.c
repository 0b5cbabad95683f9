/*
 * prints.c -- open addressing with linear probing in small shards.
 *
 * A shard is filled to nine tenths.  An entry's home slot follows from its
 * bits, so a removal can move later entries up and leaves no tombstones.
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

/* What is kept of a hash: never 0. */
static uint64_t
print_of(uint64_t hash)
{
	uint64_t v = hash & ((UINT64_C(1) << BITS) - 1);

	return v != 0 ? v : 1;
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

static uint32_t
home(const struct prints_shard *s, uint64_t v)
{
	return (uint32_t)((v >> (BITS - 32)) * s->cap >> 32);
}

static uint32_t
next(const struct prints_shard *s, uint32_t i)
{
	return i + 1 == s->cap ? 0 : i + 1;
}

/* Where v is, or the free slot where it would be.  cap must not be 0. */
static uint32_t
find(const struct prints_shard *s, uint64_t v)
{
	uint32_t i = home(s, v);
	uint64_t w;

	while ((w = get(s, i)) != 0 && w != v)
		i = next(s, i);
	return i;
}

static void
grow(struct prints_shard *s)
{
	struct prints_shard new = { .n = s->n };
	uint64_t v;
	uint32_t i;

	new.cap = s->cap + s->cap / 4 + 8;
	new.v = xallocn(new.cap, WIDTH);
	for (i = 0; i < s->cap; i++)
		if ((v = get(s, i)) != 0)
			set(&new, find(&new, v), v);
	free(s->v);
	*s = new;
}

int
prints_has(const struct prints *p, uint64_t hash)
{
	const struct prints_shard *s;

	if (p->shards == NULL)
		return 0;
	s = shard_of(p, hash);
	return s->cap > 0 && get(s, find(s, print_of(hash))) != 0;
}

void
prints_add(struct prints *p, uint64_t hash)
{
	struct prints_shard *s;
	uint64_t v = print_of(hash);
	uint32_t i;

	if (p->shards == NULL)
		p->shards = xallocn(PRINTS_SHARDS, sizeof(*p->shards));
	s = shard_of(p, hash);
	if ((s->n + UINT64_C(1)) * 10 > s->cap * UINT64_C(9))
		grow(s);
	i = find(s, v);
	if (get(s, i) == 0)
		s->n++;
	set(s, i, v);
}

/* Slot i is free now: let later entries that want it move up. */
static void
close_gap(struct prints_shard *s, uint32_t i)
{
	uint32_t j = i, k;
	uint64_t v;

	for (;;) {
		j = next(s, j);
		if ((v = get(s, j)) == 0)
			break;
		k = home(s, v);
		if (i <= j ? i < k && k <= j : i < k || k <= j)
			continue;	/* it may not lie before its home */
		set(s, i, v);
		i = j;
	}
	set(s, i, 0);
}

int
prints_remove(struct prints *p, uint64_t hash)
{
	struct prints_shard *s;
	uint32_t i;

	if (p->shards == NULL)
		return 0;
	s = shard_of(p, hash);
	if (s->cap == 0)
		return 0;
	i = find(s, print_of(hash));
	if (get(s, i) == 0)
		return 0;
	close_gap(s, i);
	s->n--;
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
