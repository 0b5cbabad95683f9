/*
 * journal.c -- intents before, results after, in as few commits as can be.
 *
 * The results of a load ride in the commit that makes the next load's intents
 * durable, so a run of n loads needs n + 1 commits.  What an operation finds
 * out only while it is done (its name was taken meanwhile) is intended anew in
 * a small batch of its own; the first intent then counts as rolled back.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply_impl.h"
#include "catalog/catalog.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

/* What a commit tells of loads that have ended. */
struct told {
	struct catalog_done	*v;
	size_t			 n, cap;
	struct buf		*packed;	/* results, one an element of v */
	uint64_t		**keys;
};

static void
told_fini(struct told *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		buf_fini(&t->packed[i]);
		free(t->keys[i]);
	}
	free(t->v);
	free(t->packed);
	free(t->keys);
}

/* Of a file that an undo copied back, or that a command changed, the rule is to
 * know the new identity. */
static uint64_t
key_of(const struct apply *a, const struct item *it)
{
	const struct fs_id *id = &item_result(it)->id;

	return (a->o->undoing || it->op.kind == OP_SHELL) && id->ino != 0 ?
	    plan_done_again(it->op.done_key, &it->expect, id) :
	    it->op.done_key;
}

static uint64_t *
keys_of(const struct apply *a, const struct load *l, size_t *n)
{
	uint64_t *keys = xallocn(l->n + 1, sizeof(*keys));
	const struct item *it;
	size_t i;

	*n = 0;
	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		if (it->state == OP_DONE && it->op.done_key != 0 &&
		    it->entry != NO_ENTRY)
			keys[(*n)++] = key_of(a, it);
	}
	return keys;
}

/* While it is done, "done" is not said: it may not be on disk yet, and recovery
 * believes every word it finds. */
static void
pack_results(struct buf *out, const struct load *l, int flushed)
{
	struct result *v = xallocn(l->n_results + 1, sizeof(*v));
	size_t i;

	memcpy(v, l->results, l->n_results * sizeof(*v));
	for (i = 0; i < l->n_results && !flushed; i++)
		if (v[i].outcome == OUTCOME_DONE)
			v[i].outcome = OUTCOME_NONE;
	results_pack(out, v, l->n_results);
	free(v);
}

static void
tell(struct apply *a, struct told *t, const struct load *l, int phase,
    int flushed)
{
	size_t cap = t->cap, n_keys;
	struct catalog_done *d;
	struct buf *b;

	XGROW(t->v, t->n, t->cap);
	if (cap != t->cap) {
		t->packed = xrealloc(t->packed, t->cap, sizeof(*t->packed));
		t->keys = xrealloc(t->keys, t->cap, sizeof(*t->keys));
	}
	d = &t->v[t->n];
	b = &t->packed[t->n];
	*b = (struct buf){0};
	pack_results(b, l, flushed);
	t->keys[t->n] = keys_of(a, l, &n_keys);
	*d = (struct catalog_done){ .batch = l->id, .phase = phase,
	    .results = b->data, .results_len = b->len, .rule = l->rule,
	    .done_keys = t->keys[t->n], .n_keys = phase == 2 ? n_keys : 0 };
	t->n++;
}

static int
commit(struct apply *a, struct load *l, const struct told *t, struct err *e)
{
	const void *bytes = NULL;
	size_t len = 0;
	int64_t id = 0;

	if (l != NULL)
		bytes = batch_bytes(l->batch, &len);
	if (catalog_commit(a->o->catalog, a->o->run, bytes, len,
	    l != NULL ? l->n_results : 0, t->v, t->n, &id, e) < 0)
		return err_wrap(e, "journal");
	if (l != NULL)
		l->id = id;
	return 0;
}

/* How many of those that ended are told when l begins: not one whose copies a rule
 * goes on with in l, nor those from which it came to them.  Recovery would know
 * only half of what the rule was to do. */
static size_t
to_tell(const struct apply *a, const struct load *l)
{
	size_t n = a->n_ended;

	if (l == NULL || n == 0 || !a->ended[n - 1]->leads)
		return n;
	for (n--; n > 0 && a->ended[n]->leads_on; n--)
		;
	return n;
}

int
journal_commit(struct apply *a, struct load *l, struct err *e)
{
	CLEAN(told_fini) struct told t = {0};
	const struct load *m;
	size_t i, n = to_tell(a, l);

	if (l != NULL && l->batch == NULL)
		l = NULL;
	for (i = 0; i < n; i++)
		for (m = a->ended[i]; m != NULL; m = m->more)
			if (m->batch != NULL && m->id != 0)
				tell(a, &t, m, a->ended[i]->open ? 1 : 2,
				    1);
	if (l == NULL && t.n == 0)
		return 0;
	if (commit(a, l, &t, e) < 0)
		return -1;
	for (i = 0; i < n; i++)
		load_free(a->ended[i]);
	for (i = n; i < a->n_ended; i++)
		a->ended[i - n] = a->ended[i];
	a->n_ended -= n;
	return 0;
}

int
journal_intend(struct apply *a, struct load *l, struct err *e)
{
	struct told none = {0};

	return commit(a, l, &none, e);
}

int
journal_copied(struct apply *a, struct load *l, struct err *e)
{
	CLEAN(told_fini) struct told t = {0};
	const struct load *m;

	for (m = l; m != NULL; m = m->more)
		if (m->batch != NULL && m->id != 0)
			tell(a, &t, m, 1, 0);
	return commit(a, NULL, &t, e);
}

void
journal_ended(struct apply *a, struct load *l)
{
	XGROW(a->ended, a->n_ended, a->cap_ended);
	a->ended[a->n_ended++] = l;
}
