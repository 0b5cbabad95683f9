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
#include <time.h>

#include "fs/test/scratch.h"
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

/*
 * Random operations are told to the overlay over tree a and done in its twin,
 * tree b.  Then a as it will be must be b as it is: names, types, bytes.
 */
#define NAMES	6
#define DIRS	5

static unsigned seed;

static unsigned
any(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* A folder, up to three levels deep, by its path below a or b. */
static void
any_dir(char out[16])
{
	unsigned depth = any(4), i;

	out[0] = '\0';
	for (i = 0; i < depth; i++)
		snprintf(out + 3 * i, 4, "/d%u", any(DIRS));
}

static void
any_name(char out[8])
{
	snprintf(out, 8, any(3) == 0 ? "d%u" : "f%u", any(NAMES));
}

static int
type_in(const char *tree, const char *dir, const char *name)
{
	char rel[64];
	struct stat st;

	snprintf(rel, sizeof(rel), "%s%s%s%s", tree, dir, *name ? "/" : "",
	    name);
	if (fstatat(s.fd, rel, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (int)IFTODT(st.st_mode);
}

static void
put_random_tree(void)
{
	char dir[16], name[8], rel[64];
	int i;

	scratch_dir(&s, "a");
	scratch_dir(&s, "b");
	for (i = 0; i < 60; i++) {
		any_dir(dir);
		any_name(name);
		snprintf(rel, sizeof(rel), "a%s/%s", dir, name);
		if (type_in("a", dir, "") != DT_DIR ||
		    type_in("a", dir, name) != 0)
			continue;
		if (name[0] == 'd')
			scratch_dir(&s, rel);
		else
			scratch_file(&s, rel, rel);
		rel[0] = 'b';
		if (name[0] == 'd')
			scratch_dir(&s, rel);
		else {
			rel[0] = 'a';
			char text[64];
			snprintf(text, sizeof(text), "%s", rel);
			rel[0] = 'b';
			scratch_file(&s, rel, text);
		}
	}
}

/* Make b's folder dir with its parents; 0 if something is in the way. */
static int
make_dirs(const char *dir)
{
	char part[20];
	size_t i;

	for (i = 3; i <= strlen(dir); i += 3) {
		snprintf(part, sizeof(part), "%.*s", (int)i, dir);
		if (type_in("b", part, "") == DT_REG)
			return 0;
	}
	for (i = 3; i <= strlen(dir); i += 3) {
		snprintf(part, sizeof(part), "b%.*s", (int)i, dir);
		if (mkdirat(s.fd, part, 0755) < 0 && errno != EEXIST)
			return 0;
	}
	return 1;
}

static void
copy_file(const char *from, const char *to)
{
	char text[64] = "";
	int fd = openat(s.fd, from, O_RDONLY);

	scratch_must(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0, from);
	close(fd);
	scratch_file(&s, to, text);
}

static void
one_operation(void)
{
	char fd[16], td[16], f[8], t[8], from[64], to[64], pa[80], pb[80];
	struct fs_id id = { .ino = 5 };
	int type, what = (int)any(8);

	any_dir(fd);
	any_dir(td);
	any_name(f);
	any_name(t);
	type = type_in("b", fd, f);
	snprintf(from, sizeof(from), "b%s/%s", fd, f);
	snprintf(to, sizeof(to), "b%s/%s", td, t);
	snprintf(pa, sizeof(pa), "a%s", fd);
	snprintf(pb, sizeof(pb), "a%s", td);
	if (what == 0) {
		if (make_dirs(td))
			overlay_mkdir(o, P(pb));
	} else if (type == 0) {
		return;
	} else if (what == 1) {
		if (unlinkat(s.fd, from, type == DT_DIR ? AT_REMOVEDIR : 0)
		    == 0)
			overlay_remove(o, P(pa), f);
	} else if (what == 2 && type == DT_REG) {
		if (type_in("b", td, t) != 0 || !make_dirs(td) ||
		    type_in("b", td, t) != 0)
			return;
		copy_file(from, to);
		overlay_copy(o, P(pa), f, P(pb), t, &id, type);
	} else {
		/* Not a folder into itself. */
		if (type_in("b", td, t) != 0 ||
		    strncmp(to, from, strlen(from)) == 0 || !make_dirs(td) ||
		    type_in("b", td, t) != 0)
			return;
		if (renameat(s.fd, from, s.fd, to) == 0)
			overlay_move(o, P(pa), f, P(pb), t, &id, type);
	}
}

/* What lies at the place the overlay names, by its bytes. */
static void
add_text(struct buf *b, int at, const char *name)
{
	char text[64];
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		fail_msg("%s cannot be read", name);
	buf_add(b, text, (size_t)n);
	close(fd);
}

static void
describe(struct walk_source *src, const char *top, struct buf *b)
{
	struct walk_options opt = { .max_depth = -1 };
	const struct overlay_note *note;
	const struct walk_entry *v;
	size_t i, len = strlen(P(top));
	struct walk_dir dir;
	struct err e = {0};
	struct walk *w;
	int at;

	if (walk_open(src, P(top), &opt, &w, &e) < 0)
		fail_msg("%s", e.text);
	while (walk_next(w, &dir, &e) == 1) {
		if (dir.error != NULL)
			fail_msg("%s", dir.error->text);
		buf_addf(b, "%s:\n", dir.path + len);
		for (i = 0; i < dir.list.n; i++) {
			v = &dir.list.v[i];
			note = v->note;
			buf_addf(b, "  %s %d ", v->name, v->type);
			if (v->type == DT_REG && note != NULL) {
				at = open(note->real_dir, O_RDONLY);
				add_text(b, at, note->real_name);
				close(at);
			} else if (v->type == DT_REG) {
				add_text(b, dir.dir->fd, v->name);
			}
			buf_addc(b, '\n');
		}
	}
	walk_free(w);
}

static void
compare_questions(void)
{
	char dir[16], name[8], pa[80];
	struct err e;
	int i, type;

	for (i = 0; i < 200; i++) {
		any_dir(dir);
		any_name(name);
		snprintf(pa, sizeof(pa), "a%s", dir);
		type = type_in("b", dir, name);
		assert_int_equal(overlay_taken(o, P(pa), name, &e), type != 0);
		assert_int_equal(overlay_type(o, P(pa), name, &e), type);
		assert_int_equal(overlay_dir_exists(o, P(pa), &e),
		    type_in("b", dir, "") == DT_DIR);
	}
}

static void
what_will_be_is_what_is_then(void **state)
{
	struct buf will = {0}, is = {0};
	int round, i;

	(void)state;
	seed = getenv("TEST_SEED") != NULL ?
	    (unsigned)strtoul(getenv("TEST_SEED"), NULL, 10) :
	    (unsigned)time(NULL);
	for (round = 0; round < 40; round++) {
		printf("# seed %u\n", seed);
		if (round > 0) {
			teardown(NULL);
			setup(NULL);
		}
		put_random_tree();
		if (round % 4 != 0)
			overlay_watch(o, round % 4 == 1 ? P("a") : "/", 1);
		for (i = 0; i < 60; i++) {
			one_operation();
			if (i % 7 == 0)
				compare_questions();
		}
		compare_questions();
		if (round % 4 == 0)
			continue;
		buf_reset(&will);
		buf_reset(&is);
		describe(overlay_source(o), "a", &will);
		describe(&walk_disk, "b", &is);
		assert_string_equal(buf_str(&will), buf_str(&is));
	}
	buf_fini(&will);
	buf_fini(&is);
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
		T(what_will_be_is_what_is_then),
	};

	return cmocka_run_group_tests_name("plan overlay", tests, NULL, NULL);
}
