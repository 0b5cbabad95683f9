/*
 * Packs as they are, whoever names them.  Usually one index file does; after an
 * interruption two may, and older versions of restic could split what lies in a
 * pack between two.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/index_impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

struct item {
	struct pack_entry b;
	unsigned char	 dup;
	size_t		 number;
};

struct whole {
	int (*each)(void *arg, const struct index_pack *p);
	void		*arg;

	int		 any;
	struct id	 id, file;	/* of the pack in v */
	struct item	*v;
	size_t		 n, cap;

	struct pack_entry *entries;
	unsigned char	*dup;
	size_t		*number;
	size_t		 room;
};

static void
whole_fini(struct whole *w)
{
	free(w->v);
	free(w->entries);
	free(w->dup);
	free(w->number);
}

static int
give(struct whole *w)
{
	struct index_pack p = { .id = w->id, .file = w->file, .n = w->n };
	size_t i;

	if (!w->any)
		return 0;
	if (w->room < w->n) {
		w->room = w->cap;
		w->entries = xrealloc(w->entries, w->room, sizeof(*w->entries));
		w->dup = xrealloc(w->dup, w->room, 1);
		w->number = xrealloc(w->number, w->room, sizeof(*w->number));
	}
	for (i = 0; i < w->n; i++) {
		w->entries[i] = w->v[i].b;
		w->dup[i] = w->v[i].dup;
		w->number[i] = w->v[i].number;
	}
	p.v = w->entries;
	p.dup = w->dup;
	p.number = w->number;
	w->any = 0;
	w->n = 0;
	return w->each(w->arg, &p);
}

/* The first n of them are in order. */
static int
has(const struct whole *w, size_t n, const struct pack_entry *b)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (w->v[mid].b.offset < b->offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && w->v[lo].b.offset == b->offset; lo++)
		if (w->v[lo].b.type == b->type &&
		    id_equal(&w->v[lo].b.id, &b->id))
			return 1;
	return 0;
}

static int
by_offset(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->b.offset < y->b.offset ? -1 : x->b.offset > y->b.offset;
}

static int
take(void *arg, const struct index_pack *p)
{
	struct whole *w = arg;
	size_t had, i;
	int r = 0;

	if (w->any && !id_equal(&w->id, &p->id))
		r = give(w);
	if (r != 0)
		return r;
	w->any = 1;
	w->id = p->id;
	w->file = p->file;
	had = w->n;
	for (i = 0; i < p->n; i++) {
		if (had > 0 && has(w, had, &p->v[i]))
			continue;
		XGROW(w->v, w->n, w->cap);
		w->v[w->n++] = (struct item){ p->v[i], p->dup[i], p->number[i] };
	}
	if (had > 0 && w->n > had)
		qsort(w->v, w->n, sizeof(*w->v), by_offset);
	return 0;
}

int
index_each_whole(const struct index *ix,
    int (*want)(void *arg, const struct run *u, uint32_t pack), void *want_arg,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e)
{
	CLEAN(whole_fini) struct whole w = { .each = each, .arg = arg };
	int r = index_each_pack(ix, want, want_arg, take, &w, e);

	return r != 0 ? r : give(&w);
}
