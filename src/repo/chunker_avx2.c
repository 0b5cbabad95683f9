/*
 * chunker_avx2.c -- 32 places at once, for processors with AVX2.
 *
 * As chunker_gfni.c has it, which is to be read first, with registers of 32 bytes,
 * hence 32 lanes, and without an instruction for 8x8 matrices.  A linear map of a
 * byte is the sum of what it makes of its low and of its high nibble, and each has
 * 16 values: a table of 16 bytes, which pshufb looks up for 32 bytes at a time.
 */
#include "repo/chunker_impl.h"

#ifdef __x86_64__
#include <immintrin.h>

#define LANES	((size_t)32)
#define TARGET	__attribute__((target("avx2")))

struct planes {
	__m256i	 p[CHUNK_PLANES];
};

struct tables {
	__m256i	 mod[CHUNK_PLANES][2], gone[CHUNK_PLANES][2];
};

struct nibbles {
	__m256i	 low, high;
};

TARGET static inline struct nibbles
nibbles(__m256i bytes)
{
	const __m256i low = _mm256_set1_epi8(15);

	return (struct nibbles){ _mm256_and_si256(bytes, low),
	    _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low) };
}

TARGET static inline __m256i
times(const __m256i table[2], struct nibbles n)
{
	return _mm256_xor_si256(_mm256_shuffle_epi8(table[0], n.low),
	    _mm256_shuffle_epi8(table[1], n.high));
}

TARGET static inline __m256i
xor3(__m256i a, __m256i b, __m256i c)
{
	return _mm256_xor_si256(a, _mm256_xor_si256(b, c));
}

/* All lanes one byte on: `in` enters, `old` leaves. */
TARGET static inline struct planes
step(const struct planes *f, const struct tables *m, __m256i in, __m256i old)
{
	struct nibbles top = nibbles(f->p[6]), gone = nibbles(old);
	/* A byte that enters is shifted by 3: five bits here, three above. */
	__m256i in0 = _mm256_and_si256(_mm256_slli_epi16(in, 3),
	    _mm256_set1_epi8((char)0xf8));
	__m256i in1 = _mm256_and_si256(_mm256_srli_epi16(in, 5),
	    _mm256_set1_epi8(7));
	struct planes n;

	n.p[6] = xor3(f->p[5], times(m->mod[6], top), times(m->gone[6], gone));
	n.p[5] = xor3(f->p[4], times(m->mod[5], top), times(m->gone[5], gone));
	n.p[4] = xor3(f->p[3], times(m->mod[4], top), times(m->gone[4], gone));
	n.p[3] = xor3(f->p[2], times(m->mod[3], top), times(m->gone[3], gone));
	n.p[2] = xor3(f->p[1], times(m->mod[2], top), times(m->gone[2], gone));
	n.p[1] = _mm256_xor_si256(in1, xor3(f->p[0], times(m->mod[1], top),
	    times(m->gone[1], gone)));
	n.p[0] = xor3(in0, times(m->mod[0], top), times(m->gone[0], gone));
	return n;
}

TARGET static inline __m256i
low_bits(const struct planes *f)
{
	__m256i low = _mm256_or_si256(f->p[0], f->p[1]);
	__m256i rest = _mm256_and_si256(f->p[2], _mm256_set1_epi8(0x7f));

	return _mm256_or_si256(low, rest);
}

/*
 * One round of a transposition of 16 by 16 bytes, twice side by side: register i
 * and register i + 8 are interleaved byte by byte.
 */
TARGET static inline void
interleave(const __m256i in[16], __m256i out[16])
{
	size_t i;

#pragma GCC unroll 8
	for (i = 0; i < 8; i++) {
		out[2 * i] = _mm256_unpacklo_epi8(in[i], in[i + 8]);
		out[2 * i + 1] = _mm256_unpackhi_epi8(in[i], in[i + 8]);
	}
}

