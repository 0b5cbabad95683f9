#include <stdlib.h>
#include <string.h>

#include "copies/impl.h"
#include "copies/last.h"
#include "fs/dir.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define TAG_BITS	24
#define AT_MASK		((UINT64_C(1) << (64 - TAG_BITS)) - 1)

/* A hash table of offsets: 24 bits of the hash and 40 of offset + 1. */
struct table {
	uint64_t	*slots;
	size_t		 n, cap;
};

struct last {
	struct manifest	*m;
	struct table	 paths, ids;
	int		 has_ids;
	struct manifest_entry now;	/* the entry read last */
	int		 ready;		/* now is one */
	struct hand	 hand;
};

struct id_key {
	uint64_t	 fs, ino;
};

static uint64_t
hash_path(const char *path)
{
	return hash_keyed(1, path, strlen(path));
}

static uint64_t
hash_id(uint64_t fs, uint64_t ino)
{
	struct id_key key = { fs, ino };

	return hash_keyed(2, &key, sizeof(key));
}

/* ---- the tables ---- */
static void
put(struct table *t, uint64_t slot)
{
	size_t i = (size_t)(slot >> (64 - TAG_BITS)) * 0x9E3779B1u;

	for (i &= t->cap - 1; t->slots[i] != 0; i = (i + 1) & (t->cap - 1))
		continue;
	t->slots[i] = slot;
	t->n++;
}

static void
grow(struct table *t)
{
	struct table big = { .cap = t->cap ? 2 * t->cap : 1024 };
	size_t i;

	big.slots = xallocn(big.cap, sizeof(*big.slots));
	for (i = 0; i < t->cap; i++)
		if (t->slots[i] != 0)
			put(&big, t->slots[i]);
	free(t->slots);
	*t = big;
}

static void
add(struct table *t, uint64_t hash, uint64_t at)
{
	if (t->n >= t->cap / 2)
		grow(t);
	if (at < AT_MASK)
		put(t, (hash & ~AT_MASK) | (at + 1));
}

/* The next offset that may be meant, from slot *i on: 1, or 0. */
static int
candidate(const struct table *t, uint64_t hash, size_t *i, uint64_t *at)
{
	uint64_t slot;

	for (; t->cap > 0 && t->slots[*i] != 0; *i = (*i + 1) & (t->cap - 1)) {
		slot = t->slots[*i];
		if (((slot ^ hash) & ~AT_MASK) != 0)
			continue;
		*at = (slot & AT_MASK) - 1;
		*i = (*i + 1) & (t->cap - 1);
		return 1;
	}
	return 0;
}

static size_t
first_slot(const struct table *t, uint64_t hash)
{
	size_t i = (size_t)(hash >> (64 - TAG_BITS)) * 0x9E3779B1u;

	return t->cap > 0 ? i & (t->cap - 1) : 0;
}

/* ---- opening ---- */

/* Once through it: is it whole, and where is what? */
static int
index_paths(struct last *l, struct err *e)
{
	struct manifest_entry en;
	int r;

	while ((r = manifest_next(l->m, &en, e)) == 1)
		if (en.en.kind == 'f')
			add(&l->paths, hash_path(en.en.path),
			    manifest_at(l->m));
	return r;
}

int
last_open(const struct fs_dir *place, const char *name, struct last **out,
    struct err *e)
{
	struct last *l = xalloc(sizeof(*l));

	if (manifest_open(place, name, &l->m, e) < 0 ||
	    fs_dir_below(place, name, &l->hand.top, e) < 0 ||
	    index_paths(l, e) < 0) {
		last_free(l);
		return -1;
	}
	manifest_rewind(l->m);
	*out = l;
	return 0;
}

void
last_free(struct last *l)
{
	if (l == NULL)
		return;
	manifest_close(l->m);
	hand_fini(&l->hand);
	free(l->paths.slots);
	free(l->ids.slots);
	free(l);
}

/* ---- asking ---- */

/* The next file in the manifest's own order. */
static void
step(struct last *l)
{
	struct err e = {0};

	do
		l->ready = manifest_next(l->m, &l->now, &e) == 1;
	while (l->ready && l->now.en.kind != 'f');
}

static int
read_at(struct last *l, uint64_t at)
{
	struct err e = {0};

	l->ready = manifest_jump(l->m, at, &l->now, &e) == 1 &&
	    l->now.en.kind == 'f';
	return l->ready;
}

const struct manifest_entry *
last_by_path(struct last *l, const char *path)
{
	uint64_t hash, at, here;
	int moved = 0;
	size_t i;

	if (!l->ready)
		step(l);
	here = manifest_at(l->m);
	if (l->ready && strcmp(l->now.en.path, path) == 0) {
		l->ready = 0;		/* the next call goes on behind it */
		return &l->now;
	}
	hash = hash_path(path);
	i = first_slot(&l->paths, hash);
	while (candidate(&l->paths, hash, &i, &at)) {
		moved = 1;
		if (!read_at(l, at) || strcmp(l->now.en.path, path) != 0)
			continue;
		l->ready = 0;
		return &l->now;
	}
	if (moved)
		read_at(l, here);
	return NULL;
}

static void
index_ids(struct last *l)
{
	struct manifest_entry en;
	struct err e = {0};

	l->has_ids = 1;
	manifest_rewind(l->m);
	while (manifest_next(l->m, &en, &e) == 1)
		if (en.en.kind == 'f')
			add(&l->ids, hash_id(en.fs, en.ino),
			    manifest_at(l->m));
}

const struct manifest_entry *
last_by_id(struct last *l, const struct fs_id *id)
{
	uint64_t hash = hash_id(id->fs, id->ino), at;
	uint64_t here = manifest_at(l->m);
	int was_ready = l->ready, moved = !l->has_ids;
	size_t i;

	if (!l->has_ids)
		index_ids(l);
	i = first_slot(&l->ids, hash);
	while (candidate(&l->ids, hash, &i, &at)) {
		moved = 1;
		if (!read_at(l, at) || l->now.fs != id->fs ||
		    l->now.ino != id->ino)
			continue;
		l->ready = 0;
		return &l->now;
	}
	if (moved && read_at(l, here) && !was_ready)
		l->ready = 0;
	return NULL;
}

const struct fs_dir *
last_folder(struct last *l, const char *path, const char **name)
{
	return hand_folder(&l->hand, path, name, NULL);
}
