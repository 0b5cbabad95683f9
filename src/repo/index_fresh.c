#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "repo/index_fresh.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define SHARDS		32
#define CAP_MIN		64

enum { FREE, CLAIMED, PLACED };

struct slot {
	struct id	 id;
	const struct fresh_pack *pack;	/* of PLACED */
	uint32_t	 offset, length, plain;
	unsigned char	 compressed, type, state;
};

struct shard {
	pthread_mutex_t	 lock;
	struct slot	*v;
	size_t		 n, cap;	/* cap is 0 or a power of two */
};

struct fresh {
	struct shard	 shards[SHARDS];

	pthread_mutex_t	 lock;		/* of what is below */
	struct fresh_pack *first, **last;
	uint64_t	 blobs[2], packs;
};

struct fresh *
fresh_new(void)
{
	struct fresh *f = xalloc(sizeof(*f));
	int i;

	for (i = 0; i < SHARDS; i++)
		pthread_mutex_init(&f->shards[i].lock, NULL);
	pthread_mutex_init(&f->lock, NULL);
	f->last = &f->first;
	return f;
}

static void
free_packs(struct fresh_pack *p)
{
	struct fresh_pack *next;

	for (; p != NULL; p = next) {
		next = p->next;
		free(p->v);
		free(p);
	}
}

void
fresh_free(struct fresh *f)
{
	int i;

	if (f == NULL)
		return;
	for (i = 0; i < SHARDS; i++) {
		pthread_mutex_destroy(&f->shards[i].lock);
		free(f->shards[i].v);
	}
	pthread_mutex_destroy(&f->lock);
	free_packs(f->first);
	free(f);
}

static uint64_t
hash_of(enum blob_type t, const struct id *id)
{
	return hash_keyed((uint64_t)t, id->b, ID_LEN);
}

/* The shard is of the hash's upper bits, the place in it of its lower ones. */
static struct shard *
shard_of(struct fresh *f, uint64_t hash)
{
	return &f->shards[hash >> 32 & (SHARDS - 1)];
}

/* Where it is, or the free slot where it would be, in a shard that has any. */
static struct slot *
probe(struct shard *s, uint64_t hash, enum blob_type t, const struct id *id)
{
	size_t i;
	struct slot *x;

	for (i = hash & (s->cap - 1);; i = (i + 1) & (s->cap - 1)) {
		x = &s->v[i];
		if (x->state == FREE ||
		    (x->type == t && id_equal(&x->id, id)))
			return x;
	}
}

/* Where it is, or NULL. */
static struct slot *
look(struct shard *s, uint64_t hash, enum blob_type t, const struct id *id)
{
	struct slot *x = s->cap == 0 ? NULL : probe(s, hash, t, id);

	return x == NULL || x->state == FREE ? NULL : x;
}

static void
grow(struct shard *s)
{
	struct slot *old = s->v, *x;
	size_t cap = s->cap, i;

	s->cap = cap ? cap * 2 : CAP_MIN;
	s->v = xallocn(s->cap, sizeof(*s->v));
	for (i = 0; i < cap; i++) {
		if (old[i].state == FREE)
			continue;
		x = probe(s, hash_of(old[i].type, &old[i].id), old[i].type,
		    &old[i].id);
		*x = old[i];
	}
	free(old);
}

/* Its slot, which is new and claimed if it was not there. */
static struct slot *
place(struct shard *s, uint64_t hash, enum blob_type t, const struct id *id)
{
	struct slot *x;

	if ((s->n + 1) * 4 > s->cap * 3)
		grow(s);
	x = probe(s, hash, t, id);
	if (x->state == FREE) {
		*x = (struct slot){
			.id = *id, .type = (unsigned char)t, .state = CLAIMED,
		};
		s->n++;
	}
	return x;
}

/* Take one out and let those behind it move up, so that none is lost. */
static void
take_out(struct shard *s, const struct slot *gone)
{
	size_t mask = s->cap - 1, hole = (size_t)(gone - s->v), i, home;

	for (i = (hole + 1) & mask; s->v[i].state != FREE; i = (i + 1) & mask) {
		home = hash_of(s->v[i].type, &s->v[i].id) & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			s->v[hole] = s->v[i];
			hole = i;
		}
	}
	s->v[hole].state = FREE;
	s->n--;
}

int
fresh_find(struct fresh *f, enum blob_type t, const struct id *id,
    struct blob_at *out)
{
	uint64_t hash = hash_of(t, id);
	struct shard *s = shard_of(f, hash);
	const struct slot *x;
	int found;

	pthread_mutex_lock(&s->lock);
	x = look(s, hash, t, id);
	found = x != NULL && x->state == PLACED;
	if (found)
		*out = (struct blob_at){
			.pack = x->pack->id, .offset = x->offset,
			.length = x->length, .plain = x->plain,
			.compressed = x->compressed,
		};
	pthread_mutex_unlock(&s->lock);
	return found;
}

int
fresh_claim(struct fresh *f, enum blob_type t, const struct id *id,
    int (*elsewhere)(const void *arg, enum blob_type t, const struct id *id),
    const void *arg)
{
	uint64_t hash = hash_of(t, id);
	struct shard *s = shard_of(f, hash);
	const struct slot *x;
	int mine;

	pthread_mutex_lock(&s->lock);
	x = look(s, hash, t, id);
	mine = x == NULL && !elsewhere(arg, t, id);
	if (mine)
		place(s, hash, t, id);
	pthread_mutex_unlock(&s->lock);
	return mine;
}

