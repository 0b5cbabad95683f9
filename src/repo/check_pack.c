/*
 * One pack, read from its beginning to its end, a blob at a time, so that memory
 * is that of the largest blob.  Its bytes are hashed as they pass; the
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

#define BLOB_SEALED_MAX	(BLOB_PLAIN_MAX + SEAL_OVERHEAD)
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
	size_t		 at, came;	/* which blob comes, and how much of it */
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

/* Where the blobs end; -1: they do not lie one after the other. */
static int64_t
end_of_blobs(const struct pack_reader *p, uint64_t size)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < p->n; i++) {
		if (p->v[i].offset != end || end + p->v[i].length > size)
			return -1;
		end += p->v[i].length;
	}
	return (int64_t)end;
}

/* Blobs as they come; what is behind the last stays in p->bytes.  One longer than any
 * can be is not kept: it is told, and passes. */
static int
take(void *arg, const void *data, size_t len)
{
	const char *from = data;
	struct pack_reader *p = arg;
	size_t want, n;

	sha256_add(p->sha, data, len);
	for (; len > 0; from += n, len -= n) {
		want = p->at < p->n ? p->v[p->at].length - p->came : len;
		n = want < len ? want : len;
		p->came += n;
		if (p->at == p->n || p->v[p->at].length <= BLOB_SEALED_MAX)
			buf_add(&p->bytes, from, n);
		if (n < want || p->at == p->n)
			continue;
		check_blob(p, &p->v[p->at++], p->bytes.data);
		buf_reset(&p->bytes);
		p->came = 0;
	}
	return 0;
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
	int64_t end = end_of_blobs(p, size);
	struct id got;
	struct err e;

	if (end < 0) {
		buf_adds(p->faults, "its blobs do not lie where the index has "
		    "them\n");
		return;
	}
	if (size - (uint64_t)end <= LENGTH_SIZE + SEAL_OVERHEAD ||
	    size - (uint64_t)end > TAIL_MAX) {
		buf_addf(p->faults, "%" PRIu64 " bytes cannot be a header\n",
		    size - (uint64_t)end);
		return;
	}
	sha256_start(p->sha);
	buf_reset(&p->bytes);
	p->at = p->came = 0;
	if (store_flow(p->r->store, &p->name, 0, size, take, p, &e) < 0) {
		buf_addf(p->faults, "%s\n", e.text);
		return;
	}
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
