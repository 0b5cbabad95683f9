/*
 * The index by pack.  Runs are sorted by id, so their records are dealt into
 * parts: each is some packs that come one after the other, small enough to be
 * sorted in memory.  How many blobs a pack has is known, so each part's place
 * in a file without a name is, too, and all is written and read once.  An index
 * that is one part needs no file.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/index_impl.h"
#include "repo/index_merge.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define PART		((uint64_t)50000)	/* blobs: 3 MiB, twice */
#define HELD		((size_t)512)	/* of a part, until they are written */
#define NOT_WANTED	UINT32_MAX

struct loose {
	uint64_t	 blob;		/* its number */
	struct id	 id;
	uint32_t	 pack, offset, length, plain;
	unsigned char	 type, dup;
};

struct heap {
	struct id	 id, file;
	uint32_t	 run, number;	/* where it comes from */
	uint32_t	 blobs;
	size_t		 at, dealt;	/* in its part */
};

struct part {
	size_t		 first, n;	/* packs */
	uint64_t	 at, blobs;	/* in the file, in records */
	uint64_t	 written;
	struct loose	*held;
	size_t		 n_held;
};

struct deal {
	const struct index *ix;
	int (*want)(void *arg, const struct run *u, uint32_t pack);
	void		*want_arg;

	struct heap	*packs;		/* in order */
	uint32_t	*part;		/* of each; beside them, to be near */
	size_t		 n, cap;
	uint32_t	**order;	/* by run: each pack's place in packs */
	uint64_t	*base;		/* by run: the number of its first blob */
	size_t		 n_runs;
	struct part	*parts;
	size_t		 n_parts, cap_parts;
	struct cache_run_file file;

	struct loose	*same;		/* all places of one blob */
	const struct id	**where;	/* their packs */
	size_t		 n_same, cap_same, cap_where;

	struct loose	*raw, *sorted;	/* a part */
	struct pack_entry *v;		/* a pack */
	unsigned char	*dup;
	size_t		*number;
	size_t		 cap_v, cap_dup, cap_number;
};

static void
deal_fini(struct deal *d)
{
	size_t i;

	for (i = 0; i < d->n_runs; i++)
		free(d->order[i]);
	for (i = 0; i < d->n_parts; i++)
		free(d->parts[i].held);
	free(d->packs);
	free(d->part);
	free(d->order);
	free(d->parts);
	free(d->same);
	free(d->where);
	free(d->raw);
	free(d->sorted);
	free(d->v);
	free(d->dup);
	free(d->number);
	free(d->base);
	cache_run_drop(&d->file);
}

static int
by_name(const void *a, const void *b)
{
	const struct heap *x = a, *y = b;
	int c = id_cmp(&x->id, &y->id);

	return c != 0 ? c : id_cmp(&x->file, &y->file);
}

static void
gather_run(struct deal *d, size_t run)
{
	const struct run *u = d->ix->runs.v[run];
	const struct run_pack *p;
	uint32_t i;

	d->order[run] = xallocn(u->is.n_packs, sizeof(uint32_t));
	for (i = 0; i < u->is.n_packs; i++) {
		p = &u->is.packs[i];
		d->order[run][i] = NOT_WANTED;
		if (p->file >= u->is.n_files || !u->live[p->file] ||
		    (d->want != NULL && !d->want(d->want_arg, u, i)))
			continue;
		XGROW(d->packs, d->n, d->cap);
		d->packs[d->n++] = (struct heap){
			.id = p->id, .file = u->is.files[p->file].id,
			.run = (uint32_t)run, .number = i, .blobs = p->blobs,
		};
	}
}

