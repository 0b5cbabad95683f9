/* repo.c -- see repo.h: opening, making, and whole files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "repo/cache.h"
#include "repo/chunker.h"
#include "repo/hand.h"
#include "repo/index.h"
#include "repo/key.h"
#include "repo/load_impl.h"
#include "repo/repo_impl.h"
#include "repo/who.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define CONFIG_MAX	((size_t)64 << 10)

static struct repo *
new_repo(struct store *store, const struct repo_options *o)
{
	struct repo *r = xalloc(sizeof(*r));

	r->store = store;
	r->key = secret_alloc(sizeof(*r->key));
	r->hands = repo_hands_new();
	r->wholes = wholes_new();
	r->options = *o;
	r->options.password = NULL;
	r->options.password_len = 0;
	if (r->options.pack_size == 0)
		r->options.pack_size = REPO_PACK_SIZE;
	return r;
}

void
repo_close(struct repo *r)
{
	if (r == NULL)
		return;
	index_free(r->index);
	cache_close(r->cache);
	repo_hands_free(r->hands);
	wholes_free(r->wholes);
	secret_free(r->key, sizeof(*r->key));
	store_close(r->store);
	free(r);
}

/* The config as it lies there: one round trip tells whether there is a repository,
 * and later what is in it. */
static int
fetch_config(struct store *s, void **sealed, size_t *len, struct err *e)
{
	struct store_name n = { .kind = STORE_CONFIG };
	struct err why = {0};
	char q[QUOTE_SIZE];

	if (store_get_all(s, &n, CONFIG_MAX, sealed, len, &why) == 0)
		return 0;
	if (why.kind == ERR_NOENT)
		return err_set(e, ERR_ABSENT, "there is no repository at %s: "
		    "no config in it", quote_to(q, sizeof(q), store_place(s)));
	if (e != NULL)
		*e = why;
	return -1;
}

static int
read_config(struct repo *r, unsigned char *sealed, size_t len, struct err *e)
{
	struct config c;
	struct sealer *s = sealer_new(r->key);
	int bad = sealer_open(s, sealed + 16, sealed, len, e) < 0;

	sealer_free(s);
	if (bad || config_read(sealed + 16, len - SEAL_OVERHEAD, &c, e) < 0)
		return err_wrap(e, "read config");
	r->version = c.version;
	r->id = c.id;
	r->polynomial = c.polynomial;
	return 0;
}

/* Without a cache it is slower, and that is all. */
static void
open_cache(struct repo *r, const struct repo_options *o)
{
	CLEAN_BUF struct buf why = {0};

	if (o->cache_dir == NULL)
		return;
	r->cache = cache_open(o->cache_dir, &r->id, &why);
	if (r->cache == NULL && o->warn != NULL) {
		buf_adds(&why, " (going on without a cache)");
		o->warn(o->warn_arg, buf_str(&why));
	}
}

int
repo_open(struct store *store, const struct repo_options *o,
    struct repo **out, struct err *e)
{
	struct repo *r = new_repo(store, o);
	void *config = NULL;
	size_t len;
	int bad;

	/* None of these waits for another's answer.  That the locks are those of a
	 * moment ago is no harm: lock_take looks again behind its own. */
	store_list_ahead(store, STORE_KEY);
	if (o->locks)
		store_list_ahead(store, STORE_LOCK);
	bad = fetch_config(store, &config, &len, e) < 0 ||
	    key_open(store, o->password, o->password_len, o->key_hint, r->key,
	    &r->key_id, e) < 0 || read_config(r, config, len, e) < 0;
	free(config);
	if (bad) {
		repo_close(r);
		return -1;
	}
	open_cache(r, o);
	*out = r;
	return 0;
}

/* ---- making one ---- */

static int
found_one(void *arg, const struct store_name *n, uint64_t size)
{
	(void)n;
	(void)size;
	*(int *)arg = 1;
	return 0;
}

static int
has_any(struct store *s, enum store_kind kind, int *found, struct err *e)
{
	*found = 0;
	return store_list(s, kind, found_one, found, e) < 0 ? -1 : 0;
}

/*
 * A config may be gone (somebody tidied up) while the rest is there: then nothing
 * is made.  *keys: there are key files, and that is all; an init that was cut
 * short leaves one.
 */
