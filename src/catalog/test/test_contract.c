/*
 * test_contract.c -- what catalog.h promises, of every kind of catalog: our
 * own (direct), one asked through the owner's thread, and one asked through a
 * loop like the daemon's.  Its user cannot tell, so neither can these tests.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "util/buf.h"
#include "util/set64.h"
#include "util/xalloc.h"

enum mode { DIRECT, THREAD, LOOP };

static enum mode mode;

struct house {
	char		*dir, *state;
	struct catalog	*owner, *c;	/* the same if direct */
	pthread_t	 loop;
	int		 stop[2];
};

/* As the daemon will: accept, and one request a call. */
static void *
loop(void *arg)
{
	struct house *h = arg;
	struct pollfd f[8] = { { .fd = h->stop[0], .events = POLLIN } };
	struct err e = {0};
	nfds_t n = 2, i;

	f[1].fd = catalog_listen(h->owner, &e);
	f[1].events = POLLIN;
	for (;;) {
		poll(f, n, -1);
		if (f[0].revents)
			break;
		for (i = 2; i < n; i++)
			if (f[i].revents &&
			    catalog_serve_one(h->owner, f[i].fd) != 1) {
				close(f[i].fd);
				f[i--] = f[--n];
			}
		if (f[1].revents && n < 8) {
			f[n].fd = accept(f[1].fd, NULL, NULL);
			f[n].revents = 0;
			f[n++].events = POLLIN;
		}
	}
	while (n > 2)
		close(f[--n].fd);
	return NULL;
}

static int
enter(void **state)
{
	struct house *h = xalloc(sizeof(*h));
	struct err e = {0};

	mode = *(enum mode *)*state;
	h->dir = test_dir();
	h->state = test_state(h->dir);
	h->owner = h->c = test_open(h->state, CATALOG_DAEMON, "daemon");
	assert_true(catalog_is_owner(h->owner));
	if (mode == THREAD)
		OK(catalog_serve(h->owner, &e));
	if (mode == LOOP) {
		assert_int_equal(pipe(h->stop), 0);
		assert_true(catalog_listen(h->owner, &e) >= 0);
		assert_int_equal(pthread_create(&h->loop, NULL, loop, h), 0);
	}
	if (mode != DIRECT) {
		h->c = test_open(h->state, CATALOG_RUN, "run");
		assert_false(catalog_is_owner(h->c));
	}
	*state = h;
	return 0;
}

static int
leave(void **state)
{
	struct house *h = *state;

	if (h->c != h->owner)
		catalog_close(h->c);
	if (mode == LOOP) {
		assert_int_equal(write(h->stop[1], "x", 1), 1);
		pthread_join(h->loop, NULL);
		close(h->stop[0]);
		close(h->stop[1]);
	}
	catalog_close(h->owner);
	free(h->state);
	test_dir_free(h->dir);
	free(h);
	return 0;
}

/* ---- runs ---- */

struct told {
	struct run	 v[8];
	size_t		 n, stop_at;
};

static int
keep_run(void *arg, const struct run *r)
{
	struct told *t = arg;

	assert_true(t->n < 8);
	t->v[t->n] = *r;
	t->v[t->n].trigger = xstrdup(r->trigger);
	t->v[t->n].command = xstrdup(r->command);
	t->v[t->n++].jobs = xstrdup(r->jobs);
	return t->n == t->stop_at;
}

static void
forget(struct told *t)
{
	while (t->n > 0)
		run_fini(&t->v[--t->n]);
}

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
run_ended(struct catalog *c, int64_t undoes, enum run_state state)
{
	struct run r = { .ended = 9, .state = state };
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
	int64_t run = run_ended(h->c, 0, RUN_DONE), undo, redo;

	run_ended(h->c, run, RUN_FAILED);
	assert_int_equal(undone_by(h->c, run), 0);
	undo = run_ended(h->c, run, RUN_DONE);
	assert_int_equal(undone_by(h->c, run), undo);
	redo = run_ended(h->c, undo, RUN_PARTIAL);
	assert_int_equal(undone_by(h->c, undo), redo);
	assert_int_equal(undone_by(h->c, run), 0);
}

/* ---- the journal ---- */

struct batches {
	struct catalog_batch v[8];
	size_t		 n, all;
};

static int
keep_batch(void *arg, const struct catalog_batch *b)
{
	struct batches *t = arg;

	t->all++;
	if (t->n < 8)
		t->v[t->n++] = *b;
	return 0;
}

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

/* ---- things by name ---- */

