/*
 * test_prune_damage.c -- what is damaged or missing stops prune before anything
 * goes; what nobody needs does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/load.h"
#include "repo/pack.h"
#include "repo/prune_impl.h"
#include "repo/save.h"
#include "repo/test/past.h"
#include "util/buf.h"
#include "util/err.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

static int
drop_pack(void *arg, const struct index_pack *p)
{
	struct past *past = arg;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].type == BLOB_DATA && !p->dup[i]) {
			OK(repo_remove(past->r, STORE_PACK, &p->id, &e));
			return 1;
		}
	return 0;
}

static void
a_pack_that_is_missing_stops_it(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_UNLIMITED };
	struct there before = {0}, after = {0};
	struct prune *plan;
	struct past p;

	past_begin(&p, state, 2);
	past_live(&p, 2);
	assert_int_equal(index_packs(p.r->index, drop_pack, &p, &e), 1);
	OK(store_list(p.r->store, STORE_PACK, past_count, &before, &e));
	assert_int_equal(prune_plan(p.r, &o, &plan, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.text, "not there"));
	OK(store_list(p.r->store, STORE_PACK, past_count, &after, &e));
	assert_int_equal(before.packs, after.packs);
	past_end(&p);
}

struct hurting {
	struct past	*past;
	struct prune	*plan;
	struct id	 pack;
	struct pack_entry blob;
};

/* A blob that is needed, in a pack that is to be written again. */
static int
find_needed(void *arg, const struct index_pack *p)
{
	struct hurting *h = arg;
	const struct prune_pack *k = prune_find(h->plan, &p->id);
	size_t i;

	for (i = 0; i < p->n && k->fate == PRUNE_AGAIN; i++)
		if (p->v[i].type == BLOB_DATA && !p->dup[i] &&
		    used_has(h->plan->blobs, p->number[i])) {
			h->pack = p->id;
			h->blob = p->v[i];
			return 1;
		}
	return 0;
}

static void
hurt(const struct hurting *h)
{
	struct store_name n = { .kind = STORE_PACK };
	struct store *s = h->past->r->store;
	unsigned char *bytes;
	void *data;
	size_t len;

	memcpy(n.id, h->pack.b, ID_LEN);
	OK(store_get_all(s, &n, SIZE_MAX, &data, &len, &e));
	bytes = data;
	bytes[h->blob.offset + random64() % h->blob.length] ^= 4;
	OK(store_remove(s, &n, &e));
	OK(store_put(s, &n, data, len, &e));
	free(data);
}

static void
a_damaged_blob_stops_it_before_anything_goes(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_PERCENT };
	struct hurting h = { .past = NULL };
	struct there before = {0}, after = {0};
	struct store_name n = { .kind = STORE_PACK };
	struct repo_hand *hand;
	struct saver *s;
	struct past p;
	uint64_t size;
	struct buf b = {0};

	past_begin(&p, state, 2);
	do {
		past_live(&p, 2);
		history_forget(p.r, 40);
		prune_free(h.plan);
		OK(prune_plan(p.r, &o, &h.plan, &e));
		h.past = &p;
	} while (index_packs(p.r->index, find_needed, &h, &e) != 1);
	/* a copy, to be used afterwards */
	hand = repo_hand_new(p.r);
	OK(load_blob(p.r, hand, BLOB_DATA, &h.blob.id, &b, &e));
	hurt(&h);
	OK(store_list(p.r->store, STORE_PACK, past_count, &before, &e));
	assert_int_equal(prune_do(h.plan, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	OK(store_list(p.r->store, STORE_PACK, past_count, &after, &e));
	assert_true(after.packs >= before.packs);
	memcpy(n.id, h.pack.b, ID_LEN);
	OK(store_size(p.r->store, &n, &size, &e));
	prune_free(h.plan);
	repo_hand_free(hand);

	/* With another copy it goes on, and the damage is gone. */
	past_again(&p);
	hand = repo_hand_new(p.r);
	OK(saver_new(p.r, &s, &e));
	OK(saver_save_known(s, hand, &(struct known_blob){ .type = BLOB_DATA,
	    .id = &h.blob.id, .data = b.data, .len = b.len, .again = 1 }, NULL,
	    &e));
	OK(saver_flush(s, &e));
	saver_free(s);
	repo_hand_free(hand);
	OK(prune_plan(p.r, &o, &h.plan, &e));
	OK(prune_do(h.plan, &e));
	prune_free(h.plan);
	past_is_whole(&p);
	buf_fini(&b);
	past_end(&p);
}

static void
an_unreadable_snapshot_stops_it(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_UNLIMITED };
	struct store_name n = { .kind = STORE_SNAPSHOT };
	struct prune *plan;
	struct past p;

	past_begin(&p, state, 2);
	past_live(&p, 1);
	sha256_of("what", 4, n.id);
	OK(store_put(p.r->store, &n, "what", 4, &e));
	assert_int_equal(prune_plan(p.r, &o, &plan, &e), -1);
	past_end(&p);
}

static void
strays_go(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_UNLIMITED };
	struct store_name n = { .kind = STORE_PACK };
	struct prune_stats st;
	struct prune *plan;
	struct past p;
	uint64_t size;

	past_begin(&p, state, 2);
	past_live(&p, 1);
	sha256_of("stray", 5, n.id);
	OK(store_put(p.r->store, &n, "stray", 5, &e));
	OK(prune_plan(p.r, &o, &plan, &e));
	prune_stats(plan, &st);
	assert_int_equal(st.unreferenced, 5);
	assert_int_equal(st.packs.unreferenced, 1);
	assert_true(prune_needed(plan));
	OK(prune_do(plan, &e));
	prune_free(plan);
	assert_int_equal(store_size(p.r->store, &n, &size, &e), -1);
	past_is_whole(&p);
	past_end(&p);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pack_that_is_missing_stops_it),
		TEST(a_damaged_blob_stops_it_before_anything_goes),
		TEST(an_unreadable_snapshot_stops_it),
		TEST(strays_go),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
