/* haul.c -- see haul.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"
#include "repo/belt.h"
#include "repo/cache.h"
#include "repo/hand.h"
#include "repo/haul.h"
#include "repo/load.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define WAITING_MAX	8	/* packs */
#define GAP_MAX		((uint32_t)256 << 10)	/* is read and thrown away */
#define PART_MAX	((size_t)2 << 20)	/* fetched at once, or one blob */

/* What is to be taken out of a pack. */
struct job {
	struct id	 pack;
	struct pack_entry *v;
	size_t		 n;
};

struct haul {
	struct repo	*r;
	const struct haul_work *w;
	struct belt	*belt;
	pthread_mutex_t	 lock;		/* of done, and of what is told */
	uint64_t	 done;		/* packs */
};

/* A thread. */
struct carrier {
	struct haul	*h;
	unsigned	 who;
	struct repo_hand *hand;
	struct buf	 sealed, plain;
	struct buf	 again;		/* one blob, sealed */
};

static void
drop_job(void *arg)
{
	struct job *j = arg;

	free(j->v);
	free(j);
}

int
haul_put(struct haul *h, const struct id *pack, struct pack_entry *v, size_t n)
{
	const struct repo_options *o = &h->r->options;
	struct job *j = xalloc(sizeof(*j));
	struct err why;

	*j = (struct job){ *pack, v, n };
	if (o->stop == NULL || !o->stop(o->stop_arg))
		return belt_put(h->belt, j);
	drop_job(j);
	err_set(&why, ERR_STOPPED, "stopped");
	belt_fail(h->belt, &why);
	return -1;
}

/* ---- one blob ---- */

static int
tell_bad(struct haul *h, const struct job *j, const struct pack_entry *b,
    const struct err *why, struct err *e)
{
	int end;

	if (h->w->bad == NULL || why->kind == ERR_STOPPED) {
		*e = *why;
		return -1;
	}
	pthread_mutex_lock(&h->lock);
	end = h->w->bad(h->w->arg, &j->pack, b, why) != 0;
	pthread_mutex_unlock(&h->lock);
	if (end)
		*e = *why;
	return end ? -1 : 0;
}

static int
hand_over(struct carrier *c, const struct haul_blob *b, struct err *e)
{
	return c->h->w->blob(c->h->w->arg, c->who, c->hand, b, e);
}

/* It is in c->plain, and as it lay there in sealed. */
static int
carry_opened(struct carrier *c, const struct job *j,
    const struct pack_entry *b, const void *sealed, struct err *e)
{
	struct haul_blob out = { .pack = &j->pack, .entry = b,
	    .sealed = sealed, .plain = c->plain.data, .len = c->plain.len };

	if (b->compressed) {
		out.frame = c->hand->scratch.data;
		out.frame_len = b->length - SEAL_OVERHEAD;
	}
	return hand_over(c, &out, e);
}

static int
open_one(struct carrier *c, const struct job *j, const struct pack_entry *b,
    const void *sealed, struct err *e)
{
	const struct blob_at at = {
		.pack = j->pack, .offset = b->offset, .length = b->length,
		.plain = b->plain, .compressed = b->compressed,
	};

	return load_open(c->hand, &b->id, &at, sealed, &c->plain, e);
}

static int
from_store(struct carrier *c, const struct job *j, uint32_t at, size_t len,
    struct buf *out, struct err *e)
{
	struct store_name n = { .kind = STORE_PACK };

	if (len > BLOB_PLAIN_MAX + SEAL_OVERHEAD)
		return err_set(e, ERR_CORRUPT, "a blob cannot be of %zu bytes",
		    len);
	buf_reset(out);
	memcpy(n.id, j->pack.b, ID_LEN);
	return store_get(c->h->r->store, &n, at, buf_room(out, len), len, e);
}

/*
 * One that did not come, or came damaged: from another pack; or, if only this one
 * counts, from there once more, for it may have been damaged on its way or in the
 * cache.
 */
static int
carry_other(struct carrier *c, const struct job *j,
    const struct pack_entry *b, struct err *e)
{
	struct haul_blob out = { .pack = &j->pack, .entry = b };
	struct haul *h = c->h;
	struct err why;

	if (h->w->only_here) {
		if (from_store(c, j, b->offset, b->length, &c->again,
		    &why) < 0 || open_one(c, j, b, c->again.data, &why) < 0)
			return tell_bad(h, j, b, &why, e);
		return carry_opened(c, j, b, c->again.data, e);
	}
	if (load_blob(h->r, c->hand, b->type, &b->id, &c->plain, &why) < 0)
		return tell_bad(h, j, b, &why, e);
	out.plain = c->plain.data;
	out.len = c->plain.len;
	return hand_over(c, &out, e);
}

