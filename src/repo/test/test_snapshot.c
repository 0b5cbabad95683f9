/*
 * test_snapshot.c -- snapshots are written as restic writes them, and nothing
 * of one is lost on the way through us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/err.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

#define TREE "e498a534337ebb4e8fb9d96c04bfc9c4f54f130e4233df653bf359916b7d2676"
#define ID1 "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8"
#define ID2 "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541"

/* One of restic 0.14, of 0.18 (with all that it can have), and of rustic. */
static const char of_014[] = "{\"time\":\"2026-11-22T11:51:31.659193481Z\","
    "\"tree\":\"" TREE "\",\"paths\":[\"/tmp/fx/src\"],\"hostname\":\"fixhost\","
    "\"username\":\"root\",\"tags\":[\"t1\"]}";
static const char of_018[] = "{\"time\":\"2025-06-01T02:00:01.5+02:00\","
    "\"parent\":\"" ID1 "\",\"tree\":\"" TREE "\","
    "\"paths\":[\"/home\",\"/srv/a\\u0026b\"],\"hostname\":\"h\","
    "\"username\":\"u\",\"uid\":1000,\"gid\":100,\"excludes\":[\"*.tmp\","
    "\"\\\\x\"],\"tags\":[\"a\",\"b\"],\"original\":\"" ID2 "\","
    "\"program_version\":\"restic 0.18.0\",\"summary\":{"
    "\"backup_start\":\"2025-06-01T02:00:01.5+02:00\","
    "\"backup_end\":\"2025-06-01T02:10:00+02:00\",\"files_new\":1,"
    "\"files_changed\":2,\"files_unmodified\":3,\"dirs_new\":4,"
    "\"dirs_changed\":5,\"dirs_unmodified\":6,\"data_blobs\":7,"
    "\"tree_blobs\":8,\"data_added\":9,\"data_added_packed\":10,"
    "\"total_files_processed\":11,"
    "\"total_bytes_processed\":18446744073709551615}}";
static const char of_rustic[] = "{\"time\":\"2025-06-01T02:00:01Z\","
    "\"tree\":\"" TREE "\",\"paths\":[\"/a\"],\"summary\":{"
    "\"backup_start\":\"2025-06-01T02:00:01Z\","
    "\"backup_end\":\"2025-06-01T02:00:02Z\",\"files_new\":0,"
    "\"files_changed\":0,\"files_unmodified\":0,\"dirs_new\":0,"
    "\"dirs_changed\":0,\"dirs_unmodified\":0,\"data_blobs\":0,"
    "\"tree_blobs\":0,\"data_added\":0,\"data_added_packed\":0,"
    "\"total_files_processed\":0,\"total_bytes_processed\":0,"
    "\"command\":\"rustic backup\",\"total_duration\":1.5e-3},"
    "\"parents\":[\"" ID1 "\"],\"label\":\"x\\\"\\u00e9\","
    "\"delete\":{\"After\":\"2026-01-01T00:00:00Z\"}}";

static void
assert_writes_the_same(const char *text)
{
	CLEAN_SNAPSHOT struct snapshot s;
	CLEAN_BUF struct buf out = {0};
	struct err e;

	if (snapshot_read(text, strlen(text), &s, &e) < 0)
		fail_msg("%s", e.text);
	snapshot_write(&out, &s);
	assert_string_equal(buf_str(&out), text);
}

static void
snapshots_are_written_as_they_were(void **state)
{
	(void)state;
	assert_writes_the_same(of_014);
	assert_writes_the_same(of_018);
	assert_writes_the_same(of_rustic);
	assert_writes_the_same("{\"time\":\"0001-01-01T00:00:00Z\",\"tree\":\""
	    TREE "\",\"paths\":null}");
	assert_writes_the_same("{\"time\":\"0001-01-01T00:00:00Z\",\"tree\":\""
	    TREE "\",\"paths\":[]}");
}

