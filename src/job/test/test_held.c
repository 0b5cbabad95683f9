/* The guard's arithmetic, which jobs are meant, and held plans as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "job/guard.h"
#include "job/job.h"
#include "job/parts.h"
#include "job/select.h"
#include "util/buf.h"
#include "util/err.h"

static struct plan *
plan_of(enum op_kind kind, unsigned n, uint64_t files)
{
	struct plan *p = plan_new(-1);
	uint32_t job = plan_add_job(p, "j", "rule", 1);
	struct err e = {0};
	char name[32];
	unsigned i;

	plan_count_files(p, job, files);
	for (i = 0; i < n; i++) {
		struct op op = { .kind = kind, .job = job, .from = name,
		    .from_dir = plan_add_dir(p, "/in"), .text = "",
		    .to = name, .to_dir = plan_add_dir(p, "/out") };

		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(plan_add(p, &op, &e), 0);
	}
	return p;
}

/* ---- the guard ---- */
struct guarded {
	enum op_kind	 kind;
	unsigned	 n;
	uint64_t	 files;
	struct guard	 g;
	int		 held;
};

static void
test_guard(void **state)
{
	static const struct guarded cases[] = {
		{ OP_MOVE, 10, 1000, { 10, 100, 80, 50 }, 0 },
		{ OP_MOVE, 11, 1000, { 10, 100, 80, 50 }, 1 },
		{ OP_ARCHIVE, 11, 1000, { 10, 100, 80, 50 }, 1 },
		{ OP_BUNDLE, 11, 1000, { 10, 100, 80, 50 }, 1 },
		{ OP_RENAME, 11, 1000, { 10, 100, 80, 50 }, 1 },
		{ OP_COPY, 11, 1000, { 10, 100, 80, 50 }, 0 },
		{ OP_TRASH, 100, 1000, { 10, 100, 80, 50 }, 0 },
		{ OP_TRASH, 101, 1000, { 10, 100, 80, 50 }, 1 },
		{ OP_DELETE, 101, 1000, { 10, 100, 80, 50 }, 1 },
		/* a share of all files, from 100 files up */
		{ OP_MOVE, 80, 100, { 1000, 100, 80, 50 }, 0 },
		{ OP_MOVE, 81, 100, { 1000, 100, 80, 50 }, 1 },
		{ OP_MOVE, 99, 99, { 1000, 100, 80, 50 }, 0 },
		/* 0 is none, off is no limit */
		{ OP_MOVE, 1, 1000, { 0, 100, 80, 50 }, 1 },
		{ OP_MOVE, 0, 1000, { 0, 0, 0, 50 }, 0 },
		{ OP_MOVE, 1, 1000, { 10, 100, 0, 50 }, 1 },
		{ OP_MOVE, 500, 500, { GUARD_OFF, GUARD_OFF, GUARD_OFF, 50 }, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct guarded *c = &cases[i];
		struct plan *p = plan_of(c->kind, c->n, c->files);
		CLEAN_BUF struct buf why = {0};

		if (guard_check(&c->g, p, 0, &why) != c->held)
			fail_msg("case %zu: held is not %d: %s", i, c->held,
			    buf_str(&why));
		assert_int_equal(why.len > 0, c->held);
		plan_free(p);
	}
}

/* ---- selecting ---- */
static char *docs[] = { (char *)"docs", NULL };
static char *never[] = { (char *)"never", NULL };
static char *always[] = { (char *)"always", NULL };

static struct job jobs[] = {
	{ .name = "plain", .enabled = 1 },
	{ .name = "tagged", .enabled = 1, .tags = docs },
	{ .name = "rare", .enabled = 1, .tags = never },
	{ .name = "ever", .enabled = 1, .tags = always },
	{ .name = "off", .enabled = 0, .tags = docs },
};

static void
selects(const struct job_request *q, const char *want)
{
	struct settings s = { .jobs = jobs,
	    .n_jobs = sizeof(jobs) / sizeof(*jobs) };
	unsigned char wanted[sizeof(jobs) / sizeof(*jobs)];
	char got[sizeof(wanted) + 1];
	struct err e = {0};
	size_t i;

	if (select_jobs(&s, q, wanted, &e) < 0)
		fail_msg("%s", e.text);
	for (i = 0; i < sizeof(wanted); i++)
		got[i] = wanted[i] ? 'x' : '.';
	got[i] = '\0';
	assert_string_equal(got, want);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_select(void **state)
{
	struct settings s = { .jobs = jobs, .n_jobs = 5 };
	unsigned char wanted[5];
	struct err e = {0};

	(void)state;
	selects(&(struct job_request){ 0 }, "xx.x.");
	selects(&(struct job_request){ .names = LIST("docs") }, ".x...");
	selects(&(struct job_request){ .names = LIST("rare", "plain") }, "x.x..");
	selects(&(struct job_request){ .tags = LIST("docs") }, ".x.x.");
	selects(&(struct job_request){ .tags = LIST("docs"),
	    .skip_tags = LIST("always") }, ".x...");
	assert_int_equal(select_jobs(&s, &(struct job_request){
	    .names = LIST("plane") }, wanted, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "plain"));
}

/* ---- held plans as bytes ---- */
static void
save(struct buf *out)
{
	struct parts p = {0};
	struct err e = {0};

	parts_add(&p, NULL, "plain", "rule", plan_of(OP_MOVE, 3, 9));
	parts_add(&p, NULL, "gone", "archive", plan_of(OP_ARCHIVE, 2, 9));
	assert_int_equal(parts_save(&p, out, &e), 0);
	while (p.n > 0) {
		p.n--;
		plan_free(p.v[p.n].plan);
		free((void *)(uintptr_t)p.v[p.n].name);
		free((void *)(uintptr_t)p.v[p.n].kind);
	}
	free(p.v);
}

static void
test_held(void **state)
{
	struct settings s = { .jobs = jobs, .n_jobs = 5 };
	struct hall h = { .s = &s, .cache = -1 };
	CLEAN_BUF struct buf b = {0};
	struct parts *p = NULL;
	struct err e = {0};
	size_t i;

	(void)state;
	save(&b);
	assert_int_equal(parts_load(&h, b.data, b.len, &p, &e), 0);
	assert_int_equal(p->n, 2);
	assert_string_equal(p->v[0].name, "plain");
	assert_ptr_equal(p->v[0].job, &jobs[0]);
	assert_int_equal(plan_len(p->v[0].plan), 3);
	assert_null(p->v[1].job);
	assert_null(p->v[1].held);
	parts_free(p);
	for (i = 0; i < b.len; i++)
		if (parts_load(&h, b.data, i, &p, &e) == 0)
			fail_msg("cut at %zu it is whole", i);
}

/* A job of that name, but of another kind by now, is not the one. */
static void
test_other_kind(void **state)
{
	static struct job other[] = { { .name = "plain", .enabled = 1,
	    .kind = JOB_BACKUP } };
	struct settings s = { .jobs = other, .n_jobs = 1 };
	struct hall h = { .s = &s, .cache = -1 };
	CLEAN_BUF struct buf b = {0};
	struct parts *p = NULL;
	struct err e = {0};

	(void)state;
	save(&b);
	assert_int_equal(parts_load(&h, b.data, b.len, &p, &e), 0);
	assert_null(p->v[0].job);
	parts_free(p);
}

/* Any flipped byte: refused, or taken as it stands, but no more than that. */
static void
test_hostile(void **state)
{
	struct settings s = { .jobs = jobs, .n_jobs = 5 };
	struct hall h = { .s = &s, .cache = -1 };
	CLEAN_BUF struct buf b = {0};
	struct parts *p;
	struct err e = {0};
	size_t i;
	int bit;

	(void)state;
	save(&b);
	for (i = 0; i < b.len; i++)
		for (bit = 0; bit < 8; bit++) {
			b.data[i] ^= (unsigned char)(1 << bit);
			if (parts_load(&h, b.data, b.len, &p, &e) == 0)
				parts_free(p);
			b.data[i] ^= (unsigned char)(1 << bit);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_other_kind),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
