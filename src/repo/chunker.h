#ifndef REPO_CHUNKER_H
#define REPO_CHUNKER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Where restic cuts a file: content-defined chunks by a Rabin fingerprint over
 * a window of 64 bytes, modulo the repository's own irreducible polynomial of
 * degree 53 (restic-format 1.10; github.com/restic/chunker).
 *
 * A cut is after the first byte, at least CHUNK_MIN into the chunk, where the
 * fingerprint of the last 64 bytes has its low 20 bits zero; or after
 * CHUNK_MAX bytes.  It depends on nothing before these 64 bytes, so positions
 * may be looked at in any order and many at once: kernels differ in how many
 * (chosen at run time by what the processor can) and never in what they find.
 */
struct err;

#define CHUNK_MIN	((size_t)512 << 10)
#define CHUNK_MAX	((size_t)8 << 20)
#define CHUNK_WINDOW	((size_t)64)

/* Tables of one polynomial; may be used by many threads at once. */
struct chunker;

/* ERR_CORRUPT if it is not irreducible of degree 53. */
int chunker_new(uint64_t polynomial, struct chunker **out, struct err *e);
void chunker_free(struct chunker *c);	/* NULL is fine */

/* A random irreducible polynomial of degree 53. */
uint64_t chunker_random(void);

/*
 * The length of the chunk that begins at data: n if no cut is in these n bytes
 * (n at most CHUNK_MAX: beyond it there is nothing to know).  *cut (may be
 * NULL) says whether it really ends there, so that the caller, who has less
 * than CHUNK_MAX bytes, knows to read on.  from is how much of data an earlier
 * call looked at in vain (0 at first), and is not looked at again.
 */
size_t chunker_next(const struct chunker *c, const unsigned char *data,
    size_t n, size_t from, int *cut);

/* "scalar", "avx2", "gfni": the one in use, and all this processor has, best
 * first, NULL-ended.  chunker_use takes one by name: for tests and the bench. */
const char *chunker_kernel(const struct chunker *c);
const char *const *chunker_kernels(void);
int chunker_use(struct chunker *c, const char *kernel);

#endif
