/*
 * hash.c -- SipHash-1-3 (Aumasson and Bernstein, 2012), as its paper gives it,
 * with one compression and three finalisation rounds.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/hash.h"

struct key {
	uint64_t	 a, b;
};

static struct key process_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static inline uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

struct state {
	uint64_t	 v0, v1, v2, v3;
};

static inline void
sipround(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline void
feed(struct state *s, uint64_t m)
{
	s->v3 ^= m;
	sipround(s);
	s->v0 ^= m;
}

static uint64_t
siphash(struct key k, const unsigned char *p, size_t len)
{
	struct state s = {
		k.a ^ 0x736f6d6570736575, k.b ^ 0x646f72616e646f6d,
		k.a ^ 0x6c7967656e657261, k.b ^ 0x7465646279746573,
	};
	uint64_t m;
	size_t left = len;
	int i;

	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&m, p, 8);
		feed(&s, m);
	}
	m = 0;
	if (left > 0)
		memcpy(&m, p, left);
	feed(&s, m | (uint64_t)len << 56);
	s.v2 ^= 0xff;
	for (i = 0; i < 3; i++)
		sipround(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static void
draw_key(void)
{
	if (getrandom(&process_key, sizeof(process_key), 0) !=
	    (ssize_t)sizeof(process_key))
		abort();
}

uint64_t
hash_keyed(uint64_t seed, const void *data, size_t len)
{
	pthread_once(&once, draw_key);
	return siphash((struct key){ process_key.a ^ seed, process_key.b },
	    data, len);
}

uint64_t
hash_fixed(uint64_t seed, const void *data, size_t len)
{
	return siphash((struct key){ seed, 0x666574746c652031 }, data, len);
}
