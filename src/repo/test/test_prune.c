/*
 * test_prune.c -- nothing that is needed goes, whatever is pruned and wherever
 * it is interrupted; what the plan says is what comes of it, and what restic
 * would say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "repo/prune.h"
#include "repo/test/past.h"
#include "store/fault.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

static struct prune_options
some_options(void)
{
	struct prune_options o = {0};

	switch (random64() % 4) {
	case 0:
		o.max_unused = PRUNE_PERCENT;
		o.max_unused_percent = (double)(random64() % 30);
		break;
	case 1:
		o.max_unused = PRUNE_BYTES;
		o.max_unused_bytes = random64() % 100000;
		break;
	case 2:
		o.max_unused = PRUNE_UNLIMITED;
	}
	if (random64() % 4 == 0)
		o.max_repack = random64() % 300000;
	if (random64() % 4 == 0)
		o.small = PACK / 5 * 4;
	o.cacheable_only = random64() % 6 == 0;
	o.uncompressed = random64() % 6 == 0;
	return o;
}

/* ---- tests ---- */

static void
prune_once(struct past *p, const struct prune_options *o)
{
	struct prune_stats st, after;
	struct index_stat is;
	struct there t = {0};
	uint64_t there, told;
	struct prune *plan;

	OK(prune_plan(p->r, o, &plan, &e));
	prune_stats(plan, &st);
	OK(prune_do(plan, &e));
	prune_free(plan);
	past_is_whole(p);
	index_stat(p->r->index, &is);
	OK(store_list(p->r->store, STORE_PACK, past_count, &t, &e));
	assert_int_equal(t.packs, is.packs);
	there = is.blobs[0] + is.blobs[1];
	told = st.used.blobs + st.duplicate.blobs + st.unused.blobs -
	    st.remove.blobs - st.repack_removes.blobs;
	/* What lies in a pack that stays, too, is not written again. */
	assert_true(st.duplicate.blobs > 0 ? there <= told : there == told);
	OK(prune_plan(p->r, o, &plan, &e));
	prune_stats(plan, &after);
	prune_free(plan);
	assert_int_equal(after.used.blobs, st.used.blobs);
	assert_int_equal(after.unreferenced, 0);
	/* Of two places another may be chosen now. */
	if (st.duplicate.blobs == 0)
		assert_int_equal(after.remove.blobs, 0);
	assert_int_equal(after.used.blobs + after.duplicate.blobs +
	    after.unused.blobs, there);
}

static void
nothing_needed_goes(void **state)
{
	struct prune_options o;
	struct past p;
	int i, k;

	for (i = 0; i < 6; i++) {
		past_begin(&p, state, i == 5 ? 1 : 2);
		if (random64() % 3 == 0)
			p.r->options.compression = REPO_COMPRESS_OFF;
		for (k = 0; k < 4; k++) {
			past_live(&p, 2);
			history_forget(p.r, 40);
			o = some_options();
			prune_once(&p, &o);
		}
		past_restic_agrees(&p);
		past_end(&p);
	}
}

static void
without_a_limit_nothing_unused_stays(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_PERCENT };
	struct prune_stats st;
	struct prune *plan;
	struct past p;

	past_begin(&p, state, 2);
	past_live(&p, 6);
	history_forget(p.r, 60);
	prune_once(&p, &o);
	OK(prune_plan(p.r, &o, &plan, &e));
	prune_stats(plan, &st);
	assert_int_equal(st.unused.blobs + st.duplicate.blobs, 0);
	assert_false(prune_needed(plan));
	prune_free(plan);
	/* and when all is forgotten, nothing is left */
	history_forget(p.r, 100);
	prune_once(&p, &o);
	OK(prune_plan(p.r, &o, &plan, &e));
	prune_stats(plan, &st);
	assert_int_equal(st.used.blobs, 0);
	assert_int_equal(st.packs.keep, 0);
	prune_free(plan);
	past_end(&p);
}

static int
all_compressed(void *arg, const struct index_pack *p)
{
	size_t i;

	(void)arg;
	for (i = 0; i < p->n; i++)
		assert_true(p->v[i].compressed || p->v[i].plain == 0);
	return 0;
}

static void
what_is_plain_is_compressed_on_demand(void **state)
{
	struct prune_options o = { .uncompressed = 1,
	    .max_unused = PRUNE_UNLIMITED };
	struct prune_stats st;
	struct prune *plan;
	struct past p;

	past_begin(&p, state, 2);
	p.r->options.compression = REPO_COMPRESS_OFF;
	past_live(&p, 3);
	p.r->options.compression = REPO_COMPRESS_AUTO;
	OK(prune_plan(p.r, &o, &plan, &e));
	prune_stats(plan, &st);
	assert_true(st.packs.repack > 0);
	assert_int_equal(st.uncompressed, 0);
	OK(prune_do(plan, &e));
	prune_free(plan);
	past_is_whole(&p);
	OK(index_packs(p.r->index, all_compressed, NULL, &e));
	past_end(&p);
}

