/* test_save.c -- a held plan comes back whole; a damaged or forged one not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "plan/plan.h"
#include "util/buf.h"
#include "util/hash.h"

static struct plan *
sample(void)
{
	struct plan *p = plan_new(-1);
	uint32_t a = plan_add_job(p, "sort", "rule", 42);
	uint32_t b = plan_add_job(p, "old", "archive", 43);
	struct err e = {0};
	char name[32];
	unsigned i;

	plan_count_files(p, b, 77);
	for (i = 0; i < 3000; i++) {
		struct op op = { .kind = OP_MOVE, .job = i % 2 ? a : b,
		    .from_dir = plan_add_dir(p, "/in"), .from = name,
		    .to_dir = plan_add_dir(p, "/out"), .to = name,
		    .why = plan_add_text(p, "because"),
		    .id = { .fs = 1, .ino = i, .mtime = i, .size = i } };

		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(plan_add(p, &op, &e), 0);
	}
	return p;
}

static void
comes_back(void **state)
{
	struct plan *p = sample(), *q;
	struct plan_reader *r;
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	struct op op;
	unsigned i;

	(void)state;
	assert_int_equal(plan_save(p, &b, &e), 0);
	assert_int_equal(plan_load(b.data, b.len, -1, &q, &e), 0);
	assert_int_equal(plan_len(q), 3000);
	assert_int_equal(plan_jobs(q), 2);
	assert_string_equal(plan_job(q, 1)->name, "old");
	assert_int_equal(plan_job(q, 1)->hash, 43);
	assert_int_equal(plan_job(q, 1)->files, 77);
	r = plan_read(q);
	for (i = 0; plan_next(r, &op, &e) == 1; i++) {
		assert_int_equal(op.id.ino, i);
		assert_string_equal(plan_dir(q, op.to_dir), "/out");
		assert_string_equal(plan_text(q, op.why), "because");
	}
	assert_int_equal(i, 3000);
	plan_reader_free(r);
	plan_free(p);
	plan_free(q);
}

/* Put the right check at the end of changed bytes: a forger could. */
static void
forge(struct buf *b)
{
	uint64_t check = hash_fixed(0x706c616e, b->data, b->len - 8);
	size_t i;

	for (i = 0; i < 8; i++)
		b->data[b->len - 8 + i] = (unsigned char)(check >> (8 * i));
}

static void
damage_is_told(void **state)
{
	struct plan *p = sample(), *q = NULL;
	CLEAN_BUF struct buf b = {0};
	unsigned seed = (unsigned)time(NULL), i;
	struct err e = {0};
	size_t cut;

	(void)state;
	printf("# seed %u\n", seed);
	srandom(seed);
	assert_int_equal(plan_save(p, &b, &e), 0);
	for (i = 0; i < 64; i++) {
		cut = (size_t)random() % b.len;
		assert_int_equal(plan_load(b.data, cut, -1, &q, &e), -1);
		b.data[cut] ^= 0x10;
		assert_int_equal(plan_load(b.data, b.len, -1, &q, &e), -1);
		b.data[cut] ^= 0x10;
	}
	/* Whatever a forger writes: refused or harmless, never a crash. */
	for (i = 0; i < 2000; i++) {
		cut = 12 + (size_t)random() % 600 % (b.len - 20);
		b.data[cut] ^= (unsigned char)(1u << random() % 8);
		forge(&b);
		if (plan_load(b.data, b.len, -1, &q, &e) == 0)
			plan_free(q);
	}
	plan_free(p);
}

static void
refuse(const char *dir, const char *name)
{
	struct plan *p = plan_new(-1), *q = NULL;
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	struct op op = { .kind = OP_MOVE, .job = plan_add_job(p, "x", "rule", 1),
	    .from_dir = plan_add_dir(p, dir), .from = name,
	    .to_dir = plan_add_dir(p, "/ok"), .to = "ok" };

	assert_int_equal(plan_add(p, &op, &e), 0);
	assert_int_equal(plan_save(p, &b, &e), 0);
	if (plan_load(b.data, b.len, -1, &q, &e) == 0)
		fail_msg("a plan with %s and %s was taken", dir, name);
	plan_free(p);
}

/* A plan file of a stranger cannot lead out of the folders it names. */
static void
no_way_out(void **state)
{
	(void)state;
	refuse("/a/../etc", "x");
	refuse("relative", "x");
	refuse("/a/./b", "x");
	refuse("/a//b", "x");
	refuse("/a/", "x");
	refuse("/a", "..");
	refuse("/a", ".");
	refuse("/a", "b/c");
	refuse("", "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(no_way_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
