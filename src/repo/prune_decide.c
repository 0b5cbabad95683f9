/* Which packs stay, go, or are written again (restic-format 1.17, 3 to 5). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "repo/prune_impl.h"
#include "repo/repo.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define SMALL_FEW	10	/* so few are left as they are */

struct decide {
	struct prune	*p;
	struct prune_pack **may;	/* candidates to be written again */
	size_t		 n, cap;
	struct prune_pack **small;	/* for nothing but their size */
	size_t		 n_small, cap_small;
	struct err	*e;
};

static uint64_t
bytes_of(const struct prune_pack *k)
{
	return k->used_bytes + k->unused_bytes;
}

static int
wrong_size(const struct prune_pack *k, uint64_t size, struct err *e)
{
	char hex[ID_HEX];

	id_hex(&k->id, hex);
	return err_set(e, ERR_CORRUPT, "pack %s has %" PRIu64 " bytes where its "
	    "blobs need %" PRIu64 "; `repair index' first", hex, size,
	    bytes_of(k));
}

static void
keep(struct prune *p, struct prune_pack *k)
{
	k->fate = PRUNE_KEEP;
	p->st.packs.keep++;
}

static void
remove_pack(struct prune *p, struct prune_pack *k)
{
	k->fate = k->there ? PRUNE_GO : PRUNE_FORGET;
	p->st.packs.remove += k->there;
	p->st.remove.blobs += k->unused;
	p->st.remove.bytes += k->unused_bytes;
	if (k->plain && k->there)
		p->st.uncompressed -= bytes_of(k);
}

static void
add_candidate(struct decide *d, struct prune_pack *k)
{
	XGROW(d->may, d->n, d->cap);
	d->may[d->n++] = k;
}

static int
has_to_change(const struct prune *p, const struct prune_pack *k)
{
	return k->plain && prune_must_compress(p, k->kind == PRUNE_DATA ?
	    BLOB_DATA : BLOB_TREE, 0);
}

static void
decide_pack(struct decide *d, struct prune_pack *k)
{
	struct prune *p = d->p;

	if (k->used == 0) {
		remove_pack(p, k);
	} else if (p->o.cacheable_only && k->kind == PRUNE_DATA) {
		keep(p, k);
	} else if (k->unused == 0 && k->kind != PRUNE_MIXED &&
	    !has_to_change(p, k)) {
		if (bytes_of(k) >= p->o.small) {
			keep(p, k);
			return;
		}
		XGROW(d->small, d->n_small, d->cap_small);
		d->small[d->n_small++] = k;
	} else {
		add_candidate(d, k);
	}
}

static int
see_pack(void *arg, const struct store_name *n, uint64_t size)
{
	struct decide *d = arg;
	struct prune *p = d->p;
	struct prune_pack *k;
	struct id id;

	memcpy(id.b, n->id, ID_LEN);
	k = prune_find(p, &id);
	if (k == NULL) {
		XGROW(p->strays, p->n_strays, p->cap_strays);
		p->strays[p->n_strays++] = id;
		p->st.unreferenced += size;
		return 0;
	}
	if (bytes_of(k) != size && k->used != 0)
		return wrong_size(k, size, d->e);
	k->there = 1;
	if (k->used == 0)
		p->st.packs.unused++;
	else if (k->unused == 0)
		p->st.packs.used++;
	else
		p->st.packs.partly++;
	if (k->plain)
		p->st.uncompressed += bytes_of(k);
	return 0;
}

static int
missing(size_t n, const struct prune_pack *k, struct err *e)
{
	char hex[ID_HEX];

	id_hex(&k->id, hex);
	return err_set(e, ERR_CORRUPT, "%zu packs that are needed are not there, "
	    "%s the first of them; `repair index' first", n, hex);
}

