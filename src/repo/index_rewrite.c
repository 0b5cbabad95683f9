/*
 * The index anew, without some packs.  Index files that name such a pack are
 * written again without it; when the new ones are durable the old ones go.
 * Whatever interrupts it, each blob that stays is named by a file of either.
 *
 * A pack that two of these files name is written once, with the blobs of both:
 * so what older versions of restic split is whole again.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/index_impl.h"
#include "repo/repo.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

struct rewrite {
	struct repo	*r;
	int		 all;
	int (*keep)(void *arg, const struct id *pack);
	int (*more)(void *arg, struct index_writer *w, struct err *e);
	void		*arg;

	unsigned char	**kept;		/* by run: each pack */
	unsigned char	**again;	/* by run: each file is written again */
	size_t		 n_runs;
	struct id	*old;		/* those files, sorted */
	size_t		 n_old, cap_old;

	struct index_writer *w;
	struct err	*e;
};

static void
rewrite_fini(struct rewrite *w)
{
	size_t i;

	for (i = 0; i < w->n_runs; i++) {
		free(w->kept[i]);
		free(w->again[i]);
	}
	free(w->kept);
	free(w->again);
	free(w->old);
	index_writer_free(w->w);
}

static int
is_live(const struct run *u, uint32_t file)
{
	return file < u->is.n_files && u->live[file];
}

/* Where a pack is named. */
struct naming {
	struct id	 pack;
	uint32_t	 file;
	size_t		 run;
};

struct namings {
	struct naming	*v;
	size_t		 n, cap;
};

static void
judge_run(struct rewrite *w, size_t i, const struct run *u,
    struct namings *all)
{
	const struct run_pack *p;
	uint32_t k;

	w->kept[i] = xalloc(u->is.n_packs);
	w->again[i] = xalloc(u->is.n_files);
	for (k = 0; k < u->is.n_packs; k++) {
		p = &u->is.packs[k];
		if (!is_live(u, p->file))
			continue;
		w->kept[i][k] = w->keep(w->arg, &p->id) != 0;
		if (!w->kept[i][k])
			w->again[i][p->file] = 1;
		XGROW(all->v, all->n, all->cap);
		all->v[all->n++] = (struct naming){ p->id, p->file, i };
	}
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);	/* which comes first in a naming, too */
}

/*
 * An interruption can leave a pack in an old file and in the new one; else the
 * old would be written again for other reasons, and name it for ever.
 */
static void
judge_namings(struct rewrite *w, struct namings *all)
{
	const struct naming *x, *y;
	size_t i;

	if (all->n > 1)
		qsort(all->v, all->n, sizeof(*all->v), by_id);
	for (i = 1; i < all->n; i++) {
		x = &all->v[i - 1];
		y = &all->v[i];
		if (id_equal(&x->pack, &y->pack))
			w->again[x->run][x->file] =
			    w->again[y->run][y->file] = 1;
	}
}

static void
list_old(struct rewrite *w, size_t i, const struct run *u)
{
	uint32_t k;

	for (k = 0; k < u->is.n_files; k++) {
		w->again[i][k] = u->live[k] && (w->all || w->again[i][k]);
		if (!w->again[i][k])
			continue;
		XGROW(w->old, w->n_old, w->cap_old);
		w->old[w->n_old++] = u->is.files[k].id;
	}
}

static void
judge(struct rewrite *w)
{
	struct runs *s = &w->r->index->runs;
	struct namings all = { .v = NULL };
	size_t i;

	w->n_runs = s->n;
	w->kept = xallocn(s->n, sizeof(*w->kept));
	w->again = xallocn(s->n, sizeof(*w->again));
	for (i = 0; i < s->n; i++)
		judge_run(w, i, s->v[i], &all);
	judge_namings(w, &all);
	free(all.v);
	for (i = 0; i < s->n; i++)
		list_old(w, i, s->v[i]);
	if (w->n_old > 1)
		qsort(w->old, w->n_old, sizeof(*w->old), by_id);
}

static int
is_wanted(void *arg, const struct run *u, uint32_t pack)
{
	struct rewrite *w = arg;
	size_t i = 0;

	while (w->r->index->runs.v[i] != u)
		i++;
	return w->kept[i][pack] && w->again[i][u->is.packs[pack].file];
}

static int
take_pack(void *arg, const struct index_pack *p)
{
	struct rewrite *w = arg;

	return index_writer_pack(w->w, &p->id, p->v, p->n, w->e);
}

static int
remove_old(struct rewrite *w)
{
	size_t i;
	int failed = 0;

	for (i = 0; i < w->n_old && !failed; i++)
		failed = repo_remove(w->r, STORE_INDEX, &w->old[i], w->e) < 0;
	index_bury(w->r->index, w->old, failed ? i - 1 : i);
	return failed ? -1 : 0;
}

static int
rewrite(struct rewrite *w)
{
	judge(w);
	if (w->n_old == 0 && w->more == NULL)
		return 0;
	w->w = index_writer_new(w->r);
	if (index_each_whole(w->r->index, is_wanted, w, take_pack, w, w->e) ||
	    (w->more != NULL && w->more(w->arg, w->w, w->e) < 0) ||
	    index_writer_finish(w->w, w->e) < 0)
		return -1;
	return remove_old(w);
}

int
index_rewrite_with(struct repo *r, int all,
    int (*keep)(void *arg, const struct id *pack),
    int (*more)(void *arg, struct index_writer *w, struct err *e), void *arg,
    struct err *e)
{
	CLEAN(rewrite_fini) struct rewrite w = {
		.r = r, .all = all, .keep = keep, .more = more, .arg = arg,
		.e = e,
	};
	int failed;

	if (index_save(r, 1, 0, e) < 0)
		return -1;
	pthread_mutex_lock(&r->index->sync->work);
	failed = rewrite(&w) < 0;
	index_settle(r->index);
	pthread_mutex_unlock(&r->index->sync->work);
	return failed ? -1 : 0;
}

int
index_rewrite(struct repo *r, int all,
    int (*keep)(void *arg, const struct id *pack), void *arg, struct err *e)
{
	return index_rewrite_with(r, all, keep, NULL, arg, e);
}
