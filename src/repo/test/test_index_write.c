/*
 * test_index_write.c -- what is added is found and saved, once, by however many
 * threads; a rewritten index is without what it should be without.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/pack.h"
#include "repo/test/index_place.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

/* What is claimed, added and saved, with the others' files about. */
static void
what_is_added_is_found_and_saved(void **state)
{
	struct pack_entry v[40];
	struct repo *r, *other;
	struct id pack, zero = {{0}};
	struct place p;
	size_t n, i;
	int step;

	(void)state;
	place_init(&p, 200);
	r = house_repo(p.store, p.cache);
	place_add_file(&p, r, 4, 20);
	OK(repo_load_index(r, &e));
	for (step = 0; step < 40; step++) {
		n = random64() % 40;
		world_pack(&p.w, &pack, v, n);
		for (i = 0; i < n; i++)
			if (place_count(&p.w, v[i].type, &v[i].id) > 0)
				assert_false(index_claim(r->index, v[i].type,
				    &v[i].id));
			else
				index_claim(r->index, v[i].type, &v[i].id);
		index_add(r->index, &pack, v, n);
		world_say(&p.w, &zero, &pack, v, n);
		for (i = 0; i < n; i++) {
			assert_true(index_has(r->index, v[i].type, &v[i].id));
			assert_false(index_claim(r->index, v[i].type,
			    &v[i].id));
			assert_true(index_number(r->index, v[i].type,
			    &v[i].id) < index_count(r->index));
		}
		if (random64() % 4)
			continue;
		OK(index_save(r, 1, 0, &e));
		place_agree_on_blobs(&p, r->index);
		other = house_repo(p.store, random64() % 2 ? p.cache : NULL);
		OK(repo_load_index(other, &e));
		place_agree_on_blobs(&p, other->index);
		house_close(other);
	}
	house_close(r);
	place_fini(&p);
}