static int
decide_all(struct decide *d)
{
	const struct prune_pack *first = NULL;
	struct prune *p = d->p;
	size_t i, gone = 0;

	for (i = 0; i < p->n; i++) {
		if (!p->v[i].there && p->v[i].used != 0) {
			first = gone++ ? first : &p->v[i];
			continue;
		}
		decide_pack(d, &p->v[i]);
	}
	if (gone > 0)
		return missing(gone, first, d->e);
	for (i = 0; i < d->n_small; i++) {
		if (d->n_small < SMALL_FEW)
			keep(p, d->small[i]);
		else
			add_candidate(d, d->small[i]);
	}
	return 0;
}

/* Trees and mixed ones first, then small ones, then those where most is
 * unused. */
static int
more_urgent(const void *a, const void *b, void *arg)
{
	const struct prune_pack *const *x = a, *const *y = b;
	const struct prune *p = arg;
	int s = (*x)->kind == PRUNE_DATA, t = (*y)->kind == PRUNE_DATA;
	double u, v;

	if (s != t)
		return s - t;
	s = bytes_of(*x) >= p->o.small;
	t = bytes_of(*y) >= p->o.small;
	if (s != t)
		return s - t;
	u = (double)(*x)->unused_bytes * (double)(*y)->used_bytes;
	v = (double)(*y)->unused_bytes * (double)(*x)->used_bytes;
	return u > v ? -1 : u < v ? 1 : id_cmp(&(*x)->id, &(*y)->id);
}

static uint64_t
may_stay(const struct prune *p)
{
	double share = p->o.max_unused_percent;

	switch (p->o.max_unused) {
	case PRUNE_PERCENT:
		return (uint64_t)(share / (100 - share) *
		    (double)p->st.used.bytes);
	case PRUNE_BYTES:
		return p->o.max_unused_bytes;
	default:
		return UINT64_MAX;
	}
}

static void
write_again(struct prune *p, struct prune_pack *k)
{
	k->fate = PRUNE_AGAIN;
	p->st.packs.repack++;
	p->st.repack.blobs += (uint64_t)k->used + k->unused;
	p->st.repack.bytes += bytes_of(k);
	p->st.repack_removes.blobs += k->unused;
	p->st.repack_removes.bytes += k->unused_bytes;
	if (k->plain)
		p->st.uncompressed -= bytes_of(k);
}

/* Trees, and what has to change, whatever it costs; and of data as much as it
 * takes to come below what may stay. */
static int
is_worth_it(const struct prune *p, const struct prune_pack *k, uint64_t most)
{
	const struct prune_stats *st = &p->st;
	uint64_t left = st->duplicate.bytes + st->unused.bytes -
	    st->remove.bytes - st->repack_removes.bytes;

	return k->kind != PRUNE_DATA || has_to_change(p, k) ||
	    bytes_of(k) < p->o.small || left >= most;
}

static int
is_too_much(const struct prune *p, const struct prune_pack *k)
{
	return p->o.max_repack != 0 &&
	    p->st.repack.bytes + bytes_of(k) >= p->o.max_repack;
}

static void
choose(struct decide *d)
{
	struct prune *p = d->p;
	uint64_t most = may_stay(p);
	size_t i;

	if (d->n > 1)
		qsort_r(d->may, d->n, sizeof(struct prune_pack *), more_urgent,
		    p);
	for (i = 0; i < d->n; i++) {
		if (!is_too_much(p, d->may[i]) &&
		    is_worth_it(p, d->may[i], most))
			write_again(p, d->may[i]);
		else
			keep(p, d->may[i]);
	}
}

int
prune_decide(struct prune *p, struct err *e)
{
	struct decide d = { .p = p, .e = e };
	int r = store_list(p->r->store, STORE_PACK, see_pack, &d, e);

	if (r == 0)
		r = decide_all(&d);
	if (r == 0)
		choose(&d);
	p->st.packs.unreferenced = p->n_strays;
	if (p->r->version < 2)
		p->st.uncompressed = 0;
	free(d.may);
	free(d.small);
	return r;
}
