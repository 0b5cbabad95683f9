/*
 * Index files into runs.  Each of a few threads takes a file, reads it, and
 * gathers what it says; when it has enough it sorts that and writes a run.  So
 * memory is that of an index file and a batch for each thread, however many
 * files there are.
 */
#include <string.h>

#include "repo/index_batch.h"
#include "repo/index_impl.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/crew.h"
#include "util/err.h"

#define THREADS_MAX	4
#define BATCH		((size_t)150000)	/* blobs: about 15 MiB to sort */

struct reading {
	struct repo	*r;
	int		 dir;
	const struct id	*ids;
	size_t		 n;

	pthread_mutex_t	 lock;		/* of what is below */
	size_t		 next, vanished;
	struct runs	*out;
	int		 failed;
	struct err	*e;		/* why: of the first */
};

/* The next file: 1, or 0 if there is none or something failed. */
static int
next_file(struct reading *g, const struct id **id)
{
	int more;

	pthread_mutex_lock(&g->lock);
	more = !g->failed && g->next < g->n;
	if (more)
		*id = &g->ids[g->next++];
	pthread_mutex_unlock(&g->lock);
	return more;
}

static void
fail(struct reading *g, const struct err *why)
{
	pthread_mutex_lock(&g->lock);
	if (!g->failed && g->e != NULL)
		*g->e = *why;
	g->failed = 1;
	pthread_mutex_unlock(&g->lock);
}

static int
take_pack(void *arg, const struct index_file_pack *p)
{
	if (!p->deleted)
		index_batch_pack(arg, &p->id, p->v, p->n);
	return 0;
}

static int
read_file(struct reading *g, const struct id *id, struct index_batch *b,
    struct buf *json, struct err *e)
{
	const struct repo_options *o = &g->r->options;
	char hex[ID_SHORT];

	if (o->stop != NULL && o->stop(o->stop_arg))
		return err_set(e, ERR_STOPPED, "stopped");
	buf_reset(json);
	if (repo_get(g->r, STORE_INDEX, id, json, e) < 0) {
		if (e->kind != ERR_NOENT)
			return -1;
		/* Somebody made others of it since we looked. */
		pthread_mutex_lock(&g->lock);
		g->vanished++;
		pthread_mutex_unlock(&g->lock);
		return 0;
	}
	index_batch_file(b, id);
	if (index_file_read(json->data, json->len, take_pack, b, e) == 0)
		return 0;
	id_short(id, hex);
	return err_wrap(e, "index file %s", hex);
}

static int
flush(struct reading *g, struct index_batch *b, struct err *e)
{
	struct run *u;

	if (b->n_files == 0)
		return 0;
	if (index_batch_run(b, g->dir, &u, e) < 0)
		return -1;
	index_batch_reset(b);
	pthread_mutex_lock(&g->lock);
	runs_add(g->out, u);
	pthread_mutex_unlock(&g->lock);
	return 0;
}

static void
work(void *arg, unsigned who)
{
	CLEAN(index_batch_fini) struct index_batch b = {0};
	struct reading *g = arg;
	CLEAN_BUF struct buf json = {0};
	const struct id *id = NULL;
	struct err e = {0};

	(void)who;
	while (next_file(g, &id))
		if (read_file(g, id, &b, &json, &e) < 0 ||
		    (index_batch_blobs(&b) >= BATCH && flush(g, &b, &e) < 0)) {
			fail(g, &e);
			return;
		}
	if (flush(g, &b, &e) < 0)
		fail(g, &e);
}

int
index_read_files(struct repo *r, int dir, const struct id *ids, size_t n,
    struct runs *out, size_t *vanished, struct err *e)
{
	struct reading g = {
		.r = r, .dir = dir, .ids = ids, .n = n, .out = out, .e = e,
	};

	pthread_mutex_init(&g.lock, NULL);
	crew_once(crew_fit(n < THREADS_MAX ? (unsigned)n : THREADS_MAX), work,
	    &g);
	pthread_mutex_destroy(&g.lock);
	*vanished = g.vanished;
	return g.failed ? -1 : 0;
}
