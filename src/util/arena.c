#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/xalloc.h"

#define BLOCK	((size_t)64 << 10)

struct arena_block {
	struct arena_block	*next;
	_Alignas(16) unsigned char data[];
};

static void *
take(struct arena *a, size_t n)
{
	struct arena_block *b;
	size_t cap;
	void *p;

	if (a->blocks == NULL || a->cap - a->used < n) {
		cap = n > BLOCK ? n : BLOCK;
		b = xalloc(sizeof(*b) + cap);
		b->next = a->blocks;
		a->blocks = b;
		a->cap = cap;
		a->used = 0;
		a->total += cap;
	}
	p = a->blocks->data + a->used;
	a->used += n;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t pad = (16 - (a->used & 15)) & 15;

	if (a->blocks != NULL)
		a->used += a->cap - a->used < pad ? a->cap - a->used : pad;
	return take(a, n ? n : 1);
}

char *
arena_dup(struct arena *a, const char *s, size_t len)
{
	char *p = take(a, len + 1);

	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
arena_str(struct arena *a, const char *s)
{
	return arena_dup(a, s, strlen(s));
}

void
arena_fini(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}