/* The packs in order, and which of them make a part. */
static void
gather(struct deal *d)
{
	struct part *p = NULL;
	uint64_t at = 0;
	size_t i;

	d->n_runs = d->ix->runs.n;
	d->order = xallocn(d->n_runs, sizeof(*d->order));
	d->base = xallocn(d->n_runs + 1, sizeof(*d->base));
	for (i = 0; i < d->n_runs; i++) {
		gather_run(d, i);
		d->base[i + 1] = d->base[i] + d->ix->runs.v[i]->is.n[0] +
		    d->ix->runs.v[i]->is.n[1];
	}
	if (d->n > 1)
		qsort(d->packs, d->n, sizeof(*d->packs), by_name);
	d->part = xallocn(d->n, sizeof(*d->part));
	for (i = 0; i < d->n; i++) {
		if (p == NULL || p->blobs + d->packs[i].blobs > PART) {
			XGROW(d->parts, d->n_parts, d->cap_parts);
			p = &d->parts[d->n_parts++];
			*p = (struct part){ .first = i, .at = at };
		}
		d->part[i] = (uint32_t)(d->n_parts - 1);
		d->packs[i].at = p->blobs;
		d->order[d->packs[i].run][d->packs[i].number] = (uint32_t)i;
		p->n++;
		p->blobs += d->packs[i].blobs;
		at += d->packs[i].blobs;
	}
}

static int
miscounted(struct err *e)
{
	return err_set(e, ERR_CORRUPT,
	    "an index run in the cache does not count right");
}

static int
write_part(struct deal *d, struct part *p, struct err *e)
{
	uint64_t at = (p->at + p->written) * sizeof(*p->held);

	if (p->written + p->n_held > p->blobs)
		return miscounted(e);
	if (fd_pwrite_full(d->file.fd, p->held, p->n_held * sizeof(*p->held),
	    at) < 0)
		return err_sys(e, "sort the index by pack");
	p->written += p->n_held;
	p->n_held = 0;
	return 0;
}

/* All places of one blob are known: deal those that are wanted. */
static int
deal_blob(struct deal *d, struct err *e)
{
	unsigned char dup = 0;
	struct part *p;
	size_t i;

	for (i = 1; i < d->n_same && !dup; i++)
		dup = !id_equal(d->where[0], d->where[i]);
	for (i = 0; i < d->n_same; i++) {
		if (d->same[i].pack == NOT_WANTED)
			continue;
		p = &d->parts[d->part[d->same[i].pack]];
		if (d->n_parts > 1 && p->n_held == HELD &&
		    write_part(d, p, e) < 0)
			return -1;
		if (p->n_held == (d->n_parts > 1 ? HELD : p->blobs))
			return miscounted(e);
		p->held[p->n_held] = d->same[i];
		/* That of the first place is that of all, as index_number has
		 * it: places come in the order of runs. */
		p->held[p->n_held].blob = d->same[0].blob;
		p->held[p->n_held++].dup = dup;
	}
	d->n_same = 0;
	return 0;
}

static void
add_place(struct deal *d, const struct merged *m)
{
	struct run_record const *r = &m->r;

	XGROW(d->same, d->n_same, d->cap_same);
	XGROW(d->where, d->n_same, d->cap_where);
	d->where[d->n_same] = &d->ix->runs.v[m->run]->is.packs[r->pack].id;
	d->same[d->n_same++] = (struct loose){
		.blob = d->base[m->run] + m->at,
		.id = r->id, .pack = d->order[m->run][r->pack],
		.offset = r->offset, .length = r->length, .plain = r->plain,
		.type = (unsigned char)m->type,
	};
}

static int
deal_all(struct deal *d, struct merge *g, struct err *e)
{
	struct merged m;
	size_t i;
	int r;

	while ((r = merge_next(g, &m, e)) == 1) {
		if (d->n_same > 0 && (d->same[0].type != m.type ||
		    !id_equal(&d->same[0].id, &m.r.id)) && deal_blob(d, e) < 0)
			return -1;
		add_place(d, &m);
	}
	if (r < 0 || deal_blob(d, e) < 0)
		return -1;
	for (i = 0; i < d->n_parts && d->n_parts > 1; i++) {
		if (write_part(d, &d->parts[i], e) < 0)
			return -1;
		if (d->parts[i].written != d->parts[i].blobs)
			return miscounted(e);
		free(d->parts[i].held);
		d->parts[i].held = NULL;
	}
	return 0;
}

