/* test_chunker.c -- every kernel cuts where restic does. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "repo/chunker_impl.h"
#include "repo/test/chunk_vectors.h"
#include "repo/test/literal.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define P1	UINT64_C(0x3da3358b4dc173)
#define P2	UINT64_C(0x25b468838dcb75)

static uint64_t seed;		/* of what differs from run to run */

static int
draw_seed(void **state)
{
	const char *given = getenv("FETTLE_SEED");

	(void)state;
	random_bytes(&seed, sizeof(seed));
	if (given != NULL)
		seed = strtoull(given, NULL, 0);
	print_message("# FETTLE_SEED=%" PRIu64 "\n", seed);
	return 0;
}

static size_t
below(size_t n)
{
	return (size_t)(literal_random(&seed) % n);
}

static struct chunker *
open_chunker(uint64_t polynomial)
{
	struct chunker *c;
	struct err e;

	assert_int_equal(chunker_new(polynomial, &c, &e), 0);
	return c;
}

/*
 * All of the data, by each kernel: at once, and again as a reader has it, who
 * gets the bytes of a chunk in pieces of any size and asks after each.
 */
static void
every_kernel_cuts_so(uint64_t polynomial, const unsigned char *data, size_t n)
{
	struct chunker *c = open_chunker(polynomial);
	const char *const *k;
	struct literal l;
	size_t at, len, have, from, wanted;
	uint64_t digest;
	int cut;

	literal_init(&l, polynomial);
	for (at = 0; at < n; at += wanted) {
		wanted = literal_next(&l, data + at, n - at, 1, &digest);
		for (k = chunker_kernels(); *k != NULL; k++) {
			assert_int_equal(chunker_use(c, *k), 0);
			len = chunker_next(c, data + at, n - at, 0, &cut);
			if (len != wanted)
				fail_msg("%s: %zu for %zu at %zu", *k, len,
				    wanted, at);
			assert_true(cut || at + len == n);

			for (from = 0, cut = 0; !cut && from < n - at; from = have) {
				have = from + 1 + below((size_t)3 << 20);
				if (have > n - at)
					have = n - at;
				len = chunker_next(c, data + at, have, from, &cut);
			}
			assert_int_equal(len, wanted);
		}
	}
	chunker_free(c);
}

static void
vector(uint64_t polynomial, const unsigned char *data, size_t n,
    const struct chunk_vector *v)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct literal l;
	uint64_t digest;
	size_t at, i;

	literal_init(&l, polynomial);
	for (i = 0, at = 0; v[i].length != 0; at += v[i++].length) {
		assert_int_equal(literal_next(&l, data + at, n - at, 1, &digest),
		    v[i].length);
		assert_true(digest == v[i].digest);
		assert_int_equal(literal_next(&l, data + at, n - at, 0, &digest),
		    v[i].length);
		sha256_of(data + at, v[i].length, sum);
		sha256_hex(sum, hex);
		assert_string_equal(hex, v[i].sha256);
	}
	assert_int_equal(at, n);
	every_kernel_cuts_so(polynomial, data, n);
}

/* What restic's chunker made of it, by the literal loop and by each kernel. */
static void
cuts_are_restics(void **state)
{
	static const char period[] = "abcdefghijklmnopqrstuvwxyz0123456789\n";
	size_t n = (size_t)20 << 20, i;
	CLEAN_FREE unsigned char *data = xalloc(n);

	(void)state;
	literal_fill(1, data, 16777216);
	vector(P1, data, 16777216, vector_random_1);
	literal_fill(42, data, 12582912);
	vector(P2, data, 12582912, vector_random_42);
	memset(data, 0, 2097252);
	vector(P1, data, 2097252, vector_zeros);
	memset(data, 0xff, n);
	vector(P1, data, n, vector_ones);
	for (i = 0; i < 9437183; i++)
		data[i] = (unsigned char)period[i % 37];
	vector(P1, data, 9437183, vector_periodic);
}

static void
table_sum(const uint64_t table[256], const char *wanted)
{
	unsigned char bytes[2048], sum[SHA256_LEN];
	char hex[SHA256_HEX];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(table[i / 8] >> i % 8 * 8);
	sha256_of(bytes, sizeof(bytes), sum);
	sha256_hex(sum, hex);
	assert_string_equal(hex, wanted);
}

/* Ours differ from restic's in one: gone is out after one more byte. */
static void
tables_are_restics(void **state)
{
	static const struct {
		uint64_t	 polynomial;
		const char	*out, *mod;
	} known[] = {
		{ P1,
	"f7ab1636095d2bf4db57f88e8aa670032eb5573260aeedc7c30bc835040e49ed",
	"c4baaf5b18896ff78334583c9b42031f15452fe597db620be9b1e4a9a0813cba" },
		{ P2,
	"69b5c8d54057256649d4e3c102f9bf42b90e978e00e9ced6ed7fa2857318ae9a",
	"edc8646680567fb1383206c84ff7542bc98c6c448989548ebb551241541103b7" },
	};
	struct chunker *c;
	struct literal l;
	unsigned b;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		literal_init(&l, known[i].polynomial);
		table_sum(l.out, known[i].out);
		table_sum(l.mod, known[i].mod);
		c = open_chunker(known[i].polynomial);
		table_sum(c->mod, known[i].mod);
		for (b = 0; b < 256; b++)
			assert_true(c->gone[b] ==
			    poly_mod(l.out[b] << 8, known[i].polynomial));
		chunker_free(c);
	}
}

