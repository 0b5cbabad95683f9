/*
 * chunker_gfni.c -- 64 places at once, for processors with GFNI and AVX-512.
 *
 * The data is looked at in 64 lanes, each a piece of `spacing` bytes.  F·x^3 of
 * all lanes is kept in seven registers: register j ("plane" j) holds byte j of
 * each lane, so lane l is byte l of every register.  The shift by x^8 then costs
 * nothing, it is taking plane j for plane j + 1; and the byte that falls out at
 * the top is plane 6 itself.  What is added is linear in that byte, in the byte
 * that enters and in the one that leaves the window: for each plane an 8x8
 * matrix over GF(2), which gf2p8affineqb multiplies with 64 bytes at a time.  16 of
 * them make a step of 64 places.
 *
 * Byte t of every lane must lie in one register for this: the data goes through
 * a transposition, 64 lanes by 64 bytes a time.
 *
 * A lane where F had its low bits zero once is looked through again by the
 * scalar kernel; the lowest lane comes first in the data.
 */
#include "repo/chunker_impl.h"

#ifdef __x86_64__
#include <immintrin.h>

#define LANES	((size_t)64)
#define TARGET	\
	__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,gfni")))

struct planes {
	__m512i	 p[CHUNK_PLANES];
};

struct matrices {
	__m512i	 mod[CHUNK_PLANES], gone[CHUNK_PLANES], in[2];
};

TARGET static inline __m512i
times(__m512i matrix, __m512i bytes)
{
	return _mm512_gf2p8affine_epi64_epi8(bytes, matrix, 0);
}

