/*
 * test_crash.c -- what a kill -9 and a torn WAL leave behind.
 *
 * A child commits in a loop and tells each number through a pipe; it is killed
 * at a random moment.  After that every commit that was told is there, whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "catalog/db.h"
#include "catalog/test/common.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* What every result of a batch is: done. */
static void
all_done(struct buf *out, size_t n)
{
	struct result *v = xallocn(n, sizeof(*v));
	size_t i;

	for (i = 0; i < n; i++)
		v[i].outcome = OUTCOME_DONE;
	buf_reset(out);
	results_pack(out, v, n);
	free(v);
}

/* In the child: for ever, a batch, which ends the one before. */
static void
commit_for_ever(const char *state, int to)
{
	struct catalog *c = test_open(state, CATALOG_RUN, "run");
	struct catalog_done d = { .phase = 2, .rule = 1 };
	CLEAN_BUF struct buf packed = {0};
	int64_t run = test_run(c), id;
	uint64_t key;
	void *bytes;
	size_t len, n, before = 0;

	for (;;) {
		n = next_random() % 8 ? 1 + next_random() % 20 : 4000;
		len = test_moves("f", n, 1, &bytes);
		if (before > 0) {
			all_done(&packed, before);
			d.results = packed.data;
			d.results_len = packed.len;
			key = (uint64_t)d.batch;
			d.done_keys = &key;
			d.n_keys = 1;
		}
		if (catalog_commit(c, run, bytes, len, n, &d, before > 0, &id,
		    NULL) < 0 ||
		    write(to, &id, sizeof(id)) != (ssize_t)sizeof(id))
			_exit(1);
		d.batch = id;
		before = n;
		free(bytes);
	}
}

/* Kill it after some commits, in the middle of something.  The last it told. */
static int64_t
kill_at_random(const char *state)
{
	uint64_t commits = 1 + next_random() % 40;
	int64_t id = 0, told;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	next_random();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		commit_for_ever(state, fds[1]);
	}
	close(fds[1]);
	while (commits-- > 0 &&
	    read(fds[0], &told, sizeof(told)) == (ssize_t)sizeof(told))
		id = told;
	/* Not just behind a commit, but anywhere in the next ones. */
	nanosleep(&(struct timespec){ .tv_nsec =
	    (long)(next_random() % 4000000) }, NULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fds[0], &told, sizeof(told)) == (ssize_t)sizeof(told))
		id = told;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return id;
}

struct seen {
	int64_t		 last;
	size_t		 n, pending;
};

/* Batches come without gaps, whole, and all but the last have ended. */
static int
check_batch(void *arg, const struct catalog_batch *b)
{
	struct seen *s = arg;
	struct result *v = xallocn(b->n, sizeof(*v));
	struct batch_reader *r;
	struct entry en;
	struct err e = {0};
	size_t n = 0;

	assert_int_equal(b->id, s->last + 1);
	s->last = b->id;
	s->n++;
	s->pending += b->phase < 2;
	OK(batch_read(b->bytes, b->len, &r, &e));
	while (OK(batch_next(r, &en, &e)) == 1)
		n++;
	assert_int_equal(n, b->n);
	batch_reader_free(r);
	if (b->phase == 2)
		OK(results_unpack(b->results, b->results_len, v, b->n, &e));
	free(v);
	return 0;
}

static int
check_run(void *arg, const struct run *r)
{
	(void)arg;
	assert_int_equal(r->state, RUN_CRASHED);
	assert_true(r->ended >= r->started);
	return 0;
}

static void
check_integrity(const char *state)
{
	CLEAN_FREE char *path = xasprintf("%s/%s", state, DB_FILE);
	sqlite3_stmt *st;
	sqlite3 *h;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, "PRAGMA integrity_check", -1,
	    &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(h);
}

static void
no_told_commit_is_lost(void **state)
{
	struct test_place *h = *state;
	struct seen s = {0};
	struct catalog *c;
	struct err e = {0};
	int64_t told;
	int round;

	for (round = 1; round <= 12; round++) {
		told = kill_at_random(h->state);
		c = test_open(h->state, CATALOG_RUN, "run");
		s.pending = 0;
		OK(catalog_batches(c, round, check_batch, &s, &e));
		assert_true(s.last >= told);
		assert_true(s.pending <= 1);
		OK(catalog_runs(c, 0, 0, check_run, NULL, &e));
		/* Not every time a clean end, so that WALs are reused. */
		catalog_close(c);
		if (round % 4 == 0)
			check_integrity(h->state);
	}
}

static void
cut_file(const char *from, const char *to, size_t len, size_t flip)
{
	CLEAN_BUF struct buf b = {0};
	int fd = open(from, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, (size_t)1 << 30, &b), 0);
	close(fd);
	if (flip < b.len)
		b.data[flip] ^= 0x10;
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, b.data, len < b.len ? len : b.len),
	    0);
	close(fd);
}

