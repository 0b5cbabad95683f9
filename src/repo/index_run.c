/*
 * Reading a run; its form is told in index_run.h.
 *
 * All but the records is mapped, and they as well where they are few: then a
 * page is read once and stays.  Of a large run a few hundred bytes are read
 * where they are needed.  That costs half a microsecond, and a process that
 * asks for millions of blobs does not end with the whole run in its memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "crypto/sha256.h"
#include "repo/index_run.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define MAP_MAX		((uint64_t)12 << 20)	/* of records */
#define NEAR		32	/* so many records are looked at in one go */

static uint64_t
blocks_of(uint64_t bytes)
{
	return (bytes + RUN_BLOCK - 1) / RUN_BLOCK;
}

void
run_lay(const struct run_head *h, struct run_layout *l)
{
	uint64_t at = RUN_HEAD + h->n_files * sizeof(struct run_file);
	uint64_t records = (uint64_t)h->n[0] + h->n[1];
	int t;

	for (t = 0; t < 2; t++) {
		l->fan[t] = at;
		at += (((uint64_t)1 << h->bits[t]) + 1) * sizeof(uint32_t);
	}
	l->packs_block = blocks_of(at - RUN_HEAD);
	l->packs = RUN_HEAD + l->packs_block * RUN_BLOCK;
	l->records_block = l->packs_block +
	    blocks_of(h->n_packs * sizeof(struct run_pack));
	l->records = RUN_HEAD + l->records_block * RUN_BLOCK;
	l->n_blocks = l->records_block +
	    blocks_of(records * sizeof(struct run_record));
	l->sums = RUN_HEAD + l->n_blocks * RUN_BLOCK;
	l->size = l->sums + l->n_blocks * sizeof(uint64_t);
}

uint64_t
run_head_sum(const struct run_head *h)
{
	return hash_fixed(1, h, offsetof(struct run_head, self));
}

uint64_t
run_block_sum(uint64_t block, const void *data)
{
	return hash_fixed(block, data, RUN_BLOCK);
}

uint64_t
run_sums_sum(const uint64_t *sums, uint64_t n)
{
	return hash_fixed(2, sums, n * sizeof(*sums));
}

size_t
run_bucket(const struct id *id, unsigned bits)
{
	uint32_t v = (uint32_t)id->b[0] << 24 | (uint32_t)id->b[1] << 16 |
	    (uint32_t)id->b[2] << 8 | id->b[3];

	return bits == 0 ? 0 : v >> (32 - bits);
}

static int
no_run(struct err *e)
{
	return err_set(e, ERR_CORRUPT, "not a whole index run");
}

/* The head as it lies in the file, and whether the file is as long as it says. */
static int
read_head(int fd, struct run_head *h, struct run_layout *l, struct err *e)
{
	struct stat st;

	if (fd_pread_full(fd, h, sizeof(*h), 0) != (ssize_t)sizeof(*h) ||
	    memcmp(h->magic, RUN_MAGIC, sizeof(h->magic)) != 0 ||
	    h->order != RUN_ORDER || h->self != run_head_sum(h) ||
	    h->n_files > RUN_FILES_MAX || h->n_packs > RUN_PACKS_MAX ||
	    h->n[0] > RUN_RECORDS_MAX || h->n[1] > RUN_RECORDS_MAX ||
	    h->bits[0] > RUN_BITS_MAX || h->bits[1] > RUN_BITS_MAX)
		return no_run(e);
	run_lay(h, l);
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != l->size)
		return no_run(e);
	return 0;
}

static int
read_sums(struct run *u, const struct run_head *h, const struct run_layout *l)
{
	size_t len = l->n_blocks * sizeof(*u->sums);

	u->sums = xalloc(len);
	return fd_pread_full(u->file.fd, u->sums, len, l->sums) ==
	    (ssize_t)len && run_sums_sum(u->sums, l->n_blocks) == h->sums ?
	    0 : -1;
}

static int
map(struct run *u, const struct run_layout *l)
{
	uint64_t records = l->sums - l->records;
	void *p;

	u->mapped = records <= MAP_MAX ? l->sums : l->records;
	p = mmap(NULL, u->mapped, PROT_READ, MAP_SHARED, u->file.fd, 0);
	if (p == MAP_FAILED)
		return -1;
	u->map = p;
	if (records <= MAP_MAX)
		u->records = (const void *)(u->map + l->records);
	return 0;
}

