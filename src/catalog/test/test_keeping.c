/* test_keeping.c -- what catalog.h promises of all but runs: things by name,
 * the live answer, forgetting, copying, the lock, many threads. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/test/house.h"
#include "util/buf.h"
#include "util/xalloc.h"

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
	size_t len = (size_t)66 << 20, i, seen[2] = {0};
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
	test_make(h->dir, "copy");
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
	if (h->mode == DIRECT)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_kept_by_name),
		cmocka_unit_test(large_values_come_whole),
		cmocka_unit_test(each_tells_all_in_order),
		cmocka_unit_test(live_questions_are_answered),
		cmocka_unit_test(old_runs_are_forgotten_but_not_pending_ones),
		cmocka_unit_test(a_backup_is_a_catalog),
		cmocka_unit_test(the_lock_is_handed_to_who_may_touch_files),
		cmocka_unit_test(threads_take_turns),
	};

	return house_run("keeping", tests, sizeof(tests) / sizeof(tests[0]));
}
