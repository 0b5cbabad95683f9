/* test_where.c -- a file's whole story is told, and only its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalog/impl.h"
#include "catalog/test/common.h"
#include "util/buf.h"
#include "util/xalloc.h"

static struct catalog *
start(char **dir)
{
	char *state;
	struct catalog *c;

	*dir = test_dir();
	state = test_state(*dir);
	c = test_open(state, CATALOG_RUN, "run");
	free(state);
	return c;
}

static void
end(struct catalog *c, char *dir)
{
	catalog_close(c);
	test_dir_free(dir);
}

static struct fs_id
file(uint64_t ino)
{
	return (struct fs_id){ .fs = 9, .ino = ino, .btime = 100, .mtime = 5,
	    .mode = 0100644 };
}

/* "moved /a/x -> /b/y" */
static void
happen(struct catalog *c, int64_t run, enum entry_kind kind, enum event ev,
    uint64_t ino, const char *from_dir, const char *from, const char *to_dir,
    const char *to, uint64_t new_ino)
{
	struct entry en = { .kind = kind, .event = (uint8_t)ev,
	    .from_dir = from_dir, .from = from, .to_dir = to_dir, .to = to,
	    .id = file(ino), .why = "because" };
	struct result res = { .outcome = OUTCOME_DONE };

	if (new_ino != 0)
		res.id = file(new_ino);
	test_event(c, run, &en, &res);
}

static int
list(void *arg, const struct event_row *r)
{
	struct buf *out = arg;

	buf_addf(out, "%s %s>%s;", event_name(r->event), r->from, r->to);
	return 0;
}

#define TELLS(what, want) tells(c, what, want, __LINE__)

/* However much of it has become rows: nothing (the first question of a test),
 * a batch more with each question, and all. */
static void
tells(struct catalog *c, const char *what, const char *want, int line)
{
	static const uint64_t rows[] = { 0, 1 };
	struct err e = {0};
	size_t i;

	for (i = 0; i < 2; i++) {
		CLEAN_BUF struct buf got = {0};

		OK(where_within(c, what, rows[i], list, &got, &e));
		if (strcmp(buf_str(&got), want) != 0)
			fail_msg("line %d: %s, %llu rows more, tells\n%s\nnot"
			    "\n%s", line, what, (unsigned long long)rows[i],
			    buf_str(&got), want);
	}
}

static void
a_file_is_followed_through_renames(void **state)
{
	static const char all[] = "moved /in/a>/x/a;renamed /x/a>/x/b;"
	    "moved /x/b>/y/c;";
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);

	(void)state;
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/in", "a", "/x", "a", 0);
	happen(c, run, ENTRY_MOVE, EVENT_RENAMED, 1, "/x", "a", "/x", "b", 0);
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 2, "/in", "other", "/x",
	    "other", 0);
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/x", "b", "/y", "c", 0);
	TELLS("a", all);
	TELLS("b", all);
	TELLS("c", all);
	TELLS("/in/a", all);
	TELLS("/x/a", all);
	TELLS("/x/b", all);
	TELLS("/y/c", all);
	TELLS("/y/c/", all);
	TELLS("/y/a", "");
	TELLS("/in/c", "");
	TELLS("d", "");
	TELLS("", "");
	TELLS("/", "");
	TELLS("other", "moved /in/other>/x/other;");
	end(c, dir);
}

/* By copying it became another file, and is still the same to its user. */
static void
a_file_is_followed_to_another_disk(void **state)
{
	static const char all[] = "moved /in/a>/x/a;archived /x/a>/far/a;"
	    "renamed /far/a>/far/z;";
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);

	(void)state;
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/in", "a", "/x", "a", 0);
	happen(c, run, ENTRY_MOVE, EVENT_ARCHIVED, 1, "/x", "a", "/far", "a",
	    50);
	happen(c, run, ENTRY_MOVE, EVENT_RENAMED, 50, "/far", "a", "/far", "z",
	    0);
	TELLS("/in/a", all);
	TELLS("z", all);
	end(c, dir);
}

