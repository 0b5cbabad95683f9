/*
 * key_file.c -- one key file, which is JSON in the clear:
 *
 *	{"created":...,"username":...,"hostname":...,"kdf":"scrypt",
 *	 "N":32768,"r":8,"p":5,"salt":"<64 bytes>","data":"<sealed>"}
 *
 * data is {"mac":{"k":"<16>","r":"<16>"},"encrypt":"<32>"}, the master key,
 * sealed under what scrypt makes of the password and the salt.  All bytes are
 * base64.  The text of the master key passes through a few small bufs, which
 * are wiped.
 */
#include <string.h>
#include <strings.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"
#include "repo/key.h"
#include "repo/key_impl.h"
#include "repo/node.h"
#include "repo/who.h"
#include "store/store.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/json.h"

#define KEY_FILE_MAX	((size_t)64 << 10)
#define SALT_LEN	64		/* restic refuses others */

/* Long enough that it is never moved, which would leave a copy unwiped. */
#define MASTER_TEXT_MAX	256

void
key_file_fini(struct key_file *k)
{
	buf_fini(&k->salt);
	buf_fini(&k->data);
}

static void
wipe(struct buf *b)
{
	secret_wipe(b->data, b->cap);
	buf_fini(b);
}

static int
corrupt(const char *why, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "key file: %s", why);
}

/* ---- reading ---- */

static int
get_bytes(struct json_read *r, struct buf *out, struct err *e)
{
	const char *s;
	size_t len;

	if (json_get_str(r, &s, &len, e) < 0)
		return -1;
	buf_reset(out);
	return base64_parse(s, len, out) < 0 ? json_fail(r, "no base64", e) : 0;
}

static int
get_kdf(struct json_read *r, int *is_scrypt, struct err *e)
{
	const char *s;

	if (json_get_str(r, &s, NULL, e) < 0)
		return -1;
	*is_scrypt = strcmp(s, "scrypt") == 0;
	return 0;
}

static int
read_member(struct json_read *r, struct key_file *k, struct err *e)
{
	if (strcasecmp(r->str, "created") == 0)
		return who_read_time(r, &k->created, e);
	if (strcasecmp(r->str, "username") == 0)
		return who_read_name(r, k->username, sizeof(k->username), e);
	if (strcasecmp(r->str, "hostname") == 0)
		return who_read_name(r, k->hostname, sizeof(k->hostname), e);
	if (strcasecmp(r->str, "kdf") == 0)
		return get_kdf(r, &k->is_scrypt, e);
	if (strcasecmp(r->str, "n") == 0)
		return who_read_u32(r, &k->scrypt.n, e);
	if (strcasecmp(r->str, "r") == 0)
		return who_read_u32(r, &k->scrypt.r, e);
	if (strcasecmp(r->str, "p") == 0)
		return who_read_u32(r, &k->scrypt.p, e);
	if (strcasecmp(r->str, "salt") == 0)
		return get_bytes(r, &k->salt, e);
	if (strcasecmp(r->str, "data") == 0)
		return get_bytes(r, &k->data, e);
	return json_skip(r, e);
}

int
key_file_parse(const void *json, size_t len, struct key_file *k, struct err *e)
{
	CLEAN_JSON_READ struct json_read r;
	int n;

	json_read_init(&r, json, len);
	if (json_expect(&r, JSON_OBJECT, e) < 0)
		return -1;
	while ((n = json_member(&r, e)) == 1)
		if (read_member(&r, k, e) < 0)
			return -1;
	if (n < 0 || json_end(&r, e) < 0)
		return -1;
	if (!k->is_scrypt)
		return corrupt("not made by scrypt", e);
	if (k->salt.len != SALT_LEN)
		return corrupt("its salt is not 64 bytes long", e);
	if (k->data.len < SEAL_OVERHEAD || k->data.len > MASTER_TEXT_MAX)
		return corrupt("no master key fits in it", e);
	return 0;
}

int
key_file_load(struct store *s, const struct id *id, struct key_file *k,
    struct err *e)
{
	struct store_name n = { .kind = STORE_KEY };
	CLEAN_FREE void *data = NULL;
	struct id sum = {0};
	size_t len;

	memcpy(n.id, id->b, ID_LEN);
	if (store_get_all(s, &n, KEY_FILE_MAX, &data, &len, e) < 0)
		return -1;
	sha256_of(data, len, sum.b);
	if (!id_equal(&sum, id))
		return corrupt("its bytes are not those of its name", e);
	return key_file_parse(data, len, k, e);
}

/* A part of the master key, of exactly len bytes. */
static int
get_part(struct json_read *r, unsigned char *out, size_t len, struct err *e)
{
	struct buf raw = {0};
	int bad;

	buf_room(&raw, MASTER_TEXT_MAX);
	bad = get_bytes(r, &raw, e) < 0;
	if (!bad && raw.len != len)
		bad = json_fail(r, "a key of another length", e) < 0;
	if (!bad)
		memcpy(out, raw.data, len);
	wipe(&raw);
	return bad ? -1 : 0;
}

static int
read_mac(struct json_read *r, struct seal_key *key, int *seen, struct err *e)
{
	int n, bad;

	if (json_expect(r, JSON_OBJECT, e) < 0)
		return -1;
	while ((n = json_member(r, e)) == 1) {
		if (strcasecmp(r->str, "k") == 0) {
			bad = get_part(r, key->k, sizeof(key->k), e);
			*seen |= 1;
		} else if (strcasecmp(r->str, "r") == 0) {
			bad = get_part(r, key->r, sizeof(key->r), e);
			*seen |= 2;
		} else
			bad = json_skip(r, e);
		if (bad)
			return -1;
	}
	return n;
}

