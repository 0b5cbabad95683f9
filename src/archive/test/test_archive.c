/* What an archive writes down, and what its check says of it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "apply/test/bench.h"
#include "archive/impl.h"
#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "plan/overlay.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DAY INT64_C(86400000000)

/* An archive of <top>/D (and E) into <top>/A on a bench. */
struct shelf {
	struct bench		 b;
	struct conf_faults	*f;
	struct conf		*conf;
	struct archive		*a;
	struct err		 e;
};

static void
shelf_open(struct shelf *s, const char *more)
{
	struct conf_env env;
	struct conf_where where = { .env = &env };
	CLEAN_FREE char *yaml = NULL;

	*s = (struct shelf){0};
	bench_open(&s->b);
	bench_mkdir(&s->b, "D");
	bench_mkdir(&s->b, "E");
	conf_env_system(&env);
	yaml = xasprintf("{name: a, locations: [%s/D, %s/E], older_than: 30 days,"
	    " to: %s/A%s}", s->b.top, s->b.top, s->b.top, more);
	s->f = conf_faults_new();
	assert_int_equal(conf_parse("test", yaml, strlen(yaml), s->f, &s->conf),
	    0);
	s->a = archive_read(conf_root(s->conf), &where, s->f);
	assert_non_null(s->a);
}

static void
shelf_close(struct shelf *s)
{
	archive_free(s->a);
	conf_free(s->conf);
	conf_faults_free(s->f);
	bench_close(&s->b);
}

