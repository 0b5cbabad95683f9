/* find_ids.c -- a set of ids to look for, whole or abbreviated: see find.h. */
#include <stdlib.h>
#include <string.h>

#include "repo/find.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define DIGITS	"0123456789abcdef"

/* The beginning of an id: so many half bytes of it. */
struct prefix {
	struct id	 id;		/* the rest is 0 */
	size_t		 digits;
};

struct ids {
	struct id	*v;		/* whole ones, sorted when ready */
	size_t		 n, cap;
	struct prefix	*prefixes;
	size_t		 n_prefixes, cap_prefixes;
};

struct find_ids {
	struct ids	 of[2];		/* by type */
};

struct find_ids *
find_ids_new(void)
{
	return xalloc(sizeof(struct find_ids));
}

void
find_ids_free(struct find_ids *k)
{
	int t;

	if (k == NULL)
		return;
	for (t = 0; t < 2; t++) {
		free(k->of[t].v);
		free(k->of[t].prefixes);
	}
	free(k);
}

static void
add_id(struct ids *s, const struct id *id)
{
	XGROW(s->v, s->n, s->cap);
	s->v[s->n++] = *id;
}

static int
parse_prefix(const char *s, struct prefix *out, struct err *e)
{
	char hex[ID_HEX], q[QUOTE_SIZE];

	out->digits = strlen(s);
	if (out->digits == 0 || out->digits > ID_HEX - 1 ||
	    strspn(s, DIGITS) != out->digits)
		return err_set(e, ERR_USAGE, "%s is no id",
		    quote_to(q, sizeof(q), s));
	memset(hex, '0', ID_HEX - 1);
	hex[ID_HEX - 1] = '\0';
	memcpy(hex, s, out->digits);
	return id_parse(hex, &out->id);
}

int
find_ids_add(struct find_ids *k, enum blob_type t, const char *prefix,
    struct err *e)
{
	struct ids *s = &k->of[t];
	struct prefix p;

	if (parse_prefix(prefix, &p, e) < 0)
		return -1;
	if (p.digits == ID_HEX - 1) {
		add_id(s, &p.id);
		return 0;
	}
	XGROW(s->prefixes, s->n_prefixes, s->cap_prefixes);
	s->prefixes[s->n_prefixes++] = p;
	return 0;
}

static int
begins_with(const struct id *id, const struct prefix *p)
{
	size_t whole = p->digits / 2;

	return memcmp(id->b, p->id.b, whole) == 0 && (p->digits % 2 == 0 ||
	    (id->b[whole] ^ p->id.b[whole]) >> 4 == 0);
}

/* ---- packs ---- */

static int
add_entry(void *arg, const struct pack_entry *p)
{
	struct find_ids *k = arg;

	add_id(&k->of[p->type], &p->id);
	return 0;
}

struct wanted {
	struct find_ids	*k;
	struct prefix	 prefix;
	int		 found;
};

static int
add_indexed(void *arg, const struct index_pack *p)
{
	struct wanted *w = arg;
	size_t i;

	if (!begins_with(&p->id, &w->prefix))
		return 0;
	w->found = 1;
	for (i = 0; i < p->n; i++)
		add_id(&w->k->of[p->v[i].type], &p->v[i].id);
	return 0;
}

/* A pack whose header cannot be read, or that is gone: the index may know. */
int
find_ids_pack(struct find_ids *k, struct repo *r, const char *prefix,
    struct err *e)
{
	struct wanted w = { .k = k };
	struct repo_hand *h;
	struct err why = {0};
	struct id pack;
	int got;

	if (parse_prefix(prefix, &w.prefix, e) < 0)
		return -1;
	got = repo_find(r, STORE_PACK, prefix, &pack, &why);
	if (got < 0 && why.kind != ERR_NOENT) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	if (got == 0) {
		h = repo_hand_new(r);
		got = pack_read(r, h, &pack, 0, add_entry, k, &why);
		repo_hand_free(h);
		if (got == 0)
			return 0;
	}
	if (index_packs(r->index, add_indexed, &w, e) < 0)
		return -1;
	if (w.found)
		return 0;
	return err_set(e, why.kind, "%s", why.text);
}

/* ---- asking ---- */

static int
compare(const void *a, const void *b)
{
	return id_cmp(a, b);
}

void
find_ids_ready(struct find_ids *k)
{
	struct ids *s;
	size_t i, m;

	for (s = k->of; s < k->of + 2; s++) {
		if (s->n == 0)
			continue;
		qsort(s->v, s->n, sizeof(*s->v), compare);
		for (i = m = 1; i < s->n; i++)
			if (!id_equal(&s->v[i], &s->v[m - 1]))
				s->v[m++] = s->v[i];
		s->n = m;
	}
}

int
find_ids_has(const struct find_ids *k, enum blob_type t, const struct id *id)
{
	const struct ids *s = &k->of[t];
	size_t i;

	if (s->n > 0 && bsearch(id, s->v, s->n, sizeof(*s->v), compare) != NULL)
		return 1;
	for (i = 0; i < s->n_prefixes; i++)
		if (begins_with(id, &s->prefixes[i]))
			return 1;
	return 0;
}

int
find_ids_any(const struct find_ids *k, enum blob_type t)
{
	return k->of[t].n > 0 || k->of[t].n_prefixes > 0;
}

/* What the abbreviated ones stand for: each blob that begins so. */
static int
expand(void *arg, const struct index_pack *p)
{
	struct find_ids *k = arg;
	struct ids *s;
	size_t i, j;

	for (i = 0; i < p->n; i++) {
		s = &k->of[p->v[i].type];
		for (j = 0; j < s->n_prefixes; j++)
			if (begins_with(&p->v[i].id, &s->prefixes[j]))
				add_id(s, &p->v[i].id);
	}
	return 0;
}

int
find_ids_places(const struct find_ids *k, struct repo *r,
    int (*each)(void *arg, enum blob_type t, const struct id *id,
    const struct blob_at *at), void *arg, struct err *e)
{
	struct find_ids all = *k;
	struct blob_at at;
	size_t i;
	int t, ret;

	for (t = 0; t < 2; t++) {
		all.of[t].v = xallocn(k->of[t].n + 1, sizeof(struct id));
		all.of[t].cap = k->of[t].n + 1;
		if (k->of[t].n > 0)
			memcpy(all.of[t].v, k->of[t].v,
			    k->of[t].n * sizeof(struct id));
	}
	ret = index_packs(r->index, expand, &all, e);
	find_ids_ready(&all);
	for (t = 0; t < 2; t++) {
		for (i = 0; i < all.of[t].n && ret == 0; i++)
			if (index_find(r->index, (enum blob_type)t,
			    &all.of[t].v[i], &at))
				ret = each(arg, (enum blob_type)t,
				    &all.of[t].v[i], &at);
		free(all.of[t].v);
	}
	return ret;
}
