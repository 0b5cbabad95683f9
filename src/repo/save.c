/*
 * save.c -- see save.h.
 *
 * Whoever saves holds the gate together with all others; flush holds it alone,
 * so what was saved before is in a pack by then, whichever thread claimed it.
 * Under the gate there is one lock for each open pack, held while a blob is
 * added to its sum, and copied into it or sent; the rest is done before, under no
 * lock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/random.h"
#include "repo/hand.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "repo/save_impl.h"
#include "util/time.h"
#include "util/xalloc.h"

#define OPEN_PACKS	2		/* of each type */
#define COINS		64		/* random bytes drawn at a time */

struct slot {
	pthread_mutex_t	 mutex;
	struct packer	*pack;		/* NULL: none yet */
};

struct saver {
	struct repo	*repo;
	size_t		 pack_size;
	pthread_rwlock_t gate;
	struct slot	 slots[2][OPEN_PACKS];
	struct finisher	*finisher;

	atomic_int	 failed;
	pthread_mutex_t	 mutex;		/* of failure and coins */
	struct err	 failure;
	unsigned char	 coins[COINS];
	unsigned	 left;		/* bits of them */

	atomic_uint_fast64_t blobs[2], plain[2], packed[2];
};

/* Writers first: a flush must not wait for ever while others keep coming. */
static void
gate_init(pthread_rwlock_t *gate)
{
	pthread_rwlockattr_t a;

	pthread_rwlockattr_init(&a);
	pthread_rwlockattr_setkind_np(&a,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(gate, &a);
	pthread_rwlockattr_destroy(&a);
}

int
saver_new(struct repo *r, struct saver **out, struct err *e)
{
	struct saver *s;
	int t, i;

	if (r->index == NULL && repo_load_index(r, e) < 0)
		return -1;
	s = xalloc(sizeof(*s));
	s->repo = r;
	s->pack_size = r->options.pack_size;
	if (s->pack_size == 0)
		s->pack_size = REPO_PACK_SIZE;
	gate_init(&s->gate);
	pthread_mutex_init(&s->mutex, NULL);
	for (t = 0; t < 2; t++)
		for (i = 0; i < OPEN_PACKS; i++)
			pthread_mutex_init(&s->slots[t][i].mutex, NULL);
	s->finisher = finisher_new(s, r);
	*out = s;
	return 0;
}

void
saver_free(struct saver *s)
{
	int t, i;

	if (s == NULL)
		return;
	/* It finishes what waits, unless the saver has failed. */
	finisher_free(s->finisher);
	for (t = 0; t < 2; t++)
		for (i = 0; i < OPEN_PACKS; i++) {
			saver_drop(s, s->slots[t][i].pack);
			pthread_mutex_destroy(&s->slots[t][i].mutex);
		}
	pthread_mutex_destroy(&s->mutex);
	pthread_rwlock_destroy(&s->gate);
	free(s);
}

void
saver_fail(struct saver *s, const struct err *why)
{
	pthread_mutex_lock(&s->mutex);
	if (!s->failed) {
		s->failure = *why;
		s->failed = 1;
	}
	pthread_mutex_unlock(&s->mutex);
}

int
saver_failed(const struct saver *s)
{
	return s->failed;
}

void
saver_drop(struct saver *s, struct packer *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		index_unclaim(s->repo->index, p->type, &p->v[i].id);
	packer_free(p);
}

static int
tell_failure(struct saver *s, struct err *e)
{
	pthread_mutex_lock(&s->mutex);
	if (e != NULL)
		*e = s->failure;
	pthread_mutex_unlock(&s->mutex);
	return -1;
}

/* To the end of a call: one that went wrong is the end of the saver. */
static int
leave(struct saver *s, int r, struct err *e)
{
	struct err none = { .kind = ERR_IO, .text = "save: failed" };

	if (r < 0)
		saver_fail(s, e != NULL ? e : &none);
	pthread_rwlock_unlock(&s->gate);
	return r;
}

static int
enter(struct saver *s, struct err *e)
{
	pthread_rwlock_rdlock(&s->gate);
	if (!saver_failed(s))
		return 0;
	pthread_rwlock_unlock(&s->gate);
	return tell_failure(s, e);
}

/* Which of the open packs?  Nothing that can be seen later tells why. */
static unsigned
toss(struct saver *s)
{
	unsigned bit;

	pthread_mutex_lock(&s->mutex);
	if (s->left == 0) {
		random_bytes(s->coins, sizeof(s->coins));
		s->left = COINS * 8;
	}
	s->left--;
	bit = s->coins[s->left / 8] >> s->left % 8 & 1;
	pthread_mutex_unlock(&s->mutex);
	return bit;
}

/* One of the open packs, locked: the other one rather than wait. */
static struct slot *
take_slot(struct saver *s, enum blob_type t)
{
	unsigned which = toss(s);
	struct slot *slot = &s->slots[t][which];

	if (pthread_mutex_trylock(&slot->mutex) == 0)
		return slot;
	if (pthread_mutex_trylock(&s->slots[t][!which].mutex) == 0)
		return &s->slots[t][!which];
	pthread_mutex_lock(&slot->mutex);
	return slot;
}

/* Put it into an open pack; *full is one that is to be finished, or NULL. */
static int
put_open(struct saver *s, struct repo_hand *h, const struct pack_entry *b,
    const void *sealed, struct packer **full, struct err *e)
{
	struct slot *slot = take_slot(s, b->type);
	int r;

	if (slot->pack == NULL)
		slot->pack = packer_new(s->repo->store, b->type);
	r = packer_add(slot->pack, h, b, sealed, e);
	if (r == 0 && (slot->pack->size >= s->pack_size ||
	    slot->pack->n >= PACKER_BLOBS)) {
		*full = slot->pack;
		slot->pack = NULL;
	}
	pthread_mutex_unlock(&slot->mutex);
	return r;
}

static int
put(struct saver *s, struct repo_hand *h, const struct pack_entry *b,
    const void *sealed, struct err *e)
{
	struct packer *full = NULL;

	if (b->length >= s->pack_size) {	/* a pack of its own */
		full = packer_new(s->repo->store, b->type);
		if (packer_add(full, h, b, sealed, e) < 0) {
			saver_drop(s, full);
			return -1;
		}
	} else if (put_open(s, h, b, sealed, &full, e) < 0)
		return -1;
	atomic_fetch_add(&s->blobs[b->type], 1);
	atomic_fetch_add(&s->plain[b->type], b->plain);
	atomic_fetch_add(&s->packed[b->type], b->length);
	if (full != NULL)
		finisher_add(s->finisher, full);
	return 0;
}

static int
save_fresh(struct saver *s, struct repo_hand *h, const struct known_blob *b,
    struct saved *how, struct err *e)
{
	/* Who framed it has looked at it. */
	int look = !s->repo->options.no_verify && !b->framed;
	struct pack_entry p;

	if (blob_seal(s->repo, h, b, &p, e) < 0 ||
	    put(s, look ? h : NULL, &p, h->sealed.data, e) < 0) {
		index_unclaim(s->repo->index, b->type, b->id);
		return -1;
	}
	how->fresh = 1;
	how->packed = p.length;
	return 0;
}

int
saver_save_known(struct saver *s, struct repo_hand *h,
    const struct known_blob *b, struct saved *how, struct err *e)
{
	struct saved unused;
	int r = 0;

	if (how == NULL)
		how = &unused;
	*how = (struct saved){0};
	if (enter(s, e) < 0)
		return -1;
	if (b->again || index_claim(s->repo->index, b->type, b->id))
		r = save_fresh(s, h, b, how, e);
	return leave(s, r, e);
}

int
saver_save(struct saver *s, struct repo_hand *h, enum blob_type t,
    const void *data, size_t len, struct id *id, struct saved *how,
    struct err *e)
{
	const struct known_blob b = { .type = t, .id = id, .data = data,
	    .len = len };

	sha256_start(h->sha);
	sha256_add(h->sha, data, len);
	sha256_end(h->sha, id->b);
	return saver_save_known(s, h, &b, how, e);
}

int
saver_save_sealed(struct saver *s, enum blob_type t, const struct id *id,
    const void *sealed, const struct blob_at *at, struct err *e)
{
	struct pack_entry b = {
		.id = *id, .type = t, .length = at->length, .plain = at->plain,
		.compressed = at->compressed,
	};

	if (enter(s, e) < 0)
		return -1;
	return leave(s, put(s, NULL, &b, sealed, e), e);
}

/* The open packs of a type become one, if they fit into it and the bytes of
 * one of them are still here. */
static int
merge(struct saver *s, enum blob_type t, struct err *e)
{
	struct slot *a = &s->slots[t][0], *b = &s->slots[t][1], *swap;

	if (a->pack == NULL || b->pack == NULL ||
	    a->pack->size + b->pack->size > s->pack_size ||
	    a->pack->n + b->pack->n > PACKER_BLOBS)
		return 0;
	if (b->pack->upload != NULL) {
		swap = a;
		a = b;
		b = swap;
	}
	if (b->pack->upload != NULL)
		return 0;
	if (packer_absorb(a->pack, b->pack, e) < 0)
		return -1;
	b->pack = NULL;
	return 0;
}

/* All open packs, with the gate to ourselves. */
static int
finish_open(struct saver *s, struct err *e)
{
	int t, i;

	for (t = 0; t < 2; t++) {
		if (merge(s, (enum blob_type)t, e) < 0)
			return -1;
		for (i = 0; i < OPEN_PACKS; i++) {
			if (s->slots[t][i].pack == NULL)
				continue;
			finisher_add(s->finisher, s->slots[t][i].pack);
			s->slots[t][i].pack = NULL;
		}
	}
	finisher_drain(s->finisher);
	if (saver_failed(s))
		return tell_failure(s, e);
	return index_save(s->repo, 1, time_mono(), e);
}

int
saver_flush(struct saver *s, struct err *e)
{
	struct err here = {0};

	pthread_rwlock_wrlock(&s->gate);
	if (saver_failed(s)) {
		pthread_rwlock_unlock(&s->gate);
		return tell_failure(s, e);
	}
	return leave(s, finish_open(s, e != NULL ? e : &here), e);
}

int
saver_checkpoint(struct saver *s, struct err *e)
{
	if (enter(s, e) < 0)
		return -1;
	return leave(s, index_save(s->repo, 0, time_mono(), e), e);
}

void
saver_totals(const struct saver *s, struct saver_totals *out)
{
	int t;

	for (t = 0; t < 2; t++) {
		out->blobs[t] = s->blobs[t];
		out->plain[t] = s->plain[t];
		out->packed[t] = s->packed[t];
	}
}