static int
make_room(struct deal *d, struct err *e)
{
	int many = d->n_parts > 1;
	size_t i;

	if (many && (d->ix->dir < 0 ||
	    cache_run_make(d->ix->dir, &d->file, NULL) < 0) &&
	    cache_run_make(-1, &d->file, e) < 0)
		return -1;
	for (i = 0; i < d->n_parts; i++)
		d->parts[i].held = xallocn(many ? HELD : d->parts[i].blobs,
		    sizeof(struct loose));
	return 0;
}

static int
deal_out(struct deal *d, struct err *e)
{
	struct merge *g;
	int r;

	/* The packs are read to be counted, before their turn. */
	if (merge_open(&g, d->ix->runs.v, d->ix->runs.n, e) < 0)
		return -1;
	gather(d);
	r = make_room(d, e) < 0 ? -1 : deal_all(d, g, e);
	merge_free(g);
	return r;
}

/* A part's records, each where its pack's are. */
static int
sort_part(struct deal *d, const struct part *p, struct err *e)
{
	struct heap *h;
	size_t i;

	d->raw = xrealloc(d->raw, p->blobs, sizeof(*d->raw));
	d->sorted = xrealloc(d->sorted, p->blobs, sizeof(*d->sorted));
	if (d->n_parts == 1) {
		if (p->n_held != p->blobs)
			return miscounted(e);
		memcpy(d->raw, p->held, p->blobs * sizeof(*d->raw));
	} else if (fd_pread_full(d->file.fd, d->raw, p->blobs *
	    sizeof(*d->raw), p->at * sizeof(*d->raw)) !=
	    (ssize_t)(p->blobs * sizeof(*d->raw))) {
		return err_sys(e, "sort the index by pack");
	}
	for (i = 0; i < p->blobs; i++) {
		h = &d->packs[d->raw[i].pack];
		if (h->dealt == h->blobs)
			return miscounted(e);
		d->sorted[h->at + h->dealt++] = d->raw[i];
	}
	return 0;
}

static int
by_offset(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void
fill(struct deal *d, const struct heap *h)
{
	struct loose *from = d->sorted + h->at;
	size_t i;

	if (h->blobs > 1)
		qsort(from, h->blobs, sizeof(*from), by_offset);
	for (i = 0; i < h->blobs; i++) {
		XGROW(d->v, i, d->cap_v);
		XGROW(d->dup, i, d->cap_dup);
		XGROW(d->number, i, d->cap_number);
		d->dup[i] = from[i].dup;
		d->number[i] = from[i].blob;
		d->v[i] = (struct pack_entry){
			.id = from[i].id, .type = (enum blob_type)from[i].type,
			.offset = from[i].offset, .length = from[i].length,
			.plain = from[i].plain ? from[i].plain :
			    from[i].length < 32 ? 0 : from[i].length - 32,
			.compressed = from[i].plain != 0,
		};
	}
}

static int
give_part(struct deal *d, const struct part *p,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e)
{
	struct index_pack out;
	const struct heap *h;
	size_t i;
	int r;

	if (sort_part(d, p, e) < 0)
		return -1;
	for (i = p->first; i < p->first + p->n; i++) {
		h = &d->packs[i];
		fill(d, h);
		out = (struct index_pack){
			.id = h->id, .v = d->v, .dup = d->dup,
			.number = d->number, .n = h->blobs, .file = h->file,
		};
		r = each(arg, &out);
		if (r != 0)
			return r;
	}
	return 0;
}

int
index_each_pack(const struct index *ix,
    int (*want)(void *arg, const struct run *u, uint32_t pack), void *want_arg,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e)
{
	CLEAN(deal_fini) struct deal d = {
		.ix = ix, .want = want, .want_arg = want_arg,
		.file = { .fd = -1, .dir = -1 },
	};
	size_t i;
	int r;

	pthread_rwlock_rdlock(&ix->sync->lock);
	r = deal_out(&d, e);
	pthread_rwlock_unlock(&ix->sync->lock);
	for (i = 0; i < d.n_parts && r == 0; i++)
		r = give_part(&d, &d.parts[i], each, arg, e);
	return r;
}

int
index_packs(const struct index *ix,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e)
{
	return index_each_pack(ix, NULL, NULL, each, arg, e);
}
