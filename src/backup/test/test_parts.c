/* test_parts.c -- what a backup is put together from, each part alone. */
#include <fcntl.h>
#include <pthread.h>
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

#include "backup/exclude.h"
#include "backup/lexical.h"
#include "backup/links.h"
#include "backup/names.h"
#include "backup/target.h"
#include "backup/text.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"

/* The table of Go's path/filepath. */
static void
test_paths_are_cleaned_as_go_cleans_them(void **state)
{
	static const char *const v[][2] = {
		{ "", "." }, { "abc", "abc" }, { "/", "/" }, { "//", "/" },
		{ "abc/", "abc" }, { "abc/def//ghi", "abc/def/ghi" },
		{ "abc/./def", "abc/def" }, { "/./abc", "/abc" },
		{ "abc/def/..", "abc" }, { "abc/def/../..", "." },
		{ "/abc/def/../../..", "/" }, { "abc/def/../../..", ".." },
		{ "../../abc", "../../abc" }, { "/../a", "/a" },
		{ "abc/../../././../def", "../../def" }, { ".", "." },
		{ "..", ".." }, { "../..", "../.." }, { "./a/", "a" },
		{ "..a/..", "." }, { "a/...", "a/..." },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		CLEAN_FREE char *out = lexical_clean(v[i][0]);

		assert_string_equal(out, v[i][1]);
	}
}

static void
test_parts_of_paths(void **state)
{
	CLEAN_FREE char *a = lexical_join("a", "../b"), *b = lexical_dir("/x");
	CLEAN_FREE char *c = lexical_dir("x"), *d = lexical_abs("/d", "../e");
	CLEAN_FREE char *e = lexical_abs("/d", "/e/"), *f = lexical_join("", "x");

	(void)state;
	assert_string_equal(a, "b");
	assert_string_equal(b, "/");
	assert_string_equal(c, ".");
	assert_string_equal(d, "/e");
	assert_string_equal(e, "/e");
	assert_string_equal(f, "x");
	assert_string_equal(lexical_base("/a/b"), "b");
	assert_string_equal(lexical_base("b"), "b");
}

/* ---- targets ---- */

static void
put(struct buf *out, const struct target *t)
{
	size_t i;

	buf_addf(out, "%s", t->name != NULL ? t->name : "");
	if (t->path != NULL)
		buf_addf(out, "=%s", t->path);
	if (t->meta != NULL)
		buf_addf(out, "~%s", t->meta);
	if (t->n == 0)
		return;
	buf_addc(out, '(');
	for (i = 0; i < t->n; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		put(out, t->kids[i]);
	}
	buf_addc(out, ')');
}

