/*
 * test_restore.c -- restores of trees that nobody should have made, and from
 * stores that fail: nothing comes to lie outside the target, what could be had is
 * there, what could not is told.
 */
#include <dirent.h>
#include <errno.h>
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

#include "backup/restore.h"
#include "testing/scratch.h"
#include "repo/save.h"
#include "repo/test/place.h"
#include "repo/tree.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

/* A target in a folder of its own, and what was told. */
struct bench {
	struct scratch	 s;
	struct place	 p;
	struct saver	*saver;
	struct repo_hand *hand;
	struct buf	 told;		/* a line a problem */
	unsigned	 asked, stop_at;
};

static int
setup(void **state)
{
	struct bench *b = xalloc(sizeof(*b));
	struct err e;

	b->s = scratch_new();
	b->p = place_new(2);
	scratch_dir(&b->s, "safe");
	b->hand = repo_hand_new(b->p.repo);
	assert_int_equal(saver_new(b->p.repo, &b->saver, &e), 0);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	saver_free(b->saver);
	repo_hand_free(b->hand);
	place_free(&b->p);
	scratch_free(&b->s);
	buf_fini(&b->told);
	free(b);
	return 0;
}

/* ---- making trees ---- */
static struct id
save(struct bench *b, enum blob_type t, const void *data, size_t len)
{
	struct saved how;
	struct err e;
	struct id id;

	if (saver_save(b->saver, b->hand, t, data, len, &id, &how, &e) < 0)
		fail_msg("%s", e.text);
	return id;
}

static struct id
save_tree(struct bench *b, const char *json)
{
	CLEAN_BUF struct buf text = {0};

	buf_addf(&text, "{\"nodes\":[%s]}\n", json);
	return save(b, BLOB_TREE, text.data, text.len);
}

#define TIMES "\"mtime\":\"2026-01-02T03:04:05Z\",\"atime\":\"2026-01-02T03:04:05Z\"," \
	"\"ctime\":\"2026-01-02T03:04:05Z\",\"uid\":0,\"gid\":0"

/* A file of this name (as it stands in JSON) and text; more: other members. */
static void
add_file(struct bench *b, struct buf *json, const char *name, const char *text,
    const char *more)
{
	struct id id = save(b, BLOB_DATA, text, strlen(text));
	char hex[ID_HEX];

	id_hex(&id, hex);
	buf_addf(json, "%s{\"name\":\"%s\",\"type\":\"file\",\"mode\":420," TIMES
	    ",\"size\":%zu%s,\"content\":[\"%s\"]}", json->len > 0 ? "," : "",
	    name, strlen(text), more, hex);
}

static void
add_folder(struct buf *json, const char *name, const struct id *tree)
{
	char hex[ID_HEX];

	id_hex(tree, hex);
	buf_addf(json, "%s{\"name\":\"%s\",\"type\":\"dir\",\"mode\":2147484141,"
	    TIMES ",\"content\":null,\"subtree\":\"%s\"}",
	    json->len > 0 ? "," : "", name, hex);
}

static void
add_symlink(struct buf *json, const char *name, const char *target)
{
	buf_addf(json, "%s{\"name\":\"%s\",\"type\":\"symlink\",\"mode\":134218239,"
	    TIMES ",\"linktarget\":\"%s\",\"content\":null}",
	    json->len > 0 ? "," : "", name, target);
}

/* ---- restoring ---- */
static void
on_problem(void *arg, const char *path, const struct err *why)
{
	struct bench *b = arg;

	buf_addf(&b->told, "%s: %s\n", path, why->text);
}

static int
on_stop(void *arg)
{
	struct bench *b = arg;

	return b->stop_at > 0 && ++b->asked >= b->stop_at;
}

static int
restore(struct bench *b, const struct id *tree, struct restore_options o,
    struct restore_result *out, struct err *e)
{
	const struct restore_events ev = { .arg = b, .problem = on_problem };
	const char *target = scratch_path(&b->s, "out");

