/*
 * test_save_faults.c -- packs that are damaged, stores that fail, a process that is
 * killed: what the index names loads, and what does not is said.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/cache.h"
#include "repo/load.h"
#include "repo/pack.h"
#include "repo/test/literal.h"
#include "repo/test/numbered.h"
#include "repo/test/place.h"
#include "store/fault.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

/* ---- damage ---- */

static int
nothing(void *arg, const struct pack_entry *b)
{
	(void)arg;
	(void)b;
	return 0;
}

/* Each byte of a pack in turn: the blob that it belongs to, or the header, is
 * found damaged, and all others are as they were. */
static void
a_turned_bit_is_found(void **state)
{
	enum { BLOBS = 4 };
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	struct packs c = {0};
	struct saver *s;
	struct err e = {0};
	struct id id;
	struct saved how;
	size_t size, at, blobs = 0, bad;
	uint64_t n;

	(void)state;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	for (n = 0; n < BLOBS; n++) {
		CLEAN_BUF struct buf text = {0};

		buf_addf(&text, "%" PRIu64 " %0*d", n, 20 * (int)n, 0);
		assert_int_equal(saver_save(s, h, BLOB_DATA, text.data, text.len,
		    &id, &how, &e), 0);
		blobs += how.packed;
	}
	assert_int_equal(saver_flush(s, &e), 0);
	saver_free(s);
	assert_int_equal(index_packs(p.repo->index, count_pack, &c, &e), 0);
	size = place_pack_size(&p, &c.one);
	for (at = 0; at < size; at++) {
		place_turn_bit(&p, &c.one, at, (unsigned)at % 8);
		for (n = 0, bad = 0; n < BLOBS; n++) {
			CLEAN_BUF struct buf text = {0}, got = {0};

			buf_addf(&text, "%" PRIu64 " %0*d", n, 20 * (int)n, 0);
			sha256_of(text.data, text.len, id.b);
			if (load_blob(p.repo, h, BLOB_DATA, &id, &got, &e) == 0)
				continue;
			assert_int_equal(e.kind, ERR_CORRUPT);
			bad++;
		}
		if (at < blobs)
			assert_int_equal(bad, 1);
		else {
			assert_int_equal(bad, 0);
			assert_int_equal(pack_read(p.repo, h, &c.one, size,
			    nothing, NULL, &e), -1);
			assert_int_equal(e.kind, ERR_CORRUPT);
		}
		place_turn_bit(&p, &c.one, at, (unsigned)at % 8);
	}
	assert_int_equal(pack_read(p.repo, h, &c.one, 0, nothing, NULL, &e), 0);
	repo_hand_free(h);
	place_free(&p);
}

/* One copy is damaged: the other is taken. */
static void
another_copy_is_taken(void **state)
{
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	struct packs c = {0};
	struct saver *s;
	struct err e = {0};
	CLEAN_BUF struct buf text = {0}, got = {0};
	struct blob_at at;
	struct saved how;
	struct id id;
	int i;

	(void)state;
	blob_text(9, &text);
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	assert_int_equal(saver_save(s, h, BLOB_DATA, text.data, text.len, &id,
	    &how, &e), 0);
	assert_int_equal(saver_flush(s, &e), 0);
	assert_int_equal(saver_save_known(s, h, &(struct known_blob){
	    .type = BLOB_DATA, .id = &id, .data = text.data, .len = text.len,
	    .again = 1 }, &how, &e), 0);
	assert_int_equal(how.fresh, 1);
	assert_int_equal(saver_flush(s, &e), 0);
	saver_free(s);
	place_again(&p);
	assert_int_equal(index_packs(p.repo->index, count_pack, &c, &e), 0);
	assert_int_equal(c.n[BLOB_DATA], 2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(index_find(p.repo->index, BLOB_DATA, &id, &at),
		    1);
		place_turn_bit(&p, i == 0 ? &at.pack : &c.one, 40, 1);
		if (i == 1 && id_equal(&at.pack, &c.one))
			break;
		assert_int_equal(load_blob(p.repo, h, BLOB_DATA, &id, &got, &e),
		    0);
		assert_memory_equal(got.data, text.data, text.len);
		place_turn_bit(&p, i == 0 ? &at.pack : &c.one, 40, 1);
	}
	repo_hand_free(h);
	place_free(&p);
}

