/*
 * test_overlay.c -- what the overlay says will be is what is, once it is done.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "testing/scratch.h"
#include "plan/overlay.h"
#include "util/buf.h"
#include "util/err.h"
#include "walk/walk.h"

static struct scratch s;
static struct overlay *o;

static int
setup(void **state)
{
	(void)state;
	s = scratch_new();
	o = overlay_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	overlay_free(o);
	scratch_free(&s);
	return 0;
}

#define P(rel)	scratch_path(&s, rel)

static int
taken(const char *dir, const char *name)
{
	struct err e = {0};
	int r = overlay_taken(o, P(dir), name, &e);

	if (r < 0)
		fail_msg("%s", e.text);
	return r;
}

static void
move(const char *fd, const char *f, const char *td, const char *t)
{
	struct fs_id id = { .ino = 77 };

	overlay_move(o, P(fd), f, P(td), t, &id, DT_REG);
}

/* What a walk will find: "folder(names)..." and for each that comes where it
 * lies now. */
static const char *
told(const char *top, int depth)
{
	static struct buf b;
	struct walk_options opt = { .max_depth = depth };
	const struct overlay_note *note;
	struct walk_dir dir;
	struct walk *w;
	struct err e = {0};
	size_t i, len = strlen(s.path) + 1;

	buf_reset(&b);
	if (walk_open(overlay_source(o), P(top), &opt, &w, &e) < 0) {
		buf_addf(&b, "!%d", (int)e.kind);
		return buf_str(&b);
	}
	while (walk_next(w, &dir, &e) == 1) {
		buf_addf(&b, "%s%s(", b.len ? " " : "", dir.path + len);
		for (i = 0; i < dir.list.n; i++) {
			note = dir.list.v[i].note;
			buf_addf(&b, "%s%s%s", i ? "," : "",
			    dir.list.v[i].name,
			    dir.list.v[i].type == DT_DIR ? "/" : "");
			if (note != NULL && note->real_dir != NULL)
				buf_addf(&b, "=%s/%s", note->real_dir + len,
				    note->real_name);
		}
		buf_addf(&b, dir.error != NULL ? "!)" : ")");
	}
	walk_free(w);
	return buf_str(&b);
}

static void
names_are_taken_on_disk_and_by_the_plan(void **state)
{
	struct err e;

	(void)state;
	scratch_dir(&s, "a");
	scratch_dir(&s, "b");
	scratch_file(&s, "a/1", "");
	scratch_file(&s, "b/2", "");
	assert_int_equal(taken("a", "1"), 1);
	assert_int_equal(taken("b", "1"), 0);
	move("a", "1", "b", "1");
	assert_int_equal(taken("a", "1"), 0);
	assert_int_equal(taken("b", "1"), 1);
	overlay_remove(o, P("b"), "2");
	assert_int_equal(taken("b", "2"), 0);
	overlay_copy(o, P("b"), "1", P("b"), "2", NULL, DT_REG);
	assert_int_equal(taken("b", "1"), 1);
	assert_int_equal(taken("b", "2"), 1);
	/* A folder is a name too, and one that is not there has none. */
	assert_int_equal(taken("", "a"), 1);
	assert_int_equal(taken("none", "1"), 0);
	assert_int_equal(overlay_dir_exists(o, P("none"), &e), 0);
	move("b", "1", "none/x", "1");
	assert_int_equal(overlay_dir_exists(o, P("none"), &e), 1);
	assert_int_equal(overlay_dir_exists(o, P("none/x"), &e), 1);
	assert_int_equal(taken("", "none"), 1);
	assert_int_equal(taken("none", "x"), 1);
	assert_int_equal(taken("none/x", "1"), 1);
	assert_int_equal(overlay_type(o, P("none"), "x", &e), DT_DIR);
	assert_int_equal(overlay_type(o, P("none/x"), "1", &e), DT_REG);
	assert_int_equal(overlay_type(o, P("none/x"), "2", &e), 0);
	assert_int_equal(overlay_type(o, P(""), "a", &e), DT_DIR);
	assert_int_equal(overlay_dir_exists(o, P("b/2"), &e), 0);
	/* Nothing was touched. */
	assert_int_equal(faccessat(s.fd, "a/1", F_OK, 0), 0);
	assert_int_equal(faccessat(s.fd, "b/2", F_OK, 0), 0);
	assert_int_not_equal(faccessat(s.fd, "none", F_OK, 0), 0);
}