	o.tree = *tree;
	o.target = target;
	o.stop = on_stop;
	o.stop_arg = b;
	buf_reset(&b->told);
	b->asked = 0;
	return restore_run(b->p.repo, &o, &ev, out, e);
}

/* Flush what was saved, and restore it: so many problems. */
static void
must_restore(struct bench *b, const struct id *tree, struct restore_options o,
    uint64_t problems)
{
	struct restore_result out;
	struct err e = {0};

	assert_int_equal(saver_flush(b->saver, &e), 0);
	if (restore(b, tree, o, &out, &e) < 0)
		fail_msg("%s", e.text);
	if (out.problems != problems)
		fail_msg("%d problems, wanted %d:\n%s", (int)out.problems,
		    (int)problems, buf_str(&b->told));
}

static int
is_there(struct bench *b, const char *rel)
{
	return faccessat(b->s.fd, rel, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
must_be(struct bench *b, const char *rel, const char *text)
{
	CLEAN_FD int fd = openat(b->s.fd, rel, O_RDONLY | O_NOFOLLOW);
	CLEAN_BUF struct buf data = {0};

	if (fd < 0 || fd_read_all(fd, 1 << 20, &data) < 0)
		fail_msg("%s: %s", rel, strerror(errno));
	assert_string_equal(buf_str(&data), text);
}

static int
is_told(struct bench *b, const char *words)
{
	return strstr(buf_str(&b->told), words) != NULL;
}

/* How many names are in a folder. */
static int
count(struct bench *b, const char *rel)
{
	DIR *d = opendir(scratch_path(&b->s, rel));
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

/* ---- names ---- */
static void
names_that_cannot_be(void **state)
{
	static const char *const bad[] = { "..", ".", "", "a/b", "../out2", "/abs",
	    "x\\\\x00y" };
	struct bench *b = *state;
	CLEAN_BUF struct buf inner = {0}, json = {0};
	struct restore_options o = { .delete = 1 };
	struct id sub, root;
	size_t i;

	add_file(b, &inner, "f", "inside", "");
	sub = save_tree(b, buf_str(&inner));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add_file(b, &json, bad[i], "outside", "");
		add_folder(&json, bad[i], &sub);
		add_symlink(&json, bad[i], "/");
	}
	add_file(b, &json, "good", "good", "");
	add_folder(&json, "folder", &sub);
	root = save_tree(b, buf_str(&json));
	scratch_dir(&b->s, "out");
	scratch_dir(&b->s, "out/folder");
	scratch_file(&b->s, "out/folder/extra", "mine");
	must_restore(b, &root, o, 3 * sizeof(bad) / sizeof(bad[0]));
	must_be(b, "out/good", "good");
	must_be(b, "out/folder/f", "inside");
	/* What the tree really holds is not known, so nothing is deleted. */
	must_be(b, "out/folder/extra", "mine");
	assert_int_equal(count(b, "out"), 2);
	assert_int_equal(count(b, ""), 2);	/* out and safe */
}

/* The same name as a symlink that leads out and as a folder or file. */
static void
a_symlink_of_the_same_name(void **state)
{
	struct bench *b = *state;
	CLEAN_BUF struct buf inner = {0}, json = {0};
	const char *safe = scratch_path(&b->s, "safe");
	const char *file = scratch_path(&b->s, "safe/f");
	struct restore_options o = {0};
	struct restore_result out;
	struct id sub, root;
	struct err e = {0};

	scratch_file(&b->s, "safe/f", "safe");
	add_file(b, &inner, "f", "from the snapshot", "");
	add_file(b, &inner, "new", "from the snapshot", "");
	sub = save_tree(b, buf_str(&inner));
	add_symlink(&json, "a", safe);
	add_folder(&json, "a", &sub);
	add_folder(&json, "b", &sub);
	add_symlink(&json, "b", safe);
	add_symlink(&json, "c", file);
	add_file(b, &json, "c", "from the snapshot", "");
	add_file(b, &json, "d", "from the snapshot", "");
	add_symlink(&json, "d", file);
	root = save_tree(b, buf_str(&json));
	assert_int_equal(saver_flush(b->saver, &e), 0);
	for (o.overwrite = RESTORE_ALWAYS; o.overwrite <= RESTORE_NEVER;
	    o.overwrite++) {
		if (restore(b, &root, o, &out, &e) < 0)
			fail_msg("%s", e.text);
		must_be(b, "safe/f", "safe");
		assert_int_equal(count(b, "safe"), 1);
	}
}

static void
a_folder_in_itself_without_end(void **state)
{
	struct bench *b = *state;
	struct restore_options o = {0};
	struct id sub = save_tree(b, "");
	unsigned i;

	for (i = 0; i < TREE_DEPTH_MAX + 10; i++) {
		CLEAN_BUF struct buf json = {0};

		add_folder(&json, "d", &sub);
		sub = save_tree(b, buf_str(&json));
	}
	must_restore(b, &sub, o, 1);
	assert_true(is_told(b, "too many folders"));
}

/* ---- contents ---- */
static void
files_that_lack_something(void **state)
{
	struct bench *b = *state;
	CLEAN_BUF struct buf json = {0};
	struct restore_options o = {0};
	struct id root;

	add_file(b, &json, "good", "good", "");
	buf_addf(&json, ",{\"name\":\"missing\",\"type\":\"file\",\"mode\":420,"
	    TIMES ",\"size\":3,\"content\":[\"%064d\"]}", 7);
	buf_addf(&json, ",{\"name\":\"null\",\"type\":\"file\",\"mode\":420,"
	    TIMES ",\"content\":null}");
	buf_addf(&json, ",{\"name\":\"what\",\"type\":\"door\",\"mode\":420,"
	    TIMES ",\"content\":null}");
	add_file(b, &json, "short", "short", ",\"size\":99");
	add_symlink(&json, "nowhere", "");
	root = save_tree(b, buf_str(&json));
	must_restore(b, &root, o, 5);
	must_be(b, "out/good", "good");
	must_be(b, "out/short", "short");
	assert_int_equal(count(b, "out"), 2);
	assert_true(is_told(b, "/missing: ") && is_told(b, "/null: ") &&
	    is_told(b, "/what: ") && is_told(b, "/short: ") &&
	    is_told(b, "/nowhere: "));
}

/* Sizes that somebody claims take no room. */
static void
absurd_sizes(void **state)
{
	struct bench *b = *state;
	CLEAN_BUF struct buf json = {0};
	struct restore_options o = {0};
	struct id id, root;
	char hex[ID_HEX];

	id = save(b, BLOB_DATA, "abc", 3);
	id_hex(&id, hex);
	buf_addf(&json, "{\"name\":\"f\",\"type\":\"file\",\"mode\":420," TIMES
	    ",\"size\":18446744073709551615,\"content\":[\"%s\",\"%s\"]}", hex,
	    hex);
	root = save_tree(b, buf_str(&json));
	must_restore(b, &root, o, 1);
	must_be(b, "out/f", "abcabc");
}

static void
a_target_that_cannot_be(void **state)
{
	struct bench *b = *state;
	struct restore_options o = {0};
	struct restore_result out;
	struct id root = save_tree(b, "");
	struct err e = {0};

	assert_int_equal(saver_flush(b->saver, &e), 0);
	scratch_file(&b->s, "out", "a file");
	assert_int_equal(restore(b, &root, o, &out, &e), -1);
	must_be(b, "out", "a file");
	/* A root that is not there. */
	unlinkat(b->s.fd, "out", 0);
	root.b[0] ^= 1;
	assert_int_equal(restore(b, &root, o, &out, &e), -1);
}

/* ---- stores that fail, and being stopped ---- */
#define FILES	40

static size_t
text_of(unsigned i, char *out, size_t size)
{
	size_t n = (size_t)i * 97 % (size - 1), k;

	for (k = 0; k < n; k++)
		out[k] = (char)('a' + (k * 7 + i) % 26);
	out[n] = '\0';
	return n;
}

static struct id
many_files(struct bench *b)
{
	CLEAN_BUF struct buf inner = {0}, json = {0};
	char text[3000], name[16];
	struct id sub, root;
	struct err e;
	unsigned i;

	for (i = 0; i < FILES; i++) {
		text_of(i, text, sizeof(text));
		snprintf(name, sizeof(name), "f%02u", i);
		add_file(b, &inner, name, text, "");
		/* Packs of a few files each. */
		if (i % 7 == 0)
			assert_int_equal(saver_flush(b->saver, &e), 0);
	}
	sub = save_tree(b, buf_str(&inner));
	add_folder(&json, "d", &sub);
	root = save_tree(b, buf_str(&json));
	assert_int_equal(saver_flush(b->saver, &e), 0);
	return root;
}

/* Each file is right, or told of, or (if it ended early) not there. */
static void
must_be_right(struct bench *b, int early)
{
	char text[3000], rel[32], line[32];
	unsigned i;

	for (i = 0; i < FILES; i++) {
		text_of(i, text, sizeof(text));
		snprintf(rel, sizeof(rel), "out/d/f%02u", i);
		snprintf(line, sizeof(line), "/d/f%02u: ", i);
		if (is_there(b, rel))
			must_be(b, rel, text);
		else if (!early && !is_told(b, line) && !is_told(b, "/d: "))
			fail_msg("%s is not there, and nobody says so", rel);
	}
}

static void
clear_out(struct bench *b)
{
	char rel[32];
	unsigned i;

	for (i = 0; i < FILES; i++) {
		snprintf(rel, sizeof(rel), "out/d/f%02u", i);
		unlinkat(b->s.fd, rel, 0);
	}
	unlinkat(b->s.fd, "out/d", AT_REMOVEDIR);
	assert_true(unlinkat(b->s.fd, "out", AT_REMOVEDIR) == 0 ||
	    errno == ENOENT);
}

static void
a_store_that_fails(void **state)
{
	static const enum store_fault kinds[] = { FAULT_FAIL, FAULT_DEAD };
	struct bench *b = *state;
	struct id root = many_files(b);
	struct restore_options o = {0};
	struct restore_result out;
	struct err e;
	uint64_t n;
	size_t k;
	int r;

	saver_free(b->saver);
	b->saver = NULL;
	for (k = 0; k < 2; k++)
		for (n = 1; n < 40; n++) {
			place_through(&b->p, kinds[k], n);
			e = (struct err){0};
			r = repo_load_index(b->p.repo, &e);
			if (r == 0)
				r = restore(b, &root, o, &out, &e);
			if (r < 0)
				assert_true(e.kind != ERR_NONE);
			if (is_there(b, "out"))
				must_be_right(b, r < 0);
			clear_out(b);
		}
}

static void
stopped_anywhere(void **state)
{
	struct bench *b = *state;
	struct id root = many_files(b);
	struct restore_options o = {0};
	struct restore_result out;
	struct err e;
	int r = -1;

	for (b->stop_at = 1; r < 0; b->stop_at++) {
		e = (struct err){0};
		r = restore(b, &root, o, &out, &e);
		if (r < 0)
			assert_int_equal(e.kind, ERR_STOPPED);
		must_be_right(b, r < 0);
		clear_out(b);
		assert_true(b->stop_at < 500);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_that_cannot_be, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(a_symlink_of_the_same_name, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(a_folder_in_itself_without_end,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_lack_something, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(absurd_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_target_that_cannot_be, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(a_store_that_fails, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(stopped_anywhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, place_end);
}
