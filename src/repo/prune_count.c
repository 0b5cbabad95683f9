/*
 * What each pack holds that is needed.  A blob that lies in several packs is
 * needed once: at first none of its places counts as used, then one is chosen.
 * A pack in which something else is used takes what it can, so that others may
 * go whole; where none does it is the last place (restic chooses so, too).
 */
#include <stdlib.h>

#include "repo/index_impl.h"
#include "repo/pack.h"
#include "repo/prune_impl.h"
#include "repo/repo.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define MANY	255	/* places are counted so far */
#define CHOSEN	1
#define LAST	0	/* one is left, and none was chosen */

struct count {
	struct prune	*p;
	unsigned char	*places;	/* by number, of what is there twice */
	int		 any;
	size_t		 at;		/* the pack, when choosing */
};

static void
add(struct prune_amount *a, uint32_t bytes)
{
	a->blobs++;
	a->bytes += bytes;
}

static void
take(struct prune_amount *a, uint32_t bytes)
{
	a->blobs--;
	a->bytes -= bytes;
}

static unsigned char
kind_with(unsigned char kind, enum blob_type t)
{
	unsigned char of = t == BLOB_TREE ? PRUNE_TREE : PRUNE_DATA;

	return kind == PRUNE_EMPTY || kind == of ? of : PRUNE_MIXED;
}

static void
count_blob(struct count *c, struct prune_pack *k, const struct index_pack *p,
    size_t i)
{
	const struct pack_entry *b = &p->v[i];
	struct prune_stats *st = &c->p->st;

	k->kind = kind_with(k->kind, b->type);
	k->plain |= !b->compressed;
	if (!used_has(c->p->blobs, p->number[i])) {
		k->unused++;
		k->unused_bytes += b->length;
		add(&st->unused, b->length);
	} else if (p->dup[i]) {
		if (c->places[p->number[i]] < MANY)
			c->places[p->number[i]]++;
		c->any = 1;
		k->unused++;
		k->unused_bytes += b->length;
		add(&st->duplicate, b->length);
	} else {
		k->used++;
		k->used_bytes += b->length;
		add(&st->used, b->length);
	}
}

static int
count_pack(void *arg, const struct index_pack *p)
{
	struct count *c = arg;
	struct prune_pack *k;
	uint64_t plain = 0;
	size_t i;

	XGROW(c->p->v, c->p->n, c->p->cap);
	k = &c->p->v[c->p->n++];
	*k = (struct prune_pack){ .id = p->id };
	for (i = 0; i < p->n; i++) {
		plain += !p->v[i].compressed;
		count_blob(c, k, p, i);
	}
	k->used_bytes += pack_size(plain, p->n - plain, 0);
	return 0;
}

static void
choose(struct count *c, struct prune_pack *k, const struct pack_entry *b,
    unsigned char *places)
{
	struct prune_stats *st = &c->p->st;

	if (*places == CHOSEN)
		return;
	if (k->used == 0 && *places != LAST) {
		(*places)--;
		if (*places == CHOSEN)
			*places = LAST;
		return;
	}
	*places = CHOSEN;
	k->used++;
	k->unused--;
	k->used_bytes += b->length;
	k->unused_bytes -= b->length;
	add(&st->used, b->length);
	take(&st->duplicate, b->length);
}

static int
choose_in_pack(void *arg, const struct index_pack *p)
{
	struct count *c = arg;
	struct prune_pack *k = &c->p->v[c->at++];
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->dup[i] && used_has(c->p->blobs, p->number[i]))
			choose(c, k, &p->v[i], &c->places[p->number[i]]);
	return 0;
}

int
prune_count(struct prune *p, struct err *e)
{
	const struct index *ix = p->r->index;
	struct count c = { .p = p };
	int r;

	c.places = xalloc(index_count(ix));
	r = index_each_whole(ix, NULL, NULL, count_pack, &c, e);
	if (r == 0 && c.any)
		r = index_each_whole(ix, NULL, NULL, choose_in_pack, &c, e);
	free(c.places);
	return r;
}