static size_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* The tail of the WAL was not written, or not right: what comes before it is
 * there, and nothing else. */
static void
a_torn_wal_loses_only_its_tail(void **state)
{
	struct test_place *h = *state;
	CLEAN_FREE char *db = xasprintf("%s/%s", h->state, DB_FILE);
	CLEAN_FREE char *wal = xasprintf("%s/%s-wal", h->state, DB_FILE);
	CLEAN_FREE char *db2 = xasprintf("%s/two/%s", h->dir, DB_FILE);
	CLEAN_FREE char *wal2 = xasprintf("%s/two/%s-wal", h->dir, DB_FILE);
	CLEAN_FREE char *two = xasprintf("%s/two", h->dir);
	struct catalog *c;
	struct seen s;
	struct err e = {0};
	size_t len, at;
	int i;

	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
	kill_at_random(h->state);
	len = size_of(wal);
	assert_true(len > 0);
	test_make(h->dir, "two");
	for (i = 0; i < 12; i++) {
		at = next_random() % len;
		cut_file(db, db2, SIZE_MAX, SIZE_MAX);
		cut_file(wal, wal2, i % 2 ? at : SIZE_MAX,
		    i % 2 ? SIZE_MAX : at);
		c = test_open(two, CATALOG_RUN, "run");
		s = (struct seen){0};
		OK(catalog_batches(c, 1, check_batch, &s, &e));
		assert_true(s.pending <= 1);
		catalog_close(c);
		check_integrity(two);
	}
}

/* Damage that SQLite does not repair is found before anything is believed. */
static void
a_damaged_file_is_refused_after_a_crash(void **state)
{
	struct test_place *h = *state;
	CLEAN_FREE char *db = xasprintf("%s/%s", h->state, DB_FILE);
	struct catalog *c = test_open(h->state, CATALOG_RUN, "run");
	struct err e = {0};
	unsigned char junk[4096];
	void *bytes;
	size_t bytes_len, len, at;
	int64_t run = test_run(c);
	int fd, i;

	bytes_len = test_moves("f", 4000, 1, &bytes);
	for (i = 0; i < 5; i++)
		OK(catalog_commit(c, run, bytes, bytes_len, 4000, NULL, 0, NULL,
		    &e));
	free(bytes);
	catalog_close(c);
	/* As if it had ended uncleanly. */
	{
		sqlite3 *s;

		assert_int_equal(sqlite3_open(db, &s), SQLITE_OK);
		assert_int_equal(sqlite3_exec(s, "UPDATE meta SET value = 0 "
		    "WHERE name = 'clean'", NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(s);
	}
	memset(junk, 0xa5, sizeof(junk));
	len = size_of(db);
	fd = open(db, O_WRONLY);
	assert_true(fd >= 0);
	/* Every page from the fourth on: one of them is a b-tree's. */
	for (at = 3 * 4096; at + 4096 <= len && at < 40 * 4096; at += 4096)
		assert_int_equal(pwrite(fd, junk, 4096, (off_t)at), 4096);
	close(fd);
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_CORRUPT);
	assert_non_null(strstr(e.text, DB_FILE));
}

/* Killed, and the machine was started since: somebody should look (c.8). */
static void
a_power_cut_is_told_until_seen(void **state)
{
	struct test_place *h = *state;
	CLEAN_FREE char *db = xasprintf("%s/%s", h->state, DB_FILE);
	struct catalog *c;
	struct err e = {0};
	int64_t last = 0;
	sqlite3 *s;

	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
	kill_at_random(h->state);
	c = test_open(h->state, CATALOG_RUN, "run");
	assert_int_equal(catalog_cut(c, &last, &e), 0);
	catalog_close(c);
	kill_at_random(h->state);
	assert_int_equal(sqlite3_open(db, &s), SQLITE_OK);
	assert_int_equal(sqlite3_exec(s, "UPDATE meta SET value = x'30' "
	    "WHERE name = 'boot'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(s);
	/* Who only asks does not make it forgotten. */
	catalog_close(test_open(h->state, CATALOG_ASK, "status"));
	c = test_open(h->state, CATALOG_RUN, "run");
	assert_int_equal(catalog_cut(c, &last, &e), 1);
	assert_true(last > 1600000000000000);
	OK(catalog_cut_seen(c, &e));
	assert_int_equal(catalog_cut(c, &last, &e), 0);
	catalog_close(c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, test_enter, test_leave)
	const struct CMUnitTest tests[] = {
		T(no_told_commit_is_lost),
		T(a_torn_wal_loses_only_its_tail),
		T(a_damaged_file_is_refused_after_a_crash),
		T(a_power_cut_is_told_until_seen),
	};
	const char *given = getenv("SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
