#include <stdlib.h>
#include <string.h>

#include "repo/index_impl.h"
#include "util/xalloc.h"

struct index *
index_new(int dir)
{
	struct index *ix = xalloc(sizeof(*ix));
	pthread_rwlockattr_t attr;

	ix->sync = xalloc(sizeof(*ix->sync));
	/* Lookups never pause: who changes the list would wait for ever. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&ix->sync->lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&ix->sync->work, NULL);
	ix->fresh = fresh_new();
	ix->dir = dir;
	return ix;
}

void
index_free(struct index *ix)
{
	if (ix == NULL)
		return;
	runs_fini(&ix->runs);
	runs_fini(&ix->gone);
	fresh_free(ix->fresh);
	pthread_rwlock_destroy(&ix->sync->lock);
	pthread_mutex_destroy(&ix->sync->work);
	free(ix->sync);
	free(ix->passed);
	free(ix);
}

void
runs_add(struct runs *s, struct run *u)
{
	XGROW(s->v, s->n, s->cap);
	s->v[s->n++] = u;
}

void
runs_fini(struct runs *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		run_free(s->v[i]);
	free(s->v);
	*s = (struct runs){0};
}

static void
look(const struct index *ix)
{
	pthread_rwlock_rdlock(&ix->sync->lock);
}

static void
look_away(const struct index *ix)
{
	pthread_rwlock_unlock(&ix->sync->lock);
}

/* A place of a blob in the runs: which, and where in it. */
struct spot {
	const struct run *u;
	size_t		 run, pos;
	struct run_record r;
};

/* Of the same id, live: this one or one behind it in the same run. */
static int
live_from(struct spot *s, enum blob_type t, const struct id *id)
{
	while (!run_alive(s->u, &s->r)) {
		s->pos++;
		if (!run_at(s->u, t, s->pos, &s->r) ||
		    !id_equal(&s->r.id, id))
			return 0;
	}
	return 1;
}

/* The first place in this run or a later one. */
static int
find_from(const struct index *ix, size_t run, enum blob_type t,
    const struct id *id, struct spot *s)
{
	for (; run < ix->runs.n; run++) {
		s->u = ix->runs.v[run];
		s->run = run;
		if (run_seek(s->u, t, id, &s->pos, &s->r) &&
		    live_from(s, t, id))
			return 1;
	}
	return 0;
}

/* The next place of the same blob. */
static int
find_next(const struct index *ix, enum blob_type t, const struct id *id,
    struct spot *s)
{
	s->pos++;
	if (run_at(s->u, t, s->pos, &s->r) && id_equal(&s->r.id, id) &&
	    live_from(s, t, id))
		return 1;
	return find_from(ix, s->run + 1, t, id, s);
}

int
index_find(const struct index *ix, enum blob_type t, const struct id *id,
    struct blob_at *out)
{
	struct spot s;
	int found;

	if (fresh_find(ix->fresh, t, id, out))
		return 1;
	look(ix);
	found = find_from(ix, 0, t, id, &s);
	if (found)
		run_where(s.u, &s.r, out);
	look_away(ix);
	return found;
}

int
index_has(const struct index *ix, enum blob_type t, const struct id *id)
{
	struct blob_at at;

	return index_find(ix, t, id, &at);
}

int
index_plain(const struct index *ix, enum blob_type t, const struct id *id,
    uint32_t *len)
{
	struct blob_at at;

	if (!index_find(ix, t, id, &at))
		return 0;
	*len = at.plain;
	return 1;
}

struct places {
	struct blob_at	*v;
	size_t		 n, cap;
};

/* Several index files may name the same place. */
static void
add_place(struct places *p, const struct blob_at *at)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (id_equal(&p->v[i].pack, &at->pack) &&
		    p->v[i].offset == at->offset)
			return;
	XGROW(p->v, p->n, p->cap);
	p->v[p->n++] = *at;
}

/* each is called without any lock, so that it may ask for other blobs. */
int
index_all(const struct index *ix, enum blob_type t, const struct id *id,
    int (*each)(void *arg, const struct blob_at *at), void *arg)
{
	struct places p = {0};
	struct blob_at at;
	struct spot s;
	size_t i;
	int r = 0;

	if (fresh_find(ix->fresh, t, id, &at))
		add_place(&p, &at);
	look(ix);
	if (find_from(ix, 0, t, id, &s))
		do {
			run_where(s.u, &s.r, &at);
			add_place(&p, &at);
		} while (find_next(ix, t, id, &s));
	look_away(ix);
	for (i = 0; i < p.n && r == 0; i++)
		r = each(arg, &p.v[i]);
	free(p.v);
	return r;
}

static int
in_runs(const void *arg, enum blob_type t, const struct id *id)
{
	const struct index *ix = arg;
	struct spot s;
	int found;

	look(ix);
	found = find_from(ix, 0, t, id, &s);
	look_away(ix);
	return found;
}

int
index_claim(struct index *ix, enum blob_type t, const struct id *id)
{
	return fresh_claim(ix->fresh, t, id, in_runs, ix);
}

void
index_unclaim(struct index *ix, enum blob_type t, const struct id *id)
{
	fresh_unclaim(ix->fresh, t, id);
}

void
index_add(struct index *ix, const struct id *pack, const struct pack_entry *v,
    size_t n)
{
	fresh_add(ix->fresh, pack, v, n);
}

void
index_stat(const struct index *ix, struct index_stat *out)
{
	uint64_t blobs[2], packs;
	size_t i;
	uint32_t f;

	fresh_waiting(ix->fresh, out->blobs, &out->packs);
	out->files = 0;
	look(ix);
	for (i = 0; i < ix->runs.n; i++) {
		run_living(ix->runs.v[i], blobs, &packs);
		out->blobs[0] += blobs[0];
		out->blobs[1] += blobs[1];
		out->packs += packs;
		for (f = 0; f < ix->runs.v[i]->is.n_files; f++)
			out->files += ix->runs.v[i]->live[f];
	}
	look_away(ix);
}

static size_t
records(const struct run *u)
{
	return (size_t)u->is.n[0] + u->is.n[1];
}

size_t
index_count(const struct index *ix)
{
	size_t n = fresh_numbers(ix->fresh), i;

	look(ix);
	for (i = 0; i < ix->runs.n; i++)
		n += records(ix->runs.v[i]);
	look_away(ix);
	return n;
}

/* Runs one after the other, each data first, then the fresh table. */
size_t
index_number(const struct index *ix, enum blob_type t, const struct id *id)
{
	size_t n = 0, i, extra;
	struct spot s;
	int found;

	look(ix);
	found = find_from(ix, 0, t, id, &s);
	for (i = 0; i < (found ? s.run : ix->runs.n); i++)
		n += records(ix->runs.v[i]);
	if (found)
		n += (t == BLOB_TREE ? s.u->is.n[0] : 0) + s.pos;
	look_away(ix);
	if (found)
		return n;
	extra = fresh_number(ix->fresh, t, id);
	return extra == SIZE_MAX ? SIZE_MAX : n + extra;
}
