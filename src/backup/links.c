/* links.c -- files with several names. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backup/links.h"
#include "util/map.h"
#include "util/xalloc.h"

struct linked {
	int		 known;		/* 0: it is being read */
	uint64_t	 size;
	struct look_time mtime, ctime;
	uint32_t	 left;		/* names still to come */
	size_t		 n;
	struct id	 content[];
};

struct links {
	pthread_mutex_t	 lock;
	pthread_cond_t	 ready;
	struct map	 map;		/* (dev, ino) to a struct linked */
};

struct key {
	uint64_t	 dev, ino;
};

struct links *
links_new(void)
{
	struct links *l = xalloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->ready, NULL);
	return l;
}

void
links_free(struct links *l)
{
	struct map_entry entry;
	size_t at = 0;

	if (l == NULL)
		return;
	while (map_next(&l->map, &at, &entry))
		free((void *)(uintptr_t)*entry.value);
	map_fini(&l->map);
	pthread_cond_destroy(&l->ready);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct linked *
find(struct links *l, const struct key *k)
{
	const uint64_t *value = map_get(&l->map, k, sizeof(*k));

	return value != NULL ? (struct linked *)(uintptr_t)*value : NULL;
}

static void
forget(struct links *l, const struct key *k, struct linked *f)
{
	map_remove(&l->map, k, sizeof(*k));
	free(f);
	if (l->map.n == 0) {	/* the map keeps keys that were removed */
		map_fini(&l->map);
		l->map = (struct map){0};
	}
}

/* Is it still what was read? */
static int
fits(const struct linked *f, const struct look *look)
{
	return f->size == look->size && f->mtime.sec == look->mtime.sec &&
	    f->mtime.nsec == look->mtime.nsec &&
	    f->ctime.sec == look->ctime.sec &&
	    f->ctime.nsec == look->ctime.nsec;
}

int
links_get(struct links *l, const struct look *look, struct id **content,
    size_t *n)
{
	struct key k = { look->dev, look->ino };
	struct linked *f;
	int rc = -1;

	pthread_mutex_lock(&l->lock);
	while ((f = find(l, &k)) != NULL && !f->known)
		pthread_cond_wait(&l->ready, &l->lock);
	if (f != NULL && fits(f, look)) {
		*content = xallocn(f->n + 1, sizeof(**content));
		memcpy(*content, f->content, f->n * sizeof(**content));
		*n = f->n;
		rc = 1;
		if (--f->left == 0)
			forget(l, &k, f);
	} else if (f == NULL && l->map.n < LINKS_MAX) {
		f = xalloc(sizeof(*f));
		map_put(&l->map, &k, sizeof(k), (uintptr_t)f);
		rc = 0;
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

void
links_put(struct links *l, const struct look *look, const struct id *content,
    size_t n)
{
	struct key k = { look->dev, look->ino };
	struct linked *f, *old;

	f = xalloc(sizeof(*f) + n * sizeof(*content));
	f->known = 1;
	f->size = look->size;
	f->mtime = look->mtime;
	f->ctime = look->ctime;
	f->left = look->nlink > 1 ? look->nlink - 1 : 1;
	f->n = n;
	if (n > 0)
		memcpy(f->content, content, n * sizeof(*content));
	pthread_mutex_lock(&l->lock);
	old = find(l, &k);
	map_put(&l->map, &k, sizeof(k), (uintptr_t)f);
	free(old);
	pthread_cond_broadcast(&l->ready);
	pthread_mutex_unlock(&l->lock);
}

void
links_drop(struct links *l, const struct look *look)
{
	struct key k = { look->dev, look->ino };
	struct linked *f;

	pthread_mutex_lock(&l->lock);
	if ((f = find(l, &k)) != NULL)
		forget(l, &k, f);
	pthread_cond_broadcast(&l->ready);
	pthread_mutex_unlock(&l->lock);
}
