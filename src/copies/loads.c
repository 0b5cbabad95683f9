#include <stdlib.h>
#include <string.h>

#include "apply/tree.h"
#include "copies/loads.h"
#include "copies/making.h"
#include "fs/dir.h"
#include "util/pool.h"
#include "util/xalloc.h"

#define LOAD_THINGS	32
#define LOAD_BYTES	((uint64_t)256 << 10)	/* of files to be copied */
#define LOADS		32			/* on their way at once */

struct load {
	struct fs_dir	*from;		/* held, if something is to be copied */
	struct thing	 v[LOAD_THINGS];
	size_t		 n;
	uint64_t	 bytes;
};

static void
load_free(struct load *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++) {
		free(l->v[i].own);
		free(l->v[i].error);
	}
	fs_dir_free(l->from);
	free(l);
}

/* In a thread of the pool. */
static void
work(void *arg, unsigned hand, void *item)
{
	struct making *m = arg;
	struct load *l = item;
	struct thing *t;
	size_t i;

	for (i = 0; i < l->n; i++) {
		t = &l->v[i];
		if (t->state != THING_COPY || atomic_load(&m->cancel))
			continue;
		t->it.dir = l->from;
		making_copy(m, m->hands[hand], t);
	}
}

void
loads_begin(struct making *m)
{
	unsigned n = pool_threads(2), i;

	for (i = 0; i < n; i++)
		m->hands[i] = tree_hand_new(m->t);
	m->pool = pool_new(n, LOADS, work, m);
}

void
loads_end(struct making *m)
{
	struct load *l;
	unsigned i;

	atomic_store(&m->cancel, 1);
	while (m->pool != NULL && (l = pool_take(m->pool, 1)) != NULL)
		load_free(l);
	load_free(m->load);
	m->load = NULL;
	pool_free(m->pool);
	m->pool = NULL;
	for (i = 0; i < POOL_THREADS_MAX; i++) {
		tree_hand_free(m->hands[i]);
		m->hands[i] = NULL;
	}
}

/* Told in the order in which it was added; nothing more after the end. */
static void
ended(struct making *m, struct load *l)
{
	size_t i;

	for (i = 0; i < l->n && m->fatal.kind == ERR_NONE; i++)
		making_ended(m, &l->v[i]);
	load_free(l);
}

static int
is_well(const struct making *m, struct err *e)
{
	if (m->fatal.kind == ERR_NONE)
		return 0;
	*e = m->fatal;
	return -1;
}

/* The load in hand is given away. */
static void
seal(struct making *m)
{
	struct load *l = m->load;

	m->load = NULL;
	if (l->from == NULL && pool_is_empty(m->pool)) {
		ended(m, l);		/* nothing to do, nothing to wait for */
		return;
	}
	if (pool_is_full(m->pool))
		ended(m, pool_take(m->pool, 1));
	pool_give(m->pool, l);
	while ((l = pool_take(m->pool, 0)) != NULL)
		ended(m, l);
}

int
loads_drain(struct making *m, struct err *e)
{
	struct load *l;

	if (m->load != NULL)
		seal(m);
	while ((l = pool_take(m->pool, 1)) != NULL)
		ended(m, l);
	return is_well(m, e);
}

/* Hold the folder of what is to be copied.  A load has one. */
static int
hold(struct making *m, const struct fs_dir *d, struct err *e)
{
	if (m->load != NULL && m->load->from != NULL &&
	    strcmp(m->load->from->path, d->path) != 0)
		seal(m);
	if (m->load == NULL)
		m->load = xalloc(sizeof(*m->load));
	if (m->load->from != NULL)
		return 0;
	return fs_dir_below(d, "", &m->load->from, e);
}

static const char *
put(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = *at;

	memcpy(p, s, n);
	*at += n;
	return p;
}

static void
keep(struct thing *t, const struct source_item *it, const char *target)
{
	char *at = xalloc(strlen(it->name) + strlen(it->path) +
	    strlen(it->abs) + strlen(target) + 4);

	t->own = at;
	t->it = *it;
	t->it.dir = NULL;
	t->it.name = put(&at, it->name);
	t->it.path = put(&at, it->path);
	t->it.abs = put(&at, it->abs);
	t->target = put(&at, target);
}

int
loads_add(struct making *m, const struct source_item *it, char kind,
    enum thing_state state, const char *sum, const char *target, struct err *e)
{
	struct thing *t;

	if (is_well(m, e) < 0 ||
	    (state == THING_COPY && hold(m, it->dir, e) < 0))
		return -1;
	if (m->load == NULL)
		m->load = xalloc(sizeof(*m->load));
	t = &m->load->v[m->load->n++];
	keep(t, it, target != NULL ? target : "");
	t->kind = kind;
	t->state = state;
	if (sum != NULL)
		memcpy(t->sum, sum, SHA256_HEX);
	if (state == THING_COPY)
		m->load->bytes += it->id.size;
	if (m->load->n == LOAD_THINGS || m->load->bytes >= LOAD_BYTES)
		seal(m);
	return is_well(m, e);
}
