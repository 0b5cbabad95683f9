/*
 * twins.c -- the funnel: sort by what is known, drop who stands alone, learn
 * more of the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "organize/twins_impl.h"
#include "rules/reader.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/xalloc.h"

struct twins *
twins_new(const struct twins_by *by)
{
	struct twins *t = xalloc(sizeof(*t));

	t->by = by->by;
	t->reverse = by->reverse;
	return t;
}

void
twins_free(struct twins *t)
{
	if (t == NULL)
		return;
	free(t->v);
	free(t->live);
	map_fini(&t->dirs);
	map_fini(&t->at);
	free(t->dir);
	arena_fini(&t->own);
	free(t);
}

static uint32_t
dir_number(struct twins *t, const char *dir)
{
	int added;
	uint64_t *n = map_add(&t->dirs, dir, strlen(dir), &added);

	if (added) {
		XGROW(t->dir, t->n_dirs, t->cap_dirs);
		*n = t->n_dirs;
		t->dir[t->n_dirs++] = arena_str(&t->own, dir);
	}
	return (uint32_t)*n;
}

/* The key of a path: the folder's number and the name. */
static uint64_t
path_key(uint32_t dir, const char *name)
{
	return hash_keyed(dir, name, strlen(name));
}

/* The file at dir/name; TWIN_NONE if it was not added. */
static uint32_t
find(const struct twins *t, const char *dir, const char *name)
{
	const uint64_t *d = map_get(&t->dirs, dir, strlen(dir)), *at;
	uint64_t key;

	if (d == NULL)
		return TWIN_NONE;
	key = path_key((uint32_t)*d, name);
	at = map_get(&t->at, &key, sizeof(key));
	if (at == NULL || t->v[*at].dir != *d ||
	    strcmp(t->v[*at].name, name) != 0)
		return TWIN_NONE;
	return (uint32_t)*at;
}

void
twins_add(struct twins *t, const char *dir, const char *name,
    const char *real_dir, const char *real_name, const struct fs_id *id)
{
	uint32_t d = dir_number(t, dir);
	uint64_t key = path_key(d, name), *at;
	struct twin *x;
	int added;

	at = map_add(&t->at, &key, sizeof(key), &added);
	if (!added || t->n == TWIN_NONE)
		return;
	*at = t->n;
	XGROW(t->v, t->n, t->cap);
	x = &t->v[t->n++];
	*x = (struct twin){ .id = *id, .dir = d, .real_dir = d,
	    .original = TWIN_NONE };
	x->name = x->real_name = arena_str(&t->own, name);
	if (real_dir != NULL) {
		x->real_dir = dir_number(t, real_dir);
		x->real_name = arena_str(&t->own, real_name);
	}
}

/* ---- the funnel ---- */

static int
by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* What is known by now: equal neighbours may be twins. */
static int
by_known(const void *pa, const void *pb, void *arg)
{
	const struct twins *t = arg;
	const struct twin *a = &t->v[*(const uint32_t *)pa],
	    *b = &t->v[*(const uint32_t *)pb];
	int d = by_number(a->id.size, b->id.size);

	if (d == 0)
		d = by_number(a->known, b->known);
	if (d == 0)
		d = memcmp(a->sum, b->sum, sizeof(a->sum));
	return d != 0 ? d : by_number(*(const uint32_t *)pa,
	    *(const uint32_t *)pb);
}

static int
by_identity(const void *pa, const void *pb, void *arg)
{
	const struct twins *t = arg;
	const struct twin *a = &t->v[*(const uint32_t *)pa],
	    *b = &t->v[*(const uint32_t *)pb];
	int d = by_number(a->id.fs, b->id.fs);

	if (d == 0)
		d = by_number(a->id.ino, b->id.ino);
	return d != 0 ? d : by_number(*(const uint32_t *)pa,
	    *(const uint32_t *)pb);
}

static void
sort(struct twins *t, int (*by)(const void *, const void *, void *))
{
	if (t->n_live > 1)
		qsort_r(t->live, t->n_live, sizeof(*t->live), by, t);
}

int
twins_alike(const struct twin *a, const struct twin *b)
{
	return a->id.size == b->id.size && a->known == b->known &&
	    memcmp(a->sum, b->sum, sizeof(a->sum)) == 0;
}

