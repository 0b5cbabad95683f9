/*
 * test_faults.c -- a backup into a store whose n-th call goes wrong: it ends, in
 * success or with a reason; what was there before is there, and the next one
 * makes the same tree as if nothing had been.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backup/backup.h"
#include "repo/load.h"
#include "repo/test/place.h"
#include "repo/tree.h"
#include "testing/scratch.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define FILES	24

static struct scratch top;

/* Files of 10 to 600 KB, some of several chunks; those of a generation differ. */
static void
make_files(unsigned generation)
{
	CLEAN_FREE unsigned char *data = xalloc(2000000);
	char path[128];
	uint32_t x = 1;
	size_t i, k, n;

	for (i = 0; i < FILES; i++) {
		n = i == 0 ? 2000000 : 10000 + i * 20000;
		x = (uint32_t)(i + 1) * 2654435761u + generation * (i % 3 == 0);
		for (k = 0; k < n; k++) {
			x = x * 1664525u + 1013904223u;
			data[k] = (unsigned char)(x >> 24);
		}
		snprintf(path, sizeof(path), "d%zu", i % 5);
		scratch_dir(&top, path);
		snprintf(path, sizeof(path), "d%zu/f%zu", i % 5, i);

		CLEAN_FD int fd = openat(top.fd, path, O_WRONLY | O_CREAT | O_TRUNC |
		    O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(fd_write_all(fd, data, n), 0);
	}
}

static int
make_top(void **state)
{
	(void)state;
	top = scratch_new();
	return 0;
}

static int
end(void **state)
{
	scratch_free(&top);
	return place_end(state);
}

struct asked {
	unsigned	 calls, stop_at;
};

static int
stop(void *arg)
{
	struct asked *a = arg;

	return ++a->calls >= a->stop_at;
}

static int
back_up(struct repo *r, struct asked *a, struct backup_result *out,
    struct err *e)
{
	static const char *const paths[] = { ".", NULL };
	struct backup_options o = { .paths = paths, .dir = top.path, .host = "h",
	    .program = "test", .group_by = BACKUP_BY_DEFAULT,
	    .checkpoint = 1 };

	if (a != NULL) {
		o.stop = stop;
		o.stop_arg = a;
	}
	return backup_run(r, &o, NULL, out, e);
}

static int
load_all(void *arg, const char *path, const struct node *n)
{
	struct place *p = arg;
	CLEAN_BUF struct buf data = {0};
	struct repo_hand *h = repo_hand_new(p->repo);
	struct err e = {0};
	size_t i;

	for (i = 0; i < n->n_content; i++)
		if (load_blob(p->repo, h, BLOB_DATA, &n->content[i], &data,
		    &e) < 0)
			fail_msg("%s: %s", path, e.text);
	repo_hand_free(h);
	return TREE_ENTER;
}

static void
must_be_whole(struct place *p, const struct id *tree)
{
	struct tree_walk w = { .each = load_all, .arg = p };
	struct repo_hand *h = repo_hand_new(p->repo);
	struct err e = {0};

	if (tree_walk(p->repo, h, tree, &w, &e) < 0)
		fail_msg("%s", e.text);
	repo_hand_free(h);
}

/* Every snapshot, checkpoints too. */
static void
all_must_be_whole(struct place *p)
{
	struct snapshots all;
	struct err e = {0};
	size_t i;

	if (snapshots_load(p->repo, NULL, NULL, NULL, &all, &e) < 0)
		fail_msg("%s", e.text);
	for (i = 0; i < all.n; i++)
		must_be_whole(p, &all.v[i].tree);
	snapshots_fini(&all);
}

static void
one_kind(enum store_fault kind, uint64_t step)
{
	struct backup_result first, out, again;
	struct place p;
	struct err e;
	uint64_t n;
	int rc = -1;

	for (n = 1; rc < 0 || n < 12; n += step) {
		p = place_new(2);
		make_files(0);
		assert_int_equal(back_up(p.repo, NULL, &first, &e), 0);
		make_files(1);
		place_through(&p, kind, n);
		e = (struct err){0};
		rc = repo_load_index(p.repo, &e);
		if (rc == 0)
			rc = back_up(p.repo, NULL, &out, &e);
		if (rc < 0)
			assert_true(e.kind != ERR_NONE && *e.text != '\0');
		place_again(&p);
		must_be_whole(&p, &first.tree);
		all_must_be_whole(&p);
		assert_int_equal(back_up(p.repo, NULL, &again, &e), 0);
		must_be_whole(&p, &again.tree);
		if (rc == 0)
			assert_memory_equal(&out.tree, &again.tree,
			    sizeof(out.tree));
		place_free(&p);
		assert_true(n < 500);
	}
}

static void
test_a_call_that_fails(void **state)
{
	(void)state;
	one_kind(FAULT_FAIL, 1);
}

static void
test_an_answer_that_is_lost(void **state)
{
	(void)state;
	one_kind(FAULT_LOST_ANSWER, 2);
}

static void
test_a_store_that_is_gone(void **state)
{
	(void)state;
	one_kind(FAULT_DEAD, 2);
}

/* Stopped at any time: ERR_STOPPED, and all that there is is whole. */
static void
test_stopped(void **state)
{
	struct backup_result out;
	struct asked a;
	struct place p = place_new(2);
	struct err e;
	unsigned n;
	int rc = -1;

	(void)state;
	for (n = 1; rc < 0; n++) {
		make_files(n);
		a = (struct asked){ .stop_at = n };
		e = (struct err){0};
		rc = back_up(p.repo, &a, &out, &e);
		if (rc < 0)
			assert_int_equal(e.kind, ERR_STOPPED);
		all_must_be_whole(&p);
		assert_true(n < 1000);
	}
	place_free(&p);
}

static void
test_a_dry_run_changes_nothing(void **state)
{
	static const char *const paths[] = { ".", NULL };
	struct backup_options o = { .paths = paths, .dir = top.path, .host = "h",
	    .program = "test", .dry_run = 1 };
	struct backup_result dry, real;
	struct place p = place_new(2);
	struct snapshots all;
	struct err e = {0};

	(void)state;
	make_files(0);
	if (backup_run(p.repo, &o, NULL, &dry, &e) < 0)
		fail_msg("%s", e.text);
	assert_false(dry.saved);
	place_again(&p);
	assert_int_equal(snapshots_load(p.repo, NULL, NULL, NULL, &all, &e), 0);
	assert_int_equal(all.n, 0);
	snapshots_fini(&all);
	/* Without checkpoints, whose trees count, too. */
	o.dry_run = 0;
	o.checkpoint = -1;
	assert_int_equal(backup_run(p.repo, &o, NULL, &real, &e), 0);
	assert_memory_equal(&dry.tree, &real.tree, sizeof(real.tree));
	assert_int_equal(dry.summary.data_added, real.summary.data_added);
	place_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_that_fails),
		cmocka_unit_test(test_an_answer_that_is_lost),
		cmocka_unit_test(test_a_store_that_is_gone),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_a_dry_run_changes_nothing),
	};

	return cmocka_run_group_tests(tests, make_top, end);
}
