/* sha256_ni.c -- see sha256_ni.h.  Letters are those of FIPS 180-4, 6.2.2. */
#include "crypto/sha256_ni.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdlib.h>

#define TARGET	__attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t k[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* A message's state, in the order that the instructions want, and 16 words of
 * its schedule, four a register. */
struct lane {
	__m128i	 abef, cdgh;
	__m128i	 w[4];
};

TARGET static inline void
load_state(struct lane *l, const uint32_t state[8])
{
	__m128i abcd = _mm_loadu_si128((const void *)state);
	__m128i efgh = _mm_loadu_si128((const void *)(state + 4));
	__m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);

	l->abef = _mm_alignr_epi8(badc, hgfe, 8);
	l->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

TARGET static inline void
store_state(const struct lane *l, uint32_t state[8])
{
	__m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);

	_mm_storeu_si128((void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* The block's 16 words, which are big-endian. */
TARGET static inline void
load_block(struct lane *l, const unsigned char *data)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b,
	    0x0405060700010203);
	size_t i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		l->w[i] = _mm_shuffle_epi8(_mm_loadu_si128(
		    (const void *)(data + 16 * i)), swap);
}

/* Rounds 4i to 4i + 3: two an instruction. */
TARGET static inline void
four_rounds(struct lane *l, size_t i)
{
	__m128i wk = _mm_add_epi32(l->w[i & 3],
	    _mm_load_si128((const void *)(&k[4 * i])));

	l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, wk);
	l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh,
	    _mm_shuffle_epi32(wk, 0x0e));
}

/* The schedule's words 4i + 16 to 4i + 19, in place of the four that are done
 * with. */
TARGET static inline void
four_words(struct lane *l, size_t i)
{
	__m128i last = l->w[(i + 3) & 3];
	__m128i w = _mm_sha256msg1_epu32(l->w[i & 3], l->w[(i + 1) & 3]);

	w = _mm_add_epi32(w, _mm_alignr_epi8(last, l->w[(i + 2) & 3], 4));
	l->w[i & 3] = _mm_sha256msg2_epu32(w, last);
}

TARGET static inline void
add_state(struct lane *l, const struct lane *before)
{
	l->abef = _mm_add_epi32(l->abef, before->abef);
	l->cdgh = _mm_add_epi32(l->cdgh, before->cdgh);
}

TARGET void
sha256_ni_one(uint32_t state[8], const unsigned char *data, size_t blocks)
{
	struct lane l, before;
	size_t i;

	load_state(&l, state);
	for (; blocks > 0; blocks--, data += 64) {
		before = l;
		load_block(&l, data);
#pragma GCC unroll 12
		for (i = 0; i < 12; i++) {
			four_rounds(&l, i);
			four_words(&l, i);
		}
#pragma GCC unroll 4
		for (i = 12; i < 16; i++)
			four_rounds(&l, i);
		add_state(&l, &before);
	}
	store_state(&l, state);
}

TARGET void
sha256_ni_two(uint32_t a[8], const unsigned char *data_a, uint32_t b[8],
    const unsigned char *data_b, size_t blocks)
{
	struct lane l, m, before_l, before_m;
	size_t i;

	load_state(&l, a);
	load_state(&m, b);
	for (; blocks > 0; blocks--, data_a += 64, data_b += 64) {
		before_l = l;
		before_m = m;
		load_block(&l, data_a);
		load_block(&m, data_b);
#pragma GCC unroll 12
		for (i = 0; i < 12; i++) {
			four_rounds(&l, i);
			four_rounds(&m, i);
			four_words(&l, i);
			four_words(&m, i);
		}
#pragma GCC unroll 4
		for (i = 12; i < 16; i++) {
			four_rounds(&l, i);
			four_rounds(&m, i);
		}
		add_state(&l, &before_l);
		add_state(&m, &before_m);
	}
	store_state(&l, a);
	store_state(&m, b);
}

/* Asking takes long where a hypervisor answers: once is enough. */
static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static int		 has;

static void
ask(void)
{
	unsigned a, b, c, d;

	/* gcc 12 does not know "sha" for __builtin_cpu_supports. */
	has = __builtin_cpu_supports("sse4.1") &&
	    __builtin_cpu_supports("ssse3") &&
	    __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1);
}

int
sha256_ni_here(void)
{
	if (pthread_once(&once, ask) != 0)
		abort();
	return has;
}

#else

int
sha256_ni_here(void)
{
	return 0;
}

void
sha256_ni_one(uint32_t state[8], const unsigned char *data, size_t blocks)
{
	(void)state;
	(void)data;
	(void)blocks;
}

void
sha256_ni_two(uint32_t a[8], const unsigned char *data_a, uint32_t b[8],
    const unsigned char *data_b, size_t blocks)
{
	(void)a;
	(void)data_a;
	(void)b;
	(void)data_b;
	(void)blocks;
}
#endif
