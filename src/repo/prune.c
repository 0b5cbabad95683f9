#include <stdlib.h>
#include <string.h>

#include "repo/prune_impl.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/decimal.h"
#include "util/err.h"
#include "util/size.h"
#include "util/xalloc.h"

uint64_t
prune_small(const struct repo *r, int repack_small)
{
	return repack_small ? r->options.pack_size / 5 * 4 :
	    r->options.pack_size / 25;
}

int
prune_parse_unused(const char *s, struct prune_options *o, struct err *e)
{
	unsigned hundredths;

	if (strcmp(s, "unlimited") == 0) {
		o->max_unused = PRUNE_UNLIMITED;
		return 0;
	}
	if (strchr(s, '%') == NULL) {
		o->max_unused = PRUNE_BYTES;
		return size_parse(s, &o->max_unused_bytes, e);
	}
	if (size_parse_percent(s, &hundredths, e) < 0)
		return -1;
	if (hundredths >= 10000)
		return err_set(e, ERR_USAGE, "max-unused: below 100 %%");
	o->max_unused = PRUNE_PERCENT;
	o->max_unused_percent = hundredths / 100.0;
	return 0;
}

void
prune_step(const struct prune *p, enum prune_step step, uint64_t done,
    uint64_t total)
{
	if (p->o.step != NULL)
		p->o.step(p->o.arg, step, done, total);
}

struct prune_pack *
prune_find(const struct prune *p, const struct id *id)
{
	size_t lo = 0, hi = p->n, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = id_cmp(&p->v[mid].id, id);
		if (c == 0)
			return &p->v[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int
prune_must_compress(const struct prune *p, enum blob_type t, int compressed)
{
	return !compressed && p->r->version >= 2 &&
	    (t == BLOB_TREE || p->o.uncompressed);
}

/* ---- what snapshots need ---- */

struct roots {
	const struct prune *p;
	struct id	*v;
	size_t		 n;
	int		 failed;
	struct err	*e;
};

/* A snapshot that cannot be read may need anything. */
static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	struct roots *roots = arg;

	(void)id;
	if (!roots->failed && roots->e != NULL)
		*roots->e = *why;
	roots->failed = 1;
}

static int
counts_as_gone(const struct prune *p, const struct id *snapshot)
{
	size_t i;

	for (i = 0; i < p->o.n_without; i++)
		if (id_equal(&p->o.without[i], snapshot))
			return 1;
	return 0;
}

static int
find_roots(struct roots *roots, struct err *e)
{
	struct snapshots all = {0};
	size_t i;

	roots->e = e;
	if (snapshots_load(roots->p->r, NULL, bad_snapshot, roots, &all, e) < 0)
		return -1;
	roots->v = xallocn(all.n, sizeof(*roots->v));
	for (i = 0; i < all.n; i++)
		if (!counts_as_gone(roots->p, &all.v[i].id))
			roots->v[roots->n++] = all.v[i].tree;
	snapshots_fini(&all);
	return roots->failed ? -1 : 0;
}

static void
step_trees(void *arg, uint64_t trees)
{
	prune_step(arg, PRUNE_TREES, trees, 0);
}

static int
find_used(struct prune *p, struct err *e)
{
	struct used_watch watch = { .step = step_trees, .arg = p };
	struct roots roots = { .p = p };
	int r;

	prune_step(p, PRUNE_TREES, 0, 0);
	r = find_roots(&roots, e);
	if (r == 0)
		r = used_find(p->r, roots.v, roots.n, &watch, &p->blobs, e);
	free(roots.v);
	return r;
}

/* ---- the plan ---- */

static int
plan(struct prune *p, struct err *e)
{
	struct err here;

	/* What is removed by a wrong index is lost. */
	if (index_verify(p->r, e) < 0 ||
	    find_used(p, e != NULL ? e : &here) < 0)
		return -1;
	prune_step(p, PRUNE_INDEX, 0, 0);
	if (prune_count(p, e) < 0)
		return -1;
	prune_step(p, PRUNE_PACKS, 0, 0);
	return prune_decide(p, e);
}

int
prune_plan(struct repo *r, const struct prune_options *o, struct prune **out,
    struct err *e)
{
	struct prune *p = xalloc(sizeof(*p));
	struct store_caps caps;

	p->r = r;
	p->o = *o;
	/* What cannot be read cannot be packed anew; it goes when nothing in it is
	 * needed any more. */
	store_caps(r->store, &caps);
	p->o.cacheable_only |= caps.cold;
	if (plan(p, e) < 0) {
		prune_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
prune_stats(const struct prune *p, struct prune_stats *out)
{
	*out = p->st;
}

void
prune_free(struct prune *p)
{
	if (p == NULL)
		return;
	used_free(p->blobs);
	free(p->v);
	free(p->strays);
	free(p);
}