/*
 * 16 bytes at data of every lane: out[t] is byte t of all of them.  Lanes 0 to 15
 * go into the low halves of the registers, the others into the high ones; after
 * four rounds the number of a byte and that of its lane have changed places.
 */
TARGET static inline void
load_lanes(const unsigned char *data, size_t spacing, __m256i out[16])
{
	__m256i a[16], b[16];
	size_t i;

#pragma GCC unroll 16
	for (i = 0; i < 16; i++) {
		const unsigned char *low = data + i * spacing;
		const unsigned char *high = low + 16 * spacing;

		a[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(
		    _mm_loadu_si128((const void *)low)),
		    _mm_loadu_si128((const void *)high), 1);
	}
	interleave(a, b);
	interleave(b, a);
	interleave(a, b);
	interleave(b, out);
}

TARGET static void
load_64(const unsigned char *data, size_t spacing, __m256i out[64])
{
	int i;

	for (i = 0; i < 64; i += 16)
		load_lanes(data + i, spacing, out + i);
}

TARGET static inline __m256i
spread(const unsigned char table[16])
{
	return _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const void *)table));
}

/* Which lanes have a candidate after one of their `spacing` bytes? */
TARGET static uint32_t
lanes_with(const struct chunker *c, const unsigned char *data, size_t spacing)
{
	const __m256i none = _mm256_setzero_si256();
	struct planes f = { { none, none, none, none, none, none, none } };
	__m256i least = _mm256_set1_epi8(-1), bytes[2][64];
	const __m256i *old, *in = bytes[0];
	struct tables m;
	size_t at;
	int t, turn = 0;

	for (t = 0; t < CHUNK_PLANES; t++) {
		m.mod[t][0] = spread(c->avx2.mod[t][0]);
		m.mod[t][1] = spread(c->avx2.mod[t][1]);
		m.gone[t][0] = spread(c->avx2.gone[t][0]);
		m.gone[t][1] = spread(c->avx2.gone[t][1]);
	}
	load_64(data - CHUNK_WINDOW, spacing, bytes[0]);
	for (t = 0; t < 64; t++)
		f = step(&f, &m, in[t], none);
	for (at = 0; at < spacing; at += 64) {
		old = bytes[turn];
		turn = !turn;
		load_64(data + at, spacing, bytes[turn]);
		in = bytes[turn];
		for (t = 0; t < 64; t++) {
			f = step(&f, &m, in[t], old[t]);
			least = _mm256_min_epu8(least, low_bits(&f));
		}
	}
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(least, none));
}

static size_t
scan(const struct chunker *c, const unsigned char *data, size_t lo, size_t hi)
{
	size_t at = lo - 1, spacing;
	uint32_t lanes;

	for (; (spacing = chunk_spacing(hi - at, LANES)) > 0;
	    at += LANES * spacing) {
		if ((lanes = lanes_with(c, data + at, spacing)) == 0)
			continue;
		at += (size_t)__builtin_ctz(lanes) * spacing;
		return chunk_scalar.scan(c, data, at + 1, at + spacing);
	}
	return at < hi ? chunk_scalar.scan(c, data, at + 1, hi) : 0;
}

static void
prepare(struct chunker *c)
{
	unsigned n, high, b;
	int j;

	for (j = 0; j < CHUNK_PLANES; j++) {
		for (high = 0; high < 2; high++) {
			for (n = 0; n < 16; n++) {
				b = high ? n << 4 : n;
				c->avx2.mod[j][high][n] = (unsigned char)
				    (chunk_frame_mod(c, b) >> 8 * j);
				c->avx2.gone[j][high][n] = (unsigned char)
				    (chunk_frame_gone(c, b) >> 8 * j);
			}
		}
	}
}

static int
here(void)
{
	return __builtin_cpu_supports("avx2");
}

const struct chunk_kernel chunk_avx2 = {
	.name = "avx2", .here = here, .prepare = prepare, .scan = scan,
};
#endif
