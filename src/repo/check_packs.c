/* What the index says of packs, and what is in the store. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "repo/check_impl.h"
#include "repo/index_impl.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/xalloc.h"

/* ---- each pack as a whole ---- */

static int
see_whole(void *arg, const struct index_pack *p)
{
	struct check *c = arg;
	uint64_t plain = 0, trees = 0, bytes = 0;
	char hex[ID_HEX];
	size_t i;

	for (i = 0; i < p->n; i++) {
		plain += !p->v[i].compressed;
		trees += p->v[i].type == BLOB_TREE;
		bytes += p->v[i].length;
	}
	XGROW(c->v, c->n, c->cap);
	c->v[c->n++] = (struct check_pack){
		.id = p->id, .asked = 1, .must = pack_size(plain, p->n - plain, bytes),
	};
	id_hex(&p->id, hex);
	if (trees > 0 && trees < p->n)
		check_fault(c, CHECK_HINT, NULL, "pack %s holds both data and "
		    "trees; prune separates them", hex);
	if (p->n == 0)
		check_fault(c, CHECK_ERROR, &p->id, "pack %s is in the index, "
		    "without any blob", hex);
	return 0;
}

/* ---- those that several index files name ---- */

struct twice {
	struct check	*c;
	struct id	 id;
	struct pack_entry *v;
	size_t		 n, cap;
	int		 any, told;
};

static int
same_blobs(const struct twice *t, const struct index_pack *p)
{
	size_t i;

	for (i = 0; i < p->n && t->n == p->n; i++)
		if (t->v[i].offset != p->v[i].offset ||
		    t->v[i].type != p->v[i].type ||
		    !id_equal(&t->v[i].id, &p->v[i].id))
			return 0;
	return t->n == p->n;
}

static int
see_named(void *arg, const struct index_pack *p)
{
	struct twice *t = arg;
	char hex[ID_HEX];

	if (t->any && id_equal(&t->id, &p->id)) {
		if (t->told)
			return 0;
		t->told = 1;
		t->c->out->split++;
		id_hex(&p->id, hex);
		if (same_blobs(t, p))
			check_fault(t->c, CHECK_HINT, NULL, "pack %s is named "
			    "by several index files", hex);
		else
			check_fault(t->c, CHECK_ERROR, NULL, "what lies in pack "
			    "%s is told by several index files; `repair index' "
			    "puts it together", hex);
		return 0;
	}
	t->any = 1;
	t->told = 0;
	t->id = p->id;
	if (t->cap < p->n) {
		t->cap = p->n;
		t->v = xrealloc(t->v, t->cap, sizeof(*t->v));
	}
	t->n = p->n;
	if (p->n > 0)
		memcpy(t->v, p->v, p->n * sizeof(*p->v));
	return 0;
}

static int
find_twice(struct check *c, struct err *e)
{
	struct twice t = { .c = c };
	struct index_stat st;
	int r;

	index_stat(c->r->index, &st);
	if (st.packs == c->n)
		return 0;
	r = index_packs(c->r->index, see_named, &t, e);
	free(t.v);
	return r;
}

/* ---- the store ---- */

static int
see_file(void *arg, const struct store_name *n, uint64_t size)
{
	struct check *c = arg;
	struct check_pack *k;
	char hex[ID_HEX];
	struct id id;

	memcpy(id.b, n->id, ID_LEN);
	k = check_find(c, &id);
	if (k != NULL) {
		k->there = 1;
		k->is = size;
		return 0;
	}
	c->out->strays++;
	id_hex(&id, hex);
	check_fault(c, CHECK_HINT, NULL, "pack %s is in no index file; prune "
	    "removes it", hex);
	return 0;
}

int
check_packs(struct check *c, struct err *e)
{
	const struct check_pack *k;
	char hex[ID_HEX];
	size_t i;

	check_step(c, CHECK_PACKS, 0, 0);
	if (index_each_whole(c->r->index, NULL, NULL, see_whole, c, e) != 0 ||
	    find_twice(c, e) != 0 ||
	    store_list(c->r->store, STORE_PACK, see_file, c, e) != 0)
		return -1;
	c->out->packs = c->n;
	for (i = 0; i < c->n; i++) {
		k = &c->v[i];
		id_hex(&k->id, hex);
		if (!k->there)
			check_fault(c, CHECK_ERROR, &k->id, "pack %s is not "
			    "there", hex);
		else if (k->is != k->must)
			check_fault(c, CHECK_ERROR, &k->id, "pack %s has %"
			    PRIu64 " bytes where its blobs need %" PRIu64, hex,
			    k->is, k->must);
	}
	return 0;
}
