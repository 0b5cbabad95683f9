#ifndef UTIL_MAP_H
#define UTIL_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/*
 * A hash map from byte strings to numbers (or to an index into the caller's own
 * array).  {0} is a valid empty map.  Keys may hold any bytes, are copied, and
 * lie in an arena until map_fini, removed ones too.  The hash is keyed, so
 * that hostile names cannot be chosen to collide; the order of map_next
 * therefore differs from process to process: sort before showing.  24 bytes
 * an entry and its key, three quarters full at most.  At most 2^31 entries;
 * keys up to 4 GiB.
 */
struct map_slot;

struct map {
	struct map_slot	*slots;
	size_t		 n;		/* entries */
	size_t		 cap;		/* 0 or a power of two */
	struct arena	 keys;
};

/* The value of a key, which may be changed in place; NULL if there is none.
 * Valid until the next map_add, map_put or map_remove. */
uint64_t *map_get(const struct map *m, const void *key, size_t len);

/* The same, but a key that is not there is added with value 0; *added (which
 * may be NULL) says so. */
uint64_t *map_add(struct map *m, const void *key, size_t len, int *added);

/* Set a value: 1 if the key is new, 0 if it replaced another. */
int map_put(struct map *m, const void *key, size_t len, uint64_t value);

/* 1 if it was there, else 0. */
int map_remove(struct map *m, const void *key, size_t len);

/*
 * All entries, in no order, while the map is not changed:
 *
 *	for (at = 0; map_next(&m, &at, &entry);)
 *		use(entry.key, entry.len, *entry.value);
 */
struct map_entry {
	const char	*key;		/* a NUL stands behind it */
	size_t		 len;
	uint64_t	*value;
};

int map_next(const struct map *m, size_t *at, struct map_entry *entry);

void map_fini(struct map *m);

#define CLEAN_MAP	__attribute__((cleanup(map_fini)))

#endif
