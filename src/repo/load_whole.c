/* load_whole.c -- see load_impl.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "repo/cache.h"
#include "repo/load_aside.h"
#include "repo/load_impl.h"
#include "repo/repo.h"
#include "util/xalloc.h"

/* A pack longer than this is not fetched whole for one tree in it. */
#define WHOLE_MAX	((uint64_t)2 * REPO_PACK_SIZE)

/* What comes in the request that tells its length: a piece of the cache's. */
#define FIRST		((size_t)4 << 20)

/* As many packs may be on their way at once; who wants one more waits. */
#define COMING_MAX	16

struct wholes {
	pthread_mutex_t	 lock;
	pthread_cond_t	 one_less;
	struct id	 coming[COMING_MAX];
	size_t		 n;
	int		 full;		/* no more room; it is not tried again */
	struct id	 too_long;	/* the last that was */
	int		 has_long;
	struct aside	*aside;		/* where there is no cache */
};

struct wholes *
wholes_new(void)
{
	struct wholes *w = xalloc(sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->one_less, NULL);
	w->aside = aside_new();
	return w;
}

void
wholes_free(struct wholes *w)
{
	if (w == NULL)
		return;
	aside_free(w->aside);
	pthread_cond_destroy(&w->one_less);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Under the lock: where it is among those that come, or n. */
static size_t
find(const struct wholes *w, const struct id *pack)
{
	size_t i;

	for (i = 0; i < w->n && !id_equal(&w->coming[i], pack); i++)
		;
	return i;
}

/* 1: it is ours to fetch.  0: somebody has fetched it, or tried to. */
static int
claim(struct wholes *w, const struct id *pack)
{
	int mine = 1;

	pthread_mutex_lock(&w->lock);
	while (find(w, pack) < w->n || w->n == COMING_MAX) {
		mine &= find(w, pack) == w->n;
		pthread_cond_wait(&w->one_less, &w->lock);
	}
	if (mine)
		w->coming[w->n++] = *pack;
	pthread_mutex_unlock(&w->lock);
	return mine;
}

static void
settle(struct wholes *w, const struct id *pack, int full)
{
	pthread_mutex_lock(&w->lock);
	w->coming[find(w, pack)] = w->coming[w->n - 1];
	w->n--;
	w->full |= full;
	pthread_cond_broadcast(&w->one_less);
	pthread_mutex_unlock(&w->lock);
}

/* No more room, or the pack is known to be too long. */
static int
is_no_use(struct wholes *w, const struct id *pack)
{
	int no_use;

	pthread_mutex_lock(&w->lock);
	no_use = w->full || (w->has_long && id_equal(&w->too_long, pack));
	pthread_mutex_unlock(&w->lock);
	return no_use;
}

static void
note_long(struct wholes *w, const struct id *pack)
{
	pthread_mutex_lock(&w->lock);
	w->too_long = *pack;
	w->has_long = 1;
	pthread_mutex_unlock(&w->lock);
}

struct fetching {
	struct store	*store;
	struct store_name name;
	unsigned char	*first;		/* its beginning, until it was taken */
	size_t		 n_first;
};

static int
piece(void *arg, uint64_t at, void *out, size_t n)
{
	struct fetching *f = arg;

	if (f->first != NULL && at == 0 && n <= f->n_first) {
		memcpy(out, f->first, n);
		free(f->first);
		f->first = NULL;
		return 0;
	}
	return store_get(f->store, &f->name, at, out, n, NULL);
}

int
load_whole_keeps(const struct repo *r)
{
	struct store_caps caps;

	store_caps(r->store, &caps);
	return r->cache != NULL || !caps.near;
}

int
load_whole_get(struct repo *r, const struct id *pack, uint64_t at, void *out,
    size_t len)
{
	return r->cache != NULL ?
	    cache_get_at(r->cache, STORE_PACK, pack, at, out, len) :
	    aside_get(r->wholes->aside, pack, at, out, len);
}

void
load_whole_forget(struct repo *r, const struct id *pack)
{
	if (r->cache != NULL)
		cache_forget(r->cache, STORE_PACK, pack);
	else
		aside_forget(r->wholes->aside, pack);
}

static int
fill(struct repo *r, const struct id *pack, uint64_t size, struct fetching *f,
    int *full)
{
	return r->cache != NULL ?
	    cache_fill(r->cache, STORE_PACK, pack, size, piece, f, full) :
	    aside_fill(r->wholes->aside, pack, size, piece, f, full);
}

int
load_whole_pack(struct repo *r, const struct id *pack)
{
	struct fetching f = { r->store, { .kind = STORE_PACK }, NULL, 0 };
	uint64_t size;
	int ok, full = 0;

	memcpy(f.name.id, pack->b, ID_LEN);
	if (is_no_use(r->wholes, pack))
		return 0;
	if (!claim(r->wholes, pack))
		return 1;
	f.first = xalloc(FIRST);
	ok = store_get_first(r->store, &f.name, f.first, FIRST, &size, NULL) == 0;
	if (ok && size > WHOLE_MAX) {
		note_long(r->wholes, pack);
		ok = 0;
	}
	f.n_first = !ok || size > FIRST ? FIRST : (size_t)size;
	ok = ok && fill(r, pack, size, &f, &full) == 0;
	free(f.first);
	settle(r->wholes, pack, full);
	return ok;
}
