/* rewrite.c -- see rewrite.h. */
#include <stdlib.h>
#include <string.h>

#include "repo/lock.h"
#include "repo/repo.h"
#include "repo/rewrite.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

enum fate { STAYS, CHANGES, EMPTY, FAILED };

struct one {
	enum fate	 fate;
	struct id	 tree;
	struct rewrite_sums sums;
};

struct rewriting {
	struct repo	*r;
	const struct snapshots *l;
	const struct rewrite_options *o;
	struct one	*v;		/* one a snapshot */
};

/* ---- what becomes of each ---- */

static int
same_summary(const struct snapshot *s, const struct rewrite_sums *sums)
{
	return s->has_summary && s->summary.total_files == sums->files &&
	    s->summary.total_bytes == sums->bytes;
}

static void
judge(const struct rewriting *w, const struct snapshot *s, struct one *x)
{
	const struct rewrite_options *o = w->o;

	x->fate = o->new_host != NULL || o->new_time != NULL ||
	    !id_equal(&x->tree, &s->tree) ||
	    (o->summary && !same_summary(s, &x->sums)) ? CHANGES : STAYS;
}

static int
do_tree(struct rewriting *w, struct rewriter *k, size_t i, struct err *e)
{
	const struct snapshot *s = &w->l->v[i];
	struct one *x = &w->v[i];
	struct err why = {0};
	int r;

	if (w->o->begin != NULL)
		w->o->begin(w->o->arg, s);
	r = rewriter_tree(k, &s->tree, &x->tree, &x->sums, &why);
	if (r < 0 && why.kind == ERR_STOPPED) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	if (r < 0) {
		x->fate = FAILED;
		if (w->o->failed != NULL)
			w->o->failed(w->o->arg, s, &why);
	} else if (r == 1)
		x->fate = EMPTY;
	else
		judge(w, s, x);
	return 0;
}

static int
do_trees(struct rewriting *w, struct err *e)
{
	static const struct rewrite_watch keep_all = { .by_path = 0 };
	struct saver *saver = NULL;
	struct rewriter *k;
	size_t i;
	int r = 0;

	if (!w->o->dry_run && saver_new(w->r, &saver, e) < 0)
		return -1;
	k = rewriter_new(w->r, saver, w->o->tree ? w->o->tree : &keep_all);
	for (i = 0; i < w->l->n && r == 0; i++)
		r = do_tree(w, k, i, e);
	rewriter_free(k);
	if (r == 0 && saver != NULL)
		r = saver_flush(saver, e);
	saver_free(saver);
	return r;
}

/* Trees that nobody wants to see are not gone through. */
static int
keep_trees(struct rewriting *w)
{
	size_t i;

	for (i = 0; i < w->l->n; i++) {
		if (w->o->begin != NULL)
			w->o->begin(w->o->arg, &w->l->v[i]);
		w->v[i].tree = w->l->v[i].tree;
		judge(w, &w->l->v[i], &w->v[i]);
	}
	return 0;
}

/* ---- the new ones ---- */

static char **
with_tag(char **tags, const char *tag)
{
	char **v;
	size_t n = 0, i;
	int has = 0;

	for (; tags != NULL && tags[n] != NULL; n++)
		has |= strcmp(tags[n], tag) == 0;
	v = xallocn(n + 2, sizeof(*v));
	for (i = 0; i < n; i++)
		v[i] = tags[i];
	v[n] = has ? NULL : xstrdup(tag);
	return v;
}

/* As Go writes a time that is none. */
#define NO_TIME	((struct node_time){ .sec = INT64_C(-62135596800) })

static void
sum_up(struct snapshot *s, const struct rewrite_sums *sums)
{
	if (!s->has_summary)
		s->summary.start = s->summary.end = NO_TIME;
	s->has_summary = 1;
	s->summary.total_files = sums->files;
	s->summary.total_bytes = sums->bytes;
}

/* A copy that borrows all but the tags' list and its last. */
static int
save_new(struct rewriting *w, const struct snapshot *s, const struct one *x,
    struct id *as, struct err *e)
{
	const struct rewrite_options *o = w->o;
	struct snapshot copy = *s;
	CLEAN_FREE char *host = xstrdup(o->new_host);
	size_t n = 0;
	int r;

	copy.original = s->id;
	copy.has_original = 1;
	copy.tree = x->tree;
	if (host != NULL)
		copy.hostname = host;
	if (o->new_time != NULL)
		copy.time = *o->new_time;
	if ((o->tree != NULL && s->has_summary) || o->summary)
		sum_up(&copy, &x->sums);
	if (!o->forget && o->tag != NULL)
		copy.tags = with_tag(s->tags, o->tag);
	r = snapshot_save(w->r, &copy, e);
	*as = copy.id;
	if (copy.tags != s->tags) {
		while (s->tags != NULL && s->tags[n] != NULL)
			n++;
		free(copy.tags[n]);
		free(copy.tags);
	}
	return r;
}

static int
save_all(struct rewriting *w, struct err *e)
{
	struct id as;
	size_t i;

	for (i = 0; i < w->l->n; i++) {
		if (w->v[i].fate == EMPTY && w->o->nothing_left != NULL)
			w->o->nothing_left(w->o->arg, &w->l->v[i]);
		if (w->v[i].fate != CHANGES)
			continue;
		if (!w->o->dry_run &&
		    save_new(w, &w->l->v[i], &w->v[i], &as, e) < 0)
			return -1;
		if (w->o->changed != NULL)
			w->o->changed(w->o->arg, &w->l->v[i],
			    w->o->dry_run ? NULL : &as);
	}
	return 0;
}

static int
remove_old(struct rewriting *w, struct err *e)
{
	size_t i;

	if (w->o->lock != NULL && lock_lost(w->o->lock))
		return err_set(e, ERR_LOCKED, "the lock could not be refreshed "
		    "in time: the old snapshots stay");
	for (i = 0; i < w->l->n; i++)
		if ((w->v[i].fate == CHANGES || (w->v[i].fate == EMPTY &&
		    w->o->drop_empty)) &&
		    repo_remove(w->r, STORE_SNAPSHOT, &w->l->v[i].id, e) < 0)
			return -1;
	return 0;
}

int
rewrite_snapshots(struct repo *r, const struct snapshots *l,
    const struct rewrite_options *o, struct err *e)
{
	CLEAN_FREE struct one *v = xallocn(l->n + 1, sizeof(*v));
	struct rewriting w = { .r = r, .l = l, .o = o, .v = v };

	if ((o->tree != NULL || o->summary ? do_trees(&w, e) :
	    keep_trees(&w)) < 0 || save_all(&w, e) < 0)
		return -1;
	return o->forget && !o->dry_run ? remove_old(&w, e) : 0;
}
