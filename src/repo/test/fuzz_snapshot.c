/*
 * fuzz_snapshot.c -- any bytes at all: what is accepted is written so that it
 * reads as the same again, members that nobody knows included.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
rewrite(const void *data, size_t size, struct buf *out)
{
	CLEAN_SNAPSHOT struct snapshot s;
	struct err e = {0};

	if (snapshot_read(data, size, &s, &e) < 0) {
		if (e.kind != ERR_CORRUPT)
			abort();
		return -1;
	}
	snapshot_write(out, &s);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN_BUF struct buf once = {0}, again = {0};

	if (rewrite(data, size, &once) < 0)
		return 0;
	if (rewrite(once.data, once.len, &again) < 0 ||
	    once.len != again.len || memcmp(once.data, again.data, once.len))
		abort();
	return 0;
}
