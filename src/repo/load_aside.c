/* load_aside.c -- see load_aside.h. */
#include <pthread.h>
#include <stdlib.h>

#include "repo/cache_run.h"
#include "repo/load_aside.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define PIECE	((size_t)4 << 20)	/* a request each */

struct kept {
	struct id	 pack;
	uint64_t	 at, size;	/* in the file */
};

struct aside {
	pthread_mutex_t	 lock;
	struct cache_run_file file;	/* fd -1: not yet */
	struct kept	*v;		/* few: a pack holds thousands of trees */
	size_t		 n, cap;
	uint64_t	 end;
};

struct aside *
aside_new(void)
{
	struct aside *a = xalloc(sizeof(*a));

	pthread_mutex_init(&a->lock, NULL);
	a->file.fd = -1;
	return a;
}

void
aside_free(struct aside *a)
{
	if (a == NULL)
		return;
	if (a->file.fd >= 0)
		cache_run_drop(&a->file);
	pthread_mutex_destroy(&a->lock);
	free(a->v);
	free(a);
}

/* Under the lock. */
static struct kept *
find(struct aside *a, const struct id *pack)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (id_equal(&a->v[i].pack, pack))
			return &a->v[i];
	return NULL;
}

int
aside_get(struct aside *a, const struct id *pack, uint64_t at, void *out,
    size_t len)
{
	const struct kept *k;
	uint64_t from = 0;
	int fd = -1;

	pthread_mutex_lock(&a->lock);
	k = find(a, pack);
	if (k != NULL && at <= k->size && len <= k->size - at) {
		fd = a->file.fd;
		from = k->at + at;
	}
	pthread_mutex_unlock(&a->lock);
	return fd >= 0 && fd_pread_full(fd, out, len, from) == (ssize_t)len;
}

/* Room for so many bytes: where in the file, or -1. */
static int
reserve(struct aside *a, uint64_t size, uint64_t *at)
{
	int r = 0;

	pthread_mutex_lock(&a->lock);
	if (a->file.fd < 0)
		r = cache_run_make(-1, &a->file, NULL);
	*at = a->end;
	if (r == 0)
		a->end += size;
	pthread_mutex_unlock(&a->lock);
	return r;
}

int
aside_fill(struct aside *a, const struct id *pack, uint64_t size,
    int (*piece)(void *arg, uint64_t at, void *out, size_t n), void *arg,
    int *full)
{
	CLEAN_FREE unsigned char *room = NULL;
	struct kept k = { .pack = *pack, .size = size };
	uint64_t at;
	size_t n;

	*full = reserve(a, size, &k.at) < 0;
	if (*full)
		return -1;
	room = xalloc(size < PIECE ? (size_t)size + 1 : PIECE);
	for (at = 0; at < size; at += n) {
		n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		if (piece(arg, at, room, n) < 0)
			return -1;
		*full = fd_pwrite_full(a->file.fd, room, n, k.at + at) < 0;
		if (*full)
			return -1;
	}
	pthread_mutex_lock(&a->lock);
	XGROW(a->v, a->n, a->cap);
	a->v[a->n++] = k;
	pthread_mutex_unlock(&a->lock);
	return 0;
}

void
aside_forget(struct aside *a, const struct id *pack)
{
	struct kept *k;

	pthread_mutex_lock(&a->lock);
	k = find(a, pack);
	if (k != NULL)
		*k = a->v[--a->n];
	pthread_mutex_unlock(&a->lock);
}
