/* hand.c -- what a thread needs for its work, and a few to borrow. */
#include <pthread.h>
#include <stdlib.h>

#include "repo/hand.h"
#include "repo/repo_impl.h"
#include "util/xalloc.h"

/* Kept for the next borrower; what is above that is made anew. */
#define HANDS_KEPT	4

struct hands {
	pthread_mutex_t		 mutex;
	struct repo_hand	*v[HANDS_KEPT];
	size_t			 n;
};

static enum zip_level
level_of(enum repo_compression c)
{
	switch (c) {
	case REPO_COMPRESS_FASTEST:
		return ZIP_FASTEST;
	case REPO_COMPRESS_BETTER:
		return ZIP_BETTER;
	case REPO_COMPRESS_MAX:
		return ZIP_MAX;
	default:
		return ZIP_AUTO;
	}
}

struct repo_hand *
repo_hand_new(const struct repo *r)
{
	struct repo_hand *h = xalloc(sizeof(*h));

	h->sealer = sealer_new(r->key);
	h->sha = sha256_new();
	h->unzip = unzip_new();
	if (r->version >= 2)
		h->tree_zip = zip_new(level_of(r->options.compression));
	if (r->options.compression != REPO_COMPRESS_OFF)
		h->zip = h->tree_zip;
	return h;
}

void
repo_hand_free(struct repo_hand *h)
{
	if (h == NULL)
		return;
	sealer_free(h->sealer);
	sha256_free(h->sha);
	zip_free(h->tree_zip);
	unzip_free(h->unzip);
	buf_fini(&h->scratch);
	buf_fini(&h->sealed);
	free(h);
}

struct hands *
repo_hands_new(void)
{
	struct hands *all = xalloc(sizeof(*all));

	if (pthread_mutex_init(&all->mutex, NULL) != 0)
		abort();
	return all;
}

void
repo_hands_free(struct hands *all)
{
	if (all == NULL)
		return;
	while (all->n > 0)
		repo_hand_free(all->v[--all->n]);
	pthread_mutex_destroy(&all->mutex);
	free(all);
}

struct repo_hand *
repo_borrow(struct repo *r)
{
	struct repo_hand *h = NULL;

	pthread_mutex_lock(&r->hands->mutex);
	if (r->hands->n > 0)
		h = r->hands->v[--r->hands->n];
	pthread_mutex_unlock(&r->hands->mutex);
	return h != NULL ? h : repo_hand_new(r);
}

void
repo_give_back(struct repo *r, struct repo_hand *h)
{
	pthread_mutex_lock(&r->hands->mutex);
	if (r->hands->n < HANDS_KEPT) {
		r->hands->v[r->hands->n++] = h;
		h = NULL;
	}
	pthread_mutex_unlock(&r->hands->mutex);
	repo_hand_free(h);
}
