/*
 * chunker.c [MIB] -- how fast each kernel finds restic's cuts, in one thread,
 * against restic's own loop (the literal one that skips what is before the
 * least length).  All must find the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repo/chunker.h"
#include "../../src/repo/test/literal.h"

#define POLYNOMIAL	UINT64_C(0x3da3358b4dc173)
#define ROUNDS		5

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One pass over the data; a sum that tells where it was cut.  c or l. */
static uint64_t
pass(const struct chunker *c, const struct literal *l,
    const unsigned char *data, size_t n)
{
	uint64_t sum = 14695981039346656037U, digest;
	size_t at, len;

	for (at = 0; at < n; at += len) {
		len = c != NULL ? chunker_next(c, data + at, n - at, 0, NULL) :
		    literal_next(l, data + at, n - at, 1, &digest);
		sum = (sum ^ len) * 1099511628211U;
	}
	return sum;
}

/* MB/s, the best of some rounds. */
static double
speed(const struct chunker *c, const struct literal *l,
    const unsigned char *data, size_t n, uint64_t *sum)
{
	double begin, took, best = 1e9;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		begin = cpu_seconds();
		*sum = pass(c, l, data, n);
		took = cpu_seconds() - begin;
		if (took < best)
			best = took;
	}
	return (double)n / best / 1e6;
}

int
main(int argc, char **argv)
{
	size_t n = (argc > 1 ? strtoul(argv[1], NULL, 10) : 256) << 20;
	unsigned char *data = malloc(n);
	const char *const *k;
	struct literal l;
	struct chunker *c;
	uint64_t wanted, sum;
	double base, mb;
	int rc = 0;

	if (data == NULL || chunker_new(POLYNOMIAL, &c, NULL) < 0)
		return 2;
	literal_fill(1, data, n);
	literal_init(&l, POLYNOMIAL);
	base = speed(NULL, &l, data, n, &wanted);
	printf("%-14s %7.0f MB/s\n", "restic's loop", base);
	for (k = chunker_kernels(); *k != NULL; k++) {
		chunker_use(c, *k);
		mb = speed(c, NULL, data, n, &sum);
		printf("%-14s %7.0f MB/s  %4.1f times%s\n", *k, mb, mb / base,
		    sum == wanted ? "" : "  OTHER CUTS");
		rc |= sum != wanted;
	}
	chunker_free(c);
	free(data);
	return rc;
}
