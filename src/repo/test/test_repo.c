/* test_repo.c -- repositories open, or say why not; so do their keys. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/hand.h"
#include "repo/key.h"
#include "repo/repo_impl.h"
#include "repo/test/scene.h"
#include "store/fault.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"

/* The only file of a kind. */
static int
take_name(void *arg, const struct store_name *n, uint64_t size)
{
	(void)size;
	memcpy(((struct id *)arg)->b, n->id, ID_LEN);
	return 0;
}

static struct id
only(struct repo *r, enum store_kind kind)
{
	struct id id = {0};
	struct err e = {0};

	assert_int_equal(store_list(r->store, kind, take_name, &id, &e), 0);
	return id;
}

static void
restics_own_repositories_open(void **state)
{
	static const char *const all[] = { "tiny14", "tiny18" };
	struct repo *r;
	struct err e = {0};
	struct id id;
	size_t i;

	for (i = 0; i < 2; i++) {
		CLEAN_FREE char *path = scene_unpack(*state, all[i]);
		CLEAN_BUF struct buf text = {0};

		r = scene_open(path, NULL);
		assert_int_equal(r->version, 2);
		assert_true(r->polynomial >> 53 == 1);
		id = only(r, STORE_SNAPSHOT);
		assert_int_equal(repo_get(r, STORE_SNAPSHOT, &id, &text, &e), 0);
		assert_memory_equal(text.data, "{\"time\":\"", 9);
		assert_non_null(strstr(buf_str(&text), "\"tree\":\""));
		id = only(r, STORE_INDEX);
		assert_int_equal(repo_get(r, STORE_INDEX, &id, &text, &e), 0);
		assert_non_null(strstr(buf_str(&text), "\"packs\":["));
		repo_close(r);
	}
}

/* The master key of the vectors' section 4. */
static void
the_master_key_is_the_published_one(void **state)
{
	static const char k[] = "\xda\x45\x31\x66\x4e\xca\xc7\x4a\x67\x37\x65\x1b"
	    "\x32\xe6\x5d\x89";
	CLEAN_FREE char *path = scene_unpack(*state, "tiny18");
	struct repo *r = scene_open(path, NULL);

	assert_memory_equal(r->key->k, k, 16);
	repo_close(r);
}

static int
open_with(const char *path, const char *password, const char *hint,
    struct err *e)
{
	struct repo_options o = { .password = password,
	    .password_len = strlen(password), .key_hint = hint };
	struct store *store;
	struct repo *r;

	*e = (struct err){0};
	assert_int_equal(store_open(path, NULL, &store, e), 0);
	if (repo_open(store, &o, &r, e) < 0)
		return -1;
	repo_close(r);
	return 0;
}

static void
why_it_does_not_open_is_told_apart(void **state)
{
	struct scene *s = *state;
	CLEAN_FREE char *path = scene_path(s, "mine");
	struct repo *r = scene_make(s, "mine", 2);
	struct err e;

	repo_close(r);
	assert_int_equal(open_with(path, SCENE_PASSWORD, NULL, &e), 0);
	assert_int_equal(open_with(path, SCENE_PASSWORD, "beef", &e), 0);
	assert_int_equal(open_with(path, "wrong", NULL, &e), -1);
	assert_int_equal(e.kind, ERR_PASSWORD);
	assert_string_equal(e.text, "wrong password");
	assert_int_equal(open_with(path, "", NULL, &e), -1);
	assert_int_equal(e.kind, ERR_PASSWORD);
	assert_int_equal(open_with(s->dir, SCENE_PASSWORD, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.text, s->dir));
}

static int
init_in(struct store *store, struct err *e)
{
	struct repo_options o = { .password = "x", .password_len = 1 };
	const struct scrypt quick = { 16, 8, 1 };
	struct repo *r;

	*e = (struct err){0};
	if (repo_init_with(store, &o, 2, 0, &quick, &r, e) < 0)
		return -1;
	repo_close(r);
	return 0;
}

