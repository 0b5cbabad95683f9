/*
 * Index files, written.  What is written is a run of ours at once, so nobody
 * reads it again, neither we nor the next one who opens the repository here.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/index_batch.h"
#include "repo/index_impl.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define BATCH		((size_t)150000)	/* blobs in a run */

struct index_writer {
	struct repo	*r;
	struct buf	 json;
	int		 begun;		/* a file, in json and in b */
	size_t		 blobs;		/* in it */
	struct index_batch	 b;		/* it, and those before it */
	struct runs	 runs;
};

struct index_writer *
index_writer_new(struct repo *r)
{
	struct index_writer *w = xalloc(sizeof(*w));

	w->r = r;
	return w;
}

void
index_writer_free(struct index_writer *w)
{
	if (w == NULL)
		return;
	buf_fini(&w->json);
	index_batch_fini(&w->b);
	runs_fini(&w->runs);
	free(w);
}

static int
make_run(struct index_writer *w, struct err *e)
{
	struct run *u;

	if (index_batch_run(&w->b, w->r->index->dir, &u, e) < 0)
		return -1;
	runs_add(&w->runs, u);
	index_batch_reset(&w->b);
	return 0;
}

static int
put_file(struct index_writer *w, struct err *e)
{
	struct id id;

	index_file_end(&w->json);
	if (repo_put(w->r, STORE_INDEX, w->json.data, w->json.len, &id, e) < 0)
		return -1;
	index_batch_name_file(&w->b, &id);
	buf_fini(&w->json);
	w->begun = 0;
	w->blobs = 0;
	return index_batch_blobs(&w->b) >= BATCH ? make_run(w, e) : 0;
}

int
index_writer_pack(struct index_writer *w, const struct id *pack,
    const struct pack_entry *v, size_t n, struct err *e)
{
	if (!w->begun) {
		index_file_begin(&w->json);
		index_batch_file(&w->b, &(struct id){{0}});
		w->begun = 1;
	}
	index_file_pack(&w->json, pack, v, n);
	index_batch_pack(&w->b, pack, v, n);
	w->blobs += n;
	return w->blobs >= INDEX_FULL ? put_file(w, e) : 0;
}

int
index_writer_finish(struct index_writer *w, struct err *e)
{
	if (w->begun && put_file(w, e) < 0)
		return -1;
	if (w->b.n_files > 0 && make_run(w, e) < 0)
		return -1;
	index_put_in(w->r->index, &w->runs);
	return 0;
}

/* ---- what this process added ---- */

/* One index file of the packs that wait longest. */
static int
save_file(struct repo *r, struct err *e)
{
	struct fresh_pack *list = fresh_take(r->index->fresh, INDEX_DUE), *p;
	struct index_writer *w = index_writer_new(r);
	int failed = 0;

	for (p = list; p != NULL && !failed; p = p->next)
		failed = index_writer_pack(w, &p->id, p->v, p->n, e) < 0;
	failed = failed || index_writer_finish(w, e) < 0;
	index_writer_free(w);
	if (failed)
		fresh_put_back(r->index->fresh, list);
	else
		fresh_gone(r->index->fresh, list);
	return failed ? -1 : 0;
}

/* How many packs must not wait any longer: all, a file full of them, none. */
static int
is_due(struct index *ix, int all)
{
	uint64_t blobs[2], packs;

	fresh_waiting(ix->fresh, blobs, &packs);
	return packs > 0 && (all || blobs[0] + blobs[1] >= INDEX_DUE);
}

int
index_save(struct repo *r, int all, int64_t now, struct err *e)
{
	struct index *ix = r->index;
	uint64_t blobs[2], packs;
	int failed = 0, wrote = 0;

	if (all)
		pthread_mutex_lock(&ix->sync->work);
	else if (pthread_mutex_trylock(&ix->sync->work) != 0)
		return 0;	/* somebody is at it */
	if (ix->since != 0 && now - ix->since >= INDEX_AGE)
		all = 1;
	while (!failed && is_due(ix, all)) {
		failed = save_file(r, e) < 0;
		wrote = 1;
	}
	if (wrote && !failed)
		index_settle(ix);
	fresh_waiting(ix->fresh, blobs, &packs);
	if (packs == 0)
		ix->since = 0;
	else if (ix->since == 0 || wrote)
		ix->since = now;
	pthread_mutex_unlock(&ix->sync->work);
	return failed ? -1 : 0;
}
