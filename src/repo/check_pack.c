/*
 * One pack, read from its beginning to its end: a few blobs at a time, so that
 * memory is that of the largest blob.  Its bytes are hashed as they pass; the
 * header is what is left behind the last blob.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"
#include "repo/check_impl.h"
#include "repo/hand.h"
#include "repo/load.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define WINDOW		((uint64_t)1 << 20)
#define LENGTH_SIZE	4
#define TAIL_MAX	(PACK_HEADER_MAX + LENGTH_SIZE)

struct pack_reader {
	struct repo	*r;
	struct repo_hand *h;
	struct sha256	*sha;
	struct buf	 bytes;

	/* the one that is checked */
	struct store_name name;
	struct id	 id;
	const struct pack_entry *v;
	size_t		 n;
	struct buf	*faults;
};

struct pack_reader *
pack_reader_new(struct repo *r)
{
	struct pack_reader *p = xalloc(sizeof(*p));

	p->r = r;
	p->h = repo_hand_new(r);
	p->sha = sha256_new();
	return p;
}

void
pack_reader_free(struct pack_reader *p)
{
	if (p == NULL)
		return;
	repo_hand_free(p->h);
	sha256_free(p->sha);
	buf_fini(&p->bytes);
	free(p);
}

static int
fetch(struct pack_reader *p, uint64_t at, uint64_t len)
{
	struct err e;

	buf_reset(&p->bytes);
	buf_room(&p->bytes, (size_t)len);
	if (store_get(p->r->store, &p->name, at, p->bytes.data, (size_t)len,
	    &e) < 0) {
		buf_addf(p->faults, "%s\n", e.text);
		return -1;
	}
	p->bytes.len = (size_t)len;
	sha256_add(p->sha, p->bytes.data, (size_t)len);
	return 0;
}

static void
check_blob(struct pack_reader *p, const struct pack_entry *b,
    void *sealed)
{
	const struct blob_at at = {
		.pack = p->id, .offset = b->offset, .length = b->length,
		.plain = b->plain, .compressed = b->compressed,
	};
	struct err e;

	if (load_look(p->h, &b->id, &at, sealed, &e) < 0)
		buf_addf(p->faults, "%s\n", e.text);
}

/* Where the next window ends, which begins with blob i: *to is the blob behind
 * it.  Blobs that do not lie one after the other are not looked at. */
static uint64_t
window(const struct pack_reader *p, size_t i, uint64_t at, size_t *to)
{
	uint64_t end = at;

	for (*to = i; *to < p->n && p->v[*to].offset == end; ++*to) {
		if (*to > i && end + p->v[*to].length > at + WINDOW)
			break;
		end += p->v[*to].length;
	}
	return end;
}

/* All blobs: where they end, or -1. */
static int64_t
check_blobs(struct pack_reader *p, uint64_t size)
{
	uint64_t at = 0, end;
	size_t i, k, to;

	for (i = 0; i < p->n; i = to) {
		end = window(p, i, at, &to);
		if (to == i || end > size) {
			buf_adds(p->faults, "its blobs do not lie where the "
			    "index has them\n");
			return -1;
		}
		if (fetch(p, at, end - at) < 0)
			return -1;
		for (k = i; k < to; k++)
			check_blob(p, &p->v[k], p->bytes.data +
			    (p->v[k].offset - at));
		at = end;
	}
	return (int64_t)at;
}

/* ---- the header ---- */

struct header {
	const struct pack_reader *p;
	size_t		 i;
	int		 differs;
};

static int
compare(void *arg, const struct pack_entry *b)
{
	struct header *h = arg;
	const struct pack_entry *x = &h->p->v[h->i];

	h->differs |= h->i >= h->p->n || !id_equal(&x->id, &b->id) ||
	    x->type != b->type || x->offset != b->offset ||
	    x->length != b->length || x->plain != b->plain ||
	    x->compressed != b->compressed;
	h->i++;
	return h->differs;
}

/* The bytes behind the blobs are in p->bytes. */
static void
check_header(struct pack_reader *p, uint64_t size)
{
	unsigned char *tail = p->bytes.data;
	size_t len = p->bytes.len - LENGTH_SIZE;
	struct header h = { .p = p };
	struct err e;
	uint32_t told;

	told = (uint32_t)tail[len] | (uint32_t)tail[len + 1] << 8 |
	    (uint32_t)tail[len + 2] << 16 | (uint32_t)tail[len + 3] << 24;
	if (told != len) {
		buf_adds(p->faults, "its header is not as long as the index "
		    "has it\n");
		return;
	}
	if (sealer_open(p->h->sealer, tail + 16, tail, len, &e) < 0) {
		buf_addf(p->faults, "header: %s\n", e.text);
		return;
	}
	if (pack_entries(tail + 16, len - SEAL_OVERHEAD, size, compare, &h,
	    &e) < 0)
		buf_addf(p->faults, "header: %s\n", e.text);
	else if (h.differs || h.i != p->n)
		buf_adds(p->faults, "its header is not what the index has\n");
}

static void
check_once(struct pack_reader *p, uint64_t size)
{
	int64_t end;
	struct id got;

	sha256_start(p->sha);
	end = check_blobs(p, size);
	if (end < 0)
		return;
	if (size - (uint64_t)end <= LENGTH_SIZE + SEAL_OVERHEAD ||
	    size - (uint64_t)end > TAIL_MAX) {
		buf_addf(p->faults, "%" PRIu64 " bytes cannot be a header\n",
		    size - (uint64_t)end);
		return;
	}
	if (fetch(p, (uint64_t)end, size - (uint64_t)end) < 0)
		return;
	sha256_end(p->sha, got.b);
	if (!id_equal(&got, &p->id))
		buf_adds(p->faults, "its bytes are not what they were\n");
	check_header(p, size);
}

void
pack_reader_check(struct pack_reader *p, const struct id *pack,
    uint64_t size, const struct pack_entry *v, size_t n, struct buf *faults)
{
	p->name = (struct store_name){ .kind = STORE_PACK };
	memcpy(p->name.id, pack->b, ID_LEN);
	p->id = *pack;
	p->v = v;
	p->n = n;
	p->faults = faults;
	check_once(p, size);
	if (faults->len == 0)
		return;
	/* What was damaged on its way may not be again. */
	buf_reset(faults);
	check_once(p, size);
}