TARGET static inline __m512i
xor3(__m512i a, __m512i b, __m512i c)
{
	return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/* All lanes one byte on: `in` enters, `old` leaves. */
TARGET static inline struct planes
step(const struct planes *f, const struct matrices *m, __m512i in, __m512i old)
{
	__m512i top = f->p[6];
	struct planes n;

	n.p[6] = xor3(f->p[5], times(m->mod[6], top), times(m->gone[6], old));
	n.p[5] = xor3(f->p[4], times(m->mod[5], top), times(m->gone[5], old));
	n.p[4] = xor3(f->p[3], times(m->mod[4], top), times(m->gone[4], old));
	n.p[3] = xor3(f->p[2], times(m->mod[3], top), times(m->gone[3], old));
	n.p[2] = xor3(f->p[1], times(m->mod[2], top), times(m->gone[2], old));
	n.p[1] = _mm512_xor_si512(times(m->in[1], in), xor3(f->p[0],
	    times(m->mod[1], top), times(m->gone[1], old)));
	n.p[0] = xor3(times(m->in[0], in), times(m->mod[0], top),
	    times(m->gone[0], old));
	return n;
}

/*
 * Not zero in the lanes that are no candidate.  The low 20 bits of F are bits 3
 * to 22 here; below them all is zero.
 */
TARGET static inline __m512i
low_bits(const struct planes *f)
{
	__m512i low = _mm512_or_si512(f->p[0], f->p[1]);
	__m512i rest = _mm512_and_si512(f->p[2], _mm512_set1_epi8(0x7f));

	return _mm512_or_si512(low, rest);
}

/*
 * Eight rows of eight 64-bit words become eight columns, in three rounds: words
 * of neighbours, then of rows two apart, then of rows four apart.
 */
TARGET static inline void
transpose_words(__m512i r[8])
{
	__m512i even01 = _mm512_unpacklo_epi64(r[0], r[1]);
	__m512i odd01 = _mm512_unpackhi_epi64(r[0], r[1]);
	__m512i even23 = _mm512_unpacklo_epi64(r[2], r[3]);
	__m512i odd23 = _mm512_unpackhi_epi64(r[2], r[3]);
	__m512i even45 = _mm512_unpacklo_epi64(r[4], r[5]);
	__m512i odd45 = _mm512_unpackhi_epi64(r[4], r[5]);
	__m512i even67 = _mm512_unpacklo_epi64(r[6], r[7]);
	__m512i odd67 = _mm512_unpackhi_epi64(r[6], r[7]);
	/* 0x88 takes pairs 0 and 2 of both, 0xdd pairs 1 and 3. */
	__m512i w04a = _mm512_shuffle_i64x2(even01, even23, 0x88);
	__m512i w26a = _mm512_shuffle_i64x2(even01, even23, 0xdd);
	__m512i w04b = _mm512_shuffle_i64x2(even45, even67, 0x88);
	__m512i w26b = _mm512_shuffle_i64x2(even45, even67, 0xdd);
	__m512i w15a = _mm512_shuffle_i64x2(odd01, odd23, 0x88);
	__m512i w37a = _mm512_shuffle_i64x2(odd01, odd23, 0xdd);
	__m512i w15b = _mm512_shuffle_i64x2(odd45, odd67, 0x88);
	__m512i w37b = _mm512_shuffle_i64x2(odd45, odd67, 0xdd);

	r[0] = _mm512_shuffle_i64x2(w04a, w04b, 0x88);
	r[4] = _mm512_shuffle_i64x2(w04a, w04b, 0xdd);
	r[2] = _mm512_shuffle_i64x2(w26a, w26b, 0x88);
	r[6] = _mm512_shuffle_i64x2(w26a, w26b, 0xdd);
	r[1] = _mm512_shuffle_i64x2(w15a, w15b, 0x88);
	r[5] = _mm512_shuffle_i64x2(w15a, w15b, 0xdd);
	r[3] = _mm512_shuffle_i64x2(w37a, w37b, 0x88);
	r[7] = _mm512_shuffle_i64x2(w37a, w37b, 0xdd);
}

/* Byte 8j + k goes to 8k + j: the bytes of eight words, first ones first. */
static const unsigned char by_byte[64] = {
	0, 8, 16, 24, 32, 40, 48, 56, 1, 9, 17, 25, 33, 41, 49, 57,
	2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59,
	4, 12, 20, 28, 36, 44, 52, 60, 5, 13, 21, 29, 37, 45, 53, 61,
	6, 14, 22, 30, 38, 46, 54, 62, 7, 15, 23, 31, 39, 47, 55, 63,
};

/*
 * The 64 bytes at data of every lane: out[t] is byte t of all of them.
 *
 * First eight lanes at a time: transposed by words, row q has bytes 8q to 8q + 7
 * of the eight lanes, and sorted by byte its word k has byte 8q + k of the eight.
 * Then, for each q, the rows of the eight groups transposed by words.  Unrolled,
 * so that the rows stay in registers: half the time of the whole otherwise.
 */
TARGET static void
load_lanes(const unsigned char *data, size_t spacing, __m512i out[64])
{
	const __m512i sort = _mm512_loadu_si512(by_byte);
	__m512i half[8][8], r[8];
	size_t group, q, j;

	for (group = 0; group < 8; group++) {
#pragma GCC unroll 8
		for (j = 0; j < 8; j++)
			r[j] = _mm512_loadu_si512(data +
			    (8 * group + j) * spacing);
		transpose_words(r);
#pragma GCC unroll 8
		for (q = 0; q < 8; q++)
			half[q][group] = _mm512_permutexvar_epi8(sort, r[q]);
	}
	for (q = 0; q < 8; q++) {
#pragma GCC unroll 8
		for (j = 0; j < 8; j++)
			r[j] = half[q][j];
		transpose_words(r);
#pragma GCC unroll 8
		for (j = 0; j < 8; j++)
			out[8 * q + j] = r[j];
	}
}

TARGET static inline struct matrices
spread(const struct chunker *c)
{
	struct matrices m;
	int j;

	for (j = 0; j < CHUNK_PLANES; j++) {
		m.mod[j] = _mm512_set1_epi64((long long)c->gfni.mod[j]);
		m.gone[j] = _mm512_set1_epi64((long long)c->gfni.gone[j]);
	}
	m.in[0] = _mm512_set1_epi64((long long)c->gfni.in[0]);
	m.in[1] = _mm512_set1_epi64((long long)c->gfni.in[1]);
	return m;
}

/* Which lanes have a candidate after one of their `spacing` bytes? */
TARGET static uint64_t
lanes_with(const struct chunker *c, const unsigned char *data, size_t spacing)
{
	const struct matrices m = spread(c);
	const __m512i none = _mm512_setzero_si512();
	struct planes f = { { none, none, none, none, none, none, none } };
	__m512i least = _mm512_set1_epi8(-1), bytes[2][64];
	const __m512i *old, *in = bytes[0];
	size_t at;
	int t, turn = 0;

	load_lanes(data - CHUNK_WINDOW, spacing, bytes[0]);
	for (t = 0; t < 64; t++)
		f = step(&f, &m, in[t], none);
	for (at = 0; at < spacing; at += 64) {
		old = bytes[turn];
		turn = !turn;
		load_lanes(data + at, spacing, bytes[turn]);
		in = bytes[turn];
		for (t = 0; t < 64; t++) {
			f = step(&f, &m, in[t], old[t]);
			least = _mm512_min_epu8(least, low_bits(&f));
		}
	}
	return _mm512_testn_epi8_mask(least, least);
}

static size_t
scan(const struct chunker *c, const unsigned char *data, size_t lo, size_t hi)
{
	size_t at = lo - 1, spacing;
	uint64_t lanes;

	for (; (spacing = chunk_spacing(hi - at, LANES)) > 0;
	    at += LANES * spacing) {
		if ((lanes = lanes_with(c, data + at, spacing)) == 0)
			continue;
		at += (size_t)__builtin_ctzll(lanes) * spacing;
		return chunk_scalar.scan(c, data, at + 1, at + spacing);
	}
	return at < hi ? chunk_scalar.scan(c, data, at + 1, hi) : 0;
}

/*
 * The matrix of a linear map of bytes, as gf2p8affineqb wants it: the byte 7 - i
 * of it tells which bits of the argument make bit i of the result.  bit[k] is
 * what the map makes of bit k alone.
 */
static uint64_t
matrix(const unsigned char bit[8])
{
	uint64_t m = 0;
	int i, k;

	for (i = 0; i < 8; i++)
		for (k = 0; k < 8; k++)
			if (bit[k] >> i & 1)
				m |= (uint64_t)1 << (8 * (7 - i) + k);
	return m;
}

static void
prepare(struct chunker *c)
{
	unsigned char mod[8], gone[8], in[8];
	unsigned k;
	int j;

	for (j = 0; j < CHUNK_PLANES; j++) {
		for (k = 0; k < 8; k++) {
			unsigned b = 1U << k;

			mod[k] = (unsigned char)(chunk_frame_mod(c, b) >> 8 * j);
			gone[k] = (unsigned char)(chunk_frame_gone(c, b) >> 8 * j);
			in[k] = (unsigned char)(chunk_frame_in(b) >> 8 * j);
		}
		c->gfni.mod[j] = matrix(mod);
		c->gfni.gone[j] = matrix(gone);
		if (j < 2)		/* it reaches no further */
			c->gfni.in[j] = matrix(in);
	}
}

static int
here(void)
{
	return __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512vbmi") &&
	    __builtin_cpu_supports("gfni");
}

const struct chunk_kernel chunk_gfni = {
	.name = "gfni", .here = here, .prepare = prepare, .scan = scan,
};
#endif