/* Random polynomials; random data, and data of short and of long periods. */
static void
any_polynomial_any_data(void **state)
{
	size_t n = ((size_t)9 << 20) + below(100000), i, period;
	CLEAN_FREE unsigned char *data = xalloc(n);
	int round;

	(void)state;
	for (round = 0; round < 4; round++) {
		uint64_t p = chunker_random();

		print_message("# polynomial %" PRIx64 "\n", p);
		literal_fill(seed++, data, n);
		if (round > 0)
			every_kernel_cuts_so(p, data, n);
		period = round == 0 ? 64 : 1 + below(5000);
		for (i = period; i < n; i++)
			data[i] = data[i - period];
		every_kernel_cuts_so(p, data, n);
	}
}

/* See to it that there is a candidate at p: the last 7 bytes of the window
 * undo what those before them made. */
static void
plant(uint64_t polynomial, unsigned char *data, size_t p)
{
	uint64_t f = 0;
	size_t i;

	for (i = p - CHUNK_WINDOW; i < p - 7; i++)
		f = poly_mod(f << 8 | data[i], polynomial);
	for (i = 0; i < 7; i++)
		f = poly_mod(f << 8, polynomial);
	for (i = 0; i < 7; i++)
		data[p - 1 - i] = (unsigned char)(f >> 8 * i);
}

/* The least and the greatest length, and a byte to either side. */
static void
least_and_greatest_length(void **state)
{
	const size_t where[] = { CHUNK_MIN - 1, CHUNK_MIN, CHUNK_MIN + 1,
	    CHUNK_MAX - 1, CHUNK_MAX, CHUNK_MAX + 1 };
	const size_t length[] = { CHUNK_MAX, CHUNK_MIN, CHUNK_MIN + 1,
	    CHUNK_MAX - 1, CHUNK_MAX, CHUNK_MAX };
	size_t n = CHUNK_MAX + 100, i;
	CLEAN_FREE unsigned char *data = xalloc(n);
	struct chunker *c = open_chunker(P1);
	const char *const *k;
	int cut;

	(void)state;
	for (i = 0; i < 6; i++) {
		memset(data, 0xff, n);		/* has no candidate (vectors) */
		plant(P1, data, where[i]);
		for (k = chunker_kernels(); *k != NULL; k++) {
			chunker_use(c, *k);
			assert_string_equal(chunker_kernel(c), *k);
			assert_int_equal(chunker_next(c, data, n, 0, &cut),
			    length[i]);
			assert_int_equal(cut, 1);
			assert_int_equal(chunker_next(c, data,
			    length[i] - 1, 0, &cut), length[i] - 1);
			assert_int_equal(cut, 0);
			assert_int_equal(chunker_next(c, data, length[i],
			    length[i] - 1, &cut), length[i]);
			assert_int_equal(cut, 1);
		}
	}
	for (i = 0; i <= CHUNK_MIN; i += i / 2 + 1) {
		assert_int_equal(chunker_next(c, data, i, 0, &cut), i);
		assert_int_equal(cut, 0);
		assert_int_equal(chunker_next(c, data, i, i, NULL), i);
	}
	chunker_free(c);
}

/* Where candidates are: one byte a position, by the sum itself. */
static void
find_candidates(uint64_t polynomial, const unsigned char *data, size_t n,
    unsigned char *is)
{
	struct chunker *c = open_chunker(polynomial);
	uint64_t f = 0;
	size_t p;

	for (p = 0; p < n; p++) {
		f = poly_mod(f << 8 | data[p], polynomial);
		if (p >= CHUNK_WINDOW)
			f ^= c->gone[data[p - CHUNK_WINDOW]];
		is[p + 1] = p + 1 >= CHUNK_WINDOW && (f & CHUNK_MASK) == 0;
	}
	chunker_free(c);
}

static void
scan_as_told(const struct chunk_kernel *k, const struct chunker *c,
    const unsigned char *data, const unsigned char *is, size_t lo, size_t hi)
{
	CLEAN_FREE unsigned char *copy = xalloc(hi);	/* ends where it ends */
	size_t wanted = lo, got;

	memcpy(copy, data, hi);
	while (wanted <= hi && !is[wanted])
		wanted++;
	if (wanted > hi)
		wanted = 0;
	got = k->scan(c, copy, lo, hi);
	if (got != wanted)
		fail_msg("%s, %zu to %zu: %zu, not %zu", k->name, lo, hi, got,
		    wanted);
}

/*
 * The kernels by themselves, where candidates are near each other, at the seams
 * of lanes and pieces, at both ends, everywhere, or nowhere.
 */
