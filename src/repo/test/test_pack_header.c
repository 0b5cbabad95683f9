/*
 * test_pack_header.c -- the headers of packs and the index files that repeat
 * them: what is written is restic's, and what does not add up is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hex.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

/* ---- headers ---- */

struct heard {
	struct pack_entry v[64];
	size_t		 n, stop_at;
};

static int
hear(void *arg, const struct pack_entry *p)
{
	struct heard *h = arg;

	assert_true(h->n < COUNT(h->v));
	h->v[h->n++] = *p;
	return h->n == h->stop_at ? 7 : 0;
}

static struct pack_entry
entry(enum blob_type type, uint32_t offset, uint32_t length, uint32_t plain,
    int compressed)
{
	struct pack_entry p = { .type = type, .offset = offset,
		.length = length, .plain = plain,
		.compressed = (unsigned char)compressed };

	memset(p.id.b, (int)length, sizeof(p.id.b));
	return p;
}

static void
assert_entry_equal(const struct pack_entry *a, const struct pack_entry *b)
{
	assert_true(id_equal(&a->id, &b->id));
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->offset, b->offset);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->plain, b->plain);
	assert_int_equal(a->compressed, b->compressed);
}

/* restic-format 1.6, byte by byte. */
static void
entries_are_laid_out_as_restic_does(void **state)
{
	struct pack_entry plain = entry(BLOB_TREE, 0, 0x01020304, 0, 0);
	struct pack_entry zipped = entry(BLOB_DATA, 0, 42, 0x0a0b0c0d, 1);
	CLEAN_BUF struct buf b = {0};
	char hex[2 * 78 + 1];

	(void)state;
	pack_entry_add(&b, &plain);
	pack_entry_add(&b, &zipped);
	assert_int_equal(b.len, PACK_ENTRY_PLAIN + PACK_ENTRY_ZIPPED);
	hex_put(hex, b.data, b.len);
	assert_string_equal(hex, "01" "04030201"
	    "0404040404040404040404040404040404040404040404040404040404040404"
	    "02" "2a000000" "0d0c0b0a"
	    "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a");
}

static void
headers_come_back(void **state)
{
	const struct pack_entry all[] = {
		entry(BLOB_DATA, 0, 32, 0, 0),
		entry(BLOB_DATA, 32, 100, 68, 0),
		entry(BLOB_TREE, 132, 77, 4000000000u, 1),
		entry(BLOB_TREE, 209, 50, 18, 0),
		entry(BLOB_DATA, 259, 1000, 5, 1),
	};
	uint64_t size = pack_size(3, 2, 1259);
	CLEAN_BUF struct buf b = {0};
	struct heard h = {0};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++)
		pack_entry_add(&b, &all[i]);
	assert_int_equal(size, 1259 + b.len + 36);
	assert_int_equal(pack_entries(b.data, b.len, size, hear, &h, &e), 0);
	assert_int_equal(h.n, COUNT(all));
	for (i = 0; i < COUNT(all); i++)
		assert_entry_equal(&h.v[i], &all[i]);
	/* An answer ends it. */
	h = (struct heard){ .stop_at = 2 };
	assert_int_equal(pack_entries(b.data, b.len, size, hear, &h, &e), 7);
	assert_int_equal(h.n, 2);
}

/* Of the data pack of the small repository (vectors, 13). */
static void
the_size_of_a_pack_is_known(void **state)
{
	(void)state;
	assert_int_equal(pack_size(0, 11, 478), 965);
}

