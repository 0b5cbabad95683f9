/*
 * Writing a run; its form is told in index_run.h.  The records are written as
 * they come, then what could not be known before: the fan-out, the sums, and at
 * last the head.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "repo/index_run.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define BUCKET		16	/* records a place of the fan-out, about */
#define BLOCKS		8	/* written at once */
#define FLUSH_EVERY	((uint64_t)8 << 20)

struct run_writer {
	struct cache_run_file file;
	const struct run_content *is;
	struct run_head	 head;
	struct run_layout lay;
	uint32_t	*fan[2];
	size_t		 filled[2];	/* of the fan-out */
	size_t		 added[2];
	uint64_t	*sums;

	unsigned char	*out;		/* BLOCKS of them */
	size_t		 len;
	uint64_t	 block;		/* where out goes */
	uint64_t	 flushed;	/* so far is on its way to the disk */
};

static unsigned
bits_for(uint32_t n)
{
	unsigned bits = 0;

	while (bits < RUN_BITS_MAX && n >> bits > BUCKET)
		bits++;
	return bits;
}

static int
bad_write(struct err *e)
{
	return err_sys(e, "write an index run");
}

int
run_write_start(struct run_writer **out, int dir,
    const struct run_content *content, struct err *e)
{
	struct run_writer *w;
	int t;

	if (content->n[0] > RUN_RECORDS_MAX || content->n[1] > RUN_RECORDS_MAX ||
	    content->n_packs > RUN_PACKS_MAX || content->n_files > RUN_FILES_MAX)
		return err_set(e, ERR_USAGE, "the index has too many blobs");
	w = xalloc(sizeof(*w));
	w->is = content;
	w->head = (struct run_head){
		.magic = RUN_MAGIC, .order = RUN_ORDER,
		.n_files = content->n_files, .n_packs = content->n_packs,
	};
	for (t = 0; t < 2; t++) {
		w->head.n[t] = content->n[t];
		w->head.bits[t] = bits_for(content->n[t]);
		w->fan[t] = xallocn(((size_t)1 << w->head.bits[t]) + 1,
		    sizeof(uint32_t));
	}
	run_lay(&w->head, &w->lay);
	w->sums = xallocn(w->lay.n_blocks, sizeof(*w->sums));
	w->out = xalloc(BLOCKS * RUN_BLOCK);
	w->block = w->lay.records_block;
	*out = w;
	if (cache_run_make(dir, &w->file, e) == 0)
		return 0;
	run_write_drop(w);
	return -1;
}

void
run_write_drop(struct run_writer *w)
{
	if (w == NULL)
		return;
	cache_run_drop(&w->file);
	free(w->fan[0]);
	free(w->fan[1]);
	free(w->sums);
	free(w->out);
	free(w);
}

/* Write what is in out; the last block is filled with zeroes. */
static int
put_blocks(struct run_writer *w, struct err *e)
{
	size_t n = (w->len + RUN_BLOCK - 1) / RUN_BLOCK, i;
	uint64_t at = RUN_HEAD + w->block * RUN_BLOCK;

	memset(w->out + w->len, 0, n * RUN_BLOCK - w->len);
	for (i = 0; i < n; i++)
		w->sums[w->block + i] = run_block_sum(w->block + i,
		    w->out + i * RUN_BLOCK);
	if (fd_pwrite_full(w->file.fd, w->out, n * RUN_BLOCK, at) < 0)
		return bad_write(e);
	w->block += n;
	w->len = 0;
	return 0;
}

static int
put(struct run_writer *w, const void *data, size_t len, struct err *e)
{
	const unsigned char *p = data;
	size_t n;

	while (len > 0) {
		n = BLOCKS * RUN_BLOCK - w->len;
		n = len < n ? len : n;
		memcpy(w->out + w->len, p, n);
		w->len += n;
		p += n;
		len -= n;
		if (w->len == BLOCKS * RUN_BLOCK && put_blocks(w, e) < 0)
			return -1;
	}
	return 0;
}

/* A long run begins to go to the disk while it is written, so that flushing it
 * in the end is short. */
static void
push(struct run_writer *w)
{
	uint64_t to = RUN_HEAD + w->block * RUN_BLOCK;

	if (w->flushed == 0)
		w->flushed = w->lay.records;
	if (w->file.dir < 0 || to < w->flushed + FLUSH_EVERY)
		return;
	sync_file_range(w->file.fd, (off_t)w->flushed,
	    (off_t)(to - w->flushed), SYNC_FILE_RANGE_WRITE);
	w->flushed = to;
}

int
run_write_add(struct run_writer *w, enum blob_type t,
    const struct run_record *r, struct err *e)
{
	size_t b = run_bucket(&r->id, w->head.bits[t]);

	if (w->added[t] == w->head.n[t])
		return err_set(e, ERR_CORRUPT,
		    "an index run holds more blobs than its files");
	while (w->filled[t] <= b)
		w->fan[t][w->filled[t]++] = (uint32_t)w->added[t];
	w->added[t]++;
	if (put(w, r, sizeof(*r), e) < 0)
		return -1;
	if (w->len == 0)
		push(w);
	return 0;
}

static int
put_rest(struct run_writer *w, struct err *e)
{
	const struct run_content *c = w->is;
	size_t fan;
	int t;

	if (put_blocks(w, e) < 0)
		return -1;
	w->block = w->lay.packs_block;
	if (put(w, c->packs, c->n_packs * sizeof(*c->packs), e) < 0 ||
	    put_blocks(w, e) < 0)
		return -1;
	w->block = 0;
	if (put(w, c->files, c->n_files * sizeof(*c->files), e) < 0)
		return -1;
	for (t = 0; t < 2; t++) {
		fan = ((size_t)1 << w->head.bits[t]) + 1;
		while (w->filled[t] < fan)
			w->fan[t][w->filled[t]++] = w->head.n[t];
		if (put(w, w->fan[t], fan * sizeof(uint32_t), e) < 0)
			return -1;
	}
	return put_blocks(w, e);
}

static int
put_head(struct run_writer *w, struct err *e)
{
	uint64_t n = w->lay.n_blocks;

	w->head.sums = run_sums_sum(w->sums, n);
	w->head.self = run_head_sum(&w->head);
	if (fd_pwrite_full(w->file.fd, w->sums, n * sizeof(*w->sums),
	    w->lay.sums) < 0 ||
	    fd_pwrite_full(w->file.fd, &w->head, sizeof(w->head), 0) < 0)
		return bad_write(e);
	return 0;
}

int
run_write_finish(struct run_writer *w, struct run **out, struct err *e)
{
	int r;

	if (w->added[0] != w->head.n[0] || w->added[1] != w->head.n[1])
		r = err_set(e, ERR_CORRUPT,
		    "an index run holds fewer blobs than its files");
	else if (put_rest(w, e) < 0 || put_head(w, e) < 0)
		r = -1;
	else
		r = run_open(&w->file, out, e);
	run_write_drop(w);
	return r;
}