static void
kernels_find_the_first(void **state)
{
	static const struct chunk_kernel *const all[] = {
		&chunk_scalar,
#ifdef __x86_64__
		&chunk_avx2, &chunk_gfni,
#endif
	};
	static const size_t apart[] = { 0, 64, 65, 100, 1000, 2112, 4096,
	    20000, 100000, 300000, 1 };
	size_t n = 400000, i, p, round, lo, hi;
	CLEAN_FREE unsigned char *data = xalloc(n), *is = xalloc(n + 1);
	uint64_t polynomial = chunker_random();
	struct chunker *c = open_chunker(polynomial);

	(void)state;
	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
		literal_fill(seed++, data, n);
		if (apart[i] == 1)
			memset(data, 0, n);	/* all are candidates */
		for (p = apart[i]; apart[i] > 1 && p <= n; p += apart[i])
			if (p >= CHUNK_WINDOW)
				plant(polynomial, data, p);
		find_candidates(polynomial, data, n, is);
		for (round = 0; round < 200; round++) {
			const struct chunk_kernel *k = all[round %
			    (sizeof(all) / sizeof(all[0]))];

			lo = CHUNK_WINDOW + 1 + below(n - CHUNK_WINDOW);
			if (round % 5 == 0)
				lo = CHUNK_WINDOW + 1;
			hi = lo + below(n - lo + 1);
			if (!k->here())
				continue;
			chunker_use(c, k->name);
			scan_as_told(k, c, data, is, lo, hi);
		}
	}
	chunker_free(c);
}

/* One candidate, at each place near the seams of the first batches. */
static void
no_seam_hides_a_candidate(void **state)
{
	const size_t n = 290000, lo = CHUNK_WINDOW + 1;
	CLEAN_FREE unsigned char *data = xalloc(n);
	struct chunker *c = open_chunker(P1);
	const char *const *k;
	size_t p, i;

	(void)state;
	for (i = 0; i < 600; i++) {
		memset(data, 0xff, n);
		p = lo - 1 + (1 + i / 4) * 64 + i % 4;
		if (i % 2 == 1)
			p += (i / 2) * 900;
		if (p > n)
			break;
		plant(P1, data, p);
		for (k = chunker_kernels(); *k != NULL; k++) {
			chunker_use(c, *k);
			assert_int_equal(c->kernel->scan(c, data, lo, n), p);
			assert_int_equal(c->kernel->scan(c, data, lo, p), p);
			assert_int_equal(c->kernel->scan(c, data, lo, p - 1), 0);
		}
	}
	chunker_free(c);
}

/*
 * 53 is a prime, so P is irreducible if and only if x^(2^53) = x modulo P and
 * P has no root in GF(2): another test than the one in use.
 */
static int
irreducible_by_rabin(uint64_t p)
{
	uint64_t power = 2;
	int i;

	for (i = 0; i < CHUNK_DEGREE; i++)
		power = poly_mul_mod(power, power, p);
	return power == 2 && (p & 1) && __builtin_popcountll(p) % 2 == 1;
}

static void
polynomials_are_irreducible(void **state)
{
	unsigned char bytes[8];
	size_t i, n = 0;
	uint64_t p;

	(void)state;
	for (i = 0; i < 4000; i++) {
		literal_fill(seed++, bytes, sizeof(bytes));
		p = poly_candidate(bytes);
		assert_int_equal(poly_fits(p), irreducible_by_rabin(p));
		n += (size_t)poly_fits(p);
	}
	assert_in_range(n, 50, 350);	/* 2 of 53 are, so about 151 */
	for (i = 0; i < 50; i++)
		assert_true(irreducible_by_rabin(chunker_random()));
}

/* restic's DerivePolynomial, reading from splitmix64. */
static void
random_one_is_made_as_restics(void **state)
{
	static const uint64_t known[][2] = {
		{ 7, UINT64_C(0x3eb00e4c9c9e35) },
		{ 8, UINT64_C(0x2e28f72dc4f30d) },
	};
	unsigned char bytes[8000];
	size_t i, at;

	(void)state;
	for (i = 0; i < 2; i++) {
		literal_fill(known[i][0], bytes, sizeof(bytes));
		for (at = 0; !poly_fits(poly_candidate(bytes + at)); )
			assert_true((at += 8) < sizeof(bytes));
		assert_true(poly_candidate(bytes + at) == known[i][1]);
	}
}

static void
others_are_refused(void **state)
{
	static const uint64_t bad[] = { 0, 1, 2, P1 ^ 1, P1 << 1, P1 ^ 2,
	    UINT64_C(1) << 53, UINT64_C(0x20000000000001), UINT64_MAX };
	struct chunker *c;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chunker_new(bad[i], &c, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
	c = open_chunker(P1);
	assert_int_equal(chunker_use(c, "none"), -1);
	chunker_free(c);
	chunker_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_are_restics),
		cmocka_unit_test(tables_are_restics),
		cmocka_unit_test(any_polynomial_any_data),
		cmocka_unit_test(least_and_greatest_length),
		cmocka_unit_test(kernels_find_the_first),
		cmocka_unit_test(no_seam_hides_a_candidate),
		cmocka_unit_test(polynomials_are_irreducible),
		cmocka_unit_test(random_one_is_made_as_restics),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