static void
a_copy_has_its_own_story(void **state)
{
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);

	(void)state;
	happen(c, run, ENTRY_COPY, EVENT_COPIED, 1, "/in", "a", "/x", "b", 60);
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 60, "/x", "b", "/y", "c", 0);
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/in", "a", "/in", "d", 0);
	TELLS("/in/a", "copied /in/a>/x/b;moved /in/a>/in/d;");
	TELLS("/x/b", "copied /in/a>/x/b;moved /x/b>/y/c;");
	TELLS("c", "copied /in/a>/x/b;moved /x/b>/y/c;");
	end(c, dir);
}

/* The same inode number, later, is another file. */
static void
a_reused_inode_is_another_file(void **state)
{
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);
	struct entry en = { .kind = ENTRY_MOVE, .event = EVENT_MOVED,
	    .from_dir = "/in", .from = "new", .to_dir = "/x", .to = "new",
	    .id = file(1) };

	(void)state;
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/in", "a", "/x", "a", 0);
	happen(c, run, ENTRY_DELETE, EVENT_DELETED, 1, "/x", "a", "", "", 0);
	en.id.btime = 200;
	test_event(c, run, &en, NULL);
	TELLS("a", "moved /in/a>/x/a;deleted /x/a>;");
	TELLS("new", "moved /in/new>/x/new;");
	end(c, dir);
}

static void
names_are_bytes(void **state)
{
	static const char *const names[] = { "new\nline", "\xff\xfe.jpg",
	    "caf\xc3\xa9", "-rf", "tab\there", "$HOME.txt", "{x}", "[1].pdf",
	    "a*b", " ", "..." };
	char *dir, want[200];
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		happen(c, run, ENTRY_MOVE, EVENT_MOVED, i + 1, "/in", names[i],
		    "/\xff", names[i], 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(want, sizeof(want), "moved /in/%s>/\xff/%s;",
		    names[i], names[i]);
		TELLS(names[i], want);
	}
	TELLS("/\xff/\xff\xfe.jpg",
	    "moved /in/\xff\xfe.jpg>/\xff/\xff\xfe.jpg;");
	TELLS("??.jpg", "moved /in/\xff\xfe.jpg>/\xff/\xff\xfe.jpg;");
	TELLS("caf?", "moved /in/caf\xc3\xa9>/\xff/caf\xc3\xa9;");
	end(c, dir);
}

static void
globs_match_names_or_paths(void **state)
{
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);

	(void)state;
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/in", "a.jpg", "/x", "b.png",
	    0);
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 2, "/in/sub", "c.jpg", "/x",
	    "c.jpg", 0);
	happen(c, run, ENTRY_TREE, EVENT_BACKED_UP, 0, "", "", "/copies",
	    "2026-11-22", 70);
	TELLS("*.jpg", "moved /in/a.jpg>/x/b.png;moved /in/sub/c.jpg>/x/c.jpg;");
	TELLS("b.p?g", "moved /in/a.jpg>/x/b.png;");
	TELLS("/in/*", "moved /in/a.jpg>/x/b.png;");
	TELLS("/in/**", "moved /in/a.jpg>/x/b.png;"
	    "moved /in/sub/c.jpg>/x/c.jpg;");
	TELLS("2026*", "backed_up >/copies/2026-11-22;");
	TELLS("/*/*.png", "moved /in/a.jpg>/x/b.png;");
	TELLS("*.gif", "");
	end(c, dir);
}

