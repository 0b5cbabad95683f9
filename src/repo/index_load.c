/*
 * Opening the index: which index files are there, which runs tell of them, and
 * what must still be read.
 *
 * The runs in the cache are opened before the store is listed.  So an index
 * file that a run knows and the list does not is gone, and was not made in
 * between.  Each index file counts in one run only, the one that knows most;
 * a run that is not needed goes.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/cache.h"
#include "repo/index_impl.h"
#include "repo/repo.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define ROUNDS_MAX	5

struct candidate {
	struct run	*u;
	int		 known;		/* it is in use already */
	size_t		 there;		/* how many of its files are */
	unsigned char	*live;
	int		 needed;
};

struct load {
	struct index	*ix;
	struct candidate *v;
	size_t		 n, cap;
	struct id	*ids;		/* of the index files, sorted */
	size_t		 n_ids, cap_ids;
	unsigned char	*covered;	/* one an id */
	struct id	*missing;
	size_t		 n_missing;
	int		 changed;	/* since the runs were made */
};

static void
load_fini(struct load *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (!l->v[i].known)
			run_free(l->v[i].u);
		free(l->v[i].live);
	}
	free(l->v);
	free(l->ids);
	free(l->covered);
	free(l->missing);
}

static void
add_candidate(struct load *l, struct run *u, int known)
{
	XGROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct candidate){ .u = u, .known = known };
}

static void
open_named(void *arg, const char *name)
{
	struct load *l = arg;
	struct cache_run_file f = { .dir = l->ix->dir };
	struct run *u;
	struct err e;
	size_t i;

	if (strncmp(name, "run-", 4) != 0)
		return;
	for (i = 0; i < l->n; i++)
		if (strcmp(l->v[i].u->name, name) == 0)
			return;
	f.fd = cache_run_open(l->ix->dir, name);
	if (f.fd < 0)
		return;
	if (run_open(&f, &u, &e) < 0) {
		cache_run_remove(l->ix->dir, name);
		return;
	}
	u->named = strcmp(u->name, name) == 0;
	if (u->named)
		add_candidate(l, u, 0);
	else
		run_free(u);
}

/* Those in use, and those in the cache; what is damaged is not asked. */
static void
gather(struct load *l)
{
	struct runs *s = &l->ix->runs;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->v[i]->doubted)
			run_unpublish(s->v[i]);
		else
			add_candidate(l, s->v[i], 1);
	}
	if (l->ix->dir >= 0)
		cache_run_each(l->ix->dir, open_named, l);
}

static int
add_id(void *arg, const struct store_name *n, uint64_t size)
{
	struct load *l = arg;

	(void)size;
	XGROW(l->ids, l->n_ids, l->cap_ids);
	memcpy(l->ids[l->n_ids++].b, n->id, ID_LEN);
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

static int
is_passed(const struct index *ix, const struct id *file)
{
	return ix->n_passed > 0 && bsearch(file, ix->passed, ix->n_passed,
	    sizeof(*file), by_id) != NULL;
}

static int
list(struct load *l, struct store *s, struct err *e)
{
	size_t i, n = 0;

	if (store_list(s, STORE_INDEX, add_id, l, e) < 0)
		return -1;
	if (l->n_ids > 1)
		qsort(l->ids, l->n_ids, sizeof(*l->ids), by_id);
	for (i = 0; i < l->n_ids; i++)
		if ((n == 0 || !id_equal(&l->ids[n - 1], &l->ids[i])) &&
		    !is_passed(l->ix, &l->ids[i]))
			l->ids[n++] = l->ids[i];
	l->n_ids = n;
	l->covered = xalloc(n);
	return 0;
}

/* Where it is among the index files, or SIZE_MAX. */
static size_t
number_of(const struct load *l, const struct id *file)
{
	const struct id *p = l->n_ids == 0 ? NULL :
	    bsearch(file, l->ids, l->n_ids, sizeof(*l->ids), by_id);

	return p == NULL ? SIZE_MAX : (size_t)(p - l->ids);
}

static int
knows_more(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->there != y->there)
		return x->there > y->there ? -1 : 1;
	if (x->u->is.n_files != y->u->is.n_files)
		return x->u->is.n_files < y->u->is.n_files ? -1 : 1;
	return strcmp(x->u->name, y->u->name);
}

/* Which run tells of which file, and which files none tells of. */
static void
assign(struct load *l)
{
	struct candidate *c;
	size_t at, i;
	uint32_t f;

	for (c = l->v; c < l->v + l->n; c++)
		for (f = 0; f < c->u->is.n_files; f++)
			c->there += number_of(l, &c->u->is.files[f].id) !=
			    SIZE_MAX;
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), knows_more);
	for (c = l->v; c < l->v + l->n; c++) {
		c->live = xalloc(c->u->is.n_files);
		for (f = 0; f < c->u->is.n_files; f++) {
			at = number_of(l, &c->u->is.files[f].id);
			l->changed |= at == SIZE_MAX;
			if (at == SIZE_MAX || l->covered[at])
				continue;
			l->covered[at] = c->live[f] = 1;
			c->needed = 1;
		}
	}
	l->missing = xallocn(l->n_ids, sizeof(*l->missing));
	for (i = 0; i < l->n_ids; i++)
		if (!l->covered[i])
			l->missing[l->n_missing++] = l->ids[i];
	l->changed |= l->n_missing > 0;
}

