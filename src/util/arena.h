#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

/*
 * Memory for things that live and die together.  {0} is a valid empty arena.
 * What an arena gave stays where it is until arena_fini.
 */
struct arena_block;

struct arena {
	struct arena_block	*blocks;
	size_t			 used, cap;	/* of the newest block */
	size_t			 total;		/* bytes taken from the system */
};

void *arena_alloc(struct arena *a, size_t n);	/* zeroed, aligned to 16 */
char *arena_dup(struct arena *a, const char *s, size_t len); /* NUL added */
char *arena_str(struct arena *a, const char *s);

/* Forget all it gave and keep its newest block for what comes next: for loops
 * that need memory for one round.  A round costs what it used, and a large
 * block (over ARENA_KEEP) is given back, so one large round is not held for
 * ever. */
#define ARENA_KEEP	((size_t)1 << 20)
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

#define CLEAN_ARENA	__attribute__((cleanup(arena_fini)))

#endif
