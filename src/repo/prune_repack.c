/*
 * What is needed of packs that go, into new ones.
 *
 * One thread goes through the index and lays out what is to be done for each
 * pack; several fetch, check and save.  A blob that lies in a pack that stays is
 * not needed from one that goes, and one that lies in two that go is taken from
 * the first of them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"
#include "repo/belt.h"
#include "repo/cache.h"
#include "repo/gang.h"
#include "repo/index_impl.h"
#include "repo/load.h"
#include "repo/pack.h"
#include "repo/prune_impl.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	4
#define WAITING_MAX	8	/* packs */
#define GAP_MAX		((uint32_t)256 << 10)	/* is read and thrown away */
#define PART_MAX	((size_t)2 << 20)	/* fetched at once, or one blob */

/* What is to be taken out of a pack. */
struct job {
	struct id	 pack;
	struct pack_entry *v;
	size_t		 n;
};

struct repack {
	struct prune	*p;
	struct saver	*saver;
	uint64_t	*need;		/* bits, by number */
	uint64_t	 left;		/* how many are set */
	struct belt	*belt;

	pthread_mutex_t	 lock;		/* of done, and of words about it */
	uint64_t	 done;		/* packs */
};

static void
drop_job(void *arg)
{
	struct job *j = arg;

	free(j->v);
	free(j);
}

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
lay_out(void *arg, const struct index_pack *p)
{
	const struct repo_options *o;
	struct repack *w = arg;
	struct job *j;
	struct err why;
	size_t i;

	o = &w->p->r->options;
	if (o->stop != NULL && o->stop(o->stop_arg)) {
		err_set(&why, ERR_STOPPED, "stopped");
		belt_fail(w->belt, &why);
		return -1;
	}
	j = xalloc(sizeof(*j));
	j->pack = p->id;
	j->v = xallocn(p->n, sizeof(*j->v));
	for (i = 0; i < p->n; i++)
		if (test_clear(w, p->number[i]))
			j->v[j->n++] = p->v[i];
	return belt_put(w->belt, j);
}

/* ---- one pack ---- */

/* From another pack, if it lies in one. */
static int
save_other(struct repack *w, struct repo_hand *h, const struct pack_entry *b,
    struct buf *plain, struct err *e)
{
	if (load_blob(w->p->r, h, b->type, &b->id, plain, e) < 0)
		return -1;
	return saver_save_as(w->saver, h, b->type, &b->id, plain->data,
	    plain->len, 1, NULL, e);
}

static int
save_blob(struct repack *w, struct repo_hand *h, const struct job *j,
    const struct pack_entry *b, const void *sealed, struct buf *plain,
    struct err *e)
{
	const struct blob_at at = {
		.pack = j->pack, .offset = b->offset, .length = b->length,
		.plain = b->plain, .compressed = b->compressed,
	};

	if (load_open(w->p->r, h, b->type, &b->id, &at, sealed, plain, e) < 0)
		return save_other(w, h, b, plain, e);
	if (prune_must_compress(w->p, b->type, b->compressed) &&
	    b->plain > 0)
		return saver_save_as(w->saver, h, b->type, &b->id, plain->data,
		    plain->len, 1, NULL, e);
	return saver_save_sealed(w->saver, b->type, &b->id, sealed, &at, e);
}

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
fetch(struct repack *w, const struct job *j, uint32_t at, size_t len,
    struct buf *out, struct err *e)
{
	struct store_name n = { .kind = STORE_PACK };
	struct repo *r = w->p->r;

	buf_reset(out);
	buf_room(out, len);
	if (j->v[0].type == BLOB_TREE && r->cache != NULL && cache_get_at(
	    r->cache, STORE_PACK, &j->pack, at, out->data, len))
		return 0;
	memcpy(n.id, j->pack.b, ID_LEN);
	return store_get(r->store, &n, at, out->data, len, e);
}

static int
do_job(struct repack *w, struct repo_hand *h, const struct job *j,
    struct buf *sealed, struct buf *plain, struct err *e)
{
	size_t i, k, n, len;
	int bad;

	for (i = 0; i < j->n; i += n) {
		n = together(j, i, &len);
		bad = fetch(w, j, j->v[i].offset, len, sealed, e) < 0;
		for (k = i; k < i + n; k++)
			if ((bad ? save_other(w, h, &j->v[k], plain, e) :
			    save_blob(w, h, j, &j->v[k], sealed->data +
			    (j->v[k].offset - j->v[i].offset), plain, e)) < 0)
				return -1;
	}
	return 0;
}

static void
work_off(struct repack *w)
{
	CLEAN_BUF struct buf sealed = {0}, plain = {0};
	struct repo_hand *h = repo_hand_new(w->p->r);
	struct err e = {0};
	struct job *j;

	while ((j = belt_take(w->belt)) != NULL) {
		if (do_job(w, h, j, &sealed, &plain, &e) < 0)
			belt_fail(w->belt, &e);
		drop_job(j);
		pthread_mutex_lock(&w->lock);
		prune_step(w->p, PRUNE_REPACK, ++w->done,
		    w->p->st.packs.repack);
		pthread_mutex_unlock(&w->lock);
	}
	repo_hand_free(h);
}

/* The first goes through the index, then it helps. */
static void
work(void *arg, unsigned who)
{
	struct repack *w = arg;
	struct err e = {0};

	if (who == 0) {
		if (index_each_whole(w->p->r->index, is_repacked, w, lay_out,
		    w, &e) != 0)
			belt_fail(w->belt, &e);
		belt_end(w->belt);
	}
	work_off(w);
}

static int
repack(struct repack *w, struct err *e)
{
	if (find_need(w, e) < 0)
		return -1;
	gang_run(1 + gang_size(THREADS_MAX), work, w);
	if (belt_result(w->belt, e) < 0)
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
	w.belt = belt_new(WAITING_MAX, drop_job);
	pthread_mutex_init(&w.lock, NULL);
	r = repack(&w, e);
	pthread_mutex_destroy(&w.lock);
	belt_free(w.belt);
	saver_free(w.saver);
	free(w.need);
	return r;
}