/* What was found becomes what is used. */
static void
commit(struct load *l, struct runs *fresh)
{
	struct index *ix = l->ix;
	struct runs now = {0};
	size_t i;

	pthread_rwlock_wrlock(&ix->sync->lock);
	for (i = 0; i < ix->runs.n; i++)
		if (ix->runs.v[i]->doubted)
			runs_add(&ix->gone, ix->runs.v[i]);
	for (i = 0; i < l->n; i++) {
		if (!l->v[i].needed) {
			runs_add(&ix->gone, l->v[i].u);
			continue;
		}
		memcpy(l->v[i].u->live, l->v[i].live, l->v[i].u->is.n_files);
		runs_add(&now, l->v[i].u);
	}
	free(ix->runs.v);
	ix->runs = now;
	pthread_rwlock_unlock(&ix->sync->lock);
	for (i = 0; i < l->n; i++)
		l->v[i].known = 1;
	index_put_in(ix, fresh);
}

/* ---- what restic's cache has and the repository has not ---- */

static int
is_listed(void *arg, const struct id *file)
{
	return number_of(arg, file) != SIZE_MAX;
}

struct packs {
	struct id	*v;
	size_t		 n, cap;
};

static void
add_packs(struct packs *p, const struct run *u)
{
	uint32_t i;

	for (i = 0; i < u->is.n_packs; i++) {
		if (u->is.packs[i].file >= u->is.n_files ||
		    !u->live[u->is.packs[i].file])
			continue;
		XGROW(p->v, p->n, p->cap);
		p->v[p->n++] = u->is.packs[i].id;
	}
}

static int
is_pack(void *arg, const struct id *pack)
{
	const struct packs *p = arg;

	return p->n > 0 &&
	    bsearch(pack, p->v, p->n, sizeof(*p->v), by_id) != NULL;
}

static void
tidy(struct repo *r, struct load *l)
{
	struct packs p = { .v = NULL };
	uint64_t blobs[2], packs;
	size_t i;

	if (r->cache == NULL || !l->changed)
		return;
	cache_sweep(r->cache, STORE_INDEX, is_listed, l);
	fresh_waiting(l->ix->fresh, blobs, &packs);
	if (packs > 0)
		return;
	for (i = 0; i < l->ix->runs.n; i++)
		add_packs(&p, l->ix->runs.v[i]);
	if (p.n > 1)
		qsort(p.v, p.n, sizeof(*p.v), by_id);
	cache_sweep(r->cache, STORE_PACK, is_pack, &p);
	free(p.v);
}

/* 0; 1 if something changed meanwhile; -1. */
static int
round_of_loading(struct repo *r, struct err *e)
{
	CLEAN(load_fini) struct load l = { .ix = r->index };
	struct runs fresh = {0};
	size_t vanished = 0;

	gather(&l);
	if (list(&l, r->store, e) < 0)
		return -1;
	assign(&l);
	if (l.n_missing > 0 && index_read_files(r, l.ix->dir, l.missing,
	    l.n_missing, &fresh, &vanished, e) < 0) {
		runs_fini(&fresh);
		return -1;
	}
	commit(&l, &fresh);
	tidy(r, &l);
	return index_settle(l.ix) || vanished > 0;
}

static void
make_index(struct repo *r)
{
	if (r->index == NULL)
		r->index = index_new(r->cache ? cache_runs_fd(r->cache) : -1);
}

void
index_pass_over(struct repo *r, const struct id *files, size_t n)
{
	struct index *ix;

	make_index(r);
	ix = r->index;
	pthread_mutex_lock(&ix->sync->work);
	free(ix->passed);
	ix->passed = xallocn(n + 1, sizeof(*ix->passed));
	ix->n_passed = n;
	if (n > 0)
		memcpy(ix->passed, files, n * sizeof(*files));
	if (n > 1)
		qsort(ix->passed, n, sizeof(*ix->passed), by_id);
	pthread_mutex_unlock(&ix->sync->work);
}

int
repo_load_index(struct repo *r, struct err *e)
{
	int i, again = 1;

	make_index(r);
	pthread_mutex_lock(&r->index->sync->work);
	for (i = 0; i < ROUNDS_MAX && again == 1; i++)
		again = round_of_loading(r, e);
	pthread_mutex_unlock(&r->index->sync->work);
	if (again == 1)
		return err_set(e, ERR_CHANGED,
		    "the index changes faster than it can be read");
	return again;
}

int
index_verify(struct repo *r, struct err *e)
{
	struct index *ix = r->index;
	size_t i, bad = 0;

	pthread_mutex_lock(&ix->sync->work);
	for (i = 0; i < ix->runs.n; i++)
		if (run_verify(ix->runs.v[i], NULL) < 0) {
			ix->runs.v[i]->doubted = 1;
			bad++;
		}
	pthread_mutex_unlock(&ix->sync->work);
	return bad == 0 ? 0 : repo_load_index(r, e);
}
