/*
 * scrypt_mix.c -- see scrypt_mix.h.  Names are those of RFC 7914.
 *
 * OpenSSL's does a word at a time; restic's likewise.  Salsa20/8 works on four
 * words side by side if each 64-byte block lies by its diagonals, so blocks are
 * laid like that when they come in, and back when they go out.  That halves what
 * is a floor under every command on a repository.
 */
#include <endian.h>
#include <string.h>

#include <sys/mman.h>

#include "crypto/scrypt_mix.h"
#include "crypto/secret.h"

/* Where the width of a number is, gcc keeps how many words a vector has (as a
 * power of two): the analyzer of 12 takes a quad for 2 bits wide. */
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"
#endif

typedef uint32_t quad __attribute__((vector_size(16), may_alias));

#define INLINE	static inline __attribute__((always_inline))
#define ROT(v, n)	((v) << (n) | (v) >> (32 - (n)))
#define TURN(v, a, b, c, d)	__builtin_shufflevector(v, v, a, b, c, d)

/* 64 bytes, by their diagonals. */
struct lump {
	quad	 q[4];
};

/* A step's working set, and where its blocks are. */
struct mix {
	struct lump	*x, *y;		/* 2 * r each */
	struct lump	*v;		/* n times as many */
	uint32_t	 n, r;
};

/* What lies at word i of a diagonal block was word i * 5 % 16. */
static void
lay(struct lump *to, const unsigned char *from)
{
	uint32_t w[16], d[16];
	unsigned i;

	memcpy(w, from, sizeof(w));
	for (i = 0; i < 16; i++)
		d[i] = le32toh(w[i * 5 % 16]);
	memcpy(to, d, sizeof(d));
}

static void
lay_back(unsigned char *to, const struct lump *from)
{
	uint32_t w[16], d[16];
	unsigned i;

	memcpy(d, from, sizeof(d));
	for (i = 0; i < 16; i++)
		w[i * 5 % 16] = htole32(d[i]);
	memcpy(to, w, sizeof(w));
}

/* B = Salsa20/8(B) */
INLINE void
salsa(struct lump *b)
{
	quad x0 = b->q[0], x1 = b->q[1], x2 = b->q[2], x3 = b->q[3], t;
	int i;

	for (i = 0; i < 4; i++) {
		t = x0 + x3, x1 ^= ROT(t, 7);	/* columns */
		t = x1 + x0, x2 ^= ROT(t, 9);
		t = x2 + x1, x3 ^= ROT(t, 13);
		t = x3 + x2, x0 ^= ROT(t, 18);
		x1 = TURN(x1, 3, 0, 1, 2);
		x2 = TURN(x2, 2, 3, 0, 1);
		x3 = TURN(x3, 1, 2, 3, 0);
		t = x0 + x1, x3 ^= ROT(t, 7);	/* rows */
		t = x3 + x0, x2 ^= ROT(t, 9);
		t = x2 + x3, x1 ^= ROT(t, 13);
		t = x1 + x2, x0 ^= ROT(t, 18);
		x1 = TURN(x1, 1, 2, 3, 0);
		x2 = TURN(x2, 2, 3, 0, 1);
		x3 = TURN(x3, 3, 0, 1, 2);
	}
	b->q[0] += x0, b->q[1] += x1, b->q[2] += x2, b->q[3] += x3;
}

INLINE void
xor_lump(struct lump *to, const struct lump *from)
{
	int i;

	for (i = 0; i < 4; i++)
		to->q[i] ^= from->q[i];
}

/* out = scryptBlockMix(in ^ v).  v: of 2 * r as well, or NULL for zeroes. */
INLINE void
block_mix(struct lump *restrict out, const struct lump *restrict in,
    const struct lump *restrict v, uint32_t r)
{
	struct lump b = in[2 * r - 1];
	uint32_t i;

	if (v != NULL)
		xor_lump(&b, &v[2 * r - 1]);
	for (i = 0; i < 2 * r; i++) {
		xor_lump(&b, &in[i]);
		if (v != NULL)
			xor_lump(&b, &v[i]);
		salsa(&b);
		out[i / 2 + (i & 1) * r] = b;
	}
}

/* Integerify(x) mod n, n being at most 2^31 */
INLINE uint32_t
integer(const struct lump *x, uint32_t r, uint32_t n)
{
	return x[2 * r - 1].q[0][0] & (n - 1);
}

/* x to x.  n is even, so each loop ends where it began. */
INLINE void
ro_mix(const struct mix *m)
{
	size_t step = 2 * (size_t)m->r;
	struct lump *v = m->v;
	uint32_t i;

	memcpy(v, m->x, step * sizeof(*v));
	for (i = 1; i < m->n; i++, v += step)
		block_mix(v + step, v, NULL, m->r);
	block_mix(m->x, v, NULL, m->r);
	for (i = 0; i < m->n; i += 2) {
		v = m->v + step * integer(m->x, m->r, m->n);
		block_mix(m->y, m->x, v, m->r);
		v = m->v + step * integer(m->y, m->r, m->n);
		block_mix(m->x, m->y, v, m->r);
	}
}

static void
ro_mix_plain(const struct mix *m)
{
	ro_mix(m);
}

#ifdef __x86_64__
/* It turns words in one instruction. */
__attribute__((target("avx512vl"))) static void
ro_mix_avx512(const struct mix *m)
{
	ro_mix(m);
}

static void
choose(const struct mix *m)
{
	if (__builtin_cpu_supports("avx512vl"))
		ro_mix_avx512(m);
	else
		ro_mix_plain(m);
}
#else
static void
choose(const struct mix *m)
{
	ro_mix_plain(m);
}
#endif

/* Whole huge pages, where there are some: the places that are read jump about. */
#define HUGE	((size_t)2 << 20)

int
scrypt_mix(unsigned char *blocks, uint32_t n, uint32_t r, uint32_t p)
{
	size_t step = 2 * (size_t)r, len = step * sizeof(struct lump) *
	    ((size_t)n + 2), room = len + HUGE;
	unsigned char *map = mmap(NULL, room, PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg ; -1 is what mmap wants */
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct mix m = { .n = n, .r = r };
	uint32_t k;
	size_t i;

	if (map == MAP_FAILED)
		return -1;
	(void)madvise(map, room, MADV_DONTDUMP);
	(void)madvise(map, room, MADV_HUGEPAGE);
	m.v = (struct lump *)(void *)(map + (HUGE - (uintptr_t)map % HUGE) % HUGE);
	m.x = m.v + step * n;
	m.y = m.x + step;
	for (k = 0; k < p; k++, blocks += step * sizeof(*m.x)) {
		for (i = 0; i < step; i++)
			lay(&m.x[i], blocks + i * sizeof(*m.x));
		choose(&m);
		for (i = 0; i < step; i++)
			lay_back(blocks + i * sizeof(*m.x), &m.x[i]);
	}
	secret_wipe(m.v, len);
	(void)munmap(map, room);
	return 0;
}
