/* chunker_poly.c -- polynomials over GF(2) in 64 bits: bit i is x^i. */
#include "crypto/random.h"
#include "repo/chunker_impl.h"

static int
degree(uint64_t a)
{
	return a == 0 ? -1 : 63 - __builtin_clzll(a);
}

uint64_t
poly_mod(uint64_t a, uint64_t p)
{
	int d = degree(p);

	while (degree(a) >= d)
		a ^= p << (degree(a) - d);
	return a;
}

/* a and b are reduced, and p has degree 62 at most. */
uint64_t
poly_mul_mod(uint64_t a, uint64_t b, uint64_t p)
{
	uint64_t sum = 0, top = (uint64_t)1 << degree(p);

	for (; b != 0; b >>= 1) {
		if (b & 1)
			sum ^= a;
		a <<= 1;
		if (a & top)
			a ^= p;
	}
	return sum;
}

uint64_t
poly_gcd(uint64_t a, uint64_t b)
{
	uint64_t rest;

	while (b != 0) {
		rest = poly_mod(a, b);
		a = b;
		b = rest;
	}
	return a;
}

/*
 * Ben-Or's test.  x^(2^i) - x is the product of all irreducible polynomials whose
 * degree divides i, so P is irreducible if it has no factor in common with it
 * for any i up to half P's degree.
 */
int
poly_fits(uint64_t p)
{
	const uint64_t x = 2;
	uint64_t power = x;
	int i;

	if (degree(p) != CHUNK_DEGREE)
		return 0;
	for (i = 1; i <= CHUNK_DEGREE / 2; i++) {
		power = poly_mul_mod(power, power, p);
		if (poly_gcd(p, power ^ x) != 1)
			return 0;
	}
	return 1;
}

uint64_t
poly_candidate(const unsigned char bytes[8])
{
	const uint64_t top = (uint64_t)1 << CHUNK_DEGREE;
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | bytes[i];
	/* An even one is divisible by x. */
	return (v & (top - 1)) | top | 1;
}

uint64_t
chunker_random(void)
{
	unsigned char bytes[8];
	uint64_t p;

	do {
		random_bytes(bytes, sizeof(bytes));
		p = poly_candidate(bytes);
	} while (!poly_fits(p));
	return p;
}