static void
only_what_was_done_is_told(void **state)
{
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);
	struct entry en = { .kind = ENTRY_MOVE, .event = EVENT_MOVED,
	    .from_dir = "/in", .from = "a", .to_dir = "/x", .to = "a",
	    .id = file(1) };
	struct result res = { .outcome = OUTCOME_ROLLED_BACK };
	struct err e = {0};
	void *bytes;
	size_t len;

	(void)state;
	test_event(c, run, &en, &res);
	res.outcome = OUTCOME_ATTENTION;
	test_event(c, run, &en, &res);
	len = test_batch(&en, &bytes);
	OK(catalog_commit(c, run, bytes, len, 1, NULL, 0, NULL, &e));
	free(bytes);
	en.event = 0;
	test_event(c, run, &en, NULL);
	TELLS("a", "");
	end(c, dir);
}

static int
check_row(void *arg, const struct event_row *r)
{
	int *n = arg;

	++*n;
	assert_string_equal(r->job, "sort");
	assert_string_equal(r->why, *n == 1 ? "because" : "");
	assert_int_equal(r->run, 1);
	assert_true(r->time > 1600000000000000);
	assert_int_equal(r->fs, 9);
	assert_int_equal(r->ino, 70);
	assert_string_equal(r->backup, *n == 1 ? "sort" : "");
	assert_string_equal(r->snapshot, *n == 1 ? "/copies/new" : "");
	return 0;
}

