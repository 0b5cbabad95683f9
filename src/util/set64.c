/* set64.c -- open addressing as in map.c; see there for how removing works. */
#include <stdlib.h>

#include "util/set64.h"
#include "util/xalloc.h"

#define CAP_MIN		16

/* Numbers may come in rows, so they are spread before they are placed. */
static inline size_t
home(const struct set64 *s, uint64_t v)
{
	v *= 0x9E3779B97F4A7C15;
	return (size_t)(v ^ v >> 32) & (s->cap - 1);
}

/* Where v is, or the free slot where it would go. */
static size_t
find(const struct set64 *s, uint64_t v)
{
	size_t i = home(s, v);

	while (s->slots[i] != 0 && s->slots[i] != v)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
resize(struct set64 *s, size_t cap)
{
	uint64_t *old = s->slots;
	size_t was = s->cap, i;

	s->slots = xallocn(cap, sizeof(*s->slots));
	s->cap = cap;
	for (i = 0; i < was; i++)
		if (old[i] != 0)
			s->slots[find(s, old[i])] = old[i];
	free(old);
}

void
set64_reserve(struct set64 *s, size_t n)
{
	size_t cap = s->cap ? s->cap : CAP_MIN;

	while (cap / 4 * 3 < n)
		if (__builtin_mul_overflow(cap, (size_t)2, &cap))
			abort();
	if (cap != s->cap)
		resize(s, cap);
}

int
set64_add(struct set64 *s, uint64_t v)
{
	size_t i;

	if (v == 0) {
		if (s->has_zero)
			return 0;
		s->has_zero = 1;
		s->n++;
		return 1;
	}
	if (s->n >= s->cap / 4 * 3)
		set64_reserve(s, s->n + 1);
	i = find(s, v);
	if (s->slots[i] == v)
		return 0;
	s->slots[i] = v;
	s->n++;
	return 1;
}

int
set64_has(const struct set64 *s, uint64_t v)
{
	if (v == 0)
		return s->has_zero;
	return s->cap > 0 && s->slots[find(s, v)] == v;
}

int
set64_remove(struct set64 *s, uint64_t v)
{
	size_t mask = s->cap - 1, hole, i;

	if (!set64_has(s, v))
		return 0;
	s->n--;
	if (v == 0) {
		s->has_zero = 0;
		return 1;
	}
	hole = find(s, v);
	for (i = (hole + 1) & mask; s->slots[i] != 0; i = (i + 1) & mask)
		if (((i - home(s, s->slots[i])) & mask) >=
		    ((i - hole) & mask)) {
			s->slots[hole] = s->slots[i];
			hole = i;
		}
	s->slots[hole] = 0;
	return 1;
}

int
set64_next(const struct set64 *s, size_t *at, uint64_t *v)
{
	while (*at < s->cap)
		if ((*v = s->slots[(*at)++]) != 0)
			return 1;
	if (*at == s->cap && s->has_zero) {
		(*at)++;
		*v = 0;
		return 1;
	}
	return 0;
}

void
set64_fini(struct set64 *s)
{
	free(s->slots);
	*s = (struct set64){0};
}
