/*
 * fuzz_pack_header.c -- any bytes as the header of a pack of any length: the
 * entries that are told lie one behind the other, fill the pack, and make the
 * same header again.  The first byte says how the pack's length is made up:
 * from the entries, so that some are right, or from the bytes that follow it.
 */
#include <stdint.h>
#include <string.h>

#include "repo/pack.h"
#include "testing/must.h"
#include "util/buf.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
	struct buf	 header;
	uint64_t	 end;
};

static int
hear(void *arg, const struct pack_entry *p)
{
	struct heard *h = arg;

	must(p->offset == h->end && p->length >= 32);
	must(p->compressed || p->plain == p->length - 32);
	h->end += p->length;
	pack_entry_add(&h->header, p);
	return 0;
}

/* The length that a pack with this header has to have, if it has entries. */
static uint64_t
right_size(const uint8_t *p, size_t len)
{
	uint64_t sum = len + 36;
	uint32_t v;
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = p[at] & 2 ? 41 : 37;
		if (n > len - at)
			return 0;
		memcpy(&v, p + at + 1, 4);
		sum += v;
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard h = {0};
	struct err e = {0};
	uint64_t total;
	int bad;

	if (size < 9)
		return 0;
	memcpy(&total, data + 1, 8);
	if (data[0] & 1)
		total = right_size(data + 9, size - 9);
	bad = pack_entries(data + 9, size - 9, total, hear, &h, &e);
	must(bad == 0 || (bad == -1 && e.kind == ERR_CORRUPT));
	if (bad == 0) {
		must(h.header.len == size - 9 &&
		    memcmp(h.header.data, data + 9, size - 9) == 0);
		must(h.end + h.header.len + 36 == total);
	}
	buf_fini(&h.header);
	return 0;
}
