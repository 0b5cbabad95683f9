/*
 * chunker_scalar.c -- the kernel for any processor, and for what is too short
 * for the others.
 *
 * Each step waits for the one before it (a table load, a shift, two xors: some 8
 * cycles), while the processor could do three times as much.  So three pieces of
 * the data are followed side by side, each from a window of its own.  Four
 * were slower: gcc runs out of registers.
 */
#include "repo/chunker_impl.h"

#define PIECE	((size_t)4096)

static inline uint64_t
step(const struct chunker *c, uint64_t f, const unsigned char *p)
{
	return (f << 8 | p[0]) ^ c->mod[f >> CHUNK_TOP] ^
	    c->gone[*(p - CHUNK_WINDOW)];
}

/* F at p: the 64 bytes before it. */
static uint64_t
window(const struct chunker *c, const unsigned char *p)
{
	uint64_t f = 0;
	size_t i;

	for (i = CHUNK_WINDOW; i > 0; i--)
		f = (f << 8 | *(p - i)) ^ c->mod[f >> CHUNK_TOP];
	return f;
}

static size_t
scan_one(const struct chunker *c, const unsigned char *data, size_t lo,
    size_t hi)
{
	uint64_t f = window(c, data + lo);
	size_t p;

	for (p = lo; (f & CHUNK_MASK) != 0; p++) {
		if (p == hi)
			return 0;
		f = step(c, f, data + p);
	}
	return p;
}

/* Is there a candidate after one of the next 3 * PIECE bytes? */
static int
any_of_three(const struct chunker *c, const unsigned char *p)
{
	const unsigned char *q = p + PIECE, *r = q + PIECE, *end = q;
	uint64_t f = window(c, p), g = window(c, q), h = window(c, r);

	for (; p < end; p++, q++, r++) {
		f = step(c, f, p);
		g = step(c, g, q);
		h = step(c, h, r);
		if ((f & CHUNK_MASK) == 0 || (g & CHUNK_MASK) == 0 ||
		    (h & CHUNK_MASK) == 0)
			return 1;
	}
	return 0;
}

static size_t
scan(const struct chunker *c, const unsigned char *data, size_t lo, size_t hi)
{
	size_t at = lo - 1;		/* bytes before it are done with */

	for (; hi - at >= 3 * PIECE; at += 3 * PIECE)
		if (any_of_three(c, data + at))
			return scan_one(c, data, at + 1, at + 3 * PIECE);
	return at < hi ? scan_one(c, data, at + 1, hi) : 0;
}

static int
here(void)
{
	return 1;
}

const struct chunk_kernel chunk_scalar = {
	.name = "scalar", .here = here, .scan = scan,
};
