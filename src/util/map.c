/*
 * map.c -- open addressing with linear probing.  Removing moves later entries
 * of the same run back, so there are no tombstones and a map that is emptied
 * and filled again does not slow down.
 */
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/map.h"
#include "util/xalloc.h"

#define CAP_MIN		16
#define CAP_MAX		((size_t)1 << 32)

struct map_slot {
	const char	*key;		/* NULL: free */
	uint64_t	 value;
	uint32_t	 hash, len;
};

static uint32_t
hash_of(const void *key, size_t len)
{
	if (len > UINT32_MAX)
		abort();
	return (uint32_t)hash_keyed(0, key, len);
}

/* Where the key is, or the free slot where it would go. */
static struct map_slot *
find(const struct map *m, const void *key, size_t len, uint32_t hash)
{
	size_t mask = m->cap - 1, i;
	struct map_slot *s;

	for (i = hash & mask;; i = (i + 1) & mask) {
		s = &m->slots[i];
		if (s->key == NULL || (s->hash == hash && s->len == len &&
		    memcmp(s->key, key, len) == 0))
			return s;
	}
}

static void
grow(struct map *m)
{
	struct map_slot *old = m->slots, *s;
	size_t cap = m->cap, mask, i, j;

	if (cap == CAP_MAX)
		abort();
	m->cap = cap ? cap * 2 : CAP_MIN;
	m->slots = xallocn(m->cap, sizeof(*m->slots));
	mask = m->cap - 1;
	for (i = 0; i < cap; i++) {
		s = &old[i];
		if (s->key == NULL)
			continue;
		for (j = s->hash & mask; m->slots[j].key != NULL;)
			j = (j + 1) & mask;
		m->slots[j] = *s;
	}
	free(old);
}

uint64_t *
map_get(const struct map *m, const void *key, size_t len)
{
	struct map_slot *s;

	if (m->n == 0)
		return NULL;
	s = find(m, key, len, hash_of(key, len));
	return s->key ? &s->value : NULL;
}

uint64_t *
map_add(struct map *m, const void *key, size_t len, int *added)
{
	uint32_t hash = hash_of(key, len);
	struct map_slot *s;

	if (m->n >= m->cap / 4 * 3)
		grow(m);
	s = find(m, key, len, hash);
	if (added != NULL)
		*added = s->key == NULL;
	if (s->key == NULL) {
		*s = (struct map_slot){ .key = arena_dup(&m->keys, key, len),
		    .hash = hash, .len = (uint32_t)len };
		m->n++;
	}
	return &s->value;
}

int
map_put(struct map *m, const void *key, size_t len, uint64_t value)
{
	int added;

	*map_add(m, key, len, &added) = value;
	return added;
}

int
map_remove(struct map *m, const void *key, size_t len)
{
	size_t mask = m->cap - 1, hole, i;
	struct map_slot *s;

	if (m->n == 0)
		return 0;
	s = find(m, key, len, hash_of(key, len));
	if (s->key == NULL)
		return 0;
	hole = (size_t)(s - m->slots);
	for (i = (hole + 1) & mask; m->slots[i].key != NULL; i = (i + 1) & mask)
		/* It may fill the hole if that is no further from its home. */
		if (((i - m->slots[i].hash) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	m->slots[hole] = (struct map_slot){0};
	m->n--;
	return 1;
}

int
map_next(const struct map *m, size_t *at, struct map_entry *entry)
{
	struct map_slot *s;

	while (*at < m->cap) {
		s = &m->slots[(*at)++];
		if (s->key != NULL) {
			*entry = (struct map_entry){ s->key, s->len, &s->value };
			return 1;
		}
	}
	return 0;
}

void
map_fini(struct map *m)
{
	free(m->slots);
	arena_fini(&m->keys);
	*m = (struct map){0};
}