static int
carry(struct carrier *c, const struct job *j, const struct pack_entry *b,
    const void *sealed, struct err *e)
{
	return open_one(c, j, b, sealed, NULL) < 0 ?
	    carry_other(c, j, b, e) : carry_opened(c, j, b, sealed, e);
}

/* ---- one pack ---- */

/* How many from i on are fetched together. */
static size_t
together(const struct job *j, size_t i, size_t *len)
{
	uint64_t from = j->v[i].offset, end = from + j->v[i].length, next;
	size_t n = 1;

	for (; i + n < j->n; n++) {
		next = (uint64_t)j->v[i + n].offset + j->v[i + n].length;
		if (j->v[i + n].offset < end ||
		    j->v[i + n].offset - end > GAP_MAX ||
		    next - from > PART_MAX)
			break;
		end = next;
	}
	*len = (size_t)(end - from);
	return n;
}

static int
fetch(struct carrier *c, const struct job *j, uint32_t at, size_t len,
    struct err *e)
{
	struct repo *r = c->h->r;

	if (j->v[0].type == BLOB_TREE && r->cache != NULL &&
	    len <= BLOB_PLAIN_MAX + SEAL_OVERHEAD) {
		buf_reset(&c->sealed);
		if (cache_get_at(r->cache, STORE_PACK, &j->pack, at,
		    buf_room(&c->sealed, len), len))
			return 0;
	}
	return from_store(c, j, at, len, &c->sealed, e);
}

/* What does not come together may come one by one: the end of a pack is missing,
 * or a part of the disk cannot be read. */
static int
do_part(struct carrier *c, const struct job *j, size_t i, size_t n,
    size_t len, struct err *e)
{
	const struct pack_entry *v = j->v + i;
	struct err why;
	size_t k;

	if (fetch(c, j, v->offset, len, &why) < 0) {
		if (n == 1)
			return carry_other(c, j, v, e);
		for (k = 0; k < n; k++)
			if (do_part(c, j, i + k, 1, v[k].length, e) < 0)
				return -1;
		return 0;
	}
	for (k = 0; k < n; k++)
		if (carry(c, j, &v[k], c->sealed.data + (v[k].offset -
		    v->offset), e) < 0)
			return -1;
	return 0;
}

static int
do_job(struct carrier *c, const struct job *j, struct err *e)
{
	size_t i, n, len;

	for (i = 0; i < j->n; i += n) {
		n = together(j, i, &len);
		if (do_part(c, j, i, n, len, e) < 0)
			return -1;
	}
	return 0;
}

static void
work_off(struct haul *h, unsigned who)
{
	struct carrier c = { .h = h, .who = who,
	    .hand = repo_hand_new(h->r) };
	struct err e = {0};
	struct job *j;

	while ((j = belt_take(h->belt)) != NULL) {
		if (do_job(&c, j, &e) < 0)
			belt_fail(h->belt, &e);
		drop_job(j);
		pthread_mutex_lock(&h->lock);
		h->done++;
		if (h->w->done != NULL)
			h->w->done(h->w->arg, h->done);
		pthread_mutex_unlock(&h->lock);
	}
	repo_hand_free(c.hand);
	buf_fini(&c.sealed);
	buf_fini(&c.plain);
	buf_fini(&c.again);
}

/* The first lays out, then it helps. */
static void
work(void *arg, unsigned who)
{
	struct haul *h = arg;
	struct err e = {0};

	if (who == 0) {
		if (h->w->lay_out(h->w->arg, h, &e) != 0)
			belt_fail(h->belt, &e);
		belt_end(h->belt);
	}
	work_off(h, who);
}

int
haul_run(struct repo *r, const struct haul_work *w, struct err *e)
{
	struct haul h = { .r = r, .w = w };
	int ret;

	h.belt = belt_new(WAITING_MAX, drop_job);
	pthread_mutex_init(&h.lock, NULL);
	crew_once(1 + crew_fit(HAUL_THREADS - 1), work, &h);
	ret = belt_result(h.belt, e);
	pthread_mutex_destroy(&h.lock);
	belt_free(h.belt);
	return ret;
}
