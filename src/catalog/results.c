/*
 * results.c -- what became of a batch, in runs: "4000 done" is three bytes.
 *
 * A run is a number, (count << 4 | with identity << 3 | outcome), and, where
 * it has them, count identities.
 */
#include <stdlib.h>

#include "catalog/catalog.h"
#include "catalog/codec.h"
#include "catalog/entry.h"
#include "catalog/results.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define WITH_ID	8u

static unsigned
kind_of(const struct result *r)
{
	return (unsigned)r->outcome | (r->id.ino != 0 ? WITH_ID : 0);
}

void
results_pack(struct buf *out, const struct result *v, size_t n)
{
	struct fs_id prev = {0};
	unsigned kind;
	size_t i, j;

	for (i = 0; i < n; i = j) {
		kind = kind_of(&v[i]);
		for (j = i + 1; j < n && kind_of(&v[j]) == kind; j++)
			;
		pack_u64(out, (uint64_t)(j - i) << 4 | kind);
		for (; kind & WITH_ID && i < j; i++)
			codec_put_id(out, &prev, &v[i].id);
	}
}

/* v may be NULL, to check and count only. */
static int
unpack_runs(const void *data, size_t len, struct result *v, size_t n,
    size_t *done, struct err *e)
{
	struct unpack u = unpack_start(data, len);
	struct fs_id prev = {0}, id;
	size_t i = 0;
	uint64_t run, count;

	*done = 0;
	while (i < n && !u.bad) {
		run = unpack_u64(&u);
		count = run >> 4;
		if (count == 0 || count > n - i ||
		    (run & 7) > OUTCOME_EXTERNAL)
			break;
		if ((run & 7) == OUTCOME_DONE)
			*done += count;
		for (; count > 0 && !u.bad; count--, i++) {
			id = (struct fs_id){0};
			if (run & WITH_ID)
				codec_get_id(&u, &prev, &id);
			if (v != NULL)
				v[i] = (struct result){ run & 7, id };
		}
	}
	if (i != n || unpack_end(&u) < 0)
		return err_set(e, ERR_CORRUPT,
		    "journal results do not fit their batch of %zu", n);
	return 0;
}

int
results_unpack(const void *data, size_t len, struct result *v, size_t n,
    struct err *e)
{
	size_t done;

	return unpack_runs(data, len, v, n, &done, e);
}

int
results_count(const void *data, size_t len, size_t n, size_t *done,
    struct err *e)
{
	return unpack_runs(data, len, NULL, n, done, e);
}

int
batch_each(const struct catalog_batch *b, void (*each)(void *arg,
    const struct entry *en, const struct result *res), void *arg,
    struct err *e)
{
	struct batch_reader *r;
	struct result *res;
	struct entry en;
	size_t i;
	int n = 1;

	if (batch_read(b->bytes, b->len, &r, e) < 0)
		return -1;
	res = xallocn(b->n + 1, sizeof(*res));
	if (b->results_len > 0 && results_unpack(b->results, b->results_len,
	    res, b->n, e) < 0)
		n = -1;
	for (i = 0; n == 1 && i < b->n; i++)
		if ((n = batch_next(r, &en, e)) == 1)
			each(arg, &en, &res[i]);
	free(res);
	batch_reader_free(r);
	return n < 0 ? -1 : 0;
}