static void
values_are_kept_by_name(void **state)
{
	struct house *h = *state;
	CLEAN_BUF struct buf out = {0};
	struct err e = {0};

	assert_int_equal(catalog_get(h->c, "s", "n", &out, &e), 0);
	OK(catalog_put(h->c, "s", "n", "one\0two", 7, &e));
	OK(catalog_put(h->c, "other", "n", "x", 1, &e));
	buf_adds(&out, "before ");
	assert_int_equal(catalog_get(h->c, "s", "n", &out, &e), 1);
	assert_int_equal(out.len, 14);
	assert_memory_equal(out.data, "before one\0two", 14);
	OK(catalog_put(h->c, "s", "n", NULL, 0, &e));
	out.len = 0;
	assert_int_equal(catalog_get(h->c, "s", "n", &out, &e), 1);
	assert_int_equal(out.len, 0);
	OK(catalog_drop(h->c, "s", "n", &e));
	OK(catalog_drop(h->c, "s", "n", &e));
	assert_int_equal(catalog_get(h->c, "s", "n", &out, &e), 0);
	assert_int_equal(catalog_get(h->c, "other", "n", &out, &e), 1);
}

static int
count_values(void *arg, const char *name, const void *data, size_t len)
{
	size_t *v = arg;

	(void)data;
	assert_int_not_equal(name[0], 0);
	v[0]++;
	v[1] += len;
	return 0;
}

/* A held plan may be larger than a message. */
static void
large_values_come_whole(void **state)
{
	struct house *h = *state;
	size_t len = (size_t)80 << 20, i, seen[2] = {0};
	unsigned char *big = xalloc(len);
	CLEAN_BUF struct buf out = {0};
	struct err e = {0};

	for (i = 0; i < len; i += 4093)
		big[i] = (unsigned char)(i * 31 >> 5);
	OK(catalog_put(h->c, "held", "12", big, len, &e));
	OK(catalog_put(h->c, "held", "13", "small", 5, &e));
	assert_int_equal(catalog_get(h->c, "held", "12", &out, &e), 1);
	assert_int_equal(out.len, len);
	assert_true(memcmp(out.data, big, len) == 0);
	OK(catalog_each(h->c, "held", count_values, seen, &e));
	assert_int_equal(seen[0], 2);
	assert_int_equal(seen[1], len + 5);
	OK(catalog_put(h->c, "held", "12", "now small", 9, &e));
	out.len = 0;
	assert_int_equal(catalog_get(h->c, "held", "12", &out, &e), 1);
	assert_int_equal(out.len, 9);
	free(big);
}

static void
each_tells_all_in_order(void **state)
{
	struct house *h = *state;
	size_t seen[2] = {0}, i;
	char name[32], *value = xalloc(20000);
	struct err e = {0};

	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		OK(catalog_put(h->c, "many", name, value, 20000, &e));
	}
	OK(catalog_each(h->c, "many", count_values, seen, &e));
	assert_int_equal(seen[0], 200);
	assert_int_equal(seen[1], 200 * 20000);
	OK(catalog_each(h->c, "none", count_values, seen, &e));
	assert_int_equal(seen[0], 200);
	free(value);
}

/* ---- the rest ---- */

static int
answer(void *arg, const char *question, struct buf *out)
{
	if (strcmp(question, "status") != 0)
		return -1;
	buf_adds(out, arg);
	return 0;
}