static void
index_files_are_of_one_size(void **state)
{
	enum { PACK = 6000, PACKS = 22,
	    DUE = (INDEX_DUE + PACK - 1) / PACK };
	struct pack_entry *v = xallocn(PACK, sizeof(*v));
	struct index_stat st;
	struct repo *r, *other;
	struct place p;
	struct id pack;
	size_t i, k;

	(void)state;
	place_init(&p, 1);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	for (i = 0; i < PACKS; i++) {
		random_id(&pack);
		for (k = 0; k < PACK; k++) {
			v[k] = (struct pack_entry){ .length = 40, .plain = 8,
			    .offset = (uint32_t)(40 * k) };
			random_id(&v[k].id);
		}
		index_add(r->index, &pack, v, PACK);
		OK(index_save(r, 0, 1, &e));
		index_stat(r->index, &st);
		assert_int_equal(st.files, (i + 1) / DUE);
		assert_int_equal(st.packs, i + 1);
		assert_int_equal(st.blobs[0], (i + 1) * PACK);
	}
	/* What is left waits for its time. */
	OK(index_save(r, 0, INDEX_AGE, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.files, PACKS / DUE);
	OK(index_save(r, 0, INDEX_AGE + 1, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.files, PACKS / DUE + 1);
	other = house_repo(p.store, NULL);
	OK(repo_load_index(other, &e));
	index_stat(other->index, &st);
	assert_int_equal(st.blobs[0], PACKS * PACK);
	assert_int_equal(st.packs, PACKS);
	for (k = 0; k < PACK; k++)
		assert_true(index_has(other->index, BLOB_DATA, &v[k].id));
	house_close(other);
	house_close(r);
	free(v);
	place_fini(&p);
}

/* ---- rewriting ---- */

static int
keep_some(void *arg, const struct id *pack)
{
	const unsigned *mask = arg;

	return (pack->b[0] & *mask) != 0;
}

static int
keep_all(void *arg, const struct id *pack)
{
	(void)arg;
	(void)pack;
	return 1;
}

/* The table without those packs; who names what is told anew. */
static void
without(struct place *p, unsigned mask)
{
	size_t i, n = 0;

	for (i = 0; i < p->w.n; i++)
		if (keep_some(&mask, &p->w.v[i].pack))
			p->w.v[n++] = p->w.v[i];
	p->w.n = n;
}

static void
a_rewritten_index_is_without_some_packs(void **state)
{
	struct repo *r, *other;
	struct place p;
	unsigned mask;
	int i, k;

	(void)state;
	for (i = 0; i < 10; i++) {
		place_init(&p, 100);
		r = house_repo(p.store, random64() % 2 ? p.cache : NULL);
		for (k = 0; k < 12; k++)
			place_add_file(&p, r, random64() % 6, 20);
		OK(repo_load_index(r, &e));
		for (k = 0; k < 3; k++) {
			mask = random64() % 256;
			OK(index_rewrite(r, k == 2, keep_some, &mask, &e));
			without(&p, mask);
			place_agree_on_blobs(&p, r->index);
			other = house_repo(p.store,
			    random64() % 2 ? p.cache : NULL);
			OK(repo_load_index(other, &e));
			place_agree_on_blobs(&p, other->index);
			house_close(other);
		}
		house_close(r);
		place_fini(&p);
	}
}

/* The same pack in two index files, half of it in one of them. */
static void
a_pack_that_two_files_name_is_put_together(void **state)
{
	struct pack_entry v[20];
	struct index_stat st;
	struct buf json = {0};
	struct id pack, file;
	struct place p;
	struct repo *r;
	int i;

	(void)state;
	place_init(&p, 100);
	r = house_repo(p.store, p.cache);
	place_add_file(&p, r, 3, 20);
	world_pack(&p.w, &pack, v, 20);
	for (i = 0; i < 2; i++) {
		index_file_begin(&json);
		index_file_pack(&json, &pack, i ? v : v + 5, i ? 10 : 15);
		index_file_end(&json);
		OK(repo_put(r, STORE_INDEX, json.data, json.len, &file, &e));
		buf_reset(&json);
	}
	buf_fini(&json);
	world_say(&p.w, &file, &pack, v, 20);
	OK(repo_load_index(r, &e));
	place_agree_on_blobs(&p, r->index);
	OK(index_rewrite(r, 0, keep_all, NULL, &e));
	place_agree_on_blobs(&p, r->index);
	index_stat(r->index, &st);
	assert_int_equal(st.packs, 4);
	assert_int_equal(st.blobs[0] + st.blobs[1], p.w.n);
	assert_int_equal(st.files, 2);
	house_close(r);
	place_fini(&p);
}

static int
note_file(void *arg, const struct store_name *n, uint64_t size)
{
	struct place *p = arg;
	struct id id;

	(void)size;
	memcpy(id.b, n->id, ID_LEN);
	place_remember(p, &id);
	return 0;
}

static void
files_without_such_packs_stay(void **state)
{
	struct place p;
	struct repo *r;
	struct id *before;
	size_t n, i;
	int k;

	(void)state;
	place_init(&p, 100);
	r = house_repo(p.store, p.cache);
	for (k = 0; k < 12; k++)
		place_add_file(&p, r, 3, 20);
	OK(repo_load_index(r, &e));
	OK(index_rewrite(r, 0, keep_all, NULL, &e));
	before = xallocn(p.n, sizeof(*before));
	n = p.n;
	memcpy(before, p.files, n * sizeof(*before));
	p.n = 0;
	OK(store_list(p.store, STORE_INDEX, note_file, &p, &e));
	assert_int_equal(p.n, n);
	/* all of them, and they are one */
	OK(index_rewrite(r, 1, keep_all, NULL, &e));
	p.n = 0;
	OK(store_list(p.store, STORE_INDEX, note_file, &p, &e));
	assert_int_equal(p.n, 1);
	for (i = 0; i < p.w.n; i++)
		p.w.v[i].file = p.files[0];
	place_agree(&p, r);
	free(before);
	house_close(r);
	place_fini(&p);
}

/* ---- threads ---- */

enum { SHARE = 400, PACKED = 20, THREADS = 4 };

struct worker {
	struct repo	*r;
	const struct id	*ids;		/* SHARE * THREADS of them */
	atomic_size_t	*won;
	uint64_t	 seed;
};

static void
save_claimed(struct worker *w, struct pack_entry *v, size_t n)
{
	struct err why;
	struct id pack;
	uint64_t x[4];
	int i;

	for (i = 0; i < 4; i++)
		x[i] = w->seed = w->seed * 6364136223846793005u + 1;
	memcpy(pack.b, x, sizeof(x));
	index_add(w->r->index, &pack, v, n);
	assert_int_equal(index_save(w->r, w->seed >> 60 == 0, 0, &why), 0);
}

static void *
claim_and_save(void *arg)
{
	struct pack_entry v[PACKED];
	struct worker *w = arg;
	struct blob_at at;
	size_t i, n = 0;

	for (i = 0; i < SHARE * THREADS; i++) {
		if (!index_claim(w->r->index, BLOB_DATA, &w->ids[i])) {
			index_find(w->r->index, BLOB_DATA, &w->ids[i], &at);
			continue;
		}
		(*w->won)++;
		v[n] = (struct pack_entry){ .id = w->ids[i], .length = 40,
		    .plain = 8, .offset = (uint32_t)(40 * n) };
		if (++n == PACKED) {
			save_claimed(w, v, n);
			n = 0;
		}
	}
	save_claimed(w, v, n);
	return NULL;
}

static void
many_threads_save_each_blob_once(void **state)
{
	struct id *ids = xallocn(SHARE * THREADS, sizeof(*ids));
	struct worker w[THREADS];
	pthread_t t[THREADS];
	struct index_stat st;
	atomic_size_t won = 0;
	struct place p;
	struct repo *r;
	size_t i;

	(void)state;
	place_init(&p, 10);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	for (i = 0; i < SHARE * THREADS; i++)
		random_id(&ids[i]);
	for (i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ r, ids, &won, random64() };
		assert_int_equal(pthread_create(&t[i], NULL, claim_and_save,
		    &w[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(won, SHARE * THREADS);
	OK(index_save(r, 1, 0, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.blobs[0], SHARE * THREADS);
	for (i = 0; i < SHARE * THREADS; i++)
		assert_true(index_has(r->index, BLOB_DATA, &ids[i]));
	house_close(r);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.blobs[0], SHARE * THREADS);
	house_close(r);
	free(ids);
	place_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_found_and_saved),
		cmocka_unit_test(index_files_are_of_one_size),
		cmocka_unit_test(a_rewritten_index_is_without_some_packs),
		cmocka_unit_test(a_pack_that_two_files_name_is_put_together),
		cmocka_unit_test(files_without_such_packs_stay),
		cmocka_unit_test(many_threads_save_each_blob_once),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
