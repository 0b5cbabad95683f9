#ifndef UTIL_SET64_H
#define UTIL_SET64_H

#include <stddef.h>
#include <stdint.h>

/*
 * A set of 64-bit numbers, usually fingerprints made by util/hash.h: 8 bytes
 * an entry, three quarters full at most.  {0} is a valid empty set.  0 is a
 * number like others.
 */
struct set64 {
	uint64_t	*slots;
	size_t		 n;		/* numbers in it */
	size_t		 cap;		/* 0 or a power of two */
	int		 has_zero;	/* 0 marks a free slot, so it lies here */
};

int set64_add(struct set64 *s, uint64_t v);	/* 1 if it is new, else 0 */
int set64_has(const struct set64 *s, uint64_t v);
int set64_remove(struct set64 *s, uint64_t v);	/* 1 if it was there, else 0 */

/* Room for n in all, so that adding them does not grow it step by step. */
void set64_reserve(struct set64 *s, size_t n);

/* All numbers, in no order, while the set is not changed; at starts at 0. */
int set64_next(const struct set64 *s, size_t *at, uint64_t *v);

void set64_fini(struct set64 *s);

#define CLEAN_SET64	__attribute__((cleanup(set64_fini)))

#endif
