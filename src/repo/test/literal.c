/* literal.c -- see literal.h. */
#include <string.h>

#include "repo/chunker.h"
#include "repo/test/literal.h"

#define DEGREE	53

static uint64_t
reduce(uint64_t a, uint64_t p)
{
	int i;

	for (i = 63; i >= DEGREE; i--)
		if (a >> i & 1)
			a ^= p << (i - DEGREE);
	return a;
}

void
literal_init(struct literal *l, uint64_t polynomial)
{
	uint64_t b, h;
	int i;

	for (b = 0; b < 256; b++) {
		h = reduce(b, polynomial);
		for (i = 0; i < 63; i++)
			h = reduce(h << 8, polynomial);
		l->out[b] = h;
		l->mod[b] = reduce(b << DEGREE, polynomial) | b << DEGREE;
	}
}

struct window {
	const struct literal *l;
	unsigned char	 ring[CHUNK_WINDOW];
	unsigned	 at;
	uint64_t	 digest;
};

static void
slide(struct window *w, unsigned char c)
{
	w->digest ^= w->l->out[w->ring[w->at]];
	w->ring[w->at] = c;
	w->at = (w->at + 1) % CHUNK_WINDOW;
	w->digest = (w->digest << 8 | c) ^ w->l->mod[w->digest >> (DEGREE - 8)];
}

size_t
literal_next(const struct literal *l, const unsigned char *data, size_t n,
    int skip, uint64_t *digest)
{
	struct window w = { .l = l };
	const size_t unseen = CHUNK_MIN - CHUNK_WINDOW;
	size_t i = skip ? (n < unseen ? n : unseen) : 0;

	slide(&w, 1);
	for (; i < n; i++) {
		slide(&w, data[i]);
		if (i + 1 < CHUNK_MIN)
			continue;
		if ((w.digest & 0xfffff) == 0 || i + 1 >= CHUNK_MAX) {
			i++;
			break;
		}
	}
	*digest = w.digest;
	return i;
}

uint64_t
literal_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void
literal_fill(uint64_t seed, unsigned char *out, size_t n)
{
	uint64_t z = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i % 8 == 0)
			z = literal_random(&seed);
		out[i] = (unsigned char)(z >> 8 * (i % 8));
	}
}