/* ---- a store that fails ---- */
#define FIRST		10
#define FEW		40
#define LARGE		((size_t)700000)

/* Save a few, with a store whose nth call goes wrong.  What was flushed is
 * there; what fails says so, and leaves the repository whole. */
static int
save_with_fault(struct place *p, enum store_fault kind, uint64_t nth,
    uint64_t *calls)
{
	CLEAN_FREE unsigned char *large = xalloc(LARGE);
	struct err e = {0};
	struct repo_hand *h;
	struct saver *s = NULL;
	struct id id;
	uint64_t n;
	int r;

	place_through(p, kind, nth);
	p->repo->options.pack_size = REPO_PACK_SIZE_MIN;
	h = repo_hand_new(p->repo);
	r = saver_new(p->repo, &s, &e);
	for (n = 0; r == 0 && n < FEW; n++) {
		CLEAN_BUF struct buf text = {0};

		blob_text(n + FIRST, &text);
		r = saver_save(s, h, type_of(n + FIRST), text.data, text.len,
		    &id, NULL, &e);
		if (r == 0 && n % 8 == 0) {	/* sent while the pack is made */
			literal_fill(n, large, LARGE);
			r = saver_save(s, h, BLOB_DATA, large, LARGE, &id, NULL,
			    &e);
		}
		if (r == 0 && n == FEW / 2)
			r = saver_flush(s, &e);
	}
	if (r == 0)
		r = saver_flush(s, &e);
	saver_free(s);
	repo_hand_free(h);
	if (r < 0)
		assert_true(e.kind != ERR_NONE && e.text[0] != '\0');
	*calls = store_fault_calls(p->repo->store);
	place_again(p);
	return r;
}

/* Every blob that an index names loads: that is what whole means. */
static int
loads_all(void *arg, const struct index_pack *pack)
{
	struct place *p = arg;
	struct repo_hand *h = repo_hand_new(p->repo);
	CLEAN_BUF struct buf got = {0};
	struct err e = {0};
	size_t i;

	for (i = 0; i < pack->n; i++)
		if (load_blob(p->repo, h, pack->v[i].type, &pack->v[i].id, &got,
		    &e) < 0)
			fail_msg("%s", e.text);
	repo_hand_free(h);
	return 0;
}

static void
a_store_that_fails_leaves_it_whole(void **state)
{
	static const enum store_fault kinds[] = { FAULT_FAIL, FAULT_LOST_ANSWER,
	    FAULT_DEAD };
	struct place p = place_new(2);
	uint64_t nth, calls, unused;
	struct err e = {0};
	size_t k;
	int r;

	(void)state;
	assert_int_equal(save_with_fault(&p, FAULT_FAIL, 0, &calls), 0);
	print_message("# %" PRIu64 " calls\n", calls);
	assert_true(calls > 12);
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		/* A few more than there were: it differs with the packs. */
		for (nth = 1; nth <= calls + 5; nth++) {
			place_free(&p);
			p = place_new(2);
			r = save_with_fault(&p, kinds[k], nth, &unused);

			assert_int_equal(index_packs(p.repo->index, loads_all,
			    &p, &e), 0);
			if (r == 0)
				all_load(p.repo, FIRST, FIRST + FEW);
			if (nth % 4 != 0)
				continue;
			/* And the next one finds nothing in its way. */
			assert_int_equal(save_with_fault(&p, FAULT_FAIL, 0,
			    &unused), 0);
			all_load(p.repo, FIRST, FIRST + FEW);
		}
	}
	place_free(&p);
}

/* The same, when the process is killed at any call. */
static void
being_killed_leaves_it_whole(void **state)
{
	static const enum store_fault kinds[] = { FAULT_KILL, FAULT_KILL_AFTER };
	struct place p = place_new(2);
	uint64_t nth, calls, unused;
	struct err e = {0};
	int status;
	size_t k;
	pid_t pid;

	(void)state;
	assert_int_equal(save_with_fault(&p, FAULT_FAIL, 0, &calls), 0);
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (nth = 1; nth <= calls; nth++) {
			place_free(&p);
			p = place_new(2);
			pid = fork();
			if (pid == 0) {
				place_in_child(&p);
				save_with_fault(&p, kinds[k], nth, &unused);
				_exit(0);
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			place_again(&p);
			assert_int_equal(index_packs(p.repo->index, loads_all,
			    &p, &e), 0);
			if (WIFEXITED(status))
				all_load(p.repo, FIRST, FIRST + FEW);
		}
	}
	place_free(&p);
}