static void
init_refuses_what_is_no_empty_place(void **state)
{
	enum store_kind kinds[] = { STORE_CONFIG, STORE_KEY, STORE_SNAPSHOT };
	struct store_name n = { .id = { 1 } };
	struct store *s;
	struct err e = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		s = store_mem();
		n.kind = kinds[i];
		assert_int_equal(store_put(s, &n, "x", 1, &e), 0);
		assert_int_equal(init_in(s, &e), -1);
		assert_int_equal(e.kind, ERR_EXISTS);
	}
	/* Packs and locks alone are in nobody's way, as in restic. */
	s = store_mem();
	n.kind = STORE_LOCK;
	assert_int_equal(store_put(s, &n, "x", 1, &e), 0);
	assert_int_equal(init_in(s, &e), 0);
}

/* The process died between the key and the config. */
static void
an_init_that_was_cut_short_is_gone_on_with(void **state)
{
	CLEAN_FREE char *path = scene_path(*state, "short");
	const struct scrypt quick = { 16, 8, 1 };
	struct store_name n = { .kind = STORE_KEY };
	struct seal_key master;
	struct id left;
	struct store *s;
	struct err e = {0};
	uint64_t size;

	key_make(&master);
	assert_int_equal(store_create(path, NULL, &s, &e), 0);
	assert_int_equal(key_add(s, &master, &(struct key_new){
	    .password = "other", .len = 5, .hostname = "host", .username = "user",
	    .created = 0, .strength = quick }, &left, &e), 0);
	assert_int_equal(init_in(s, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);

	/* Nobody's key is thrown away but for one that opens as the new one does. */
	assert_int_equal(store_open(path, NULL, &s, &e), 0);
	memcpy(n.id, left.b, ID_LEN);
	assert_int_equal(store_remove(s, &n, &e), 0);
	assert_int_equal(key_add(s, &master, &(struct key_new){
	    .password = "x", .len = 1, .hostname = "host", .username = "user",
	    .created = 0, .strength = quick }, &left, &e), 0);
	assert_int_equal(init_in(s, &e), 0);
	assert_int_equal(open_with(path, "x", NULL, &e), 0);
	assert_int_equal(store_open(path, NULL, &s, &e), 0);
	memcpy(n.id, left.b, ID_LEN);
	assert_int_equal(store_size(s, &n, &size, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	store_close(s);
}

/* Any call of init may fail: then nothing is left, and another try may come. */
static void
a_failed_init_may_be_tried_again(void **state)
{
	CLEAN_FREE char *path = scene_path(*state, "again");
	struct store *s;
	struct err e;
	uint64_t n;

	for (n = 1; n < 20; n++) {
		e = (struct err){0};
		assert_int_equal(store_create(path, NULL, &s, &e), 0);
		if (init_in(store_fault(s, FAULT_FAIL, n), &e) == 0)
			break;
		assert_int_equal(e.kind, ERR_IO);
	}
	assert_true(n > 4 && n < 20);
	assert_int_equal(open_with(path, "x", NULL, &e), 0);
}

static void
files_come_back_as_they_were_put(void **state)
{
	static const char json[] = "{\"a\":[1,2,3],\"b\":\"text text text\"}";
	CLEAN_BUF struct buf text = {0};
	struct repo *r;
	struct id id, other = {{ 1 }};
	struct err e = {0};
	unsigned version;
	char hex[ID_HEX], name[8];

	for (version = 1; version <= 2; version++) {
		snprintf(name, sizeof(name), "v%u", version);
		r = scene_make(*state, name, version);
		assert_int_equal(repo_put(r, STORE_SNAPSHOT, json,
		    sizeof(json) - 1, &id, &e), 0);
		assert_int_equal(repo_get(r, STORE_SNAPSHOT, &id, &text, &e), 0);
		assert_int_equal(text.len, sizeof(json) - 1);
		assert_memory_equal(text.data, json, text.len);
		assert_int_equal(repo_get(r, STORE_SNAPSHOT, &other, &text, &e),
		    -1);
		assert_int_equal(e.kind, ERR_NOENT);

		id_hex(&id, hex);
		hex[9] = '\0';
		assert_int_equal(repo_find(r, STORE_SNAPSHOT, hex, &other, &e),
		    0);
		assert_true(id_equal(&id, &other));
		hex[8] = hex[8] == '0' ? '1' : '0';
		assert_int_equal(repo_find(r, STORE_SNAPSHOT, hex, &other, &e),
		    -1);
		assert_int_equal(e.kind, ERR_NOENT);
		assert_int_equal(repo_find(r, STORE_SNAPSHOT, "../x", &other,
		    &e), -1);
		assert_int_equal(repo_find(r, STORE_SNAPSHOT, "", &other, &e),
		    -1);

		assert_int_equal(repo_remove(r, STORE_SNAPSHOT, &id, &e), 0);
		assert_int_equal(repo_get(r, STORE_SNAPSHOT, &id, &text, &e),
		    -1);
		assert_int_equal(e.kind, ERR_NOENT);
		repo_close(r);
	}
}

static void
a_beginning_of_several_is_no_name(void **state)
{
	struct repo *r = scene_make(*state, "many", 2);
	struct id id;
	struct err e = {0};
	int i, several = 0;
	char digit[2] = "0";

	for (i = 0; i < 17; i++)
		assert_int_equal(repo_put(r, STORE_INDEX, "{}", 2, &id, &e), 0);
	for (i = 0; i < 16; i++) {
		digit[0] = "0123456789abcdef"[i];
		e = (struct err){0};
		if (repo_find(r, STORE_INDEX, digit, &id, &e) < 0)
			several += e.kind == ERR_USAGE;
	}
	assert_true(several > 0);	/* 17 names, 16 digits */
	repo_close(r);
}

/* Each bit of a stored file, turned: never taken for what it was. */
static void
damage_is_found(void **state)
{
	struct store *mem = store_mem();
	struct repo_options o = { .password = "x", .password_len = 1 };
	const struct scrypt quick = { 16, 8, 1 };
	CLEAN_BUF struct buf text = {0}, sealed = {0};
	struct repo_hand *h;
	struct repo *r;
	struct err e = {0};
	size_t i;

	(void)state;
	assert_int_equal(repo_init_with(mem, &o, 2, 0, &quick, &r, &e), 0);
	h = repo_hand_new(r);
	envelope_seal(r, h, "[]", 2, &sealed);
	assert_int_equal(envelope_open(r, h, sealed.data, sealed.len, &text,
	    &e), 0);
	for (i = 0; i < sealed.len * 8; i++) {
		sealed.data[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_int_equal(envelope_open(r, h, sealed.data, sealed.len,
		    &text, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		sealed.data[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	/* Sealed rightly, but neither JSON nor a frame. */
	sealer_seal(h->sealer, sealed.data, "\3xyz", 4);
	assert_int_equal(envelope_open(r, h, sealed.data, 4 + SEAL_OVERHEAD,
	    &text, &e), -1);
	sealer_seal(h->sealer, sealed.data, "\2xyz", 4);
	assert_int_equal(envelope_open(r, h, sealed.data, 4 + SEAL_OVERHEAD,
	    &text, &e), -1);
	/* Old JSON, and nothing at all, may stand in version 2. */
	sealer_seal(h->sealer, sealed.data, "[1]", 3);
	assert_int_equal(envelope_open(r, h, sealed.data, 3 + SEAL_OVERHEAD,
	    &text, &e), 0);
	assert_string_equal(buf_str(&text), "[1]");
	sealer_seal(h->sealer, sealed.data, "", 0);
	assert_int_equal(envelope_open(r, h, sealed.data, SEAL_OVERHEAD, &text,
	    &e), 0);
	assert_int_equal(text.len, 0);
	repo_hand_free(h);
	repo_close(r);
}

/* A file whose bytes are not those of its name is refused, however well it is
 * sealed: somebody put one in another's place. */
static void
a_file_in_anothers_place_is_found(void **state)
{
	struct scene *s = *state;
	struct repo *r = scene_make(s, "swapped", 2);
	CLEAN_BUF struct buf text = {0};
	char from[ID_HEX], to[ID_HEX];
	struct id a, b;
	struct err e = {0};
	CLEAN_FD int dir = -1;
	CLEAN_FREE char *path = scene_path(s, "swapped/snapshots");

	assert_int_equal(repo_put(r, STORE_SNAPSHOT, "[1]", 3, &a, &e), 0);
	assert_int_equal(repo_put(r, STORE_SNAPSHOT, "[2]", 3, &b, &e), 0);
	id_hex(&a, from);
	id_hex(&b, to);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(renameat(dir, from, dir, to), 0);
	assert_int_equal(repo_get(r, STORE_SNAPSHOT, &b, &text, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.text, to));
	repo_close(r);
}

static void
configs_are_read_strictly(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef";
	static const struct {
		const char	*rest;
		enum err_kind	 kind;
	} cases[] = {
		{ "\"version\":2,\"chunker_polynomial\":\"25b468838dcb75\"",
		    ERR_NONE },
		{ "\"version\":1,\"chunker_polynomial\":\"3da3358b4dc173\","
		    "\"is_hot\":true,\"other\":{\"x\":[1]}", ERR_NONE },
		{ "\"version\":2,\"chunker_polynomial\":\"25b468838dcb75\","
		    "\"chunker\":\"rabin\",\"chunk_size\":1048576,"
		    "\"chunk_min_size\":524288,\"chunk_max_size\":8388608,"
		    "\"append_only\":null", ERR_NONE },
		{ "\"version\":3,\"chunker_polynomial\":\"25b468838dcb75\"",
		    ERR_USAGE },
		{ "\"version\":2,\"chunker_polynomial\":\"25b468838dcb75\","
		    "\"chunker\":\"fixed_size\"", ERR_USAGE },
		{ "\"version\":2,\"chunker_polynomial\":\"25b468838dcb75\","
		    "\"chunk_size\":2097152", ERR_USAGE },
		{ "\"version\":2,\"chunker_polynomial\":\"25b468838dcb74\"",
		    ERR_CORRUPT },
		{ "\"version\":2,\"chunker_polynomial\":\"\"", ERR_CORRUPT },
		{ "\"version\":2,\"chunker_polynomial\":\"xyz\"", ERR_CORRUPT },
		{ "\"version\":2", ERR_CORRUPT },
		{ "\"version\":2,\"chunker_polynomial\":\"11111111111111111\"",
		    ERR_CORRUPT },
	};
	CLEAN_BUF struct buf text = {0};
	struct config c;
	struct err e;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&text);
		buf_addf(&text, "{\"id\":\"%s\",%s}", id, cases[i].rest);
		e = (struct err){0};
		r = config_read(text.data, text.len, &c, &e);
		assert_int_equal(r, cases[i].kind == ERR_NONE ? 0 : -1);
		if (r < 0 && e.kind != cases[i].kind)
			fail_msg("%s: %s", cases[i].rest, e.text);
	}
	c = (struct config){ 2, { { 0xAB } }, 0x25b468838dcb75 };
	buf_reset(&text);
	config_write(&text, &c);
	assert_string_equal(buf_str(&text), "{\"version\":2,\"id\":\"ab0000000000"
	    "0000000000000000000000000000000000000000000000000000\","
	    "\"chunker_polynomial\":\"25b468838dcb75\"}");
}

/* ---- keys ---- */

static int
count_key(void *arg, const struct key_info *k)
{
	size_t *n = arg;

	assert_true(k->hostname[0] != '\0');
	n[0]++;
	n[1] += (size_t)k->current;
	return 0;
}

static void
keys_come_and_go(void **state)
{
	const struct scrypt quick = { 16, 8, 1 };
	CLEAN_FREE char *path = scene_path(*state, "keys");
	struct repo *r = scene_make(*state, "keys", 2);
	struct id id, was = r->key_id;
	char hex[ID_HEX];
	size_t n[2] = {0};
	struct err e = {0};

	assert_int_equal(key_add(r->store, r->key, &(struct key_new){
	    .password = "second", .len = 6, .hostname = "host", .username = "user",
	    .created = time_now(), .strength = quick }, &id, &e), 0);
	assert_int_equal(key_each(r, count_key, n, &e), 0);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 1);
	assert_int_equal(open_with(path, "second", NULL, &e), 0);
	id_hex(&id, hex);
	hex[6] = '\0';
	assert_int_equal(open_with(path, "second", hex, &e), 0);
	assert_int_equal(open_with(path, SCENE_PASSWORD, hex, &e), 0);
	assert_int_equal(key_remove(r, &was, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(key_remove(r, &id, &e), 0);
	assert_int_equal(open_with(path, "second", NULL, &e), -1);
	assert_int_equal(e.kind, ERR_PASSWORD);
	repo_close(r);
}

/* KEY_TRIES of them are tried, and then the way out is told. */
static void
not_every_key_is_tried(void **state)
{
	const struct scrypt quick = { 16, 8, 1 };
	CLEAN_FREE char *path = scene_path(*state, "crowd");
	struct repo *r = scene_make(*state, "crowd", 2);
	struct id id, last = {{0}};
	struct err e = {0};
	char hex[ID_HEX];
	int i;

	for (i = 0; i < KEY_TRIES + 5; i++) {
		assert_int_equal(key_add(r->store, r->key, &(struct key_new){
	    .password = "same", .len = 4, .hostname = "host", .username = "user",
	    .created = 0, .strength = quick }, &id, &e), 0);
		if (id_cmp(&id, &last) > 0)
			last = id;
	}
	assert_int_equal(open_with(path, "none", NULL, &e), -1);
	assert_non_null(strstr(e.text, "--key-hint"));
	id_hex(&last, hex);
	assert_int_equal(open_with(path, "same", hex, &e), 0);
	repo_close(r);
}

/* Put these bytes as a key file, and open. */
static enum err_kind
open_beside(const char *json, struct err *e)
{
	struct repo_options o = { .password = "x", .password_len = 1 };
	struct store *mem = store_mem();
	struct store_name n = { .kind = STORE_KEY };
	struct repo *r;

	*e = (struct err){0};
	sha256_of(json, strlen(json), n.id);
	assert_int_equal(store_put(mem, &n, json, strlen(json), e), 0);
	n.kind = STORE_CONFIG;
	assert_int_equal(store_put(mem, &n, "x", 1, e), 0);
	assert_int_equal(repo_open(mem, &o, &r, e), -1);
	return e->kind;
}

#define SALT	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
		"AAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define DATA	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
hostile_key_files_are_refused(void **state)
{
	static const char *const files[] = {
		"", "{", "[]", "{}", "null",
		"{\"kdf\":\"argon2\",\"N\":16,\"r\":8,\"p\":1,\"salt\":\"" SALT
		    "\",\"data\":\"" DATA "\"}",
		"{\"kdf\":\"scrypt\",\"N\":16,\"r\":8,\"p\":1,\"salt\":\"\","
		    "\"data\":\"" DATA "\"}",
		"{\"kdf\":\"scrypt\",\"N\":16,\"r\":8,\"p\":1,\"salt\":\"" SALT
		    "\",\"data\":\"AAAA\"}",
		"{\"kdf\":\"scrypt\",\"N\":16,\"r\":8,\"p\":1,\"salt\":\"" SALT
		    "\",\"data\":\"?\"}",
		"{\"kdf\":\"scrypt\",\"N\":4294967296,\"r\":8,\"p\":1,\"salt\":\""
		    SALT "\",\"data\":\"" DATA "\"}",
		"{\"kdf\":\"scrypt\",\"N\":2147483648,\"r\":8,\"p\":1,\"salt\":\""
		    SALT "\",\"data\":\"" DATA "\"}",
		"{\"kdf\":\"scrypt\",\"N\":-16,\"r\":8,\"p\":1,\"salt\":\"" SALT
		    "\",\"data\":\"" DATA "\"}",
		"{\"created\":5}",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(open_beside(files[i], &e), ERR_PASSWORD);
		assert_non_null(strstr(e.text, "cannot be read"));
	}
	/* Whole, but of another password. */
	assert_int_equal(open_beside("{\"kdf\":\"scrypt\",\"N\":16,\"r\":8,"
	    "\"p\":1,\"salt\":\"" SALT "\",\"data\":\"" DATA "\"}", &e),
	    ERR_PASSWORD);
	assert_string_equal(e.text, "wrong password");
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(restics_own_repositories_open),
		T(the_master_key_is_the_published_one),
		T(why_it_does_not_open_is_told_apart),
		T(init_refuses_what_is_no_empty_place),
		T(an_init_that_was_cut_short_is_gone_on_with),
		T(a_failed_init_may_be_tried_again),
		T(files_come_back_as_they_were_put),
		T(a_beginning_of_several_is_no_name),
		T(damage_is_found),
		T(a_file_in_anothers_place_is_found),
		T(configs_are_read_strictly),
		T(keys_come_and_go),
		T(not_every_key_is_tried),
		T(hostile_key_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