static int
read_master(struct json_read *r, struct seal_key *key, struct err *e)
{
	int n, bad, seen = 0;

	if (json_expect(r, JSON_OBJECT, e) < 0)
		return -1;
	while ((n = json_member(r, e)) == 1) {
		if (strcasecmp(r->str, "mac") == 0)
			bad = read_mac(r, key, &seen, e);
		else if (strcasecmp(r->str, "encrypt") == 0) {
			bad = get_part(r, key->encrypt, sizeof(key->encrypt), e);
			seen |= 4;
		} else
			bad = json_skip(r, e);
		if (bad)
			return -1;
	}
	if (n < 0 || json_end(r, e) < 0)
		return -1;
	return seen == 7 ? 0 : corrupt("its master key is not whole", e);
}

/* restic refuses a key with a part that is all zero, and so do we. */
static int
usable(const struct seal_key *k)
{
	static const unsigned char zero[32];

	return !secret_equal(k->encrypt, zero, sizeof(k->encrypt)) &&
	    !secret_equal(k->k, zero, sizeof(k->k)) &&
	    !secret_equal(k->r, zero, sizeof(k->r));
}

int
key_master_parse(const void *json, size_t len, struct seal_key *key,
    struct err *e)
{
	struct json_read r;
	int bad;

	json_read_init(&r, json, len);
	bad = read_master(&r, key, e);
	secret_wipe(r.scratch.data, r.scratch.cap);
	json_read_fini(&r);
	if (bad)
		return -1;
	return usable(key) ? 0 : corrupt("a part of its master key is zero", e);
}

int
key_file_try(const struct key_file *k, const void *password, size_t len,
    struct seal_key *key, struct err *e)
{
	struct seal_key *user = secret_alloc(sizeof(*user));
	unsigned char *text = secret_alloc(MASTER_TEXT_MAX);
	struct sealer *s = NULL;
	int r = -1;

	if (scrypt_key(password, len, k->salt.data, k->salt.len, &k->scrypt,
	    user, e) == 0) {
		s = sealer_new(user);
		r = sealer_open(s, text, k->data.data, k->data.len, NULL) == 0;
	}
	if (r == 1 && key_master_parse(text, k->data.len - SEAL_OVERHEAD,
	    key, e) < 0)
		r = -1;
	sealer_free(s);
	secret_free(text, MASTER_TEXT_MAX);
	secret_free(user, sizeof(*user));
	return r;
}

/* ---- writing ---- */

void
key_make(struct seal_key *out)
{
	do
		random_bytes(out, sizeof(*out));
	while (!usable(out));
}

static void
add_part(struct buf *out, const char *key, const void *data, size_t len)
{
	buf_adds(out, key);
	base64_add(out, data, len);
	buf_addc(out, '"');
}

/* The master key's JSON, sealed, in base64. */
static void
add_master(struct buf *out, const struct seal_key *user,
    const struct seal_key *master)
{
	struct sealer *s = sealer_new(user);
	unsigned char sealed[MASTER_TEXT_MAX + SEAL_OVERHEAD];
	struct buf text = {0};

	buf_room(&text, MASTER_TEXT_MAX);
	add_part(&text, "{\"mac\":{\"k\":\"", master->k, sizeof(master->k));
	add_part(&text, ",\"r\":\"", master->r, sizeof(master->r));
	add_part(&text, "},\"encrypt\":\"", master->encrypt,
	    sizeof(master->encrypt));
	buf_addc(&text, '}');
	sealer_seal(s, sealed, text.data, text.len);
	base64_add(out, sealed, text.len + SEAL_OVERHEAD);
	wipe(&text);
	sealer_free(s);
}

static void
add_string(struct buf *out, const char *key, const char *s)
{
	buf_adds(out, key);
	node_string(out, s, strlen(s));
}

static void
add_created(struct buf *out, int64_t created)
{
	int64_t sec = created / 1000000, rest = created % 1000000;
	struct node_time t;

	if (rest < 0) {
		rest += 1000000;
		sec--;
	}
	node_time_local(sec, (int32_t)(rest * 1000), &t);
	buf_adds(out, "{\"created\":\"");
	node_time_text(out, &t);
}

int
key_add(struct store *s, const struct seal_key *master,
    const struct key_new *key, struct id *id, struct err *e)
{
	struct seal_key *user = secret_alloc(sizeof(*user));
	unsigned char salt[SALT_LEN];
	struct store_name n = { .kind = STORE_KEY };
	CLEAN_BUF struct buf out = {0};

	random_bytes(salt, sizeof(salt));
	if (scrypt_key(key->password, key->len, salt, sizeof(salt),
	    &key->strength, user, e) < 0) {
		secret_free(user, sizeof(*user));
		return -1;
	}
	add_created(&out, key->created);
	add_string(&out, "\",\"username\":", key->username);
	add_string(&out, ",\"hostname\":", key->hostname);
	buf_addf(&out, ",\"kdf\":\"scrypt\",\"N\":%u,\"r\":%u,\"p\":%u",
	    key->strength.n, key->strength.r, key->strength.p);
	add_part(&out, ",\"salt\":\"", salt, sizeof(salt));
	buf_adds(&out, ",\"data\":\"");
	add_master(&out, user, master);
	buf_adds(&out, "\"}");
	secret_free(user, sizeof(*user));
	sha256_of(out.data, out.len, n.id);
	memcpy(id->b, n.id, ID_LEN);
	return store_put(s, &n, out.data, out.len, e);
}
