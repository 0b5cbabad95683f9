/* copy.c -- see copy.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "repo/copy.h"
#include "repo/haul.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/used.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

/* ---- which are there already ---- */

static size_t
count(char **v)
{
	size_t n = 0;

	while (v != NULL && v[n] != NULL)
		n++;
	return n;
}

static int
same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static int
has(char **v, const char *s)
{
	for (; v != NULL && *v != NULL; v++)
		if (strcmp(*v, s) == 0)
			return 1;
	return 0;
}

static int
same_set(char **a, char **b)
{
	size_t i, n = count(a);

	if (n != count(b))
		return 0;
	for (i = 0; i < n; i++)
		if (!has(a, b[i]))
			return 0;
	return 1;
}

static int
same_list(char **a, char **b)
{
	size_t i, n = count(a);

	if (n != count(b))
		return 0;
	for (i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return 0;
	return 1;
}

/* All but parent and original. */
static int
similar(const struct snapshot *a, const struct snapshot *b)
{
	return a->time.sec == b->time.sec && a->time.nsec == b->time.nsec &&
	    id_equal(&a->tree, &b->tree) &&
	    same_text(a->hostname, b->hostname) &&
	    same_text(a->username, b->username) && a->uid == b->uid &&
	    a->gid == b->gid && same_set(a->paths, b->paths) &&
	    same_set(a->tags, b->tags) && same_list(a->excludes, b->excludes);
}

static const struct id *
first_id(const struct snapshot *s)
{
	return s->has_original ? &s->original : &s->id;
}

const struct snapshot *
copy_find(const struct snapshots *there, const struct snapshot *s)
{
	const struct id *id = first_id(s);
	const struct snapshot *t;
	size_t i;

	for (i = 0; i < there->n; i++) {
		t = &there->v[i];
		if ((id_equal(&t->id, id) || (t->has_original &&
		    id_equal(&t->original, id))) && similar(t, s))
			return t;
	}
	return NULL;
}

/* ---- what they need ---- */

struct copy {
	struct repo	*from, *to;
	const struct copy_watch *w;
	struct saver	*saver;
	struct repo_hand *hands[HAUL_THREADS];	/* of `to` */
	int		 same_key, keep_frames;
	const struct used *used;
	uint64_t	*need;		/* bits, by number in `from` */
	struct haul	*haul;

	pthread_mutex_t	 lock;		/* of what is below */
	uint64_t	 done, total;	/* bytes */
};

static int
test_clear(struct copy *k, size_t number)
{
	uint64_t bit = (uint64_t)1 << number % 64;

	if (!(k->need[number / 64] & bit))
		return 0;
	k->need[number / 64] &= ~bit;
	return 1;
}

static int
note_need(void *arg, const struct index_pack *p)
{
	struct copy *k = arg;
	uint64_t bit;
	size_t i;

	for (i = 0; i < p->n; i++) {
		bit = (uint64_t)1 << p->number[i] % 64;
		if (!used_has(k->used, p->number[i]) ||
		    (k->need[p->number[i] / 64] & bit) ||
		    index_has(k->to->index, p->v[i].type, &p->v[i].id))
			continue;
		k->need[p->number[i] / 64] |= bit;
		k->total += p->v[i].length;
	}
	return 0;
}

static int
put_pack(void *arg, const struct index_pack *p)
{
	struct copy *k = arg;
	struct pack_entry *v = xallocn(p->n + 1, sizeof(*v));
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		if (test_clear(k, p->number[i]))
			v[n++] = p->v[i];
	if (n > 0)
		return haul_put(k->haul, &p->id, v, n);
	free(v);
	return 0;
}

static int
lay_out(void *arg, struct haul *h, struct err *e)
{
	struct copy *k = arg;

	k->haul = h;
	return index_packs(k->from->index, put_pack, k, e);
}

/* ---- saving it ---- */

static int
save_sealed(struct copy *k, const struct haul_blob *b, struct err *e)
{
	const struct pack_entry *x = b->entry;
	const struct blob_at at = { .length = x->length, .plain = x->plain,
	    .compressed = x->compressed };

	if (!index_claim(k->to->index, x->type, &x->id))
		return 0;
	if (saver_save_sealed(k->saver, x->type, &x->id, b->sealed, &at,
	    e) == 0)
		return 0;
	index_unclaim(k->to->index, x->type, &x->id);
	return -1;
}

static void
tell(struct copy *k, uint64_t bytes)
{
	pthread_mutex_lock(&k->lock);
	k->done += bytes;
	if (k->w->step != NULL)
		k->w->step(k->w->arg, COPY_DATA, k->done, k->total);
	pthread_mutex_unlock(&k->lock);
}

static int
save_blob(void *arg, unsigned who, struct repo_hand *hand,
    const struct haul_blob *b, struct err *e)
{
	const struct pack_entry *x = b->entry;
	struct known_blob known = { .type = x->type, .id = &x->id };
	struct copy *k = arg;
	int r;

	(void)hand;
	if (k->hands[who] == NULL)
		k->hands[who] = repo_hand_new(k->to);
	if (b->sealed != NULL && k->same_key && (k->keep_frames ||
	    !x->compressed))
		r = save_sealed(k, b, e);
	else {
		known.framed = b->frame != NULL && k->keep_frames;
		known.data = known.framed ? b->frame : b->plain;
		known.len = known.framed ? b->frame_len : b->len;
		known.plain_len = x->plain;
		r = saver_save_known(k->saver, k->hands[who], &known, NULL, e);
	}
	tell(k, x->length);
	return r;
}

/*
 * A plain blob may lie as it is in either version; but it may be one that was
 * saved before there was compression, and then it is compressed now.
 */
static int
may_stay_sealed(const struct copy *k)
{
	return memcmp(k->from->key, k->to->key, sizeof(*k->to->key)) == 0 &&
	    k->from->version == k->to->version;
}

static int
copy_blobs(struct copy *k, struct err *e)
{
	const struct haul_work haul = { .lay_out = lay_out, .blob = save_blob,
	    .arg = k };
	CLEAN_FREE uint64_t *need = xallocn(index_count(k->from->index) / 64 +
	    1, sizeof(*need));

	k->need = need;
	k->done = k->total = 0;
	if (index_packs(k->from->index, note_need, k, e) < 0)
		return -1;
	return k->total == 0 ? 0 : haul_run(k->from, &haul, e);
}

/* ---- some snapshots ---- */

static void
on_trees(void *arg, uint64_t trees)
{
	const struct copy *k = arg;

	if (k->w->step != NULL)
		k->w->step(k->w->arg, COPY_TREES, trees, 0);
}

static int
find_used(struct copy *k, const struct snapshot *const *v, size_t n,
    struct used **out, struct err *e)
{
	const struct used_watch w = { .step = on_trees, .arg = k };
	CLEAN_FREE struct id *roots = xallocn(n + 1, sizeof(*roots));
	size_t i;

	for (i = 0; i < n; i++)
		roots[i] = v[i]->tree;
	return used_find(k->from, roots, n, &w, out, e);
}

static int
save_snapshot(struct copy *k, const struct snapshot *s, struct err *e)
{
	struct snapshot copy = *s;

	copy.has_parent = 0;	/* it is not there */
	copy.original = *first_id(s);
	copy.has_original = 1;
	if (snapshot_save(k->to, &copy, e) < 0)
		return -1;
	if (k->w->copied != NULL)
		k->w->copied(k->w->arg, s, &copy.id);
	return 0;
}

static void
add_totals(struct copy *k, struct copy_totals *t)
{
	struct saver_totals s;

	saver_totals(k->saver, &s);
	t->blobs += s.blobs[0] + s.blobs[1];
	t->bytes += s.packed[0] + s.packed[1];
}

static int
copy_some(struct copy *k, const struct snapshot *const *v, size_t n,
    struct copy_totals *t, struct err *e)
{
	struct used *used;
	size_t i;
	int r;

	if (find_used(k, v, n, &used, e) < 0)
		return -1;
	k->used = used;
	r = saver_new(k->to, &k->saver, e);
	if (r == 0) {
		r = copy_blobs(k, e);
		if (r == 0)
			r = saver_flush(k->saver, e);
		add_totals(k, t);
		saver_free(k->saver);
	}
	used_free(used);
	for (i = 0; i < n && r == 0; i++) {
		r = save_snapshot(k, v[i], e);
		t->snapshots += r == 0;
	}
	return r;
}

/* What is damaged in one must not keep the others from being copied. */
static int
one_by_one(struct copy *k, const struct snapshot *const *v, size_t n,
    struct copy_totals *t, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (copy_some(k, &v[i], 1, t, e) == 0)
			continue;
		if (e->kind != ERR_CORRUPT || k->w->bad == NULL)
			return -1;
		k->w->bad(k->w->arg, v[i], e);
	}
	return 0;
}

int
copy_run(struct repo *from, struct repo *to, const struct snapshot *const *v,
    size_t n, const struct copy_watch *w, struct copy_totals *out,
    struct err *e)
{
	struct copy k = { .from = from, .to = to, .w = w };
	struct err here = {0};
	size_t i;
	int r;

	if (e == NULL)
		e = &here;
	*out = (struct copy_totals){0};
	k.keep_frames = to->version >= 2 &&
	    to->options.compression == REPO_COMPRESS_AUTO;
	k.same_key = may_stay_sealed(&k);
	pthread_mutex_init(&k.lock, NULL);
	r = n == 0 ? 0 : copy_some(&k, v, n, out, e);
	if (r < 0 && e->kind == ERR_CORRUPT)
		r = one_by_one(&k, v, n, out, e);
	for (i = 0; i < HAUL_THREADS; i++)
		repo_hand_free(k.hands[i]);
	pthread_mutex_destroy(&k.lock);
	return r;
}
