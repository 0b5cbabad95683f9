#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/xalloc.h"

/* The first block is small: of some arenas there is one a level of a tree. */
#define BLOCK_FIRST	((size_t)4 << 10)
#define BLOCK	((size_t)64 << 10)

struct arena_block {
	struct arena_block	*next;
	_Alignas(16) unsigned char data[];
};

static void *
take(struct arena *a, size_t n)
{
	struct arena_block *b;
	size_t cap = a->blocks == NULL ? BLOCK_FIRST : BLOCK;
	void *p;

	if (a->blocks == NULL || a->cap - a->used < n) {
		cap = n > cap ? n : cap;
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

static void
free_blocks(struct arena_block *b)
{
	struct arena_block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
}

void
arena_reset(struct arena *a)
{
	if (a->blocks == NULL)
		return;
	if (a->cap > ARENA_KEEP) {
		arena_fini(a);
		return;
	}
	free_blocks(a->blocks->next);
	a->blocks->next = NULL;
	memset(a->blocks->data, 0, a->used);
	a->used = 0;
	a->total = a->cap;
}

void
arena_fini(struct arena *a)
{
	free_blocks(a->blocks);
	*a = (struct arena){0};
}
