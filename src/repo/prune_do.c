/* Doing it, in the order that prune.h tells. */
#include <pthread.h>
#include <stdlib.h>

#include "repo/prune_impl.h"
#include "repo/repo.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	4

/* ---- packs go, several at once ---- */

struct removal {
	const struct prune *p;
	enum prune_step	 step;
	const struct id	*v;
	size_t		 n;

	pthread_mutex_t	 lock;		/* of what is below */
	size_t		 next;
	int		 failed;
	struct err	*e;
};

static const struct id *
next_pack(struct removal *d)
{
	const struct id *id = NULL;

	pthread_mutex_lock(&d->lock);
	if (!d->failed && d->next < d->n) {
		id = &d->v[d->next++];
		prune_step(d->p, d->step, d->next, d->n);
	}
	pthread_mutex_unlock(&d->lock);
	return id;
}

static void
remove_some(void *arg, unsigned who)
{
	struct removal *d = arg;
	const struct id *id;
	struct err e = {0};

	(void)who;
	while ((id = next_pack(d)) != NULL) {
		if (repo_remove(d->p->r, STORE_PACK, id, &e) == 0)
			continue;
		pthread_mutex_lock(&d->lock);
		if (!d->failed && d->e != NULL)
			*d->e = e;
		d->failed = 1;
		pthread_mutex_unlock(&d->lock);
	}
}

static int
remove_packs(const struct prune *p, enum prune_step step, const struct id *v,
    size_t n, struct err *e)
{
	struct removal d = { .p = p, .step = step, .v = v, .n = n, .e = e };
	struct store_caps caps;

	if (n == 0)
		return 0;
	store_caps(p->r->store, &caps);
	pthread_mutex_init(&d.lock, NULL);
	crew_once(caps.connections < THREADS_MAX ? caps.connections :
	    THREADS_MAX, remove_some, &d);
	pthread_mutex_destroy(&d.lock);
	return d.failed ? -1 : 0;
}

/* ---- the index ---- */

static int
stays_in_index(void *arg, const struct id *pack)
{
	const struct prune_pack *k = prune_find(arg, pack);

	return k == NULL || k->fate == PRUNE_KEEP;
}

/* ---- all of it ---- */

static int
remove_old(const struct prune *p, struct err *e)
{
	struct id *old = xallocn(p->n, sizeof(*old));
	size_t i, n = 0;
	int r;

	for (i = 0; i < p->n; i++)
		if (p->v[i].fate == PRUNE_GO || p->v[i].fate == PRUNE_AGAIN)
			old[n++] = p->v[i].id;
	r = remove_packs(p, PRUNE_REMOVE, old, n, e);
	free(old);
	return r;
}

static int
changes_index(const struct prune *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].fate != PRUNE_KEEP)
			return 1;
	return 0;
}

int
prune_needed(const struct prune *p)
{
	return p->n_strays > 0 || changes_index(p);
}

int
prune_do(struct prune *p, struct err *e)
{
	struct err here;

	if (e == NULL)
		e = &here;
	if (remove_packs(p, PRUNE_UNREFERENCED, p->strays, p->n_strays, e) < 0)
		return -1;
	if (!changes_index(p))
		return 0;
	if (p->st.packs.repack > 0) {
		prune_step(p, PRUNE_REPACK, 0, p->st.packs.repack);
		if (prune_repack(p, e) < 0)
			return -1;
	}
	prune_step(p, PRUNE_REWRITE, 0, 0);
	if (index_rewrite(p->r, 0, stays_in_index, p, e) < 0)
		return -1;
	return remove_old(p, e);
}
