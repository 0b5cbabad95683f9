/* test_plan.c -- what planners add is what readers get, in memory or spooled. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/plan.h"
#include "testing/scratch.h"
#include "util/buf.h"

static struct op
nth(struct plan *p, uint32_t job, unsigned i, char *name, char *to)
{
	snprintf(name, 64, "file\n%u\xff.jpg", i);
	snprintf(to, 64, i % 3 ? "file\n%u\xff.jpg" : "other %u", i);
	return (struct op){
		.kind = i % 5 ? OP_MOVE : OP_TRASH, .job = job,
		.state = i % 7 ? OP_PLANNED : OP_SKIPPED,
		.from_dir = plan_add_dir(p, i % 2 ? "/a" : "/b"),
		.to_dir = i % 11 ? plan_add_dir(p, "/a/c") : PLAN_NONE,
		.from = name, .to = to,
		.why = plan_add_text(p, i % 4 ? "extension is jpg" : "old"),
		.error = i % 7 ? 0 : plan_add_text(p, "taken"),
		.flags = i % 13 ? 0 : OP_CHAINED | OP_REPLACES,
		.id = i % 17 ? (struct fs_id){ .fs = 1 + (i > 500), .ino = i * 7,
		    .btime = INT64_MIN + (int64_t)i, .mtime = INT64_MAX,
		    .ctime = -(int64_t)i, .atime = 0, .size = UINT64_MAX - i,
		    .mode = 0100644, .uid = i, .gid = 5, .nlink = 1 } :
		    (struct fs_id){0},
		.done_key = i % 3 ? UINT64_MAX - i : 0,
		.text = i % 19 ? NULL : "words", .extra = i % 23 ? NULL : "\0x",
		.extra_len = i % 23 ? 0 : 2,
	};
}

static void
same(const struct op *a, const struct op *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->job, b->job);
	assert_int_equal(a->from_dir, b->from_dir);
	assert_int_equal(a->to_dir, b->to_dir);
	assert_string_equal(a->from, b->from);
	assert_string_equal(a->to, b->to);
	assert_int_equal(a->why, b->why);
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->flags, b->flags);
	assert_memory_equal(&a->id, &b->id, sizeof(a->id));
	assert_true(a->done_key == b->done_key);
	assert_string_equal(a->text ? a->text : "", b->text);
	assert_int_equal(a->extra_len, b->extra_len);
	assert_memory_equal(a->extra ? a->extra : "", b->extra, a->extra_len);
}

static void
fill(struct plan *p, uint32_t job, unsigned n)
{
	char name[64], to[64];
	struct err e = {0};
	struct op op;
	unsigned i;

	for (i = 0; i < n; i++) {
		op = nth(p, job, i, name, to);
		assert_int_equal(plan_add(p, &op, &e), 0);
	}
}

static void
compare(struct plan *p, uint32_t job, unsigned n)
{
	struct plan_reader *r = plan_read(p);
	char name[64], to[64];
	struct err e = {0};
	struct op want, got;
	unsigned i;

	for (i = 0; i < n; i++) {
		assert_int_equal(plan_next(r, &got, &e), 1);
		want = nth(p, job, i, name, to);
		same(&want, &got);
	}
	assert_int_equal(plan_next(r, &got, &e), 0);
	assert_int_equal(plan_next(r, &got, &e), 0);
	plan_reader_free(r);
}

static void
comes_back(void **state)
{
	struct plan *p = plan_new(-1);
	uint32_t job = plan_add_job(p, "rule 1", "rule", 99);

	(void)state;
	compare(p, job, 0);
	fill(p, job, 2000);
	compare(p, job, 2000);
	compare(p, job, 2000);
	assert_int_equal(plan_len(p), 2000);
	assert_int_equal(plan_count(p, job, OP_MOVE, OP_PLANNED) +
	    plan_count(p, job, OP_TRASH, OP_PLANNED), 2000 - 286);
	assert_int_equal(plan_count(p, 7, OP_MOVE, OP_PLANNED), 0);
	plan_free(p);
}

/* A million files need no more memory than the limit: the rest is on disk,
 * nameless, and gone with the plan. */
static void
spools(void **state)
{
	struct scratch s = scratch_new();
	struct plan *p;
	uint32_t job;

	(void)state;
	p = plan_new(s.fd);
	job = plan_add_job(p, "big", "rule", 1);
	fill(p, job, 600000);
	compare(p, job, 600000);
	plan_free(p);
	assert_int_equal(unlinkat(AT_FDCWD, s.path, AT_REMOVEDIR), 0);
	scratch_leave(&s);
}

static void
names_are_interned(void **state)
{
	struct plan *p = plan_new(-1);
	char path[32];
	uint32_t n[1000], i;

	(void)state;
	assert_int_equal(plan_add_text(p, ""), 0);
	assert_int_equal(plan_add_text(p, NULL), 0);
	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/d/%u", i);
		n[i] = plan_add_dir(p, path);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/d/%u", i);
		assert_int_equal(plan_add_dir(p, path), n[i]);
		assert_string_equal(plan_dir(p, n[i]), path);
	}
	assert_string_equal(plan_dir(p, PLAN_NONE), "");
	plan_free(p);
}

static void
paths_and_words(void **state)
{
	struct plan *p = plan_new(-1);
	struct op op = { .kind = OP_UNTRASH, .from_dir = plan_add_dir(p, "/"),
	    .to_dir = PLAN_NONE, .from = "x", .to = "y" };
	CLEAN_BUF struct buf b = {0};

	(void)state;
	plan_from(p, &op, &b);
	assert_string_equal(buf_str(&b), "/x");
	buf_reset(&b);
	plan_to(p, &op, &b);
	assert_string_equal(buf_str(&b), "");
	op.to_dir = plan_add_dir(p, "/a/b");
	plan_to(p, &op, &b);
	assert_string_equal(buf_str(&b), "/a/b/y");
	assert_string_equal(op_kind_name(OP_UNTRASH), "move");
	assert_string_equal(op_kind_name(OP_BUNDLE), "archive");
	assert_string_equal(op_state_name(OP_WAITING), "waiting");
	plan_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(spools),
		cmocka_unit_test(names_are_interned),
		cmocka_unit_test(paths_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