/* Sort, and leave only those with a neighbour like them, that can be read. */
static void
narrow(struct twins *t)
{
	size_t to = 0, n = 0;

	for (size_t i = 0; i < t->n_live; i++)
		if (t->v[t->live[i]].error == 0)
			t->live[n++] = t->live[i];
	t->n_live = n;
	sort(t, by_known);
	for (size_t i = 0; i < n; i++) {
		const struct twin *x = &t->v[t->live[i]];

		if ((i > 0 && twins_alike(x, &t->v[t->live[i - 1]])) ||
		    (i + 1 < n && twins_alike(x, &t->v[t->live[i + 1]])))
			t->scratch[to++] = t->live[i];
	}
	memcpy(t->live, t->scratch, to * sizeof(*t->live));
	t->n_live = to;
}

/* Names of one file: the first of them stands for all. */
static void
join_links(struct twins *t)
{
	size_t n = 0;

	sort(t, by_identity);
	for (size_t i = 0; i < t->n_live; i++) {
		struct twin *x = &t->v[t->live[i]];
		const struct twin *first = n > 0 ? &t->v[t->live[n - 1]] : NULL;

		if (first != NULL && first->id.ino == x->id.ino &&
		    first->id.fs == x->id.fs) {
			x->link_of = t->live[n - 1] + 1;
			t->links = 1;
		} else
			t->live[n++] = t->live[i];
	}
	t->n_live = n;
}

/* ---- the original ---- */

static int
before(const struct twins *t, uint32_t ia, uint32_t ib)
{
	const struct twin *a = &t->v[ia], *b = &t->v[ib];
	int d = 0;

	if (t->by == TWINS_NAME)
		d = strcmp(a->name, b->name);
	else if (t->by == TWINS_CREATED)
		d = a->id.btime < b->id.btime ? -1 : a->id.btime > b->id.btime;
	else if (t->by == TWINS_MODIFIED)
		d = a->id.mtime < b->id.mtime ? -1 : a->id.mtime > b->id.mtime;
	if (d == 0)
		d = ia < ib ? -1 : 1;
	return t->reverse ? d > 0 : d < 0;
}

/* live[from..to) are the same bytes: *best is the one that stays. */
static void
settle_group(struct twins *t, size_t from, size_t to)
{
	uint32_t best = t->live[from];

	for (size_t i = from + 1; i < to; i++)
		if (before(t, t->v[t->live[i]].best, t->v[best].best))
			best = t->live[i];
	for (size_t i = from; i < to; i++)
		if (t->live[i] != best)
			t->v[t->live[i]].original = t->v[best].best;
}

static void
settle(struct twins *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->v[i].best = (uint32_t)i;
	/* Of the names of one file the best stands for it. */
	for (size_t i = 0; t->links && i < t->n; i++) {
		struct twin *first = t->v[i].link_of > 0 ?
		    &t->v[t->v[i].link_of - 1] : NULL;

		if (first != NULL && before(t, (uint32_t)i, first->best))
			first->best = (uint32_t)i;
	}
	for (size_t from = 0, to; from < t->n_live; from = to) {
		for (to = from + 1; to < t->n_live && twins_alike(
		    &t->v[t->live[from]], &t->v[t->live[to]]); to++)
			;
		settle_group(t, from, to);
	}
	for (size_t i = 0; t->links && i < t->n; i++)
		if (t->v[i].link_of > 0)
			t->v[i].original =
			    t->v[t->v[i].link_of - 1].original;
}

void
twins_find(struct twins *t, struct crew *c)
{
	t->live = xallocn(t->n + 1, sizeof(*t->live));
	t->scratch = xallocn(t->n + 1, sizeof(*t->scratch));
	for (size_t i = 0; i < t->n; i++)
		t->live[i] = (uint32_t)i;
	t->n_live = t->n;
	narrow(t);		/* by size */
	join_links(t);
	narrow(t);
	for (enum twins_step step = TWINS_FIRST; step <= TWINS_WHOLE &&
	    t->n_live > 0; step++) {
		twins_read(t, step, c);
		narrow(t);
	}
	settle(t);
	free(t->scratch);
	t->scratch = NULL;
}

int
twins_original(const struct twins *t, const char *dir, const char *name,
    const char **original_dir, const char **original, struct err *e)
{
	uint32_t i = find(t, dir, name);
	const struct twin *x;

	if (i == TWIN_NONE)
		return 0;
	x = &t->v[i];
	if (x->error != 0) {
		errno = x->error;
		return err_sys(e, "compare it with others of its size");
	}
	if (x->original == TWIN_NONE)
		return 0;
	x = &t->v[x->original];
	*original_dir = t->dir[x->dir];
	*original = x->name;
	return 1;
}
