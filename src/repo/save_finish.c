/* save_finish.c -- threads that end packs: save_impl.h. */
#include <pthread.h>
#include <stdlib.h>

#include "crypto/seal.h"
#include "repo/cache.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "repo/save_impl.h"
#include "store/store.h"
#include "util/thread.h"
#include "util/time.h"
#include "util/xalloc.h"

#define THREADS_NEAR	2
#define THREADS_MAX	16	/* far: a round trip is waited for in each */
#define WAITING_MAX	5	/* packs, each in memory or in a file */

struct finisher {
	struct saver	*saver;
	struct repo	*repo;
	pthread_t	 threads[THREADS_MAX];
	unsigned	 n_threads;

	pthread_mutex_t	 mutex;		/* of what is below */
	pthread_cond_t	 work, room;
	struct packer	*first, **last;
	unsigned	 waiting, busy;
	int		 stop;
};

/* The next pack, or NULL when all is over. */
static struct packer *
take(struct finisher *f)
{
	struct packer *p;

	pthread_mutex_lock(&f->mutex);
	while (f->first == NULL && !f->stop)
		pthread_cond_wait(&f->work, &f->mutex);
	p = f->first;
	if (p != NULL) {
		f->first = p->next;
		if (f->first == NULL)
			f->last = &f->first;
		f->waiting--;
		f->busy++;
		pthread_cond_broadcast(&f->room);
	}
	pthread_mutex_unlock(&f->mutex);
	return p;
}

static void
done(struct finisher *f)
{
	pthread_mutex_lock(&f->mutex);
	f->busy--;
	pthread_cond_broadcast(&f->room);
	pthread_mutex_unlock(&f->mutex);
}

/* restic's cache has the packs of trees; one that was sent already comes into
 * it when it is read. */
static void
cache(struct finisher *f, const struct packer *p, const struct id *id)
{
	if (p->type == BLOB_TREE && p->held.len > p->size)
		cache_put(f->repo->cache, STORE_PACK, id, p->held.data,
		    p->held.len);
}

static void
finish(struct finisher *f, struct sealer *s, struct packer *p)
{
	struct err e = {0};
	struct id id;

	if (saver_failed(f->saver)) {
		saver_drop(f->saver, p);
		return;
	}
	if (packer_finish(p, s, &id, &e) < 0) {
		saver_fail(f->saver, &e);
		saver_drop(f->saver, p);
		return;
	}
	index_add(f->repo->index, &id, p->v, p->n);
	cache(f, p, &id);
	packer_free(p);
	if (index_save(f->repo, 0, time_mono(), &e) < 0)
		saver_fail(f->saver, &e);
}

static void *
run(void *arg)
{
	struct finisher *f = arg;
	struct sealer *s = sealer_new(f->repo->key);
	struct packer *p;

	while ((p = take(f)) != NULL) {
		finish(f, s, p);
		done(f);
	}
	sealer_free(s);
	return NULL;
}

struct finisher *
finisher_new(struct saver *s, struct repo *r)
{
	struct finisher *f = xalloc(sizeof(*f));
	struct store_caps caps;
	unsigned n;

	f->saver = s;
	f->repo = r;
	f->last = &f->first;
	pthread_mutex_init(&f->mutex, NULL);
	pthread_cond_init(&f->work, NULL);
	pthread_cond_init(&f->room, NULL);
	/* One connection is left for those who fill packs, if they use it. */
	store_caps(r->store, &caps);
	if (caps.near)
		n = caps.connections > THREADS_NEAR ? THREADS_NEAR : 1;
	else
		n = caps.connections < THREADS_MAX ? caps.connections :
		    THREADS_MAX;
	for (; f->n_threads < n; f->n_threads++)
		if (thread_start(&f->threads[f->n_threads], run, f) != 0)
			break;
	if (f->n_threads == 0)
		abort();		/* as without memory */
	return f;
}

void
finisher_free(struct finisher *f)
{
	unsigned i;

	if (f == NULL)
		return;
	pthread_mutex_lock(&f->mutex);
	f->stop = 1;
	pthread_cond_broadcast(&f->work);
	pthread_mutex_unlock(&f->mutex);
	for (i = 0; i < f->n_threads; i++)
		pthread_join(f->threads[i], NULL);
	pthread_mutex_destroy(&f->mutex);
	pthread_cond_destroy(&f->work);
	pthread_cond_destroy(&f->room);
	free(f);
}

void
finisher_add(struct finisher *f, struct packer *p)
{
	pthread_mutex_lock(&f->mutex);
	while (f->waiting >= f->n_threads || f->waiting >= WAITING_MAX)
		pthread_cond_wait(&f->room, &f->mutex);
	p->next = NULL;
	*f->last = p;
	f->last = &p->next;
	f->waiting++;
	pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->mutex);
}

void
finisher_drain(struct finisher *f)
{
	pthread_mutex_lock(&f->mutex);
	while (f->waiting + f->busy > 0)
		pthread_cond_wait(&f->room, &f->mutex);
	pthread_mutex_unlock(&f->mutex);
}