static int
check_empty(struct store *s, int *keys, struct err *e)
{
	static const enum store_kind kinds[] = { STORE_SNAPSHOT, STORE_INDEX,
	    STORE_PACK };
	struct store_name n = { .kind = STORE_CONFIG };
	struct err why = {0};
	char q[QUOTE_SIZE];
	uint64_t size;
	size_t i;
	int found;

	quote_to(q, sizeof(q), store_place(s));
	if (store_size(s, &n, &size, &why) == 0)
		return err_set(e, ERR_EXISTS, "there is a repository at %s "
		    "already", q);
	if (why.kind != ERR_NOENT) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	if (has_any(s, STORE_KEY, keys, e) < 0)
		return -1;
	/* Packs alone are in nobody's way; beside a key they are somebody's. */
	for (i = 0; i < (*keys ? sizeof(kinds) / sizeof(kinds[0]) : 1); i++) {
		if (has_any(s, kinds[i], &found, e) < 0)
			return -1;
		if (found)
			return err_set(e, ERR_EXISTS, "%s has no config, but "
			    "it has a %s file: a repository was here", q,
			    store_kind_name(kinds[i]));
	}
	return 0;
}

/*
 * Go on where an init was cut short: its master key serves, for the key file that
 * is there can be somebody's only one and is not to be thrown away.  Whoever
 * knows its password may go on.
 */
static int
take_left_key(struct repo *r, const struct repo_options *o, struct id *left,
    struct err *e)
{
	struct err why = {0};
	char q[QUOTE_SIZE];

	if (key_open(r->store, o->password, o->password_len, NULL, r->key, left,
	    &why) == 0)
		return 0;
	if (why.kind == ERR_PASSWORD)
		return err_set(e, ERR_EXISTS, "%s has no config, but it has a key "
		    "file, of another password: a repository was here",
		    quote_to(q, sizeof(q), store_place(r->store)));
	if (e != NULL)
		*e = why;
	return -1;
}

static int
write_config(struct repo *r, struct err *e)
{
	struct store_name n = { .kind = STORE_CONFIG };
	struct config c = { r->version, r->id, r->polynomial };
	CLEAN_BUF struct buf text = {0}, sealed = {0};
	struct sealer *s;

	config_write(&text, &c);
	buf_room(&sealed, text.len + SEAL_OVERHEAD);
	s = sealer_new(r->key);
	sealer_seal(s, sealed.data, text.data, text.len);
	sealer_free(s);
	return store_put(r->store, &n, sealed.data, text.len + SEAL_OVERHEAD, e);
}

/* The key first: a config without a key would be a repository that nobody can
 * open.  If the config cannot be written, the key goes again. */
static int
write_new(struct repo *r, const struct repo_options *o,
    const struct scrypt *strength, struct err *e)
{
	struct store_name n = { .kind = STORE_KEY };
	struct key_new key;
	struct who w;

	who_am_i(&w);
	key = (struct key_new){ .password = o->password,
	    .len = o->password_len, .hostname = w.hostname,
	    .username = w.username, .created = time_now(),
	    .strength = *strength };
	if (key_add(r->store, r->key, &key, &r->key_id, e) < 0)
		return -1;
	if (write_config(r, e) == 0)
		return 0;
	memcpy(n.id, r->key_id.b, ID_LEN);
	(void)store_remove(r->store, &n, NULL);
	return -1;
}

int
repo_init_with(struct store *store, const struct repo_options *o,
    unsigned version, uint64_t polynomial, const struct scrypt *strength,
    struct repo **out, struct err *e)
{
	struct repo *r = new_repo(store, o);
	struct store_name old = { .kind = STORE_KEY };
	struct id left;
	int bad, keys = 0;

	if (version < 1 || version > 2)
		bad = err_set(e, ERR_USAGE, "a repository is of version 1 or "
		    "2, not %u", version);
	else
		bad = check_empty(store, &keys, e);
	if (!bad && keys)
		bad = take_left_key(r, o, &left, e);
	if (bad) {
		repo_close(r);
		return -1;
	}
	r->version = version;
	r->polynomial = polynomial != 0 ? polynomial : chunker_random();
	random_bytes(r->id.b, ID_LEN);
	if (!keys)
		key_make(r->key);
	if (write_new(r, o, strength, e) < 0) {
		repo_close(r);
		return -1;
	}
	/* Ours opens it as well; that the other stays is no harm. */
	if (keys) {
		memcpy(old.id, left.b, ID_LEN);
		(void)store_remove(store, &old, NULL);
	}
	open_cache(r, o);
	*out = r;
	return 0;
}

int
repo_init(struct store *store, const struct repo_options *o, unsigned version,
    const struct repo *like, struct repo **out, struct err *e)
{
	return repo_init_with(store, o, version,
	    like != NULL ? like->polynomial : 0, &KEY_STRENGTH, out, e);
}

/* ---- whole files ---- */

static struct store_name
name_of(enum store_kind kind, const struct id *id)
{
	struct store_name n = { .kind = kind };

	memcpy(n.id, id->b, ID_LEN);
	return n;
}