static void
small_packs_are_put_together(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_UNLIMITED };
	struct prune_stats st;
	struct prune *plan;
	struct past p;

	past_begin(&p, state, 2);
	p.r->options.pack_size = PACK / 8;
	history_go_on(&p.h, p.r, 100);
	p.r->options.pack_size = PACK;
	o.small = prune_small(p.r, 1);
	OK(prune_plan(p.r, &o, &plan, &e));
	prune_stats(plan, &st);
	assert_true(st.packs.repack > 10);
	OK(prune_do(plan, &e));
	prune_free(plan);
	past_is_whole(&p);
	OK(prune_plan(p.r, &o, &plan, &e));
	prune_stats(plan, &st);
	assert_int_equal(st.packs.repack, 0);
	prune_free(plan);
	past_restic_agrees(&p);
	past_end(&p);
}

/* ---- against restic ---- */

/* The number that stands behind these words. */
static uint64_t
told(const char *text, const char *words)
{
	const char *p = strstr(text, words);

	return p == NULL ? 0 : strtoull(p + strlen(words), NULL, 10);
}

static void
the_plan_is_restics(void **state)
{
	const char *limits[] = { "0", "5%", "20%", "1M", "unlimited" };
	struct prune_options o;
	struct prune_stats st;
	struct prune *plan;
	struct past p;
	size_t i, k;

	if (access("/usr/bin/restic", X_OK) != 0)
		skip();
	for (k = 0; k < 3; k++) {
		past_begin(&p, state, 2);
		p.h.blob_max = 80000;
		p.r->options.pack_size = (size_t)256 << 10;
		for (i = 0; i < 6; i++)
			history_go_on(&p.h, p.r, 20);
		history_forget(p.r, 50);
		p.r->options.pack_size = (size_t)4 << 20;
		for (i = 0; i < 5; i++) {
			CLEAN_BUF struct buf out = {0};
			const char *t;

			o = (struct prune_options){ .small =
			    prune_small(p.r, 0) };
			OK(prune_parse_unused(strcmp(limits[i], "1M") == 0 ?
			    "1MiB" : limits[i], &o, &e));
			OK(prune_plan(p.r, &o, &plan, &e));
			prune_stats(plan, &st);
			prune_free(plan);
			if (scene_restic(&out, p.path, "prune", "--dry-run",
			    "-vv", "--pack-size", "4", "--max-unused",
			    limits[i], NULL) != 0)
				fail_msg("%s", buf_str(&out));
			t = buf_str(&out); 
			assert_int_equal(st.used.blobs, told(t, "\nused:"));
			assert_int_equal(st.unused.blobs, told(t, "\nunused:"));
			assert_int_equal(st.duplicate.blobs,
			    told(t, "\nduplicates:"));
			assert_int_equal(st.remove.blobs,
			    told(t, "\nto delete:"));
			assert_int_equal(st.packs.used,
			    told(t, "\ntotally used packs:"));
			assert_int_equal(st.packs.partly,
			    told(t, "\npartly used packs:"));
			assert_int_equal(st.packs.unused,
			    told(t, "\nunused packs:"));
			assert_int_equal(st.repack.blobs,
			    told(t, "\nto repack:"));
			assert_int_equal(st.repack_removes.blobs,
			    told(t, "\nthis removes:"));
		}
		past_end(&p);
	}
}

/* ---- interrupted ---- */

/* The n-th call of the store and all after it fail: 1 if it got that far. */
static int
dies_at(struct past *p, uint64_t nth, const struct prune_options *o)
{
	struct store *real = p->r->store, *faulty;
	struct prune *plan;
	int bad;

	OK(prune_plan(p->r, o, &plan, &e));
	faulty = store_fault(real, FAULT_DEAD, nth);
	p->r->store = faulty;
	bad = prune_do(plan, &e) < 0;
	prune_free(plan);
	past_again(p);
	return bad;
}

static void
an_interruption_anywhere_costs_nothing(void **state)
{
	struct prune_options o = { .max_unused = PRUNE_PERCENT };
	uint64_t nth = 1;
	struct past p;

	past_begin(&p, state, 2);
	past_live(&p, 2);
	for (;; nth += 1 + nth / 8) {
		if (history_snapshots(p.r) > 3)
			history_forget(p.r, 40);
		history_go_on(&p.h, p.r, 20);
		history_forget(p.r, 20);
		if (!dies_at(&p, nth, &o))
			break;
		past_is_whole(&p);
	}
	prune_once(&p, &o);
	past_restic_agrees(&p);
	past_end(&p);
}

static void
limits_are_read(void **state)
{
	struct prune_options o = {0};

	(void)state;
	OK(prune_parse_unused("5%", &o, &e));
	assert_int_equal(o.max_unused, PRUNE_PERCENT);
	assert_true(o.max_unused_percent > 4.99 && o.max_unused_percent < 5.01);
	OK(prune_parse_unused("2KiB", &o, &e));
	assert_int_equal(o.max_unused_bytes, 2048);
	OK(prune_parse_unused("unlimited", &o, &e));
	assert_int_equal(o.max_unused, PRUNE_UNLIMITED);
	assert_int_equal(prune_parse_unused("100%", &o, &e), -1);
	assert_int_equal(prune_parse_unused("much", &o, &e), -1);
	assert_int_equal(prune_parse_unused("-1%", &o, &e), -1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_needed_goes),
		TEST(without_a_limit_nothing_unused_stays),
		TEST(what_is_plain_is_compressed_on_demand),
		TEST(small_packs_are_put_together),
		TEST(the_plan_is_restics),
		TEST(an_interruption_anywhere_costs_nothing),
		cmocka_unit_test(limits_are_read),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
