/*
 * chunker.c -- see chunker.h.  Tables, the choice of a kernel, and the rule of
 * least and greatest length; the search itself is the kernel's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "repo/chunker_impl.h"
#include "util/err.h"
#include "util/xalloc.h"

static const struct chunk_kernel *const kernels[] = {	/* best first */
#ifdef __x86_64__
	&chunk_gfni, &chunk_avx2,
#endif
	&chunk_scalar,
};
#define N_KERNELS	(sizeof(kernels) / sizeof(kernels[0]))

static void
fill_tables(struct chunker *c)
{
	uint64_t p = c->polynomial, power = 1;
	unsigned b;
	int i;

	for (i = 0; i < 512; i++)		/* x^512 */
		power = poly_mul_mod(power, 2, p);
	for (b = 0; b < 256; b++) {
		uint64_t top = (uint64_t)b << CHUNK_DEGREE;

		c->mod[b] = poly_mod(top, p) | top;
		c->gone[b] = poly_mul_mod(power, b, p);
	}
}

static void
take(struct chunker *c, const struct chunk_kernel *k)
{
	if (k->prepare != NULL)
		k->prepare(c);
	c->kernel = k;
}

int
chunker_new(uint64_t polynomial, struct chunker **out, struct err *e)
{
	struct chunker *c;
	size_t i;

	if (!poly_fits(polynomial))
		return err_set(e, ERR_CORRUPT, "%" PRIx64 " is not an irreducible "
		    "polynomial of degree %d", polynomial, CHUNK_DEGREE);
	c = xalloc(sizeof(*c));
	c->polynomial = polynomial;
	fill_tables(c);
	for (i = 0; !kernels[i]->here(); i++)	// NOLINT(*-core.NullDereference)
		;				/* the last one is everywhere */
	take(c, kernels[i]);
	*out = c;
	return 0;
}

void
chunker_free(struct chunker *c)
{
	free(c);
}

size_t
chunker_next(const struct chunker *c, const unsigned char *data, size_t n,
    size_t from, int *cut)
{
	size_t first = from < CHUNK_MIN ? CHUNK_MIN : from + 1, found = 0;

	if (n > CHUNK_MAX)
		n = CHUNK_MAX;
	if (first <= n)
		found = c->kernel->scan(c, data, first, n);
	if (cut != NULL)
		*cut = found != 0 || n == CHUNK_MAX;
	return found != 0 ? found : n;
}

const char *
chunker_kernel(const struct chunker *c)
{
	return c->kernel->name;
}

const char *const *
chunker_kernels(void)
{
	/* Two threads may fill it at once, with the same. */
	static const char *names[N_KERNELS + 1];
	size_t i, n = 0;

	for (i = 0; i < N_KERNELS; i++)
		if (kernels[i]->here())
			__atomic_store_n(&names[n++], kernels[i]->name,
			    __ATOMIC_RELAXED);
	return names;
}

int
chunker_use(struct chunker *c, const char *kernel)
{
	size_t i;

	for (i = 0; i < N_KERNELS; i++) {
		if (strcmp(kernels[i]->name, kernel) != 0)
			continue;
		if (!kernels[i]->here())
			return -1;
		take(c, kernels[i]);
		return 0;
	}
	return -1;
}
