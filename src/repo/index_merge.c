#include <stdlib.h>
#include <string.h>

#include "repo/index_merge.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

struct cursor {
	struct run	*u;
	size_t		 at, n;		/* records of both types */
	int		 all_live;
	enum blob_type	 type;		/* of rec */
	const struct run_record *rec;
	struct run_record *block;
};

struct merge {
	struct cursor	*v;
	size_t		 n;
	size_t		*heap;		/* cursors, the first one on top */
	size_t		 heaped;
	int		 started;
};

static int
doubt(struct run *u, struct err *e)
{
	u->doubted = 1;
	return run_damaged(u, e);
}

static int
read_block(struct cursor *c, struct err *e)
{
	uint64_t i = c->u->records_block + c->at / RUN_BLOCK_RECORDS;

	if (fd_pread_full(c->u->file.fd, c->block, RUN_BLOCK, RUN_HEAD +
	    i * RUN_BLOCK) != (ssize_t)RUN_BLOCK ||
	    !run_verify_block(c->u, i, c->block))
		return doubt(c->u, e);
	return 0;
}

/* The next that is live: 1, 0 or -1. */
static int
cursor_next(struct cursor *c, struct err *e)
{
	while (c->at < c->n) {
		if (c->at % RUN_BLOCK_RECORDS == 0 && read_block(c, e) < 0)
			return -1;
		c->rec = &c->block[c->at % RUN_BLOCK_RECORDS];
		c->type = c->at < c->u->is.n[0] ? BLOB_DATA : BLOB_TREE;
		c->at++;
		if (c->all_live ? c->rec->pack < c->u->is.n_packs :
		    run_alive(c->u, c->rec))
			return 1;
	}
	return 0;
}

/* Then there is no need to ask each record's pack, which lies anywhere. */
static int
all_live(const struct run *u)
{
	uint32_t i;

	for (i = 0; i < u->is.n_files; i++)
		if (!u->live[i])
			return 0;
	for (i = 0; i < u->is.n_packs; i++)
		if (u->is.packs[i].file >= u->is.n_files)
			return 0;
	return 1;
}

static int
before(const struct merge *m, size_t a, size_t b)
{
	const struct cursor *x = &m->v[a], *y = &m->v[b];
	int c;

	if (x->type != y->type)
		return x->type < y->type;
	c = id_cmp(&x->rec->id, &y->rec->id);
	return c != 0 ? c < 0 : a < b;
}

static void
sift_down(struct merge *m, size_t i)
{
	size_t child, c = m->heap[i];

	while ((child = 2 * i + 1) < m->heaped) {
		if (child + 1 < m->heaped &&
		    before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m, m->heap[child], c))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = c;
}

int
merge_open(struct merge **out, struct run *const *runs, size_t n,
    struct err *e)
{
	struct merge *m = xalloc(sizeof(*m));
	size_t i;
	int r;

	m->v = xallocn(n, sizeof(*m->v));
	m->heap = xallocn(n, sizeof(*m->heap));
	m->n = n;
	for (i = 0; i < n; i++) {
		m->v[i] = (struct cursor){
			.u = runs[i],
			.n = (size_t)runs[i]->is.n[0] + runs[i]->is.n[1],
			.block = xalloc(RUN_BLOCK),
		};
		r = run_verify_packs(runs[i], NULL) < 0 ? doubt(runs[i], e) : 0;
		m->v[i].all_live = r == 0 && all_live(runs[i]);
		if (r == 0)
			r = cursor_next(&m->v[i], e);
		if (r < 0) {
			merge_free(m);
			return -1;
		}
		if (r > 0)
			m->heap[m->heaped++] = i;
	}
	for (i = m->heaped / 2; i-- > 0;)
		sift_down(m, i);
	*out = m;
	return 0;
}

int
merge_next(struct merge *m, struct merged *out, struct err *e)
{
	struct cursor *c;
	int r;

	if (m->started) {
		r = cursor_next(&m->v[m->heap[0]], e);
		if (r < 0)
			return -1;
		if (r == 0)
			m->heap[0] = m->heap[--m->heaped];
		if (m->heaped > 0)
			sift_down(m, 0);
	}
	if (m->heaped == 0) {
		m->started = 0;
		return 0;
	}
	m->started = 1;
	c = &m->v[m->heap[0]];
	out->r = *c->rec;
	out->type = c->type;
	out->run = m->heap[0];
	out->at = c->at - 1;
	return 1;
}

void
merge_free(struct merge *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		free(m->v[i].block);
	free(m->v);
	free(m->heap);
	free(m);
}

/* ---- into one ---- */

struct joined {
	struct run_content is;
	struct run_file	*files;
	struct run_pack	*packs;
	uint32_t	**number;	/* by run: the new number of each pack */
	size_t		 n_runs;
};

static void
clean_joined(struct joined *j)
{
	size_t i;

	for (i = 0; i < j->n_runs; i++)
		free(j->number[i]);
	free(j->number);
	free(j->files);
	free(j->packs);
}

/* The live files of a run, and their packs, behind those of others. */
static void
join(struct joined *j, size_t run, const struct run *u)
{
	CLEAN_FREE uint32_t *file = xallocn(u->is.n_files, sizeof(*file));
	const struct run_pack *p;
	uint32_t i;

	for (i = 0; i < u->is.n_files; i++) {
		if (!u->live[i])
			continue;
		file[i] = j->is.n_files;
		j->files[j->is.n_files++] = u->is.files[i];
		j->is.n[0] += u->is.files[i].blobs[0];
		j->is.n[1] += u->is.files[i].blobs[1];
	}
	j->number[run] = xallocn(u->is.n_packs, sizeof(uint32_t));
	for (i = 0; i < u->is.n_packs; i++) {
		p = &u->is.packs[i];
		if (p->file >= u->is.n_files || !u->live[p->file])
			continue;
		j->number[run][i] = j->is.n_packs;
		j->packs[j->is.n_packs] = *p;
		j->packs[j->is.n_packs++].file = file[p->file];
	}
}

static void
join_all(struct joined *j, struct run *const *runs, size_t n)
{
	size_t files = 0, packs = 0, i;

	for (i = 0; i < n; i++) {
		files += runs[i]->is.n_files;
		packs += runs[i]->is.n_packs;
	}
	j->files = xallocn(files, sizeof(*j->files));
	j->packs = xallocn(packs, sizeof(*j->packs));
	j->number = xallocn(n, sizeof(*j->number));
	j->n_runs = n;
	for (i = 0; i < n; i++)
		join(j, i, runs[i]);
	j->is.files = j->files;
	j->is.packs = j->packs;
}

static int
pour(struct merge *m, const struct joined *j, struct run_writer *w,
    struct err *e)
{
	struct merged x;
	int r;

	while ((r = merge_next(m, &x, e)) == 1) {
		x.r.pack = j->number[x.run][x.r.pack];
		if (run_write_add(w, x.type, &x.r, e) < 0)
			return -1;
	}
	return r;
}

int
merge_runs(struct run *const *runs, size_t n, int dir, struct run **out,
    struct err *e)
{
	CLEAN(clean_joined) struct joined j = {0};
	struct run_writer *w;
	struct merge *m;
	int r;

	if (merge_open(&m, runs, n, e) < 0)
		return -1;
	join_all(&j, runs, n);
	if (run_write_start(&w, dir, &j.is, e) < 0) {
		merge_free(m);
		return -1;
	}
	r = pour(m, &j, w, e);
	merge_free(m);
	if (r < 0) {
		run_write_drop(w);
		return -1;
	}
	return run_write_finish(w, out, e);
}
