/* test_save.c -- blobs into a repository and out of it again. */
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "repo/save.h"
#include "repo/test/literal.h"
#include "repo/test/numbered.h"
#include "repo/test/place.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

/* ---- what comes out is what went in ---- */

static void
round_trip(unsigned version, enum repo_compression c, int no_verify)
{
	struct place p = place_new(version);
	struct saver_totals totals;
	struct repo_hand *h;
	struct saver *s;
	struct err e = {0};
	struct saved how;
	struct id id;
	uint64_t n;

	p.repo->options.compression = c;
	p.repo->options.no_verify = no_verify;
	p.repo->options.pack_size = REPO_PACK_SIZE_MIN;
	h = repo_hand_new(p.repo);
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	for (n = 0; n < 330; n++) {
		save_number(s, h, n, &id, &how);
		assert_true(how.fresh && how.packed >= 32);
	}
	for (n = 0; n < 330; n += 7) {		/* the open packs, too */
		save_number(s, h, n, &id, &how);
		assert_true(!how.fresh && how.packed == 0);
	}
	assert_int_equal(saver_flush(s, &e), 0);
	saver_totals(s, &totals);
	assert_int_equal(totals.blobs[0] + totals.blobs[1], 330);
	if (version == 2 && c != REPO_COMPRESS_OFF)
		assert_true(totals.packed[0] < totals.plain[0] * 3 / 4);
	saver_free(s);
	repo_hand_free(h);
	all_load(p.repo, 0, 330);
	place_again(&p);
	all_load(p.repo, 0, 330);
	place_free(&p);
}

static void
what_was_saved_loads_again(void **state)
{
	(void)state;
	round_trip(2, REPO_COMPRESS_AUTO, 0);
	round_trip(2, REPO_COMPRESS_OFF, 0);
	round_trip(2, REPO_COMPRESS_FASTEST, 1);
	round_trip(1, REPO_COMPRESS_AUTO, 0);
}

/* How long a blob of a mebibyte becomes: random, but for a stretch of text. */
static size_t
packed_with_text(struct saver *s, struct repo_hand *h, uint64_t n, size_t at,
    size_t len)
{
	const size_t size = (size_t)1 << 20;
	CLEAN_FREE unsigned char *data = xalloc(size);
	struct err e = {0};
	struct saved how;
	struct id id;
	size_t i;

	literal_fill(n, data, size);
	for (i = at; i < at + len; i++)
		data[i] = (unsigned char)"some text "[i % 10];
	assert_int_equal(saver_save(s, h, BLOB_DATA, data, size, &id, &how, &e),
	    0);
	return how.packed;
}

/* What is not compressed because it would not shrink hides little that would. */
static void
only_what_is_random_is_stored_plain(void **state)
{
	const size_t size = (size_t)1 << 20, some = size / 25;
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	CLEAN_FREE unsigned char *data = xalloc(size);
	struct saver *s;
	struct err e = {0};
	struct saved how;
	struct id id;
	size_t at;
	uint64_t n = 1;

	(void)state;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	assert_int_equal(packed_with_text(s, h, n, 0, 0), size + 32);
	for (at = 0; at + some <= size; at += some / 3)
		assert_true(packed_with_text(s, h, ++n, at, some) < size - some / 2);
	/* Random, and the same again and again. */
	literal_fill(99, data, 30000);
	for (at = 30000; at < size; at++)
		data[at] = data[at - 30000];
	assert_int_equal(saver_save(s, h, BLOB_DATA, data, size, &id, &how, &e),
	    0);
	assert_true(how.packed < size / 10);
	saver_free(s);
	repo_hand_free(h);
	place_free(&p);
}

/* ---- many threads ---- */
#define THREADS		4
#define SHARED		600

struct worker {
	struct repo	*repo;
	struct saver	*saver;
	unsigned	 number;
	uint64_t	 fresh;
};