static void
a_row_says_when_who_and_why(void **state)
{
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);
	struct entry en = { .kind = ENTRY_PURGE, .event = EVENT_DELETED,
	    .from_dir = "/copies", .from = "new", .id = file(70) };
	struct err e = {0};
	int n = 0;

	(void)state;
	happen(c, run, ENTRY_TREE, EVENT_BACKED_UP, 0, "", "", "/copies", "new",
	    70);
	test_event(c, run, &en, NULL);
	OK(where_within(c, "new", 0, check_row, &n, &e));
	assert_int_equal(n, 2);
	n = 0;
	OK(catalog_where(c, "new", check_row, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(catalog_unpack(c, 1, &e), 0);
	end(c, dir);
}

/* What can be read is told, and then that something cannot. */
static void
a_damaged_batch_hides_no_other(void **state)
{
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);
	struct catalog_done d = { .phase = 2 };
	CLEAN_BUF struct buf got = {0};
	struct err e = {0};
	void *bytes;
	size_t len = test_moves("lost", 1, 9, &bytes);
	uint64_t i;

	(void)state;
	((unsigned char *)bytes)[len - 3] ^= 1;
	OK(catalog_commit(c, run, bytes, len, 1, NULL, 0, &d.batch, &e));
	OK(catalog_commit(c, run, NULL, 0, 0, &d, 1, NULL, &e));
	free(bytes);
	happen(c, run, ENTRY_MOVE, EVENT_MOVED, 1, "/in", "a", "/x", "a", 0);
	for (i = 0; i < 2; i++) {	/* packed, then as rows */
		buf_reset(&got);
		e = (struct err){0};
		assert_int_equal(where_within(c, "a", i * 10, list, &got, &e),
		    -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_non_null(strstr(e.text, "run 1"));
		assert_string_equal(buf_str(&got), "moved /in/a>/x/a;");
	}
	end(c, dir);
}

static int
stop_after_two(void *arg, const struct event_row *r)
{
	(void)r;
	return ++*(int *)arg == 2;
}

static int
count_row(void *arg, const struct event_row *r)
{
	(void)r;
	++*(int *)arg;
	return 0;
}

/* More rows than a page, more files than are followed at once. */
static void
many_rows_are_all_told(void **state)
{
	enum { BATCHES = 6, N = 4000 };
	static struct result res[N];
	char *dir;
	struct catalog *c = start(&dir);
	int64_t run = test_run(c);
	CLEAN_BUF struct buf packed = {0};
	struct catalog_done d = { .phase = 2 };
	struct err e = {0};
	void *bytes;
	size_t len;
	int i, n = 0;

	(void)state;
	for (i = 0; i < N; i++)
		res[i].outcome = OUTCOME_DONE;
	results_pack(&packed, res, N);
	d.results = packed.data;
	d.results_len = packed.len;
	for (i = 0; i < BATCHES; i++) {
		len = test_moves("file-", N, 1 + (uint64_t)i * N, &bytes);
		OK(catalog_commit(c, run, bytes, len, N, d.batch ? &d : NULL,
		    d.batch ? 1 : 0, &d.batch, &e));
		free(bytes);
	}
	OK(catalog_commit(c, run, NULL, 0, 0, &d, 1, NULL, &e));
	/* One file of many is found without a row made. */
	OK(where_within(c, "file-17", 0, count_row, &n, &e));
	assert_int_equal(n, BATCHES);
	assert_int_equal(catalog_unpack(c, 2, &e), 1);
	n = 0;
	OK(where_within(c, "file-17", 0, count_row, &n, &e));
	assert_int_equal(n, BATCHES);
	assert_int_equal(catalog_unpack(c, 1, &e), 1);
	n = 0;
	OK(catalog_where(c, "file-*", count_row, &n, &e));
	assert_int_equal(n, BATCHES * N);
	assert_int_equal(catalog_unpack(c, 2, &e), 0);
	n = 0;
	OK(catalog_where(c, "file-17", count_row, &n, &e));
	assert_int_equal(n, BATCHES);
	n = 0;
	OK(catalog_where(c, "file-*", stop_after_two, &n, &e));
	assert_int_equal(n, 2);
	end(c, dir);
}

static void
patterns_match_as_in_a_shell(void **state)
{
	(void)state;
	assert_true(catalog_glob("*", ""));
	assert_true(catalog_glob("a*c*e", "abcde"));
	assert_false(catalog_glob("a*c*e", "abcd"));
	assert_true(catalog_glob("*.tar.*", "x.tar.gz"));
	assert_false(catalog_glob("*", "a/b"));
	assert_true(catalog_glob("**", "a/b"));
	assert_true(catalog_glob("/a/**/z", "/a/b/c/z"));
	assert_false(catalog_glob("/a/*/z", "/a/b/c/z"));
	assert_true(catalog_glob("**/*.c", "a/b/x.c"));
	assert_true(catalog_glob("[a-c]x", "bx"));
	assert_false(catalog_glob("[!a-c]x", "bx"));
	assert_true(catalog_glob("[]]", "]"));
	assert_true(catalog_glob("[a", "[a"));
	assert_true(catalog_glob("\\*", "*"));
	assert_false(catalog_glob("\\*", "x"));
	assert_true(catalog_glob("?", "\xc3\xa9"));
	assert_true(catalog_glob("?", "\xff"));
	assert_false(catalog_glob("?", "/"));
	assert_false(catalog_glob("?", ""));
	assert_false(catalog_glob("", "a"));
	assert_true(catalog_glob("a***b", "axxb"));
}

/* Written by people, or by somebody who wants us to be busy for a year. */
static void
no_pattern_takes_long(void **state)
{
	char name[4096];
	clock_t before = clock();

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(catalog_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
	assert_false(catalog_glob("**a**a**a**a**a**a**a**a*a*a*a**b", name));
	assert_true(clock() - before < 5 * CLOCKS_PER_SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_followed_through_renames),
		cmocka_unit_test(a_file_is_followed_to_another_disk),
		cmocka_unit_test(a_copy_has_its_own_story),
		cmocka_unit_test(a_reused_inode_is_another_file),
		cmocka_unit_test(names_are_bytes),
		cmocka_unit_test(globs_match_names_or_paths),
		cmocka_unit_test(only_what_was_done_is_told),
		cmocka_unit_test(a_row_says_when_who_and_why),
		cmocka_unit_test(a_damaged_batch_hides_no_other),
		cmocka_unit_test(many_rows_are_all_told),
		cmocka_unit_test(patterns_match_as_in_a_shell),
		cmocka_unit_test(no_pattern_takes_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