static void
live_questions_are_answered(void **state)
{
	struct house *h = *state;
	CLEAN_BUF struct buf out = {0};
	struct err e = {0};

	assert_int_equal(catalog_live(h->c, "status", &out, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	catalog_on_live(h->owner, answer, (void *)(uintptr_t)"all is well");
	OK(catalog_live(h->c, "status", &out, &e));
	assert_string_equal(buf_str(&out), "all is well");
	assert_int_equal(catalog_live(h->c, "what?", &out, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_string_equal(buf_str(&out), "all is well");
	catalog_on_live(h->owner, NULL, NULL);
	assert_int_equal(catalog_live(h->c, "status", &out, &e), -1);
}

static void
old_runs_are_forgotten_but_not_pending_ones(void **state)
{
	struct house *h = *state;
	struct entry en = { .kind = ENTRY_MOVE, .event = EVENT_MOVED,
	    .from_dir = "/old", .to_dir = "/older", .from = "f", .to = "f" };
	struct run end = { .ended = 2000, .state = RUN_DONE };
	struct told t = {0};
	struct batches b = {0};
	struct err e = {0};
	int64_t i;
	void *bytes;
	size_t len;

	for (i = 0; i < 4; i++) {
		end.number = test_run(h->c);
		test_event(h->c, end.number, &en, NULL);
		if (i == 1) {
			len = test_batch(&en, &bytes);
			OK(catalog_commit(h->c, end.number, bytes, len, 1,
			    NULL, 0, NULL, &e));
			free(bytes);
		}
		end.ended = i < 3 ? 2000 : 9000;
		end.state = i == 2 ? RUN_HELD : RUN_DONE;
		OK(catalog_run_end(h->c, &end, &e));
	}
	OK(catalog_unpack(h->c, 99, &e));
	OK(catalog_expire(h->c, 5000, &e));
	OK(catalog_runs(h->c, 0, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 3);
	assert_int_equal(t.v[0].number, 4);
	assert_int_equal(t.v[1].number, 3);
	assert_int_equal(t.v[2].number, 2);
	forget(&t);
	OK(catalog_batches(h->c, 1, keep_batch, &b, &e));
	assert_int_equal(b.n, 0);
	OK(catalog_pending(h->c, 0, keep_batch, &b, &e));
	assert_int_equal(b.n, 1);
	/* Numbers are never used again. */
	assert_int_equal(test_run(h->c), 5);
}

static void
a_backup_is_a_catalog(void **state)
{
	struct house *h = *state;
	char *path = xasprintf("%s/copy/catalog.db", h->dir);
	char *copy = xasprintf("%s/copy", h->dir);
	struct told t = {0};
	struct catalog *c;
	struct err e = {0};
	struct stat st;

	test_run(h->c);
	assert_int_equal(catalog_backup(h->c, path, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(mkdir(copy, 0700), 0);
	OK(catalog_backup(h->c, path, &e));
	assert_int_equal(catalog_backup(h->c, path, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	c = test_open(copy, CATALOG_ASK, "where");
	OK(catalog_runs(c, 0, 0, keep_run, &t, &e));
	assert_int_equal(t.n, 1);
	forget(&t);
	catalog_close(c);
	/* And the one copied from works on. */
	assert_int_equal(test_run(h->c), 2);
	free(path);
	free(copy);
}

static void
the_lock_is_handed_to_who_may_touch_files(void **state)
{
	struct house *h = *state;
	struct catalog *c;

	assert_true(catalog_lock_fd(h->c) >= 0);
	if (mode == DIRECT)
		return;
	c = test_open(h->state, CATALOG_WORK, "worker");
	assert_true(catalog_lock_fd(c) >= 0);
	catalog_close(c);
	c = test_open(h->state, CATALOG_ASK, "where");
	assert_int_equal(catalog_lock_fd(c), -1);
	catalog_close(c);
}

struct hammer {
	struct catalog	*c;
	int64_t		 run;
	int		 n;
};

static void *
hammer(void *arg)
{
	struct hammer *h = arg;
	struct told t = {0};
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("f", 10, 1, &bytes);
	int i;

	for (i = 0; i < 20; i++) {
		if (catalog_commit(h->c, h->run, bytes, len, 10, NULL, 0, NULL,
		    &e) == 0)
			h->n++;
		catalog_runs(h->c, h->run, 0, keep_run, &t, &e);
		forget(&t);
	}
	free(bytes);
	return NULL;
}

static void
threads_take_turns(void **state)
{
	struct house *h = *state;
	struct hammer v[4];
	struct batches t = {0};
	struct err e = {0};
	pthread_t threads[4];
	int64_t run = test_run(h->c);
	int i;

	for (i = 0; i < 4; i++) {
		v[i] = (struct hammer){ h->c, run, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, hammer,
		    &v[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(v[i].n, 20);
	}
	OK(catalog_batches(h->c, run, keep_batch, &t, &e));
	assert_int_equal(t.all, 80);
}

#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(runs_are_told_newest_first),
		T(a_run_that_is_not_there_is_an_error),
		T(jobs_have_names_by_number),
		T(undo_is_remembered_and_undone),
		T(a_batch_is_pending_until_it_ends),
		T(results_ride_in_the_next_commit),
		T(a_bad_commit_changes_nothing),
		T(callbacks_may_use_the_catalog),
		T(done_keys_add_up),
		T(values_are_kept_by_name),
		T(large_values_come_whole),
		T(each_tells_all_in_order),
		T(live_questions_are_answered),
		T(old_runs_are_forgotten_but_not_pending_ones),
		T(a_backup_is_a_catalog),
		T(the_lock_is_handed_to_who_may_touch_files),
		T(threads_take_turns),
	};
	static const char *const modes[] = { "direct", "thread", "loop" };
	enum { N = sizeof(tests) / sizeof(tests[0]) };
	struct CMUnitTest all[3 * N];
	enum mode m[3] = { DIRECT, THREAD, LOOP };
	size_t i;
	int failed;

	for (i = 0; i < (size_t)3 * N; i++) {
		all[i] = tests[i % N];
		all[i].name = xasprintf("%s: %s", modes[i / N],
		    tests[i % N].name);
		all[i].initial_state = &m[i / N];
	}
	failed = _cmocka_run_group_tests("contract", all, (size_t)3 * N, NULL,
	    NULL);
	for (i = 0; i < (size_t)3 * N; i++) {
		free((void *)(uintptr_t)all[i].name);
		all[i].name = NULL;
	}
	return failed;
}
