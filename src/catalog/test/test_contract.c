/* test_contract.c -- what catalog.h promises of runs and their journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/test/house.h"
#include "util/buf.h"
#include "util/set64.h"
#include "util/xalloc.h"

static void
runs_are_told_newest_first(void **state)
{
	struct house *h = *state;
	struct told t = {0};
	struct err e = {0};
	struct run end = { .ended = 5000, .state = RUN_PARTIAL, .done = 7,
	    .skipped = 6, .failed = 5, .held = 4, .waiting = 3, .changes = 2 };
	uint32_t job;
	int64_t i, n;

	for (i = 1; i <= 5; i++) {
		OK(catalog_run_begin(h->c, "watch", "a \xff b", 0, 100 * i, &n,
		    &e));
		assert_int_equal(n, i);
	}
	OK(catalog_run_job(h->c, 5, "one", "rule", 1, &job, &e));
	assert_int_equal(job, 0);
	OK(catalog_run_job(h->c, 5, "two", "backup", 2, &job, &e));
	assert_int_equal(job, 1);
	OK(catalog_run_job(h->c, 5, "one", "rule", 1, &job, &e));
	assert_int_equal(job, 0);
	end.number = 5;
	OK(catalog_run_end(h->c, &end, &e));
	OK(catalog_runs(h->c, 0, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 5);
	assert_int_equal(t.v[0].number, 5);
	assert_int_equal(t.v[4].number, 1);
	assert_string_equal(t.v[0].jobs, "one\ntwo");
	assert_string_equal(t.v[0].trigger, "watch");
	assert_string_equal(t.v[0].command, "a \xff b");
	assert_int_equal(t.v[0].started, 500);
	assert_int_equal(t.v[0].ended, 5000);
	assert_int_equal(t.v[0].state, RUN_PARTIAL);
	assert_int_equal(t.v[0].done, 7);
	assert_int_equal(t.v[0].waiting, 3);
	assert_int_equal(t.v[0].changes, 2);
	assert_int_equal(t.v[1].state, RUN_GOING);
	assert_string_equal(t.v[1].jobs, "");
	forget(&t);
	/* A limit, a single one, none, and a callback that has enough. */
	OK(catalog_runs(h->c, 0, 2, keep_run, &t, &e));
	assert_int_equal(t.n, 2);
	forget(&t);
	OK(catalog_runs(h->c, 3, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].number, 3);
	forget(&t);
	OK(catalog_runs(h->c, 99, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 0);
	t.stop_at = 1;
	OK(catalog_runs(h->c, 0, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 1);
	forget(&t);
}

static void
a_run_that_is_not_there_is_an_error(void **state)
{
	struct house *h = *state;
	struct run r = { .number = 9 };
	struct err e = {0};
	uint32_t job;
	void *bytes;
	size_t len = test_moves("f", 1, 1, &bytes);

	assert_int_equal(catalog_run_end(h->c, &r, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(catalog_run_job(h->c, 9, "x", "y", 1, &job, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(catalog_commit(h->c, 9, bytes, len, 1, NULL, 0, NULL,
	    &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	free(bytes);
}

static void
jobs_have_names_by_number(void **state)
{
	struct house *h = *state;
	int64_t run = test_run(h->c);
	struct err e = {0};
	uint32_t job;
	char **names;
	size_t n;

	OK(catalog_run_job(h->c, run, "new\nline", "rule", 1, &job, &e));
	OK(catalog_run_jobs(h->c, run, &names, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "sort");
	assert_string_equal(names[1], "new\nline");
	free(names[0]);
	free(names[1]);
	free(names);
	OK(catalog_run_jobs(h->c, 99, &names, &n, &e));
	assert_int_equal(n, 0);
	free(names);
}

static int64_t
run_ended(struct catalog *c, int64_t undoes, enum run_state state,
    uint64_t changes)
{
	struct run r = { .ended = 9, .state = state, .changes = changes };
	struct err e = {0};

	OK(catalog_run_begin(c, "undo", "", undoes, 1, &r.number, &e));
	OK(catalog_run_end(c, &r, &e));
	return r.number;
}

static int64_t
undone_by(struct catalog *c, int64_t run)
{
	struct told t = {0};
	struct err e = {0};
	int64_t by;

	OK(catalog_runs(c, run, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 1);
	by = t.v[0].undone_by;
	forget(&t);
	return by;
}

static void
undo_is_remembered_and_undone(void **state)
{
	struct house *h = *state;
	int64_t run = run_ended(h->c, 0, RUN_DONE, 1), undo, redo;

	run_ended(h->c, run, RUN_FAILED, 1);
	assert_int_equal(undone_by(h->c, run), 0);
	undo = run_ended(h->c, run, RUN_DONE, 1);
	assert_int_equal(undone_by(h->c, run), undo);
	run_ended(h->c, run, RUN_DONE, 0);	/* it found nothing */
	assert_int_equal(undone_by(h->c, run), undo);
	redo = run_ended(h->c, undo, RUN_PARTIAL, 1);
	assert_int_equal(undone_by(h->c, undo), redo);
	assert_int_equal(undone_by(h->c, run), 0);
}

/* ---- the journal ---- */

static int
check_bytes(void *arg, const struct catalog_batch *b)
{
	struct buf *want = arg;

	assert_int_equal(b->len, want->len);
	assert_memory_equal(b->bytes, want->data, b->len);
	return 0;
}

static void
a_batch_is_pending_until_it_ends(void **state)
{
	struct house *h = *state;
	int64_t run = test_run(h->c), id = 0;
	CLEAN_BUF struct buf want = {0}, packed = {0};
	struct batches t = {0};
	struct result res[3] = { { .outcome = OUTCOME_DONE },
	    { .outcome = OUTCOME_ATTENTION }, { .outcome = OUTCOME_DONE } };
	struct catalog_done d = { .phase = 1 };
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("f", 3, 1, &bytes);

	OK(catalog_commit(h->c, run, bytes, len, 3, NULL, 0, &id, &e));
	buf_add(&want, bytes, len);
	free(bytes);
	OK(catalog_pending(h->c, run, check_bytes, &want, &e));
	OK(catalog_pending(h->c, 0, keep_batch, &t, &e));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].id, id);
	assert_int_equal(t.v[0].run, run);
	assert_int_equal(t.v[0].n, 3);
	assert_int_equal(t.v[0].phase, 0);
	assert_true(t.v[0].time > 1600000000000000);
	OK(catalog_pending(h->c, run + 1, keep_batch, &t, &e));
	assert_int_equal(t.n, 1);

	/* Copied, and then ended. */
	results_pack(&packed, res, 3);
	d.batch = id;
	d.results = packed.data;
	d.results_len = packed.len;
	OK(catalog_commit(h->c, run, NULL, 0, 0, &d, 1, NULL, &e));
	t.n = 0;
	OK(catalog_pending(h->c, run, keep_batch, &t, &e));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].phase, 1);
	assert_int_equal(t.v[0].results_len, packed.len);
	d.phase = 2;
	OK(catalog_commit(h->c, run, NULL, 0, 0, &d, 1, NULL, &e));
	t.n = 0;
	OK(catalog_pending(h->c, 0, keep_batch, &t, &e));
	assert_int_equal(t.n, 0);
	OK(catalog_batches(h->c, run, keep_batch, &t, &e));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].phase, 2);

	/* It ends once. */
	assert_int_equal(catalog_commit(h->c, run, NULL, 0, 0, &d, 1, NULL,
	    &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
}

static void
results_ride_in_the_next_commit(void **state)
{
	struct house *h = *state;
	int64_t run = test_run(h->c), a = 0, b = 0;
	CLEAN_BUF struct buf packed = {0};
	struct result res[2] = { { .outcome = OUTCOME_DONE },
	    { .outcome = OUTCOME_DONE } };
	struct batches t = {0};
	struct catalog_done d = { .phase = 2 };
	struct told runs = {0};
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("f", 2, 1, &bytes);

	OK(catalog_commit(h->c, run, bytes, len, 2, NULL, 0, &a, &e));
	results_pack(&packed, res, 2);
	d.batch = a;
	d.results = packed.data;
	d.results_len = packed.len;
	OK(catalog_commit(h->c, run, bytes, len, 2, &d, 1, &b, &e));
	free(bytes);
	assert_true(b > a);
	OK(catalog_pending(h->c, run, keep_batch, &t, &e));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].id, b);
	/* A run that is going counts what its journal says. */
	OK(catalog_runs(h->c, run, 0, keep_run, &runs, &e));
	assert_int_equal(runs.v[0].changes, 2);
	forget(&runs);
}

/* On -1 nothing of it has happened, not even its good half. */
static void
a_bad_commit_changes_nothing(void **state)
{
	struct house *h = *state;
	int64_t run = test_run(h->c), id = 0;
	struct catalog_done d[2] = { { .phase = 2, .results = "\x99",
	    .results_len = 1 } };
	struct batches t = {0};
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("f", 2, 1, &bytes);

	OK(catalog_commit(h->c, run, bytes, len, 2, NULL, 0, &id, &e));
	d[0].batch = id;
	assert_int_equal(catalog_commit(h->c, run, bytes, len, 2, d, 1, NULL,
	    &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(catalog_commit(h->c, run, bytes, len, 3, NULL, 0,
	    NULL, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(catalog_commit(h->c, run, "garbage", 7, 1, NULL, 0,
	    NULL, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	OK(catalog_batches(h->c, run, keep_batch, &t, &e));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.v[0].phase, 0);
	free(bytes);
}

struct nested {
	struct catalog	*c;
	int		 ended;
};

static int
end_it(void *arg, const struct catalog_batch *b)
{
	struct nested *n = arg;
	struct catalog_done d = { .batch = b->id, .phase = 2 };
	struct err e = {0};

	OK(catalog_commit(n->c, b->run, NULL, 0, 0, &d, 1, NULL, &e));
	n->ended++;
	return 0;
}

/* As recovery does; over more than one page of batches. */
static void
callbacks_may_use_the_catalog(void **state)
{
	struct house *h = *state;
	struct nested n = { h->c, 0 };
	struct batches t = {0};
	struct err e = {0};
	int64_t run = test_run(h->c);
	void *bytes;
	size_t len = test_moves("a longer name than needed ", 5000, 1, &bytes);
	int i;

	for (i = 0; i < 9; i++)
		OK(catalog_commit(h->c, run, bytes, len, 5000, NULL, 0, NULL,
		    &e));
	free(bytes);
	OK(catalog_pending(h->c, 0, end_it, &n, &e));
	assert_int_equal(n.ended, 9);
	OK(catalog_pending(h->c, 0, keep_batch, &t, &e));
	assert_int_equal(t.all, 0);
	OK(catalog_batches(h->c, run, keep_batch, &t, &e));
	assert_int_equal(t.all, 9);
}

static void
done_keys_add_up(void **state)
{
	struct house *h = *state;
	CLEAN_SET64 struct set64 set = {0};
	struct catalog_done d = { .phase = 1, .rule = 42 };
	uint64_t *keys = xallocn(200000, sizeof(*keys)), one = 7777777;
	struct err e = {0};
	int64_t run = test_run(h->c);
	void *bytes;
	size_t len = test_moves("f", 1, 1, &bytes), i;

	OK(catalog_commit(h->c, run, bytes, len, 1, NULL, 0, &d.batch, &e));
	free(bytes);
	for (i = 0; i < 200000; i++)
		keys[i] = i * 0x9e3779b97f4a7c15u;
	d.done_keys = keys;
	d.n_keys = 200000;
	OK(catalog_commit(h->c, run, NULL, 0, 0, &d, 1, NULL, &e));
	d.done_keys = &one;
	d.n_keys = 1;
	for (i = 0; i < 500; i++, one++)
		OK(catalog_commit(h->c, run, NULL, 0, 0, &d, 1, NULL, &e));
	OK(catalog_done_keys(h->c, 42, &set, &e));
	assert_in_range(set.n, 200499, 200500);	/* 0 may count apart */
	for (i = 0; i < 200000; i += 997)
		assert_true(set64_has(&set, keys[i]));
	assert_true(set64_has(&set, 7777777));
	assert_true(set64_has(&set, 7777777 + 499));
	assert_false(set64_has(&set, 7777777 + 500));
	set64_fini(&set);
	OK(catalog_done_keys(h->c, 43, &set, &e));
	assert_int_equal(set.n, 0);
	free(keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_told_newest_first),
		cmocka_unit_test(a_run_that_is_not_there_is_an_error),
		cmocka_unit_test(jobs_have_names_by_number),
		cmocka_unit_test(undo_is_remembered_and_undone),
		cmocka_unit_test(a_batch_is_pending_until_it_ends),
		cmocka_unit_test(results_ride_in_the_next_commit),
		cmocka_unit_test(a_bad_commit_changes_nothing),
		cmocka_unit_test(callbacks_may_use_the_catalog),
		cmocka_unit_test(done_keys_add_up),
	};

	return house_run("contract", tests, sizeof(tests) / sizeof(tests[0]));
}
