/*
 * Which runs there are.  They are kept so that each is at least twice as big as
 * all that are smaller together: then they are few (a dozen for any index), and
 * a blob is written again only a few times while a repository grows.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/index_impl.h"
#include "repo/index_merge.h"
#include "util/clean.h"
#include "util/err.h"

#define RATIO		2
#define DEAD_SHARE	3	/* a third of it dead: it is written again */

/* What of it is live, where an empty index file is something, too. */
static uint64_t
weight(const struct run *u)
{
	uint64_t blobs[2], packs, n;
	uint32_t i;

	run_living(u, blobs, &packs);
	n = blobs[0] + blobs[1];
	for (i = 0; i < u->is.n_files; i++)
		n += u->live[i];
	return n;
}

static int
mostly_live(const struct run *u)
{
	uint64_t all = (uint64_t)u->is.n[0] + u->is.n[1] + u->is.n_files;

	return weight(u) * DEAD_SHARE >= all * (DEAD_SHARE - 1);
}

static int
heavier(const void *a, const void *b)
{
	struct run *const *x = a, *const *y = b;
	uint64_t v = weight(*x), w = weight(*y);

	return v > w ? -1 : v < w ? 1 : strcmp((*x)->name, (*y)->name);
}

/* Big ones first: most blobs are in them. */
static void
sort(struct runs *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(struct run *), heavier);
}

static void
lock(struct index *ix)
{
	pthread_rwlock_wrlock(&ix->sync->lock);
}

static void
unlock(struct index *ix)
{
	pthread_rwlock_unlock(&ix->sync->lock);
}

void
index_put_in(struct index *ix, struct runs *s)
{
	size_t i;

	lock(ix);
	for (i = 0; i < s->n; i++)
		runs_add(&ix->runs, s->v[i]);
	sort(&ix->runs);
	unlock(ix);
	s->n = 0;
	runs_fini(s);
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

void
index_bury(struct index *ix, const struct id *files, size_t n)
{
	struct run *u;
	size_t i;
	uint32_t f;

	if (n == 0)
		return;
	lock(ix);
	for (i = 0; i < ix->runs.n; i++) {
		u = ix->runs.v[i];
		for (f = 0; f < u->is.n_files; f++)
			if (bsearch(&u->is.files[f].id, files, n,
			    sizeof(*files), by_id) != NULL)
				u->live[f] = 0;
	}
	unlock(ix);
}

/* From which run on they are to be merged into one; n: none of them. */
static size_t
merge_from(const struct runs *s)
{
	uint64_t smaller = 0, w;
	size_t from = s->n, i;

	for (i = s->n; i-- > 0;) {
		w = weight(s->v[i]);
		if ((smaller > 0 && w < RATIO * smaller) ||
		    !mostly_live(s->v[i]))
			from = i;
		smaller += w;
	}
	return from;
}

/* Those from there on leave the list, and one takes their place, or none. */
static void
replace(struct index *ix, size_t from, struct run *with)
{
	size_t i;

	lock(ix);
	for (i = from; i < ix->runs.n; i++)
		runs_add(&ix->gone, ix->runs.v[i]);
	ix->runs.n = from;
	if (with != NULL)
		runs_add(&ix->runs, with);
	sort(&ix->runs);
	unlock(ix);
}

static int
any_doubted(const struct runs *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i]->doubted)
			return 1;
	return 0;
}

static void
finish(struct index *ix)
{
	size_t i;

	for (i = 0; i < ix->runs.n; i++)
		run_publish(ix->runs.v[i]);
	for (i = 0; i < ix->gone.n; i++)
		run_unpublish(ix->gone.v[i]);
	runs_fini(&ix->gone);
}

int
index_settle(struct index *ix)
{
	struct run *one;
	size_t from, last;
	int dir = ix->dir;

	lock(ix);
	sort(&ix->runs);
	unlock(ix);
	while (ix->runs.n > 0) {
		last = ix->runs.n - 1;
		if (weight(ix->runs.v[last]) == 0) {
			replace(ix, last, NULL);
			continue;
		}
		from = merge_from(&ix->runs);
		if (from > last)
			break;
		if (merge_runs(ix->runs.v + from, ix->runs.n - from, dir, &one,
		    NULL) < 0)
			break;
		replace(ix, from, one);
	}
	finish(ix);
	return any_doubted(&ix->runs);
}
