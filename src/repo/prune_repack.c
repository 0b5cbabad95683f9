/*
 * What is needed of packs that go, into new ones.
 *
 * A blob that lies in a pack that stays is not needed from one that goes, and one
 * that lies in two that go is taken from the first of them.
 */
#include <stdlib.h>

#include "repo/haul.h"
#include "repo/index_impl.h"
#include "repo/prune_impl.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "util/err.h"
#include "util/xalloc.h"

struct repack {
	struct prune	*p;
	struct saver	*saver;
	uint64_t	*need;		/* bits, by number */
	uint64_t	 left;		/* how many are set */
	struct haul	*haul;
};

/* ---- what is needed ---- */

static int
test_clear(struct repack *w, size_t number)
{
	uint64_t bit = (uint64_t)1 << number % 64;

	if (!(w->need[number / 64] & bit))
		return 0;
	w->need[number / 64] &= ~bit;
	w->left--;
	return 1;
}

static int
stays(void *arg, const struct run *u, uint32_t pack)
{
	const struct repack *w = arg;
	const struct prune_pack *k = prune_find(w->p, &u->is.packs[pack].id);

	return k != NULL && k->fate == PRUNE_KEEP;
}

static int
is_repacked(void *arg, const struct run *u, uint32_t pack)
{
	const struct repack *w = arg;
	const struct prune_pack *k = prune_find(w->p, &u->is.packs[pack].id);

	return k != NULL && k->fate == PRUNE_AGAIN;
}

static int
not_from_others(void *arg, const struct index_pack *p)
{
	struct repack *w = arg;
	size_t i;

	for (i = 0; i < p->n; i++)
		test_clear(w, p->number[i]);
	return 0;
}

static int
find_need(struct repack *w, struct err *e)
{
	size_t n = index_count(w->p->r->index), i;

	w->need = xallocn(n / 64 + 1, sizeof(*w->need));
	for (i = 0; i < n; i++)
		if (used_has(w->p->blobs, i)) {
			w->need[i / 64] |= (uint64_t)1 << i % 64;
			w->left++;
		}
	return index_each_whole(w->p->r->index, stays, w, not_from_others, w,
	    e);
}

static int
put_pack(void *arg, const struct index_pack *p)
{
	struct repack *w = arg;
	struct pack_entry *v = xallocn(p->n + 1, sizeof(*v));
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		if (test_clear(w, p->number[i]))
			v[n++] = p->v[i];
	return haul_put(w->haul, &p->id, v, n);
}

static int
lay_out(void *arg, struct haul *h, struct err *e)
{
	struct repack *w = arg;

	w->haul = h;
	return index_each_whole(w->p->r->index, is_repacked, w, put_pack, w,
	    e);
}

/* ---- and saved again ---- */

static int
save_blob(void *arg, unsigned who, struct repo_hand *h,
    const struct haul_blob *b, struct err *e)
{
	const struct pack_entry *x = b->entry;
	const struct blob_at at = {
		.pack = *b->pack, .offset = x->offset, .length = x->length,
		.plain = x->plain, .compressed = x->compressed,
	};
	const struct known_blob again = { .type = x->type, .id = &x->id,
		.data = b->plain, .len = b->len, .again = 1 };
	struct repack *w = arg;

	(void)who;
	if (b->sealed == NULL || (x->plain > 0 &&
	    prune_must_compress(w->p, x->type, x->compressed)))
		return saver_save_known(w->saver, h, &again, NULL, e);
	return saver_save_sealed(w->saver, x->type, &x->id, b->sealed, &at, e);
}

static void
on_done(void *arg, uint64_t packs)
{
	const struct repack *w = arg;

	prune_step(w->p, PRUNE_REPACK, packs, w->p->st.packs.repack);
}

static int
repack(struct repack *w, struct err *e)
{
	const struct haul_work haul = { .lay_out = lay_out, .blob = save_blob,
	    .done = on_done, .arg = w };

	if (find_need(w, e) < 0 || haul_run(w->p->r, &haul, e) < 0)
		return -1;
	/* Nothing was removed yet; so nothing is lost by it. */
	if (w->left != 0)
		return err_set(e, ERR_CORRUPT,
		    "some blobs that are needed lie in no pack");
	return saver_flush(w->saver, e);
}

int
prune_repack(struct prune *p, struct err *e)
{
	struct repack w = { .p = p };
	int r;

	if (saver_new(p->r, &w.saver, e) < 0)
		return -1;
	r = repack(&w, e);
	saver_free(w.saver);
	free(w.need);
	return r;
}
