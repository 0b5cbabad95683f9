/*
 * fuzz_zip.c -- any bytes as a frame: refused, or decompressed to no more than
 * was allowed, and both ways to read it agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "zip/zip.h"

#define MOST	((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct unzip *u;
	struct buf any = {0};
	struct err e = {0};
	void *exact;

	if (u == NULL)
		u = unzip_new();
	buf_adds(&any, "x");
	if (unzip_any(u, &any, MOST, data, size, &e) == 0) {
		if (any.len > MOST + 1)
			abort();
		exact = malloc(any.len);
		if (exact == NULL || unzip_exact(u, exact, any.len - 1, data,
		    size, &e) < 0 || memcmp(exact, any.data + 1, any.len - 1))
			abort();
		free(exact);
	} else if (any.len != 1 || e.kind != ERR_CORRUPT)
		abort();
	buf_fini(&any);
	return 0;
}