static void
check_targets(const char *want, ...)
{
	CLEAN_BUF struct buf out = {0};
	const char *paths[8];
	struct target *t;
	struct err e = {0};
	size_t n = 0;
	va_list ap;

	va_start(ap, want);
	while ((paths[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	if (target_tree(paths, "/w/x", &t, &e) < 0)
		fail_msg("%s", e.text);
	put(&out, t);
	target_free(t);
	assert_string_equal(buf_str(&out), want);
}

static void
test_targets_have_their_parents_alone(void **state)
{
	(void)state;
	check_targets("(a~/a(b=/a/b))", "/a/b", NULL);
	check_targets("(a~/a(b=/a/b d=/a/d))", "/a/d", "/a/b/", "/a/b", NULL);
	check_targets("(a=/w/x/a)", "a", "./a", NULL);
	check_targets("(b~/w/x/b(c=/w/x/b/c))", "a/../b/c", NULL);
	check_targets("(a=/w/a)", "../a", NULL);
	check_targets("(d~/d(a=/d/a))", "../../../d/a", NULL);
	check_targets("=/w/x", ".", NULL);
	check_targets("=/", "/", NULL);
}

static void
test_names_that_are_taken_are_numbered(void **state)
{
	(void)state;
	check_targets("(a=/w/x/a a-1=/w/a a-2=/a)", "a", "../a", "/a", NULL);
	check_targets("(a~/w/x/a(b=/w/x/a/b) a-1~/w/a(b=/w/a/b c=/w/a/c))",
	    "a/b", "../a/b", "../a/c", NULL);
	check_targets("(a=/w/x/a a-1=/w/x/a-1 a-2=/a)", "a", "a-1", "/a", NULL);
}

/* ---- names ---- */

static int
is_not_b(void *arg, const char *name)
{
	(void)arg;
	return *name != 'b';
}

static void
test_names_are_in_the_order_of_their_bytes(void **state)
{
	static const char *const in[] = { "b", "a", "\xff", "abcdefghj",
	    "abcdefghi", "abcdefgh", "\x01", "Z", "é", "a.", "a" "\x80" };
	static const char *const sorted[] = { "\x01", "Z", "a", "a.", "abcdefgh",
	    "abcdefghi", "abcdefghj", "a" "\x80", "b", "é", "\xff" };
	struct names l = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 11; i++)
		names_add(&l, in[i], 0);
	names_sort(&l);
	for (i = 0; i < 11; i++) {
		assert_string_equal(names_get(&l, i), sorted[i]);
		assert_int_equal(names_find(&l, sorted[i]), i);
	}
	assert_true(names_find(&l, "abc") == SIZE_MAX);
	names_keep(&l, is_not_b, NULL);
	assert_int_equal(l.n, 10);
	assert_string_equal(names_get(&l, 8), "é");
	names_fini(&l);
}

/* ---- texts and patterns ---- */

static void
test_lines(void **state)
{
	CLEAN_BUF struct buf b = {0};
	size_t at = 0;
	char *line;

	(void)state;
	buf_adds(&b, "one\r\n \ttwo \n\nlast");
	assert_true(text_line(&b, &at, 0, &line));
	assert_string_equal(line, "one");
	assert_true(text_line(&b, &at, 1, &line));
	assert_string_equal(line, "two");
	assert_true(text_line(&b, &at, 0, &line));
	assert_string_equal(line, "");
	assert_true(text_line(&b, &at, 0, &line));
	assert_string_equal(line, "last");
	assert_false(text_line(&b, &at, 0, &line));
}

static void
test_sizes(void **state)
{
	struct backup_exclude *x = backup_exclude_new();
	struct err e;

	(void)state;
	assert_true(x->larger == UINT64_MAX);
	assert_int_equal(backup_exclude_larger(x, "10", &e), 0);
	assert_true(x->larger == 10);
	assert_int_equal(backup_exclude_larger(x, "3k", &e), 0);
	assert_true(x->larger == 3 << 10);
	assert_int_equal(backup_exclude_larger(x, "2T", &e), 0);
	assert_true(x->larger == (uint64_t)2 << 40);
	assert_int_equal(backup_exclude_larger(x, "", &e), -1);
	assert_int_equal(backup_exclude_larger(x, "-1", &e), -1);
	assert_int_equal(backup_exclude_larger(x, "1x", &e), -1);
	assert_int_equal(backup_exclude_larger(x, "1kk", &e), -1);
	assert_int_equal(backup_exclude_larger(x, "99999999T", &e), -1);
	assert_true(x->larger == (uint64_t)2 << 40);
	backup_exclude_free(x);
}

static void
test_either_list_leaves_out(void **state)
{
	struct backup_exclude *x = backup_exclude_new();
	struct err e;

	(void)state;
	assert_int_equal(exclude_path(NULL, "/a", 2), 0);
	assert_int_equal(exclude_path(x, "/a", 2), 0);
	assert_int_equal(backup_exclude_pattern(x, "*.tmp", 0, &e), 0);
	assert_int_equal(backup_exclude_pattern(x, "cache", 1, &e), 0);
	assert_int_equal(exclude_path(x, "/a.tmp", 6), 1);
	assert_int_equal(exclude_path(x, "/a.TMP", 6), 0);
	assert_int_equal(exclude_path(x, "/Cache/f", 8), 1);
	/* The snapshot tells of those of --exclude alone. */
	assert_int_equal(x->n_patterns, 1);
	assert_string_equal(x->patterns[0], "*.tmp");
	backup_exclude_free(x);
}

/* ---- links ---- */

struct waiter {
	struct links	*l;
	struct look	 look;
	size_t		 n;
	int		 known;
};

static void *
wait_for_it(void *arg)
{
	struct waiter *w = arg;
	struct id *v;

	w->known = links_get(w->l, &w->look, &v, &w->n);
	if (w->known == 1)
		free(v);
	return NULL;
}

static void
test_who_comes_second_waits_for_the_first(void **state)
{
	struct waiter w = { .l = links_new(), .look = { .dev = 1, .ino = 2,
	    .nlink = 3, .size = 5 } };
	struct id ids[2] = {0}, *v;
	pthread_t t;
	size_t n;

	(void)state;
	assert_int_equal(links_get(w.l, &w.look, &v, &n), 0);
	assert_int_equal(pthread_create(&t, NULL, wait_for_it, &w), 0);
	links_put(w.l, &w.look, ids, 2);
	pthread_join(t, NULL);
	assert_int_equal(w.known, 1);
	assert_int_equal(w.n, 2);
	/* The third name was the last: what comes now is read again. */
	assert_int_equal(links_get(w.l, &w.look, &v, &n), 1);
	free(v);
	assert_int_equal(links_get(w.l, &w.look, &v, &n), 0);
	links_drop(w.l, &w.look);
	links_free(w.l);
}

static void
test_a_link_that_changed_is_read_again(void **state)
{
	struct links *l = links_new();
	struct look look = { .dev = 1, .ino = 2, .nlink = 9, .size = 5 };
	struct id *v;
	size_t n;

	(void)state;
	assert_int_equal(links_get(l, &look, &v, &n), 0);
	links_put(l, &look, NULL, 0);
	look.mtime.nsec++;
	assert_int_equal(links_get(l, &look, &v, &n), -1);
	look.mtime.nsec--;
	assert_int_equal(links_get(l, &look, &v, &n), 1);
	assert_int_equal(n, 0);
	free(v);
	links_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_are_cleaned_as_go_cleans_them),
		cmocka_unit_test(test_parts_of_paths),
		cmocka_unit_test(test_targets_have_their_parents_alone),
		cmocka_unit_test(test_names_that_are_taken_are_numbered),
		cmocka_unit_test(test_names_are_in_the_order_of_their_bytes),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_either_list_leaves_out),
		cmocka_unit_test(test_who_comes_second_waits_for_the_first),
		cmocka_unit_test(test_a_link_that_changed_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