static void
chains_lead_to_where_the_bytes_are(void **state)
{
	const char *dir, *name;
	struct fs_id id;
	struct err e = {0};

	(void)state;
	scratch_dir(&s, "a");
	scratch_dir(&s, "b");
	scratch_file(&s, "a/f", "12345");
	overlay_watch(o, P("c"), 0);
	/* b is not watched, but what came last is remembered. */
	move("a", "f", "b", "g");
	assert_int_equal(overlay_id(o, P("b"), "g", &id, NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	move("b", "g", "c", "h");
	assert_int_equal(taken("b", "g"), 0);
	assert_int_equal(overlay_id(o, P("c"), "h", &id, &dir, &name, &e), 1);
	assert_string_equal(dir, P("a"));
	assert_string_equal(name, "f");
	assert_true(id.ino == 77);
	assert_string_equal(told("c", -1), "c(h=a/f)");
	assert_string_equal(told("a", -1), "a()");
	assert_string_equal(told("b", -1), "b()");
	/* And back, under its own name. */
	move("c", "h", "a", "f");
	assert_string_equal(told("c", -1), "c()");
	assert_int_equal(taken("a", "f"), 1);
	/* What lies on disk is itself. */
	scratch_file(&s, "b/disk", "12345");
	assert_int_equal(overlay_id(o, P("b"), "disk", &id, &dir, &name, &e),
	    1);
	assert_int_equal(id.size, 5);
	assert_string_equal(dir, P("b"));
	assert_string_equal(name, "disk");
	assert_int_equal(overlay_id(o, P("b"), "none", &id, &dir, &name, &e),
	    0);
}

static void
a_later_walk_sees_what_came_and_not_what_went(void **state)
{
	(void)state;
	scratch_dir(&s, "in");
	scratch_dir(&s, "out");
	scratch_dir(&s, "out/sub");
	scratch_file(&s, "in/1", "");
	scratch_file(&s, "in/2", "");
	scratch_file(&s, "out/9", "");
	scratch_file(&s, "out/sub/8", "");
	overlay_watch(o, P("out"), 1);
	assert_string_equal(told("out", -1), "out(9,sub/) out/sub(8)");
	move("in", "1", "out", "5");
	move("in", "2", "out/new/er", "2");
	overlay_remove(o, P("out/sub"), "8");
	overlay_mkdir(o, P("out/empty"));
	assert_string_equal(told("out", -1),
	    "out(5=in/1,9,empty/,new/,sub/) out/empty() out/new(er/)"
	    " out/new/er(2=in/2) out/sub()");
	assert_string_equal(told("out", 0), "out(5=in/1,9,empty/,new/,sub/)");
	assert_string_equal(told("in", -1), "in()");
	move("out/new/er", "2", "out", "2");
	overlay_remove(o, P("out/new"), "er");
	overlay_remove(o, P("out"), "empty");
	assert_string_equal(told("out", -1),
	    "out(2=in/2,5=in/1,9,new/,sub/) out/new() out/sub()");
	/* A folder that is only planned, as the top. */
	assert_string_equal(told("out/new", -1), "out/new()");
	assert_string_equal(told("out/new/er", -1), "!3");
	assert_string_equal(told("out/empty", -1), "!3");
}

static void
folders_move_with_all_that_is_in_them(void **state)
{
	struct fs_id id = {0};
	struct err e = {0};

	(void)state;
	overlay_watch(o, "/", 1);
	scratch_dir(&s, "a");
	scratch_dir(&s, "a/x");
	scratch_dir(&s, "a/x/deep");
	scratch_dir(&s, "b");
	scratch_file(&s, "a/1", "");
	scratch_file(&s, "a/x/2", "");
	scratch_file(&s, "a/x/deep/3", "");
	move("a", "1", "a/x", "1");
	move("a/x", "2", "a/x", "two");
	overlay_move(o, P("a"), "x", P("b"), "y", &id, DT_DIR);
	assert_string_equal(told("a", -1), "a()");
	assert_string_equal(told("b", -1),
	    "b(y/=a/x) b/y(1=a/1,deep/=a/x/deep,two=a/x/2)"
	    " b/y/deep(3=a/x/deep/3)");
	assert_int_equal(taken("a", "x"), 0);
	assert_int_equal(taken("a/x", "1"), 0);
	assert_int_equal(taken("b/y/deep", "3"), 1);
	assert_int_equal(taken("b/y", "2"), 0);
	assert_int_equal(overlay_dir_exists(o, P("a/x/deep"), &e), 0);
	assert_int_equal(overlay_dir_exists(o, P("b/y/deep"), &e), 1);
	/* A new one in its old place has nothing of the old. */
	overlay_mkdir(o, P("a/x"));
	assert_string_equal(told("a", -1), "a(x/) a/x()");
	assert_int_equal(taken("a/x", "deep"), 0);
	/* On again, and another into the place it had. */
	overlay_move(o, P("b"), "y", P("c/d"), "z", &id, DT_DIR);
	overlay_move(o, P("a"), "x", P("b"), "y", &id, DT_DIR);
	assert_string_equal(told("c", -1),
	    "c(d/) c/d(z/=a/x) c/d/z(1=a/1,deep/=a/x/deep,two=a/x/2)"
	    " c/d/z/deep(3=a/x/deep/3)");
	assert_string_equal(told("b", -1), "b(y/) b/y()");
	assert_string_equal(told("a", -1), "a()");
}

static void
a_copied_folder_is_there_twice(void **state)
{
	struct fs_id id = {0};

	(void)state;
	overlay_watch(o, "/", 1);
	scratch_dir(&s, "a");
	scratch_dir(&s, "a/x");
	scratch_file(&s, "a/x/1", "");
	overlay_copy(o, P("a"), "x", P("b"), "y", &id, DT_DIR);
	overlay_remove(o, P("a/x"), "1");
	assert_string_equal(told("a", -1), "a(x/) a/x()");
	assert_string_equal(told("b", -1), "b(y/=a/x) b/y(1=a/x/1)");
	assert_int_equal(taken("b/y", "1"), 1);
	assert_int_equal(taken("a/x", "1"), 0);
}

static void
a_folder_is_the_same_by_any_path(void **state)
{
	struct err e = {0};

	(void)state;
	overlay_watch(o, P("way"), 1);
	scratch_dir(&s, "real");
	scratch_dir(&s, "real/in");
	scratch_link(&s, "real", "way");
	scratch_link(&s, s.path, "top");
	scratch_link(&s, "loop2", "loop1");
	scratch_link(&s, "loop1", "loop2");
	scratch_file(&s, "real/1", "");
	overlay_free(o);
	o = overlay_new();
	overlay_watch(o, P("way"), 1);
	move("real", "1", "top/way//in/.", "2");
	assert_int_equal(taken("way", "1"), 0);
	assert_int_equal(taken("real/in", "2"), 1);
	assert_int_equal(taken("way/in/../in", "2"), 1);
	assert_string_equal(told("way", -1), "way(in/) way/in(2=real/1)");
	assert_string_equal(told("real", -1), "real(in/) real/in(2=real/1)");
	assert_int_equal(overlay_type(o, P(""), "way", &e), DT_LNK);
	assert_int_equal(overlay_taken(o, P("loop1/x"), "1", &e), 0);
	assert_int_equal(overlay_dir_exists(o, P("loop1"), &e), -1);
	assert_int_equal(e.sys, ELOOP);
}

static void
names_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b" };
	char longest[300];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(overlay_taken(o, s.path, bad[i], &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	memset(longest, 'x', 255);
	longest[255] = '\0';
	assert_int_equal(taken("", longest), 0);
	move("", "f", "", longest);
	assert_int_equal(taken("", longest), 1);
	memset(longest, 'x', 256);
	longest[256] = '\0';
	assert_int_equal(overlay_taken(o, s.path, longest, &e), -1);
	assert_int_equal(e.sys, ENAMETOOLONG);
}

/* Asked singly at first, then read whole: the same answers, changes and all. */
static void
many_questions_get_the_same_answers(void **state)
{
	char name[16], from[16];
	int i;

	(void)state;
	scratch_dir(&s, "d");
	for (i = 0; i < 1000; i += 2) {
		snprintf(name, sizeof(name), "d/%d", i);
		scratch_file(&s, name, "");
	}
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(taken("d", name), i % 2 == 0 || i % 10 == 5);
		if (i % 10 == 0)
			overlay_remove(o, P("d"), name);
		snprintf(from, sizeof(from), "%d", i + 1);
		if (i % 10 == 4)
			move("else", "x", "d", from);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(taken("d", name), i % 10 == 5 ||
		    (i % 2 == 0 && i % 10 != 0));
	}
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(names_are_taken_on_disk_and_by_the_plan),
		T(chains_lead_to_where_the_bytes_are),
		T(a_later_walk_sees_what_came_and_not_what_went),
		T(folders_move_with_all_that_is_in_them),
		T(a_copied_folder_is_there_twice),
		T(a_folder_is_the_same_by_any_path),
		T(names_that_are_none_are_refused),
		T(many_questions_get_the_same_answers),
	};

	return cmocka_run_group_tests_name("plan overlay", tests, NULL, NULL);
}
