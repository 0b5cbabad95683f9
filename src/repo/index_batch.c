#include <stdlib.h>
#include <string.h>

#include "repo/index_batch.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define BITS_MAX	14	/* of the distribution before the sort */

void
index_batch_file(struct index_batch *b, const struct id *file)
{
	XGROW(b->files, b->n_files, b->cap_files);
	b->files[b->n_files++] = (struct run_file){ .id = *file };
}

void
index_batch_pack(struct index_batch *b, const struct id *pack,
    const struct pack_entry *v, size_t n)
{
	struct run_file *f = &b->files[b->n_files - 1];
	size_t i;
	int t;

	XGROW(b->packs, b->n_packs, b->cap_packs);
	b->packs[b->n_packs] = (struct run_pack){
		.id = *pack, .file = (uint32_t)(b->n_files - 1),
		.blobs = (uint32_t)n,
	};
	f->packs++;
	for (i = 0; i < n; i++) {
		t = v[i].type == BLOB_TREE;
		XGROW(b->v[t], b->n[t], b->cap[t]);
		b->v[t][b->n[t]++] = (struct run_record){
			.id = v[i].id, .pack = (uint32_t)b->n_packs,
			.offset = v[i].offset, .length = v[i].length,
			.plain = v[i].compressed ? v[i].plain : 0,
		};
		f->blobs[t]++;
	}
	b->n_packs++;
}

void
index_batch_name_file(struct index_batch *b, const struct id *file)
{
	b->files[b->n_files - 1].id = *file;
}

size_t
index_batch_blobs(const struct index_batch *b)
{
	return b->n[0] + b->n[1];
}

/* By id, file, pack and offset, so that what a file says twice is together. */
static int
by_place(const void *pa, const void *pb, void *arg)
{
	const struct run_record *x = pa, *y = pb;
	const struct index_batch *b = arg;
	const struct run_pack *p = &b->packs[x->pack], *q = &b->packs[y->pack];
	int c = id_cmp(&x->id, &y->id);

	if (c == 0 && p->file != q->file)
		c = p->file < q->file ? -1 : 1;
	if (c == 0)
		c = id_cmp(&p->id, &q->id);
	if (c == 0 && x->offset != y->offset)
		c = x->offset < y->offset ? -1 : 1;
	return c;
}

/* Ids are evenly spread: put them in their buckets, which are then small. */
static void
sort(struct index_batch *b, int t)
{
	size_t n = b->n[t], i, from, buckets;
	CLEAN_FREE struct run_record *sorted = NULL;
	CLEAN_FREE size_t *at = NULL;
	struct run_record *swap;
	unsigned bits = 0;

	while (bits < BITS_MAX && n >> bits > 8)
		bits++;
	buckets = (size_t)1 << bits;
	at = xallocn(buckets + 1, sizeof(*at));
	sorted = xallocn(n, sizeof(*sorted));
	for (i = 0; i < n; i++)
		at[run_bucket(&b->v[t][i].id, bits) + 1]++;
	for (i = 0; i < buckets; i++)
		at[i + 1] += at[i];
	for (i = 0; i < n; i++)
		sorted[at[run_bucket(&b->v[t][i].id, bits)]++] = b->v[t][i];
	/* Each bucket's beginning is now its end. */
	for (i = from = 0; i < buckets; from = at[i++])
		if (at[i] - from > 1)
			qsort_r(sorted + from, at[i] - from, sizeof(*sorted),
			    by_place, b);
	swap = b->v[t];
	b->v[t] = sorted;
	b->cap[t] = n;
	sorted = swap;
}

static int
said_twice(const struct index_batch *b, const struct run_record *x,
    const struct run_record *y)
{
	const struct run_pack *p = &b->packs[x->pack], *q = &b->packs[y->pack];

	return id_equal(&x->id, &y->id) && p->file == q->file &&
	    id_equal(&p->id, &q->id) && x->offset == y->offset &&
	    x->length == y->length;
}

static void
drop_twice(struct index_batch *b, int t)
{
	struct run_record *v = b->v[t];
	size_t i, n = 0;

	for (i = 0; i < b->n[t]; i++) {
		if (n > 0 && said_twice(b, &v[n - 1], &v[i])) {
			b->files[b->packs[v[i].pack].file].blobs[t]--;
			b->packs[v[i].pack].blobs--;
		} else {
			v[n++] = v[i];
		}
	}
	b->n[t] = n;
}

static int
write_run(const struct index_batch *b, int dir, struct run **out, struct err *e)
{
	struct run_content is = {
		.files = b->files, .packs = b->packs,
		.n_files = (uint32_t)b->n_files,
		.n_packs = (uint32_t)b->n_packs,
		.n = { (uint32_t)b->n[0], (uint32_t)b->n[1] },
	};
	struct run_writer *w;
	size_t i;
	int t;

	if (run_write_start(&w, dir, &is, e) < 0)
		return -1;
	for (t = 0; t < 2; t++)
		for (i = 0; i < b->n[t]; i++)
			if (run_write_add(w, (enum blob_type)t, &b->v[t][i],
			    e) < 0) {
				run_write_drop(w);
				return -1;
			}
	return run_write_finish(w, out, e);
}

int
index_batch_run(struct index_batch *b, int dir, struct run **out, struct err *e)
{
	int t;

	for (t = 0; t < 2; t++) {
		sort(b, t);
		drop_twice(b, t);
	}
	if (dir >= 0 && write_run(b, dir, out, NULL) == 0)
		return 0;
	return write_run(b, -1, out, e);
}

void
index_batch_reset(struct index_batch *b)
{
	b->n_files = b->n_packs = b->n[0] = b->n[1] = 0;
}

void
index_batch_fini(struct index_batch *b)
{
	free(b->files);
	free(b->packs);
	free(b->v[0]);
	free(b->v[1]);
	*b = (struct index_batch){0};
}