static void *
save_all(void *arg)
{
	struct worker *w = arg;
	struct repo_hand *h = repo_hand_new(w->repo);
	struct err e = {0};
	struct saved how;
	struct id id;
	uint64_t n;

	for (n = 0; n < SHARED; n++) {
		/* Neighbours meet at the same blobs. */
		save_number(w->saver, h, (n * 7 + w->number) % SHARED, &id, &how);
		w->fresh += (uint64_t)how.fresh;
		if (n == SHARED / 2 && w->number == 0)
			assert_int_equal(saver_flush(w->saver, &e), 0);
	}
	repo_hand_free(h);
	return NULL;
}

/* Each blob is saved once, whoever comes first; a flush may come in between. */
static void
many_threads_save_each_once(void **state)
{
	struct place p = place_new(2);
	struct worker w[THREADS];
	pthread_t t[THREADS];
	struct saver *s;
	struct err e = {0};
	struct index_stat stat;
	uint64_t fresh = 0;
	unsigned i;

	(void)state;
	p.repo->options.pack_size = REPO_PACK_SIZE_MIN;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	for (i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ p.repo, s, i, 0 };
		assert_int_equal(pthread_create(&t[i], NULL, save_all, &w[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		fresh += w[i].fresh;
	}
	assert_int_equal(fresh, SHARED);
	assert_int_equal(saver_flush(s, &e), 0);
	saver_free(s);
	place_again(&p);
	all_load(p.repo, 0, SHARED);
	index_stat(p.repo->index, &stat);
	assert_int_equal(stat.blobs[0] + stat.blobs[1], SHARED);
	place_free(&p);
}

/* ---- packs ---- */

static void
save_plain(struct saver *s, struct repo_hand *h, enum blob_type t, uint64_t n,
    size_t len)
{
	CLEAN_FREE unsigned char *data = xalloc(len);
	struct err e = {0};
	struct id id;

	literal_fill(n, data, len);
	if (saver_save(s, h, t, data, len, &id, NULL, &e) < 0)
		fail_msg("%s", e.text);
}

/* Few bytes are one pack of a type, though two were open; many are packs of a
 * size; a large blob has one of its own. */
static void
packs_are_of_a_size(void **state)
{
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	struct packs c = {0};
	struct saver *s;
	struct err e = {0};
	uint64_t n;

	(void)state;
	p.repo->options.pack_size = REPO_PACK_SIZE_MIN;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	for (n = 0; n < 200; n++)
		save_plain(s, h, n % 2 ? BLOB_TREE : BLOB_DATA, n, 5000);
	assert_int_equal(saver_flush(s, &e), 0);
	assert_int_equal(index_packs(p.repo->index, count_pack, &c, &e), 0);
	assert_int_equal(c.n[BLOB_DATA], 1);
	assert_int_equal(c.n[BLOB_TREE], 1);

	save_plain(s, h, BLOB_DATA, 1000, 5000000);
	assert_int_equal(saver_flush(s, &e), 0);
	c = (struct packs){0};
	assert_int_equal(index_packs(p.repo->index, count_pack, &c, &e), 0);
	assert_int_equal(c.n[BLOB_DATA], 2);
	assert_int_equal(c.largest, 5000032);

	for (n = 2000; n < 2200; n++)		/* 20 MB */
		save_plain(s, h, BLOB_DATA, n, 100000);
	assert_int_equal(saver_flush(s, &e), 0);
	assert_int_equal(saver_flush(s, &e), 0);	/* again: nothing */
	c = (struct packs){0};
	assert_int_equal(index_packs(p.repo->index, count_pack, &c, &e), 0);
	assert_in_range(c.n[BLOB_DATA], 2 + 4, 2 + 6);
	saver_free(s);
	repo_hand_free(h);
	place_free(&p);
}

struct listed {
	const struct id	*pack;
	struct repo	*repo;
	size_t		 n;
	uint64_t	 sealed;
};

static int
same_as_index(void *arg, const struct pack_entry *b)
{
	struct listed *l = arg;
	struct blob_at at;

	assert_int_equal(index_find(l->repo->index, b->type, &b->id, &at), 1);
	assert_true(id_equal(&at.pack, l->pack));
	assert_int_equal(at.offset, b->offset);
	assert_int_equal(at.length, b->length);
	assert_int_equal(at.plain, b->plain);
	assert_int_equal(at.compressed, b->compressed);
	l->n++;
	return 0;
}

static int
read_one_pack(void *arg, const struct index_pack *p)
{
	struct repo *r = arg;
	struct repo_hand *h = repo_hand_new(r);
	struct listed l = { .pack = &p->id, .repo = r };
	struct err e = {0};

	if (pack_read(r, h, &p->id, 0, same_as_index, &l, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(l.n, p->n);
	repo_hand_free(h);
	return 0;
}

/* A pack's own header, long or short, says what the index says. */
static void
headers_tell_what_the_index_tells(void **state)
{
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	struct saver *s;
	struct err e = {0};
	uint64_t n;

	(void)state;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	for (n = 0; n < 5; n++)
		save_plain(s, h, BLOB_DATA, n, 100);
	for (n = 0; n < 100; n++)
		save_plain(s, h, BLOB_TREE, n, 100);
	assert_int_equal(saver_flush(s, &e), 0);
	assert_int_equal(index_packs(p.repo->index, read_one_pack, p.repo, &e),
	    0);
	saver_free(s);
	repo_hand_free(h);
	place_free(&p);
}

/* A sealed blob moves from pack to pack as it is. */
static void
sealed_blobs_move(void **state)
{
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	struct store_name name = { .kind = STORE_PACK };
	CLEAN_FREE unsigned char *sealed = NULL;
	struct blob_at at, then;
	struct saver *s;
	struct err e = {0};
	struct id id;
	struct saved how;

	(void)state;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	save_number(s, h, 5, &id, &how);
	assert_int_equal(saver_flush(s, &e), 0);
	assert_int_equal(index_find(p.repo->index, BLOB_DATA, &id, &at), 1);
	sealed = xalloc(at.length);
	memcpy(name.id, at.pack.b, sizeof(name.id));
	assert_int_equal(store_get(p.repo->store, &name, at.offset, sealed,
	    at.length, &e), 0);
	save_number(s, h, 6, &id, &how);	/* so that the pack is another */
	assert_int_equal(saver_save_sealed(s, BLOB_DATA, &(struct id){{0}},
	    sealed, &at, &e), 0);
	assert_int_equal(saver_flush(s, &e), 0);
	assert_int_equal(index_find(p.repo->index, BLOB_DATA, &(struct id){{0}},
	    &then), 1);
	assert_false(id_equal(&at.pack, &then.pack));
	assert_int_equal(then.plain, at.plain);
	assert_int_equal(then.compressed, at.compressed);
	saver_free(s);
	repo_hand_free(h);
	place_free(&p);
}

/* Data that is not what its id says is refused before it is anywhere. */
static void
verification_finds_what_is_not_the_id(void **state)
{
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	struct err e = {0}, again = {0};
	struct saver *s;
	struct id id = {{1}};

	(void)state;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	assert_int_equal(saver_save_known(s, h, &(struct known_blob){
	    .type = BLOB_DATA, .id = &id, .data = "data", .len = 4 }, NULL, &e),
	    -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	/* And then the saver is over, and says why. */
	assert_int_equal(saver_save(s, h, BLOB_DATA, "data", 4, &id, NULL,
	    &again), -1);
	assert_string_equal(again.text, e.text);
	assert_int_equal(saver_flush(s, &again), -1);
	assert_string_equal(again.text, e.text);
	saver_free(s);
	repo_hand_free(h);
	place_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_saved_loads_again),
		cmocka_unit_test(only_what_is_random_is_stored_plain),
		cmocka_unit_test(many_threads_save_each_once),
		cmocka_unit_test(packs_are_of_a_size),
		cmocka_unit_test(headers_tell_what_the_index_tells),
		cmocka_unit_test(sealed_blobs_move),
		cmocka_unit_test(verification_finds_what_is_not_the_id),
	};

	return cmocka_run_group_tests(tests, NULL, place_end);
}
