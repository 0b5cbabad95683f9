/*
 * fuzz_index_file.c -- any bytes at all: blobs lie within 4 GiB, and what is
 * accepted is written so that it reads as the same again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "util/buf.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
write_pack(void *arg, const struct index_file_pack *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].length < 32 ||
		    p->v[i].offset + (uint64_t)p->v[i].length > UINT32_MAX ||
		    (!p->v[i].compressed &&
		    p->v[i].plain != p->v[i].length - 32))
			abort();
	index_file_pack(arg, &p->id, p->v, p->n);
	return 0;
}

static int
rewrite(const void *data, size_t size, struct buf *out)
{
	struct err e = {0};
	int bad;

	index_file_begin(out);
	bad = index_file_read(data, size, write_pack, out, &e);
	index_file_end(out);
	if (bad != 0 && (bad != -1 || e.kind != ERR_CORRUPT))
		abort();
	return bad;
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