void
fresh_unclaim(struct fresh *f, enum blob_type t, const struct id *id)
{
	uint64_t hash = hash_of(t, id);
	struct shard *s = shard_of(f, hash);
	const struct slot *x;

	pthread_mutex_lock(&s->lock);
	x = look(s, hash, t, id);
	if (x != NULL && x->state == CLAIMED)
		take_out(s, x);
	pthread_mutex_unlock(&s->lock);
}

static void
place_blob(struct fresh *f, const struct fresh_pack *p,
    const struct pack_entry *b)
{
	uint64_t hash = hash_of(b->type, &b->id);
	struct shard *s = shard_of(f, hash);
	struct slot *x;

	pthread_mutex_lock(&s->lock);
	x = place(s, hash, b->type, &b->id);
	if (x->state == CLAIMED) {
		x->pack = p;
		x->offset = b->offset;
		x->length = b->length;
		x->plain = b->plain;
		x->compressed = b->compressed;
		x->state = PLACED;
	}
	pthread_mutex_unlock(&s->lock);
}

/* n becomes bigger or smaller by what is in p. */
static void
count(struct fresh *f, const struct fresh_pack *p, int more)
{
	uint64_t trees = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		trees += p->v[i].type == BLOB_TREE;
	if (more) {
		f->packs++;
		f->blobs[BLOB_DATA] += p->n - trees;
		f->blobs[BLOB_TREE] += trees;
	} else {
		f->packs--;
		f->blobs[BLOB_DATA] -= p->n - trees;
		f->blobs[BLOB_TREE] -= trees;
	}
}

void
fresh_add(struct fresh *f, const struct id *pack, const struct pack_entry *v,
    size_t n)
{
	struct fresh_pack *p = xalloc(sizeof(*p));
	size_t i;

	p->id = *pack;
	p->n = n;
	p->v = xallocn(n, sizeof(*v));
	memcpy(p->v, v, n * sizeof(*v));
	for (i = 0; i < n; i++)
		place_blob(f, p, &p->v[i]);
	pthread_mutex_lock(&f->lock);
	*f->last = p;
	f->last = &p->next;
	count(f, p, 1);
	pthread_mutex_unlock(&f->lock);
}

struct fresh_pack *
fresh_take(struct fresh *f, size_t blobs)
{
	struct fresh_pack *list = NULL, **end = &list;
	size_t n = 0;

	pthread_mutex_lock(&f->lock);
	while (f->first != NULL && n < blobs) {
		*end = f->first;
		end = &f->first->next;
		n += f->first->n;
		count(f, f->first, 0);
		f->first = f->first->next;
	}
	*end = NULL;
	if (f->first == NULL)
		f->last = &f->first;
	pthread_mutex_unlock(&f->lock);
	return list;
}

void
fresh_put_back(struct fresh *f, struct fresh_pack *list)
{
	struct fresh_pack *p, **end = &list;

	if (list == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	for (p = list; p != NULL; p = p->next) {
		count(f, p, 1);
		end = &p->next;
	}
	*end = f->first;
	if (f->first == NULL)
		f->last = end;
	f->first = list;
	pthread_mutex_unlock(&f->lock);
}

void
fresh_gone(struct fresh *f, struct fresh_pack *list)
{
	struct fresh_pack *p;
	struct shard *s;
	const struct slot *x;
	uint64_t hash;
	size_t i;

	for (p = list; p != NULL; p = p->next)
		for (i = 0; i < p->n; i++) {
			hash = hash_of(p->v[i].type, &p->v[i].id);
			s = shard_of(f, hash);
			pthread_mutex_lock(&s->lock);
			x = look(s, hash, p->v[i].type, &p->v[i].id);
			if (x != NULL && x->state == PLACED && x->pack == p)
				take_out(s, x);
			pthread_mutex_unlock(&s->lock);
		}
	free_packs(list);
}

void
fresh_waiting(struct fresh *f, uint64_t blobs[2], uint64_t *packs)
{
	pthread_mutex_lock(&f->lock);
	blobs[0] = f->blobs[0];
	blobs[1] = f->blobs[1];
	*packs = f->packs;
	pthread_mutex_unlock(&f->lock);
}

size_t
fresh_numbers(struct fresh *f)
{
	size_t n = 0;
	int i;

	for (i = 0; i < SHARDS; i++) {
		pthread_mutex_lock(&f->shards[i].lock);
		n += f->shards[i].cap;
		pthread_mutex_unlock(&f->shards[i].lock);
	}
	return n;
}

size_t
fresh_number(struct fresh *f, enum blob_type t, const struct id *id)
{
	uint64_t hash = hash_of(t, id);
	struct shard *mine = shard_of(f, hash), *s;
	const struct slot *x;
	size_t n = 0;

	for (s = f->shards; s < mine; s++) {
		pthread_mutex_lock(&s->lock);
		n += s->cap;
		pthread_mutex_unlock(&s->lock);
	}
	pthread_mutex_lock(&mine->lock);
	x = look(mine, hash, t, id);
	n = x != NULL && x->state == PLACED ? n + (size_t)(x - mine->v) :
	    SIZE_MAX;
	pthread_mutex_unlock(&mine->lock);
	return n;
}