static void
everything_is_read(void **state)
{
	CLEAN_SNAPSHOT struct snapshot s;
	struct id id;

	(void)state;
	assert_int_equal(snapshot_read(of_018, strlen(of_018), &s, NULL), 0);
	assert_true(s.time.sec == 1748736001 && s.time.nsec == 500000000 &&
	    s.time.zone == 7200);
	id_parse(ID1, &id);
	assert_true(s.has_parent && id_equal(&s.parent, &id));
	id_parse(TREE, &id);
	assert_true(id_equal(&s.tree, &id));
	id_parse(ID2, &id);
	assert_true(s.has_original && id_equal(&s.original, &id));
	assert_string_equal(s.paths[1], "/srv/a&b");
	assert_null(s.paths[2]);
	assert_string_equal(s.excludes[1], "\\x");
	assert_string_equal(s.tags[1], "b");
	assert_null(s.tags[2]);
	assert_string_equal(s.hostname, "h");
	assert_string_equal(s.username, "u");
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.gid, 100);
	assert_string_equal(s.program, "restic 0.18.0");
	assert_true(s.has_summary);
	assert_int_equal(s.summary.end.sec, 1748736600);
	assert_int_equal(s.summary.files_new, 1);
	assert_int_equal(s.summary.tree_blobs, 8);
	assert_int_equal(s.summary.total_files, 11);
	assert_true(s.summary.total_bytes == UINT64_MAX);
	assert_null(s.unknown);
}

static void
odd_but_right_ones_are_read(void **state)
{
	static const char text[] = " { \"TREE\" : \"" TREE "\" , \"later\" : "
	    "[ { } , null ], \"uid\":5, \"uid\":null, \"tags\":[\"x\"],"
	    "\"Tags\":null,\"paths\":[\"a\"],\"paths\":[\"b\",null],"
	    "\"summary\":{\"files_new\":1},\"summary\":null,\"hostname\":\"a\","
	    "\"hostname\":\"b\",\"parent\":null,"
	    "\"time\":\"2025-06-01T02:00:01Z\" } ";
	CLEAN_SNAPSHOT struct snapshot s;
	CLEAN_BUF struct buf out = {0};

	(void)state;
	assert_int_equal(snapshot_read(text, strlen(text), &s, NULL), 0);
	assert_int_equal(s.uid, 5);
	assert_null(s.tags);
	assert_string_equal(s.paths[0], "b");
	assert_string_equal(s.paths[1], "");
	assert_false(s.has_summary);
	assert_string_equal(s.hostname, "b");
	assert_false(s.has_parent);
	snapshot_write(&out, &s);
	assert_string_equal(buf_str(&out), "{\"time\":\"2025-06-01T02:00:01Z\","
	    "\"tree\":\"" TREE "\",\"paths\":[\"b\",\"\"],\"hostname\":\"b\","
	    "\"uid\":5,\"later\":[ { } , null ]}");
}

static void
what_is_no_snapshot_is_refused(void **state)
{
#define TIMED "{\"time\":\"2025-06-01T02:00:01Z\""
#define GOOD TIMED ",\"tree\":\"" TREE "\""
	static const char *const bad[] = {
		"", "null", "[]", "{}", "{", TIMED "}",
		"{\"tree\":\"" TREE "\"}", TIMED ",\"tree\":null}",
		TIMED ",\"tree\":\"ab\"}", GOOD, GOOD "}x", GOOD ",}",
		GOOD ",\"paths\":\"a\"}", GOOD ",\"paths\":[1]}",
		GOOD ",\"paths\":[\"a\"}", GOOD ",\"uid\":-1}",
		GOOD ",\"uid\":4294967296}", GOOD ",\"time\":1}",
		GOOD ",\"hostname\":[]}", GOOD ",\"summary\":[]}",
		GOOD ",\"summary\":{\"files_new\":-1}}",
		GOOD ",\"summary\":{\"files_new\":1}",
		GOOD ",\"later\":}", GOOD ",\"later\"}",
	};
	struct snapshot s;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		e.kind = ERR_NONE;
		if (snapshot_read(bad[i], strlen(bad[i]), &s, &e) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_null(s.paths);
		assert_null(s.hostname);
	}
	assert_int_equal(snapshot_read(GOOD "}", strlen(GOOD "}"), &s, NULL),
	    0);
	snapshot_fini(&s);
}

