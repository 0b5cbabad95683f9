/*
 * fuzz_catalog.c -- bytes from outside: batches, results, requests, frames.
 *
 * The first byte says what the rest is.  A batch also gets its checksum made
 * right, or the fuzzer would never see behind it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/frame.h"
#include "catalog/impl.h"
#include "catalog/peer.h"
#include "util/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
read_batch(const uint8_t *data, size_t len)
{
	struct batch_reader *r;
	struct entry en;
	struct err e;

	if (batch_read(data, len, &r, &e) < 0)
		return;
	while (batch_next(r, &en, &e) == 1)
		if (memchr(en.from, 'x', strlen(en.from)) == en.to)
			break;
	batch_reader_free(r);
}

static void
fuzz_batch(const uint8_t *data, size_t len)
{
	CLEAN_BUF struct buf b = {0};
	uint32_t n;
	uint64_t sum;

	read_batch(data, len);
	if (len < CODEC_HEADER)
		return;
	buf_add(&b, data, len);
	memcpy(&n, b.data + 4, 4);
	sum = hash_fixed(n, b.data + CODEC_HEADER, len - CODEC_HEADER);
	memcpy(b.data, CODEC_MAGIC, 4);
	memcpy(b.data + 8, &sum, 8);
	read_batch(b.data, b.len);
}

static void
fuzz_results(const uint8_t *data, size_t len)
{
	struct result v[300];
	size_t n = len > 0 ? data[0] : 0;

	if (len > 0)
		results_unpack(data + 1, len - 1, v, n, NULL);
}

/* Verbs that read and write, but none that makes files elsewhere. */
static void
fuzz_request(const uint8_t *data, size_t len)
{
	static struct catalog *c;
	CLEAN_BUF struct buf out = {0};
	int64_t run;

	if (c == NULL) {
		c = catalog_in_memory();
		catalog_run_begin(c, "fuzz", "", 0, 1, &run, NULL);
	}
	if (len > 0 && data[0] != VERB_BACKUP)
		peer_frame(c, CATALOG_RUN, data, len, &out);
}

static void
fuzz_error(const uint8_t *data, size_t len)
{
	struct unpack u = unpack_start(data, len);
	struct err e;

	frame_get_error(&u, &e);
}

static void
fuzz_glob(const uint8_t *data, size_t len)
{
	char *s = malloc(len + 2);
	size_t at;

	if (s == NULL)
		return;
	memcpy(s, data, len);
	s[len] = s[len + 1] = '\0';
	at = strlen(s) + 1;
	catalog_glob(s, at <= len ? s + at : "");
	free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	switch (data[0] % 5) {
	case 0:
		fuzz_batch(data + 1, len - 1);
		break;
	case 1:
		fuzz_results(data + 1, len - 1);
		break;
	case 2:
		fuzz_error(data + 1, len - 1);
		break;
	case 3:
		fuzz_glob(data + 1, len - 1);
		break;
	default:
		fuzz_request(data + 1, len - 1);
	}
	return 0;
}
