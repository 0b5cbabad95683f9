/* Reading packs: which, and by several threads. */
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "repo/belt.h"
#include "repo/check_impl.h"
#include "repo/index_impl.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	8
#define WAITING_MAX	8	/* packs */

/* ---- which ---- */

/* A number below n. */
static size_t
below(size_t n)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return (size_t)(v % n);
}

static unsigned char
may_read(const struct check_pack *k)
{
	return k->there & k->asked;
}

/* Some at random, as many or until they have so many bytes. */
static void
choose_some(struct check *c, size_t most, uint64_t bytes)
{
	size_t *order = xallocn(c->n, sizeof(*order)), n = 0, i, k;
	uint64_t sum = 0;

	for (i = 0; i < c->n; i++)
		if (may_read(&c->v[i]))
			order[n++] = i;
	for (i = 0; i < n && i < most && sum < bytes; i++) {
		k = i + below(n - i);
		c->v[order[k]].chosen = 1;
		sum += c->v[order[k]].is;
		order[k] = order[i];
	}
	free(order);
}

static size_t
share_of(const struct check *c)
{
	size_t n = 0, i;

	for (i = 0; i < c->n; i++)
		n += may_read(&c->v[i]);
	i = (size_t)((double)n * c->o->data.percent / 100);
	return i > 0 ? i : 1;
}

static uint64_t
choose(struct check *c)
{
	const struct check_data *d = &c->o->data;
	uint64_t n = 0;
	size_t i;

	if (d->part == CHECK_PERCENT)
		choose_some(c, share_of(c), UINT64_MAX);
	else if (d->part == CHECK_BYTES)
		choose_some(c, SIZE_MAX, d->bytes);
	for (i = 0; i < c->n; i++) {
		if (d->part == CHECK_ALL_DATA)
			c->v[i].chosen = may_read(&c->v[i]);
		else if (d->part == CHECK_GROUP)
			c->v[i].chosen = may_read(&c->v[i]) &&
			    c->v[i].id.b[0] % d->groups == d->group - 1;
		n += c->v[i].chosen;
	}
	return n;
}

/* ---- reading ---- */

struct job {
	struct id	 pack;
	uint64_t	 size;
	struct pack_entry *v;
	size_t		 n;
};

struct reading {
	struct check	*c;
	struct belt	*belt;
	uint64_t	 total;
};

static void
drop_job(void *arg)
{
	struct job *j = arg;

	free(j->v);
	free(j);
}

static int
is_chosen(void *arg, const struct run *u, uint32_t pack)
{
	const struct reading *g = arg;
	const struct check_pack *k = check_find(g->c, &u->is.packs[pack].id);

	return k != NULL && k->chosen;
}

static int
give(void *arg, const struct index_pack *p)
{
	struct reading *g = arg;
	const struct repo_options *o = &g->c->r->options;
	struct job *j;
	struct err why;

	if (o->stop != NULL && o->stop(o->stop_arg)) {
		err_set(&why, ERR_STOPPED, "stopped");
		belt_fail(g->belt, &why);
		return -1;
	}
	j = xalloc(sizeof(*j));
	j->pack = p->id;
	j->size = check_find(g->c, &p->id)->is;
	j->n = p->n;
	j->v = xallocn(p->n, sizeof(*j->v));
	if (p->n > 0)
		memcpy(j->v, p->v, p->n * sizeof(*j->v));
	return belt_put(g->belt, j);
}

static void
tell(struct check *c, const struct job *j, struct buf *faults)
{
	char hex[ID_HEX], *line, *rest;

	id_hex(&j->pack, hex);
	buf_str(faults);
	line = (char *)faults->data;
	for (; line != NULL && *line != '\0'; line = rest) {
		rest = strchr(line, '\n');
		if (rest != NULL)
			*rest++ = '\0';
		check_fault(c, CHECK_ERROR, &j->pack, "pack %s: %s", hex, line);
	}
}

static void
read_packs(struct reading *g)
{
	struct pack_reader *p = pack_reader_new(g->c->r);
	CLEAN_BUF struct buf faults = {0};
	struct check_result *out = g->c->out;
	uint64_t done;
	struct job *j;

	while ((j = belt_take(g->belt)) != NULL) {
		buf_reset(&faults);
		pack_reader_check(p, &j->pack, j->size, j->v, j->n, &faults);
		tell(g->c, j, &faults);
		pthread_mutex_lock(&g->c->lock);
		done = ++out->packs_read;
		out->bytes_read += j->size;
		pthread_mutex_unlock(&g->c->lock);
		check_step(g->c, CHECK_DATA, done, g->total);
		drop_job(j);
	}
	pack_reader_free(p);
}

/* The first goes through the index; it does not help when that is done, since each
 * who reads holds a blob of up to 8 MiB, and what it needs to open it. */
static void
work(void *arg, unsigned who)
{
	struct reading *g = arg;
	struct err e = {0};

	if (who == 0) {
		if (index_each_whole(g->c->r->index, is_chosen, g, give, g,
		    &e) != 0)
			belt_fail(g->belt, &e);
		belt_end(g->belt);
	} else {
		read_packs(g);
	}
}

int
check_data(struct check *c, struct err *e)
{
	struct reading g = { .c = c };
	int r;

	g.total = choose(c);
	check_step(c, CHECK_DATA, 0, g.total);
	g.belt = belt_new(WAITING_MAX, drop_job);
	crew_once(crew_fit(THREADS_MAX) + 1, work, &g);
	r = belt_result(g.belt, e);
	belt_free(g.belt);
	return r;
}