static void
lists_have_an_end(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct snapshot s;
	struct err e;
	size_t i;

	(void)state;
	buf_adds(&b, GOOD ",\"tags\":[\"\"");
	for (i = 0; i < SNAPSHOT_STRINGS_MAX; i++)
		buf_adds(&b, ",\"\"");
	buf_adds(&b, "]}");
	assert_int_equal(snapshot_read(b.data, b.len, &s, &e), -1);
	assert_non_null(strstr(e.text, "too many"));
}

/* ---- filters ---- */

static int
matches(const char *tags, const struct snapshot_filter *f)
{
	CLEAN_SNAPSHOT struct snapshot s;
	CLEAN_BUF struct buf b = {0};

	buf_adds(&b, GOOD ",\"hostname\":\"h\",\"paths\":[\"/a\",\"/b\"]");
	if (tags != NULL)
		buf_addf(&b, ",\"tags\":%s", tags);
	buf_adds(&b, "}");
	assert_int_equal(snapshot_read(b.data, b.len, &s, NULL), 0);
	return snapshot_matches(&s, f);
}

static void
filters_choose_as_restic(void **state)
{
	static const struct {
		const char	*tags;		/* of the snapshot */
		const char	*hosts[3], *lists[3], *paths[3];
		int		 want;
	} all[] = {
		{ NULL, { NULL }, { NULL }, { NULL }, 1 },
		{ NULL, { "h" }, { NULL }, { NULL }, 1 },
		{ NULL, { "x", "h" }, { NULL }, { NULL }, 1 },
		{ NULL, { "x" }, { NULL }, { NULL }, 0 },
		{ NULL, { "" }, { NULL }, { NULL }, 1 },	/* any, as restic 0.17 */
		{ NULL, { NULL }, { NULL }, { "/a" }, 1 },
		{ NULL, { NULL }, { NULL }, { "/b", "/a" }, 1 },
		{ NULL, { NULL }, { NULL }, { "/a", "/c" }, 0 },
		{ NULL, { NULL }, { NULL }, { "/" }, 0 },
		{ "[\"x\",\"y\"]", { NULL }, { "x" }, { NULL }, 1 },
		{ "[\"x\",\"y\"]", { NULL }, { "y,x" }, { NULL }, 1 },
		{ "[\"x\",\"y\"]", { NULL }, { " y , x " }, { NULL }, 1 },
		{ "[\"x\",\"y\"]", { NULL }, { "x,z" }, { NULL }, 0 },
		{ "[\"x\",\"y\"]", { NULL }, { "z", "x" }, { NULL }, 1 },
		{ "[\"x\",\"y\"]", { NULL }, { "" }, { NULL }, 0 },
		{ "[\"x\",\"\"]", { NULL }, { "" }, { NULL }, 1 },
		{ NULL, { NULL }, { "" }, { NULL }, 1 },
		{ "[]", { NULL }, { "" }, { NULL }, 1 },
		{ NULL, { NULL }, { ",x" }, { NULL }, 1 },
		{ NULL, { NULL }, { "x," }, { NULL }, 0 },
		{ NULL, { NULL }, { "x" }, { NULL }, 0 },
		{ "[\"x\"]", { "h" }, { "x" }, { "/a" }, 1 },
		{ "[\"x\"]", { "g" }, { "x" }, { "/a" }, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		struct snapshot_filter f = { all[i].hosts, all[i].lists,
			all[i].paths };

		if (matches(all[i].tags, &f) != all[i].want)
			fail_msg("filter %zu", i);
	}
	assert_true(matches(NULL, NULL));
	assert_true(matches(NULL, &(struct snapshot_filter){0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots_are_written_as_they_were),
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(odd_but_right_ones_are_read),
		cmocka_unit_test(what_is_no_snapshot_is_refused),
		cmocka_unit_test(lists_have_an_end),
		cmocka_unit_test(filters_choose_as_restic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
