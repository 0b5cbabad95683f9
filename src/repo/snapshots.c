/* snapshots.c -- a repository's snapshots: load, save, choose, name. */
#include <stdlib.h>
#include <string.h>

#include "repo/cache.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

int
snapshot_load(struct repo *r, const struct id *id, struct snapshot *out,
    struct err *e)
{
	CLEAN_BUF struct buf json = {0};
	char hex[ID_SHORT];

	*out = (struct snapshot){0};
	id_short(id, hex);
	if (repo_get(r, STORE_SNAPSHOT, id, &json, e) < 0)
		return -1;
	if (snapshot_read(json.data, json.len, out, e) < 0)
		return err_wrap(e, "snapshot %s", hex);
	out->id = *id;
	return 0;
}

int
snapshot_save(struct repo *r, struct snapshot *s, struct err *e)
{
	CLEAN_BUF struct buf json = {0};

	snapshot_write(&json, s);
	if (repo_put(r, STORE_SNAPSHOT, json.data, json.len, &s->id, e) < 0)
		return err_wrap(e, "save a snapshot");
	return 0;
}

/* ---- all ---- */

struct ids {
	struct id	*v;
	size_t		 n, cap;
};

static void
ids_fini(struct ids *ids)
{
	free(ids->v);
}

static int
note_id(void *arg, const struct store_name *n, uint64_t size)
{
	struct ids *ids = arg;

	(void)size;
	XGROW(ids->v, ids->n, ids->cap);
	memcpy(ids->v[ids->n++].b, n->id, ID_LEN);
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return id_cmp(a, b);
}

static int
is_listed(void *arg, const struct id *id)
{
	const struct ids *ids = arg;

	return ids->n > 0 &&
	    bsearch(id, ids->v, ids->n, sizeof(*ids->v), by_id) != NULL;
}

static int
oldest_first(const void *pa, const void *pb)
{
	const struct snapshot *a = pa, *b = pb;

	if (a->time.sec != b->time.sec)
		return a->time.sec < b->time.sec ? -1 : 1;
	if (a->time.nsec != b->time.nsec)
		return a->time.nsec < b->time.nsec ? -1 : 1;
	return id_cmp(&a->id, &b->id);
}

void
snapshots_fini(struct snapshots *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		snapshot_fini(&s->v[i]);
	free(s->v);
	*s = (struct snapshots){0};
}

/* One that went away since it was listed was forgotten by somebody else. */
static int
load_one(struct repo *r, const struct id *id, struct snapshot *out,
    void (*bad)(void *arg, const struct id *id, const struct err *why),
    void *arg, struct err *e)
{
	struct err why = {0};

	if (snapshot_load(r, id, out, &why) == 0)
		return 1;
	if (why.kind == ERR_NOENT)
		return 0;
	if (bad == NULL || why.kind == ERR_STOPPED) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	bad(arg, id, &why);
	return 0;
}

int
snapshots_load(struct repo *r, const struct snapshot_filter *f,
    void (*bad)(void *arg, const struct id *id, const struct err *why),
    void *arg, struct snapshots *out, struct err *e)
{
	CLEAN(ids_fini) struct ids ids = {0};
	struct snapshot s;
	size_t i, cap = 0;
	int got;

	*out = (struct snapshots){0};
	if (store_list(r->store, STORE_SNAPSHOT, note_id, &ids, e) != 0)
		return -1;
	/* What others forgot goes from the cache, too. */
	if (ids.n > 1)
		qsort(ids.v, ids.n, sizeof(*ids.v), by_id);
	cache_sweep(r->cache, STORE_SNAPSHOT, is_listed, &ids);
	for (i = 0; i < ids.n; i++) {
		if ((got = load_one(r, &ids.v[i], &s, bad, arg, e)) < 0) {
			snapshots_fini(out);
			return -1;
		}
		if (got == 0)
			continue;
		if (!snapshot_matches(&s, f)) {
			snapshot_fini(&s);
			continue;
		}
		XGROW(out->v, out->n, cap);
		out->v[out->n++] = s;
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), oldest_first);
	return 0;
}

/* ---- by name ---- */

#define BACK_MAX	1000000

static int
bad_name(const char *name, struct err *e)
{
	char q[QUOTE_SIZE];

	return err_set(e, ERR_USAGE, "%s names no snapshot: an id, latest or "
	    "latest~N", quote_to(q, sizeof(q), name));
}

/* What stands behind "latest": nothing or ~N. */
static int
parse_back(const char *s, size_t len, size_t *back)
{
	size_t i;

	*back = 0;
	if (len == 0)
		return 0;
	if (s[0] != '~' || len < 2)
		return -1;
	for (i = 1; i < len; i++) {
		if (s[i] < '0' || s[i] > '9' || *back > BACK_MAX)
			return -1;
		*back = *back * 10 + (size_t)(s[i] - '0');
	}
	return 0;
}

static int
latest(struct repo *r, size_t back, const struct snapshot_filter *f,
    struct snapshot *out, struct err *e)
{
	struct snapshots all;
	struct snapshot *it;

	if (snapshots_load(r, f, NULL, NULL, &all, e) < 0)
		return -1;
	if (back >= all.n) {
		err_set(e, ERR_NOENT, "%zu snapshots match", all.n);
		snapshots_fini(&all);
		return -1;
	}
	it = &all.v[all.n - 1 - back];
	*out = *it;
	*it = (struct snapshot){0};
	snapshots_fini(&all);
	return 0;
}

int
snapshot_named(struct repo *r, const char *name,
    const struct snapshot_filter *f, struct snapshot *out, const char **sub,
    struct err *e)
{
	static const char word[] = "latest";
	size_t len = strcspn(name, ":"), n = sizeof(word) - 1, back;
	CLEAN_FREE char *prefix = xstrndup(name, len);
	struct id id;

	*out = (struct snapshot){0};
	*sub = name[len] == ':' ? name + len + 1 : NULL;
	if (strncmp(prefix, word, n) == 0) {
		if (parse_back(prefix + n, len - n, &back) < 0)
			return bad_name(prefix, e);
		return latest(r, back, f, out, e);
	}
	if (len == 0 || strspn(prefix, "0123456789abcdef") != len ||
	    len > ID_HEX - 1)
		return bad_name(prefix, e);
	if (repo_find(r, STORE_SNAPSHOT, prefix, &id, e) < 0)
		return -1;
	return snapshot_load(r, &id, out, e);
}
