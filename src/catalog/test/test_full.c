/* test_full.c -- a full disk: the ballast goes first, then only reading is
 * left, and after making room all goes on.  The disk is a tmpfs of 24 MiB. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/db.h"
#include "catalog/test/common.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

struct house {
	char		*dir, *state;
};

static int
enter(void **state)
{
	struct house *h = xalloc(sizeof(*h));

	h->dir = test_dir();
	h->state = test_state(h->dir);
	test_make(h->dir, "state");
	*state = h;
	return 0;
}

static int
leave(void **state)
{
	struct house *h = *state;

	umount2(h->state, MNT_DETACH);
	test_dir_free(h->dir);
	free(h->state);
	free(h);
	return 0;
}

static size_t
size_in(const char *dir, const char *name)
{
	CLEAN_FREE char *path = xasprintf("%s/%s", dir, name);
	struct stat st;

	return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static int
count_batch(void *arg, const struct catalog_batch *b)
{
	struct batch_reader *r;
	struct err e = {0};

	OK(batch_read(b->bytes, b->len, &r, &e));
	batch_reader_free(r);
	++*(int *)arg;
	return 0;
}

/* Commit until it fails; how many were told as done. */
static int
fill(struct catalog *c, const char *state, int64_t run, int *with_ballast)
{
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("some-longer-name-", 4000, 1, &bytes);
	int n = 0;

	while (catalog_commit(c, run, bytes, len, 4000, NULL, 0, NULL, &e) ==
	    0) {
		n++;
		if (size_in(state, "ballast") > 0)
			*with_ballast = n;
		assert_true(n < 1000);
	}
	free(bytes);
	assert_int_equal(e.kind, ERR_FULL);
	return n;
}

static void
a_full_disk_leaves_what_was_told(void **state)
{
	struct house *h = *state;
	struct catalog *c;
	struct err e = {0};
	int64_t run;
	int n, before = 0, seen = 0;

	if (geteuid() != 0 ||
	    mount("none", h->state, "tmpfs", 0, "mode=0700,size=24m") != 0)
		skip();
	c = test_open(h->state, CATALOG_RUN, "run");
	assert_int_equal(size_in(h->state, "ballast"), CATALOG_BALLAST);
	run = test_run(c);
	n = fill(c, h->state, run, &before);
	/* The ballast was there for a while, and giving it up helped. */
	assert_true(before > 0 && n > before + 5);
	assert_int_equal(size_in(h->state, "ballast"), 0);

	/* Only reading is left, even if somebody makes room now. */
	assert_int_equal(mount("none", h->state, "tmpfs", MS_REMOUNT,
	    "mode=0700,size=96m"), 0);
	assert_int_equal(catalog_put(c, "a", "b", "c", 1, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	OK(catalog_batches(c, run, count_batch, &seen, &e));
	assert_int_equal(seen, n);
	catalog_close(c);

	/* Opened anew it goes on. */
	c = test_open(h->state, CATALOG_RUN, "run");
	seen = 0;
	OK(catalog_batches(c, run, count_batch, &seen, &e));
	assert_int_equal(seen, n);
	OK(catalog_put(c, "a", "b", "c", 1, &e));
	assert_int_equal(size_in(h->state, "ballast"), CATALOG_BALLAST);
	catalog_close(c);
}

static void
use_up(const char *dir)
{
	CLEAN_FREE char *path = xasprintf("%s/filler", dir);
	char block[4096] = {0};
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static int
count_row(void *arg, const struct event_row *r)
{
	(void)r;
	++*(int *)arg;
	return 0;
}

/* The ballast is the journal's; who only asks does not eat it. */
static void
asking_does_not_take_the_ballast(void **state)
{
	static struct result res[4000];
	struct house *h = *state;
	CLEAN_BUF struct buf packed = {0};
	struct catalog_done d = { .phase = 2 };
	struct catalog *c;
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("f", 4000, 1, &bytes), i;
	int64_t run;
	int n = 0;

	if (geteuid() != 0 ||
	    mount("none", h->state, "tmpfs", 0, "mode=0700,size=24m") != 0) {
		free(bytes);
		skip();
	}
	c = test_open(h->state, CATALOG_RUN, "run");
	run = test_run(c);
	for (i = 0; i < 4000; i++)
		res[i].outcome = OUTCOME_DONE;
	results_pack(&packed, res, 4000);
	d.results = packed.data;
	d.results_len = packed.len;
	OK(catalog_commit(c, run, bytes, len, 4000, NULL, 0, &d.batch, &e));
	OK(catalog_commit(c, run, NULL, 0, 0, &d, 1, NULL, &e));
	use_up(h->state);
	/* There is no room for rows, and a single file needs none. */
	OK(catalog_where(c, "f1", count_row, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(catalog_where(c, "f*", count_row, &n, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	assert_non_null(strstr(e.text, "newest history"));
	assert_int_equal(n, 1);
	assert_int_equal(size_in(h->state, "ballast"), CATALOG_BALLAST);
	OK(catalog_commit(c, run, bytes, len, 4000, NULL, 0, NULL, &e));
	assert_int_equal(size_in(h->state, "ballast"), 0);
	OK(catalog_where(c, "f1", count_row, &n, &e));
	assert_int_equal(n, 2);
	free(bytes);
	catalog_close(c);
}

/* Reading needs no room at all. */
static void
a_full_disk_can_still_be_asked(void **state)
{
	struct house *h = *state;
	CLEAN_BUF struct buf out = {0};
	struct catalog *c;
	struct err e = {0};

	if (geteuid() != 0 ||
	    mount("none", h->state, "tmpfs", 0, "mode=0700,size=24m") != 0)
		skip();
	c = test_open(h->state, CATALOG_RUN, "run");
	OK(catalog_put(c, "a", "b", "kept", 4, &e));
	test_run(c);
	catalog_close(c);
	use_up(h->state);
	c = test_open(h->state, CATALOG_ASK, "status");
	assert_int_equal(catalog_get(c, "a", "b", &out, &e), 1);
	assert_string_equal(buf_str(&out), "kept");
	catalog_close(c);
}

/* The write-ahead log does not grow with the history. */
static void
the_wal_is_kept_short(void **state)
{
	struct house *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_RUN, "run");
	int64_t run = test_run(c);
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("some-longer-name-", 4000, 1, &bytes);
	int i, seen = 0;

	for (i = 0; i < 120; i++) {
		OK(catalog_commit(c, run, bytes, len, 4000, NULL, 0, NULL,
		    &e));
		assert_in_range(size_in(h->state, DB_FILE "-wal"), 0,
		    (size_t)18 << 20);
	}
	free(bytes);
	assert_true(size_in(h->state, DB_FILE) > (size_t)16 << 20);
	catalog_close(c);
	assert_int_equal(size_in(h->state, DB_FILE "-wal"), 0);
	c = test_open(h->state, CATALOG_RUN, "run");
	OK(catalog_batches(c, run, count_batch, &seen, &e));
	assert_int_equal(seen, 120);
	catalog_close(c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		T(a_full_disk_leaves_what_was_told),
		T(asking_does_not_take_the_ballast),
		T(a_full_disk_can_still_be_asked),
		T(the_wal_is_kept_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
