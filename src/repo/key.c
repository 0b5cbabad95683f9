/* key.c -- see key.h: which key file opens, and the list of them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "repo/key.h"
#include "repo/key_impl.h"
#include "repo/repo.h"
#include "store/store.h"
#include "util/err.h"
#include "util/xalloc.h"

struct ids {
	struct id	*v;
	size_t		 n, cap;
};

static int
add_id(void *arg, const struct store_name *n, uint64_t size)
{
	struct ids *l = arg;

	(void)size;
	XGROW(l->v, l->n, l->cap);
	memcpy(l->v[l->n++].b, n->id, ID_LEN);
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return id_cmp(a, b);
}

static int
list_keys(struct store *s, struct ids *l, struct err *e)
{
	if (store_list(s, STORE_KEY, add_id, l, e) < 0)
		return -1;
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
	return 0;
}

/* Those whose id begins so come first; in the hint's place, as restic does, it
 * is only where to begin. */
static void
put_first(struct ids *l, const char *hint)
{
	char hex[ID_HEX];
	struct id tmp;
	size_t i, at = 0;

	for (i = 0; i < l->n; i++) {
		id_hex(&l->v[i], hex);
		if (strncasecmp(hex, hint, strlen(hint)) != 0)
			continue;
		tmp = l->v[at];
		l->v[at++] = l->v[i];
		l->v[i] = tmp;
	}
}

/* Each in turn: 1 and *id, 0, or -1 if the store failed.  bad counts those that
 * cannot be read, and why tells of the first. */
static int
try_all(struct store *s, const struct ids *l, const void *password,
    size_t len, struct seal_key *key, struct id *id, size_t *bad,
    struct err *why)
{
	struct key_file k;
	char hex[ID_SHORT];
	struct err e;
	size_t i;
	int r;

	for (i = 0; i < l->n && i < KEY_TRIES; i++) {
		k = (struct key_file){0};
		e = (struct err){0};
		r = key_file_load(s, &l->v[i], &k, &e);
		if (r == 0)
			r = key_file_try(&k, password, len, key, &e);
		key_file_fini(&k);
		id_short(&l->v[i], hex);
		if (r == 1) {
			*id = l->v[i];
			return 1;
		}
		if (r < 0 && (*bad)++ == 0) {
			*why = e;
			(void)err_wrap(why, "key %s", hex);
		}
		if (r < 0 && e.kind != ERR_CORRUPT && e.kind != ERR_USAGE &&
		    e.kind != ERR_NOENT)
			return -1;
	}
	return 0;
}

int
key_open(struct store *s, const void *password, size_t len, const char *hint,
    struct seal_key *key, struct id *id, struct err *e)
{
	struct ids l = {0};
	struct err why = {0};
	size_t bad = 0, n;
	int r;

	if (list_keys(s, &l, e) < 0)
		return -1;
	if (hint != NULL && *hint != '\0')
		put_first(&l, hint);
	r = try_all(s, &l, password, len, key, id, &bad, &why);
	n = l.n;
	free(l.v);
	if (r == 1)
		return 0;
	if (r < 0) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	if (n == 0)
		return err_set(e, ERR_PASSWORD, "there is no key file in %s",
		    store_place(s));
	if (bad > 0)
		return err_set(e, ERR_PASSWORD, "wrong password, or its key file "
		    "is one of the %zu that cannot be read: %s", bad, why.text);
	if (n > KEY_TRIES)
		return err_set(e, ERR_PASSWORD, "wrong password, or its key file "
		    "is not among the first %d: name it (--key-hint)",
		    KEY_TRIES);
	return err_set(e, ERR_PASSWORD, "wrong password");
}

int
key_each(struct repo *r, int (*each)(void *arg, const struct key_info *k),
    void *arg, struct err *e)
{
	struct ids l = {0};
	struct key_info info;
	struct key_file k;
	struct err why, first = {0};
	char hex[ID_SHORT];
	size_t i;
	int done = 0;

	if (list_keys(r->store, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n && done == 0; i++) {
		k = (struct key_file){0};
		if (key_file_load(r->store, &l.v[i], &k, &why) == 0) {
			info = (struct key_info){ .id = l.v[i],
			    .created = k.created,
			    .current = id_equal(&l.v[i], &r->key_id) };
			memcpy(info.username, k.username, sizeof(k.username));
			memcpy(info.hostname, k.hostname, sizeof(k.hostname));
			done = each(arg, &info);
		} else if (first.kind == ERR_NONE) {
			id_short(&l.v[i], hex);
			first = why;
			(void)err_wrap(&first, "key %s", hex);
		}
		key_file_fini(&k);
	}
	free(l.v);
	if (done != 0 || first.kind == ERR_NONE)
		return done;
	if (e != NULL)
		*e = first;
	return -1;
}

int
key_remove(struct repo *r, const struct id *id, struct err *e)
{
	struct store_name n = { .kind = STORE_KEY };
	char hex[ID_SHORT];

	id_short(id, hex);
	if (id_equal(id, &r->key_id))
		return err_set(e, ERR_USAGE, "key %s is the one in use: it "
		    "cannot be removed", hex);
	memcpy(n.id, id->b, ID_LEN);
	return store_remove(r->store, &n, e);
}