static int
is_its_name(const void *data, size_t len, const struct id *id)
{
	struct id sum;

	sha256_of(data, len, sum.b);
	return id_equal(&sum, id);
}

static int
cached(enum store_kind kind)
{
	return kind == STORE_INDEX || kind == STORE_SNAPSHOT;
}

/* What is in the cache is only as good as its hash; a file that is not goes. */
static int
from_cache(struct repo *r, enum store_kind kind, const struct id *id,
    struct buf *out)
{
	if (!cached(kind) || !cache_get(r->cache, kind, id, out))
		return 0;
	if (is_its_name(out->data, out->len, id))
		return 1;
	cache_forget(r->cache, kind, id);
	return 0;
}

static int
from_store(struct repo *r, enum store_kind kind, const struct id *id,
    struct buf *out, struct err *e)
{
	struct store_name n = name_of(kind, id);
	void *data;
	size_t len;

	if (store_get_all(r->store, &n, REPO_UNPACKED_MAX, &data, &len, e) < 0)
		return -1;
	buf_fini(out);
	*out = (struct buf){ .data = data, .len = len, .cap = len + 1 };
	if (kind != STORE_CONFIG && !is_its_name(out->data, out->len, id))
		return err_set(e, ERR_CORRUPT, "its bytes are not those of its "
		    "name");
	if (cached(kind))
		cache_put(r->cache, kind, id, out->data, out->len);
	return 0;
}

int
repo_get(struct repo *r, enum store_kind kind, const struct id *id,
    struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf sealed = {0};
	struct repo_hand *h;
	char hex[ID_HEX];
	int bad;

	bad = !from_cache(r, kind, id, &sealed) &&
	    from_store(r, kind, id, &sealed, e) < 0;
	if (!bad) {
		h = repo_borrow(r);
		bad = envelope_open(r, h, sealed.data, sealed.len, out, e) < 0;
		repo_give_back(r, h);
	}
	if (!bad)
		return 0;
	id_hex(id, hex);
	return err_wrap(e, "%s %s", store_kind_name(kind), hex);
}

int
repo_put(struct repo *r, enum store_kind kind, const void *json, size_t len,
    struct id *id, struct err *e)
{
	struct repo_hand *h = repo_borrow(r);
	CLEAN_BUF struct buf sealed = {0};
	struct store_name n;
	int bad;

	*id = (struct id){0};
	envelope_seal(r, h, json, len, &sealed);
	bad = !r->options.no_verify && envelope_check(r, h, sealed.data,
	    sealed.len, json, len, e) < 0;
	repo_give_back(r, h);
	if (bad)
		return -1;
	sha256_of(sealed.data, sealed.len, id->b);
	n = name_of(kind, id);
	if (store_put(r->store, &n, sealed.data, sealed.len, e) < 0)
		return -1;
	if (cached(kind))
		cache_put(r->cache, kind, id, sealed.data, sealed.len);
	return 0;
}

int
repo_remove(struct repo *r, enum store_kind kind, const struct id *id,
    struct err *e)
{
	struct store_name n = name_of(kind, id);

	if (store_remove(r->store, &n, e) < 0)
		return -1;
	cache_forget(r->cache, kind, id);
	return 0;
}

/* ---- by the beginning of a name ---- */

struct search {
	const char	*prefix;
	size_t		 len;
	size_t		 n;
	struct id	 id;
};

static int
compare(void *arg, const struct store_name *n, uint64_t size)
{
	struct search *s = arg;
	char hex[ID_HEX];

	(void)size;
	sha256_hex(n->id, hex);
	if (strncmp(hex, s->prefix, s->len) != 0)
		return 0;
	memcpy(s->id.b, n->id, ID_LEN);
	s->n++;
	return 0;
}

int
repo_find(struct repo *r, enum store_kind kind, const char *prefix,
    struct id *out, struct err *e)
{
	struct search s = { .prefix = prefix, .len = strlen(prefix) };
	char q[QUOTE_SIZE];

	quote_to(q, sizeof(q), prefix);
	if (s.len == 0 || strspn(prefix, "0123456789abcdef") != s.len)
		return err_set(e, ERR_NOENT, "no %s is called %s",
		    store_kind_name(kind), q);
	if (store_list(r->store, kind, compare, &s, e) < 0)
		return -1;
	if (s.n == 0)
		return err_set(e, ERR_NOENT, "no %s is called %s",
		    store_kind_name(kind), q);
	if (s.n > 1)
		return err_set(e, ERR_USAGE, "%s is the beginning of %zu %s "
		    "files", q, s.n, store_kind_name(kind));
	*out = s.id;
	return 0;
}