/* ---- trees in the cache ---- */

/* A tree's pack is in the cache once it was read, and then the store's copy is
 * not needed; a damaged one in the cache is no harm. */
static void
trees_come_out_of_the_cache(void **state)
{
	struct place p = place_new(2);
	struct repo_hand *h = repo_hand_new(p.repo);
	char dir[64], damage[256], hex[ID_HEX], repo_hex[ID_HEX];
	struct packs c = {0};
	struct saver *s;
	struct err e = {0};
	struct saved how;
	struct id id;
	uint64_t calls;
	FILE *f;

	(void)state;
	assert_int_equal(saver_new(p.repo, &s, &e), 0);
	save_number(s, h, 4, &id, &how);
	save_number(s, h, 8, &id, &how);
	assert_int_equal(saver_flush(s, &e), 0);
	saver_free(s);
	place_through(&p, FAULT_FAIL, 0);
	assert_int_equal(repo_load_index(p.repo, &e), 0);
	assert_int_equal(index_packs(p.repo->index, count_pack, &c, &e), 0);

	snprintf(dir, sizeof(dir), "%.40s/cache", p.path);
	p.repo->cache = cache_open(dir, &p.repo->id, NULL);
	assert_non_null(p.repo->cache);
	assert_true(loads(p.repo, h, 4, &e));
	calls = store_fault_calls(p.repo->store);
	assert_true(loads(p.repo, h, 8, &e));
	assert_int_equal(store_fault_calls(p.repo->store), calls);

	id_hex(&c.one, hex);
	id_hex(&p.repo->id, repo_hex);
	snprintf(damage, sizeof(damage), "%s/%s/data/%.2s/%s", dir, repo_hex, hex,
	    hex);
	f = fopen(damage, "r+");
	assert_non_null(f);
	fwrite("damage", 1, 6, f);
	fclose(f);
	assert_true(loads(p.repo, h, 4, &e) && loads(p.repo, h, 8, &e));
	calls = store_fault_calls(p.repo->store);
	assert_true(loads(p.repo, h, 4, &e) && loads(p.repo, h, 8, &e));
	assert_int_equal(store_fault_calls(p.repo->store), calls);

	cache_close(p.repo->cache);
	p.repo->cache = NULL;
	repo_hand_free(h);
	place_free(&p);
}

/* Reading: one answer that is cut off or damaged on its way is not the end. */
static void
a_read_that_fails_is_found(void **state)
{
	static const enum store_fault kinds[] = { FAULT_CUT, FAULT_FLIP,
	    FAULT_FAIL };
	struct place p = place_new(2);
	struct err e = {0};
	uint64_t nth, calls;
	size_t k;

	(void)state;
	assert_int_equal(save_with_fault(&p, FAULT_FAIL, 0, &calls), 0);
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (nth = 1; nth < 12; nth++) {
			struct repo_hand *h;
			uint64_t n, lost = 0;

			/* Not the index's own calls: those are its affair. */
			place_through(&p, kinds[k], 0);
			assert_int_equal(repo_load_index(p.repo, &e), 0);
			calls = store_fault_calls(p.repo->store);
			place_through(&p, kinds[k], calls + nth);
			assert_int_equal(repo_load_index(p.repo, &e), 0);
			h = repo_hand_new(p.repo);
			for (n = FIRST; n < FIRST + 10; n++)
				lost += !loads(p.repo, h, n, &e);
			assert_int_equal(lost, kinds[k] == FAULT_FAIL && nth <= 10);
			repo_hand_free(h);
		}
	}
	place_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turned_bit_is_found),
		cmocka_unit_test(another_copy_is_taken),
		cmocka_unit_test(a_store_that_fails_leaves_it_whole),
		cmocka_unit_test(being_killed_leaves_it_whole),
		cmocka_unit_test(trees_come_out_of_the_cache),
		cmocka_unit_test(a_read_that_fails_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, place_end);
}