static void
assert_refused(const struct buf *b, size_t len, uint64_t size)
{
	struct heard h = {0};
	struct err e = {0};

	assert_int_equal(pack_entries(b->data, len, size, hear, &h, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(h.n, 0);	/* and nothing was told before */
}

static void
headers_that_do_not_add_up_are_refused(void **state)
{
	const struct pack_entry a = entry(BLOB_DATA, 0, 100, 68, 0);
	const struct pack_entry b = entry(BLOB_DATA, 0, 100, 70, 1);
	struct pack_entry tiny = entry(BLOB_DATA, 0, 31, 0, 0);
	CLEAN_BUF struct buf h = {0};
	uint64_t size = pack_size(1, 1, 200);
	size_t i;

	(void)state;
	pack_entry_add(&h, &a);
	pack_entry_add(&h, &b);
	assert_refused(&h, h.len, size + 1);
	assert_refused(&h, h.len, size - 1);
	assert_refused(&h, h.len, 0);
	assert_refused(&h, h.len, UINT64_MAX);
	for (i = 0; i < h.len; i++)
		assert_refused(&h, i, i == 37 ? size : pack_size(1, 0, 100) + i);
	h.data[0] = 4;
	assert_refused(&h, h.len, size);
	h.data[0] = 0x80;
	assert_refused(&h, h.len, size);
	buf_reset(&h);
	pack_entry_add(&h, &tiny);
	assert_refused(&h, h.len, pack_size(1, 0, 31));
}

/* An offset has 32 bits. */
static void
packs_over_4_gib_are_refused(void **state)
{
	const struct pack_entry a = entry(BLOB_DATA, 0, 0x80000000u, 5, 1);
	CLEAN_BUF struct buf h = {0};

	(void)state;
	pack_entry_add(&h, &a);
	pack_entry_add(&h, &a);
	assert_refused(&h, h.len, pack_size(0, 2, UINT64_C(0x100000000)));
}

/* ---- index files ---- */

struct packs {
	struct index_file_pack v[16];
	struct pack_entry entries[64];
	size_t		 n, n_entries, stop_at;
};

static int
hear_pack(void *arg, const struct index_file_pack *p)
{
	struct packs *h = arg;
	size_t i;

	assert_true(h->n < COUNT(h->v));
	h->v[h->n] = *p;
	h->v[h->n].v = &h->entries[h->n_entries];
	for (i = 0; i < p->n; i++) {
		assert_true(h->n_entries < COUNT(h->entries));
		h->entries[h->n_entries++] = p->v[i];
	}
	return ++h->n == h->stop_at ? 7 : 0;
}

#define P "10c0011e935db5d1dbf484f471713e9cedae2ca044eee97fb0fe05631d2a090e"
#define A "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
#define B "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6"

static const char sample[] = "{\"packs\":[{\"id\":\"" P "\",\"blobs\":["
    "{\"id\":\"" A "\",\"type\":\"data\",\"offset\":0,\"length\":42,"
    "\"uncompressed_length\":1},"
    "{\"id\":\"" B "\",\"type\":\"tree\",\"offset\":42,\"length\":46}]},"
    "{\"id\":\"" A "\",\"blobs\":["
    "{\"id\":\"" P "\",\"type\":\"data\",\"offset\":4294967253,\"length\":42,"
    "\"uncompressed_length\":4294967295}]}]}\n";

static void
index_files_are_restics(void **state)
{
	CLEAN_BUF struct buf out = {0};
	struct packs h = {0};
	struct err e;
	size_t i;

	(void)state;
	if (index_file_read(sample, strlen(sample), hear_pack, &h, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.v[0].n, 2);
	assert_int_equal(h.v[0].deleted, 0);
	assert_true(h.v[0].v[0].compressed);
	assert_int_equal(h.v[0].v[0].plain, 1);
	assert_int_equal(h.v[0].v[0].length, 42);
	assert_int_equal(h.v[0].v[1].type, BLOB_TREE);
	assert_false(h.v[0].v[1].compressed);
	assert_int_equal(h.v[0].v[1].plain, 14);
	assert_int_equal(h.v[0].v[1].offset, 42);
	index_file_begin(&out);
	for (i = 0; i < h.n; i++)
		index_file_pack(&out, &h.v[i].id, h.v[i].v, h.v[i].n);
	index_file_end(&out);
	assert_string_equal(buf_str(&out), sample);
	buf_reset(&out);
	index_file_begin(&out);
	index_file_end(&out);
	assert_string_equal(buf_str(&out), "{\"packs\":[]}\n");
}

/* restic 0.14 names what it replaces; rustic has packs that wait to go. */
static void
what_others_add_is_known_or_passed_over(void **state)
{
	static const char text[] = "{ \"supersedes\" : [\"" A "\"] , "
	    "\"packs_to_delete\":[{\"blobs\":[],\"time\":\"2025\",\"size\":5,"
	    "\"id\":\"" A "\"}],\"Packs\":[{\"Blobs\":[{\"length\":42,"
	    "\"uncompressed_length\":null,\"offset\":0,\"later\":{},"
	    "\"type\":\"data\",\"ID\":\"" B "\"}],\"id\":\"" P "\"},"
	    "{\"id\":\"" B "\",\"blobs\":null}],\"x\":null}";
	struct packs h = {0};
	struct err e;

	(void)state;
	if (index_file_read(text, strlen(text), hear_pack, &h, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(h.n, 3);
	assert_int_equal(h.v[0].deleted, 1);
	assert_int_equal(h.v[0].n, 0);
	assert_int_equal(h.v[1].deleted, 0);
	assert_int_equal(h.v[1].n, 1);
	assert_int_equal(h.v[1].v[0].plain, 10);
	assert_int_equal(h.v[2].n, 0);
	h = (struct packs){ .stop_at = 1 };
	assert_int_equal(index_file_read(text, strlen(text), hear_pack, &h, &e),
	    7);
	h = (struct packs){0};
	assert_int_equal(index_file_read("{\"packs\":null}", 14, hear_pack, &h,
	    &e), 0);
}

#define BLOBS(members) "{\"packs\":[{\"id\":\"" P "\",\"blobs\":[" members "]}]}"

static void
what_is_no_index_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{", "{\"packs\":{}}", "{\"packs\":[]}x",
		"{\"packs\":[{}]}", "{\"packs\":[{\"blobs\":[]}]}",
		"{\"packs\":[{\"id\":\"ab\"}]}", "{\"packs\":[null]}",
		BLOBS("{}"), BLOBS("null"), BLOBS("1"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":0}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"length\":42}"),
		BLOBS("{\"id\":\"" A "\",\"offset\":0,\"length\":42}"),
		BLOBS("{\"type\":\"data\",\"offset\":0,\"length\":42}"),
		BLOBS("{\"id\":null,\"type\":\"data\",\"offset\":0,"
		    "\"length\":42}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"date\",\"offset\":0,"
		    "\"length\":42}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":0,"
		    "\"length\":31}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":-1,"
		    "\"length\":42}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":0,"
		    "\"length\":4294967296}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":"
		    "4294967254,\"length\":42}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":0,"
		    "\"length\":42,\"uncompressed_length\":4294967296}"),
		BLOBS("{\"id\":\"" A "\",\"type\":\"data\",\"offset\":0,"
		    "\"length\":42}{}"),
	};
	struct packs h;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		h = (struct packs){0};
		e.kind = ERR_NONE;
		if (index_file_read(bad[i], strlen(bad[i]), hear_pack, &h,
		    &e) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
	for (i = 0; i + 2 < strlen(sample); i++) {
		h = (struct packs){0};
		assert_int_equal(index_file_read(sample, i, hear_pack, &h, &e),
		    -1);
	}
}

/* ---- random ones ---- */

static void
random_packs_come_back(void **state)
{
	struct pack_entry v[40];
	unsigned seed;
	size_t n, i;
	int round;

	(void)state;
	random_bytes(&seed, sizeof(seed));
	print_message("seed %u\n", seed);
	srand(seed);
	for (round = 0; round < 300; round++) {
		CLEAN_BUF struct buf b = {0}, json = {0};
		struct heard h = {0};
		struct packs ps = {0};
		uint64_t zipped = 0;
		uint32_t at = 0;
		struct err e;

		n = 1 + (size_t)rand() % COUNT(v);
		random_bytes(v, sizeof(v));
		for (i = 0; i < n; i++) {
			v[i].type = rand() % 2 ? BLOB_DATA : BLOB_TREE;
			v[i].offset = at;
			v[i].length = 32 + (uint32_t)rand() % 100000000;
			v[i].compressed = rand() % 2 != 0;
			v[i].plain = v[i].compressed ? 1 + (uint32_t)rand() :
			    v[i].length - 32;
			zipped += v[i].compressed;
			at += v[i].length;
			pack_entry_add(&b, &v[i]);
		}
		assert_int_equal(pack_entries(b.data, b.len,
		    pack_size(n - zipped, zipped, at), hear, &h, &e), 0);
		index_file_begin(&json);
		index_file_pack(&json, &v[0].id, v, n);
		index_file_end(&json);
		assert_int_equal(index_file_read(json.data, json.len, hear_pack,
		    &ps, &e), 0);
		assert_int_equal(h.n, n);
		assert_int_equal(ps.v[0].n, n);
		for (i = 0; i < n; i++) {
			assert_entry_equal(&h.v[i], &v[i]);
			assert_entry_equal(&ps.v[0].v[i], &v[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_laid_out_as_restic_does),
		cmocka_unit_test(headers_come_back),
		cmocka_unit_test(the_size_of_a_pack_is_known),
		cmocka_unit_test(headers_that_do_not_add_up_are_refused),
		cmocka_unit_test(packs_over_4_gib_are_refused),
		cmocka_unit_test(index_files_are_restics),
		cmocka_unit_test(what_others_add_is_known_or_passed_over),
		cmocka_unit_test(what_is_no_index_is_refused),
		cmocka_unit_test(random_packs_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