static void
point(struct run *u, const struct run_head *h, const struct run_layout *l)
{
	int t;

	u->is = (struct run_content){
		.files = (const void *)(u->map + RUN_HEAD),
		.packs = (const void *)(u->map + l->packs),
		.n_files = h->n_files, .n_packs = h->n_packs,
		.n = { h->n[0], h->n[1] },
	};
	for (t = 0; t < 2; t++) {
		u->bits[t] = h->bits[t];
		u->fan[t] = (const void *)(u->map + l->fan[t]);
	}
	u->records_at = l->records;
	u->packs_block = l->packs_block;
	u->records_block = l->records_block;
	u->n_blocks = l->n_blocks;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

/* The set of index files in it, whatever their order. */
static void
name_it(struct run *u)
{
	CLEAN_FREE struct id *ids = xallocn(u->is.n_files, sizeof(*ids));
	unsigned char sum[SHA256_LEN];
	uint32_t i;

	for (i = 0; i < u->is.n_files; i++)
		ids[i] = u->is.files[i].id;
	qsort(ids, u->is.n_files, sizeof(*ids), by_id);
	sha256_of(ids, u->is.n_files * sizeof(*ids), sum);
	memcpy(u->name, "run-", 5);
	sha256_hex(sum, u->name + 4);
}

int
run_open(struct cache_run_file *f, struct run **out, struct err *e)
{
	struct run *u = xalloc(sizeof(*u));
	struct run_layout l;
	struct run_head h;
	uint64_t i;

	u->file = *f;
	*f = (struct cache_run_file){ .fd = -1, .dir = -1 };
	if (read_head(u->file.fd, &h, &l, e) < 0) {
		run_free(u);
		return -1;
	}
	if (read_sums(u, &h, &l) < 0 || map(u, &l) < 0)
		goto broken;
	point(u, &h, &l);
	for (i = 0; i < u->packs_block; i++)
		if (!run_verify_block(u, i, u->map + RUN_HEAD + i * RUN_BLOCK))
			goto broken;
	u->live = xalloc(u->is.n_files);
	memset(u->live, 1, u->is.n_files);
	name_it(u);
	*out = u;
	return 0;
broken:
	run_free(u);
	return no_run(e);
}

void
run_free(struct run *u)
{
	if (u == NULL)
		return;
	if (u->map != NULL)
		munmap(u->map, u->mapped);
	cache_run_drop(&u->file);
	free(u->live);
	free(u->sums);
	free(u);
}

void
run_publish(struct run *u)
{
	if (!u->named && !u->doubted)
		u->named = cache_run_publish(&u->file, u->name);
}

void
run_unpublish(struct run *u)
{
	if (u->named)
		cache_run_remove(u->file.dir, u->name);
	u->named = 0;
}

int
run_verify_block(const struct run *u, uint64_t block, const void *data)
{
	return block < u->n_blocks &&
	    u->sums[block] == run_block_sum(block, data);
}

int
run_damaged(const struct run *u, struct err *e)
{
	return err_set(e, ERR_CORRUPT,
	    "the index run %.12s in the cache is damaged", u->name);
}

int
run_verify_packs(const struct run *u, struct err *e)
{
	uint64_t i;

	for (i = u->packs_block; i < u->records_block; i++)
		if (!run_verify_block(u, i, u->map + RUN_HEAD + i * RUN_BLOCK))
			return run_damaged(u, e);
	return 0;
}

int
run_verify(const struct run *u, struct err *e)
{
	CLEAN_FREE void *data = xalloc(RUN_BLOCK);
	uint64_t i;

	for (i = 0; i < u->n_blocks; i++)
		if (fd_pread_full(u->file.fd, data, RUN_BLOCK, RUN_HEAD +
		    i * RUN_BLOCK) != (ssize_t)RUN_BLOCK ||
		    !run_verify_block(u, i, data))
			return run_damaged(u, e);
	return 0;
}

/* n records from pos on: where they lie, or read into room. */
static const struct run_record *
look(const struct run *u, enum blob_type t, size_t pos, size_t n,
    struct run_record *room)
{
	size_t at = (t == BLOB_TREE ? u->is.n[0] : 0) + pos;
	size_t len = n * sizeof(*room);

	if (u->records != NULL)
		return u->records + at;
	if (fd_pread_full(u->file.fd, room, len, u->records_at +
	    at * sizeof(*room)) != (ssize_t)len)
		return NULL;
	return room;
}

int
run_at(const struct run *u, enum blob_type t, size_t pos,
    struct run_record *out)
{
	const struct run_record *r = pos >= u->is.n[t] ? NULL :
	    look(u, t, pos, 1, out);

	if (r == NULL)
		return 0;
	if (r != out)
		*out = *r;
	return 1;
}

int
run_seek(const struct run *u, enum blob_type t, const struct id *id,
    size_t *pos, struct run_record *out)
{
	size_t b = run_bucket(id, u->bits[t]), n = u->is.n[t];
	size_t lo = u->fan[t][b], hi = u->fan[t][b + 1], mid, i;
	struct run_record room[NEAR + 1];
	const struct run_record *v;

	if (hi > n)
		hi = n;
	while (lo < hi && hi - lo > NEAR) {
		mid = lo + (hi - lo) / 2;
		if (!run_at(u, t, mid, room))
			return 0;
		if (id_cmp(&room[0].id, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* hi may be the first of them. */
	if (lo > hi || lo >= n)
		return 0;
	n = hi < n ? hi - lo + 1 : hi - lo;
	v = look(u, t, lo, n, room);
	for (i = 0; v != NULL && i < n; i++)
		if (id_equal(&v[i].id, id)) {
			*pos = lo + i;
			*out = v[i];
			return 1;
		}
	return 0;
}

int
run_alive(const struct run *u, const struct run_record *r)
{
	return r->pack < u->is.n_packs &&
	    u->is.packs[r->pack].file < u->is.n_files &&
	    u->live[u->is.packs[r->pack].file];
}

void
run_where(const struct run *u, const struct run_record *r, struct blob_at *out)
{
	*out = (struct blob_at){
		.pack = u->is.packs[r->pack].id,
		.offset = r->offset, .length = r->length,
		.plain = r->plain ? r->plain : r->length < 32 ? 0 :
		    r->length - 32,
		.compressed = r->plain != 0,
	};
}

void
run_living(const struct run *u, uint64_t blobs[2], uint64_t *packs)
{
	const struct run_file *f;
	uint32_t i;

	blobs[0] = blobs[1] = *packs = 0;
	for (i = 0; i < u->is.n_files; i++) {
		f = &u->is.files[i];
		if (!u->live[i])
			continue;
		blobs[0] += f->blobs[0];
		blobs[1] += f->blobs[1];
		*packs += f->packs;
	}
}
