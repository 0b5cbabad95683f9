#ifndef REPO_CHUNKER_IMPL_H
#define REPO_CHUNKER_IMPL_H

#include "repo/chunker.h"

/*
 * The inside of the chunker, for its own files and their tests.
 *
 * Let F(p) be the fingerprint of the 64 bytes before position p: these bytes as
 * a polynomial over GF(2), first bit highest, modulo the repository's P.  From
 * one position to the next, with `in` the byte that enters the window and `gone`
 * the one that leaves it:
 *
 *	F(p + 1) = F(p)·x^8 + in + gone·x^512	(mod P)
 *
 * F(p) has 53 bits.  F(p)·x^8 has 61, and the upper 8 of them are reduced by a
 * table, mod; the last term is a table, too, gone.  Each term is linear over
 * GF(2), which is what lets the vector kernels do without tables in memory.
 *
 * restic's own loop takes the old byte out before it shifts, with a table of
 * b·x^504, and begins each chunk with a window of zeros and a 1 in it.  The 1 has
 * left the window when the chunk is CHUNK_MIN long, for hashing begins 64 bytes
 * before that; so from the first place where a cut may be, its digest is F.
 */
#define CHUNK_DEGREE	53
#define CHUNK_TOP	(CHUNK_DEGREE - 8)	/* F >> this is its top byte */
#define CHUNK_MASK	(((uint64_t)1 << 20) - 1)	/* a cut: these bits are 0 */

/* The vector kernels keep F·x^3, which is 7 whole bytes. */
#define CHUNK_PLANES	7

/*
 * A kernel looks for candidates: the first position p, lo <= p <= hi, where
 * F(p) has its low bits zero, or 0 if there is none.  data has hi bytes and lo
 * is above CHUNK_WINDOW.
 */
struct chunk_kernel {
	const char	*name;
	int (*here)(void);	/* can this processor do it? */
	/* Make what the kernel itself needs in c, once its tables are there;
	 * may be NULL. */
	void (*prepare)(struct chunker *c);
	size_t (*scan)(const struct chunker *c, const unsigned char *data,
	    size_t lo, size_t hi);
};

struct chunker {
	const struct chunk_kernel *kernel;
	uint64_t	 polynomial;
	uint64_t	 mod[256];	/* (b << 53) mod P, and b << 53 itself */
	uint64_t	 gone[256];	/* b·x^512 mod P */
	struct {			/* 8x8 bit matrices, one a plane */
		uint64_t	 mod[CHUNK_PLANES], gone[CHUNK_PLANES], in[2];
	} gfni;
	struct {			/* of low and of high nibbles */
		unsigned char	 mod[CHUNK_PLANES][2][16];
		unsigned char	 gone[CHUNK_PLANES][2][16];
	} avx2;
};

extern const struct chunk_kernel chunk_scalar, chunk_avx2, chunk_gfni;

/* The three terms as F·x^3 takes them, byte b: plane j is bits 8j .. 8j + 7. */
static inline uint64_t
chunk_frame_mod(const struct chunker *c, unsigned b)
{
	return (c->mod[b] ^ (uint64_t)b << CHUNK_DEGREE) << 3;
}

static inline uint64_t
chunk_frame_gone(const struct chunker *c, unsigned b)
{
	return c->gone[b] << 3;
}

static inline uint64_t
chunk_frame_in(unsigned b)
{
	return (uint64_t)b << 3;
}

/*
 * A vector kernel looks at `lanes` pieces of data at once, `spacing` bytes from
 * one to the next.  How far apart, with `left` positions to look at?  A multiple
 * of 64, since pieces are loaded so; 0 if too few are left to be worth the 64
 * steps that fill each lane's window.
 */
static inline size_t
chunk_spacing(size_t left, size_t lanes)
{
	const size_t best = 2112, least = 256;	/* not 2^n: cache sets */
	size_t s = left / lanes;

	if (s > best)
		s = best;
	return s < least ? 0 : s & ~(size_t)63;
}

/* Arithmetic of polynomials over GF(2), bit i is x^i (chunker_poly.c). */
uint64_t poly_mod(uint64_t a, uint64_t p);
uint64_t poly_mul_mod(uint64_t a, uint64_t b, uint64_t p);
uint64_t poly_gcd(uint64_t a, uint64_t b);
/* Is it irreducible, and of degree CHUNK_DEGREE? */
int poly_fits(uint64_t p);
/* What restic makes of 8 random bytes before it tests them. */
uint64_t poly_candidate(const unsigned char bytes[8]);

#endif