static void
put_old(struct shelf *s, const char *rel, const char *text)
{
	struct timespec t[2] = { { .tv_sec = 1700000000 },
	    { .tv_sec = 1700000000 } };
	CLEAN_FREE char *path = bench_path(&s->b, rel);

	bench_put(&s->b, rel, text);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

/* Plan at a time 100 days later than the files. */
static void
plan(struct shelf *s)
{
	struct archive_env env = { .now = INT64_C(1700000000000000) + 100 * DAY,
	    .catalog = s->b.catalog };
	struct overlay *o = overlay_new();
	size_t locations, absent;

	bench_plan(&s->b);
	if (archive_plan(s->a, &env, o, s->b.plan, s->b.job, &locations, &absent,
	    &s->e) < 0 || archive_prepare(s->a, s->b.catalog, &s->e) < 0)
		fail_msg("plan: %s", s->e.text);
	assert_int_equal(absent, 0);
	overlay_free(o);
}

static void
put_away(struct shelf *s)
{
	struct archive_recorder *r = archive_record(s->a, 5);
	struct op op = { .text = "" };
	size_t i;

	plan(s);
	assert_int_equal(bench_run(&s->b), 0);
	for (i = 0; i < s->b.n_told; i++) {
		op.kind = s->b.told[i].kind;
		assert_int_equal(s->b.told[i].state, OP_DONE);
		archive_record_add(r, &op, s->b.told[i].from, s->b.told[i].to);
	}
	if (archive_record_close(r, &s->e) < 0)
		fail_msg("record: %s", s->e.text);
}

static void
say(void *arg, const char *path, const char *what)
{
	buf_addf(arg, "%s %s\n", path, what);
}

static char *
check(struct shelf *s, int want)
{
	struct buf b = {0};
	int r = archive_check(s->a, say, &b, &s->e);

	if (r != want)
		fail_msg("check: %d, not %d: %s%s", r, want, buf_str(&b),
		    r < 0 ? s->e.text : "");
	return buf_steal(&b);
}

static void
test_check(void **state)
{
	struct shelf s;
	CLEAN_FREE char *none = NULL, *clean = NULL, *spoilt = NULL;

	(void)state;
	shelf_open(&s, "");
	bench_mkdir(&s.b, "A");
	none = check(&s, 0);		/* nothing was put away yet */
	put_old(&s, "D/a", "one");
	put_old(&s, "E/b", "two");
	put_away(&s);
	clean = check(&s, 0);
	bench_put(&s.b, "A/b", "twO");
	spoilt = check(&s, 1);
	assert_non_null(strstr(spoilt, "b "));
	assert_null(strstr(spoilt, "a has"));
	shelf_close(&s);
}

/* Put away, taken home, changed, put away again: the last line counts. */
static void
test_last_line_counts(void **state)
{
	struct shelf s;
	CLEAN_FREE char *once = NULL, *twice = NULL, *missing = NULL;

	(void)state;
	shelf_open(&s, "");
	put_old(&s, "D/a", "one");
	put_away(&s);
	scratch_move(&s.b.s, "A/a", "D/a");
	once = check(&s, 0);		/* it went home as it was */
	put_old(&s, "D/a", "another one");
	missing = check(&s, 1);		/* as it was put away it is nowhere */
	put_away(&s);
	twice = check(&s, 0);
	shelf_close(&s);
}

/* The recorder is told where a file arrived, not where it was to go. */
static void
test_both_locations(void **state)
{
	struct shelf s;
	CLEAN_FREE char *clean = NULL;

	(void)state;
	shelf_open(&s, "");
	put_old(&s, "D/same", "one");
	put_old(&s, "E/same", "two");
	put_away(&s);
	assert_true(bench_is(&s.b, "A/same", "one"));
	assert_true(bench_is(&s.b, "A/same 2", "two"));
	clean = check(&s, 0);
	shelf_close(&s);
}

/* In a bundle, too, no two members have one name. */
static void
test_members_differ(void **state)
{
	struct shelf s;
	struct plan_reader *r;
	struct op op;
	int n = 0, second = 0;

	(void)state;
	shelf_open(&s, ", bundle: tar.zst");
	put_old(&s, "D/same.txt", "one");
	put_old(&s, "E/same.txt", "two");
	plan(&s);
	r = plan_read(s.b.plan);
	while (plan_next(r, &op, &s.e) == 1) {
		assert_int_equal(op.kind, OP_BUNDLE);
		assert_string_equal(op.to, "2023-11.tar.zst");
		second += strcmp(op.text, "same 2.txt") == 0;
		n++;
	}
	plan_reader_free(r);
	assert_int_equal(n, 2);
	assert_int_equal(second, 1);
	shelf_close(&s);
}

/* A line that a full disk cut does not swallow the next one. */
static void
test_cut_line(void **state)
{
	struct shelf s;
	CLEAN_FREE char *clean = NULL, *spoilt = NULL, *file = NULL;
	struct stat st;

	(void)state;
	shelf_open(&s, "");
	put_old(&s, "D/a", "one");
	put_away(&s);
	file = bench_path(&s.b, "A/.fettle/archive.manifest");
	assert_int_equal(stat(file, &st), 0);
	scratch_length(&s.b.s, file, st.st_size - 5);
	put_old(&s, "D/b", "two");
	put_away(&s);
	clean = check(&s, 0);
	bench_put(&s.b, "A/b", "twO");
	spoilt = check(&s, 1);
	assert_non_null(strstr(spoilt, "b "));
	shelf_close(&s);
}

static int
count(void *arg, const struct archive_entry *en)
{
	int *n = arg;

	(void)en;
	*n += 1;
	return 0;
}

static void
test_hostile_lines(void **state)
{
	static const char *const bad[] = {
		"f\t" SUM "\t1 1 1\t../a\t/s\t\t\n",
		"f\t" SUM "\t1 1 1\t/a\t/s\t\t\n",
		"f\t" SUM "\t1 1 1\ta/..\t/s\t\t\n",
		"f\t" SUM "\t1 1 1\tb\t/s\t../b\tm\n",
		"f\t" SUM "\t1 1 1\ta\ts\t\t\n",
		"f\t" SUM "\t1 1 x\ta\t/s\t\t\n",
		"f\t" SUM "\t1 1 1\ta\t/s\t\n",
		"f\t" SUM "\t1 1 1\ta\t/s\t\t\tmore\n",
		"f\tabc\t1 1 1\ta\t/s\t\t\n", "g\n", "\n",
	};
	struct err e = {0};
	size_t i;
	int fd, n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fd = memfd_create("manifest", MFD_CLOEXEC);
		n = 0;
		assert_int_equal(fd_write_all(fd, bad[i], strlen(bad[i])), 0);
		assert_int_equal(record_each(fd, count, &n, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_non_null(strstr(e.text, "line 1 "));
		if (n != 0)
			fail_msg("taken: %s", bad[i]);
		close(fd);
	}
}

static void
test_min_free(void **state)
{
	struct shelf s;
	uint64_t bytes;
	unsigned percent;

	(void)state;
	shelf_open(&s, "");
	archive_min_free(s.a, &bytes, &percent);
	assert_true(bytes == 0 && percent == 5);
	shelf_close(&s);
	shelf_open(&s, ", min_free: 1GiB");
	archive_min_free(s.a, &bytes, &percent);
	assert_true(bytes == 1 << 30 && percent == 0);
	shelf_close(&s);
	shelf_open(&s, ", min_free: 12%");
	archive_min_free(s.a, &bytes, &percent);
	assert_true(bytes == 0 && percent == 12);
	shelf_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_last_line_counts),
		cmocka_unit_test(test_both_locations),
		cmocka_unit_test(test_members_differ),
		cmocka_unit_test(test_cut_line),
		cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_min_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
