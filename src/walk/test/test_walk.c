/* test_walk.c -- going through folders: order, depth, what is passed over. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/nobody.h"
#include "util/buf.h"
#include "util/err.h"
#include "walk/walk.h"

static struct scratch s;

static int
setup(void **state)
{
	(void)state;
	s = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	umount2(scratch_path(&s, "top/b/m"), MNT_DETACH);
	scratch_free(&s);
	return 0;
}

/*
 * A walk as a text: "depth:folder below top(names) ...", folders in the names
 * with a slash, a folder that could not be read with its errno.
 */
static const char *
told(struct walk_source *src, const struct walk_options *o)
{
	static struct buf b;
	const char *top = scratch_path(&s, "top");
	struct walk_dir dir;
	struct walk *w;
	struct err e;
	size_t i;
	int r;

	buf_reset(&b);
	if (walk_open(src, top, o, &w, &e) < 0)
		fail_msg("%s", e.text);
	while ((r = walk_next(w, &dir, &e)) == 1) {
		buf_addf(&b, "%s%d:%s(", b.len ? " " : "", dir.depth,
		    dir.path + strlen(top));
		for (i = 0; i < dir.list.n; i++)
			buf_addf(&b, "%s%s%s", i ? "," : "",
			    dir.list.v[i].name,
			    dir.list.v[i].type == DT_DIR ? "/" : "");
		if (dir.error != NULL)
			buf_addf(&b, "!%d", dir.error->sys);
		buf_addc(&b, ')');
	}
	assert_int_equal(r, 0);
	assert_int_equal(walk_next(w, &dir, &e), 0);	/* and stays so */
	walk_free(w);
	return buf_str(&b);
}

static void
want(const struct walk_options *o, const char *text)
{
	assert_string_equal(told(&walk_disk, o), text);
}

static void
put_tree(void)
{
	scratch_dir(&s, "top");
	scratch_file(&s, "top/1", "");
	scratch_dir(&s, "top/a");
	scratch_file(&s, "top/a/2", "");
	scratch_dir(&s, "top/a/x");
	scratch_file(&s, "top/a/x/3", "");
	scratch_dir(&s, "top/a/y");
	scratch_dir(&s, "top/b");
	scratch_dir(&s, "top/b/z");
	scratch_link(&s, "..", "top/a/up");	/* never followed */
	scratch_link(&s, "top", "way");
}

static void
folders_come_top_down_in_order(void **state)
{
	(void)state;
	put_tree();
	want(&(struct walk_options){ .max_depth = -1 },
	    "0:(1,a/,b/) 1:/a(2,up,x/,y/) 2:/a/x(3) 2:/a/y() 1:/b(z/)"
	    " 2:/b/z()");
	want(&(struct walk_options){ .max_depth = -1, .breadth = 1 },
	    "0:(1,a/,b/) 1:/a(2,up,x/,y/) 1:/b(z/) 2:/a/x(3) 2:/a/y()"
	    " 2:/b/z()");
}

static void
depth_has_its_limits(void **state)
{
	(void)state;
	put_tree();
	want(NULL, "0:(1,a/,b/)");
	want(&(struct walk_options){0}, "0:(1,a/,b/)");
	want(&(struct walk_options){ .max_depth = 1 },
	    "0:(1,a/,b/) 1:/a(2,up,x/,y/) 1:/b(z/)");
	want(&(struct walk_options){ .min_depth = 1, .max_depth = 1 },
	    "1:/a(2,up,x/,y/) 1:/b(z/)");
	want(&(struct walk_options){ .min_depth = 2, .max_depth = -1 },
	    "2:/a/x(3) 2:/a/y() 2:/b/z()");
	want(&(struct walk_options){ .min_depth = 1, .max_depth = -1,
	    .breadth = 1 },
	    "1:/a(2,up,x/,y/) 1:/b(z/) 2:/a/x(3) 2:/a/y() 2:/b/z()");
	want(&(struct walk_options){ .min_depth = 3, .max_depth = -1 }, "");
}

static int
not_a(void *arg, const char *path, const char *name, int depth)
{
	int *asked = arg;

	++*asked;
	assert_true(depth == 1 || depth == 2);
	assert_string_equal(path + strlen(path) - (depth == 1 ? 4 : 6),
	    depth == 1 ? "/top" : "/top/b");
	return strcmp(name, "a") != 0;
}

static void
a_folder_can_be_left_out(void **state)
{
	int asked = 0;

	(void)state;
	put_tree();
	want(&(struct walk_options){ .max_depth = -1, .enter = not_a,
	    .arg = &asked }, "0:(1,a/,b/) 1:/b(z/) 2:/b/z()");
	assert_int_equal(asked, 3);
}

static void
a_top_that_cannot_be_had_is_an_error(void **state)
{
	struct walk *w = NULL;
	struct err e;

	(void)state;
	assert_int_equal(walk_open(&walk_disk, scratch_path(&s, "none"), NULL,
	    &w, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_non_null(strstr(e.text, "none"));
	scratch_dir(&s, "top");
	assert_int_equal(fchmodat(s.fd, "top", 0777, 0), 0);
	assert_int_equal(walk_open(&walk_disk, scratch_path(&s, "top"), NULL,
	    &w, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_null(w);
	walk_free(NULL);
}

static int
nobody_walks(const struct scratch *t)
{
	const char *text = told(&walk_disk,
	    &(struct walk_options){ .max_depth = -1 });

	(void)t;
	CHECK(strcmp(text, "0:(1,a/,b/) 1:/a(!13) 1:/b(z/) 2:/b/z()") == 0);
	return 0;
}

static void
an_unreadable_folder_is_told_and_passed_over(void **state)
{
	(void)state;
	if (not_root("to be another user"))
		return;
	put_tree();
	assert_int_equal(fchmodat(s.fd, "top/a", 0700, 0), 0);
	assert_int_equal(as_nobody(nobody_walks, &s), 0);
}

/* What changes between the list and its turn. */
static void
what_changes_meanwhile_is_seen(void **state)
{
	struct walk_options o = { .max_depth = -1 };
	struct walk_dir dir;
	struct walk *w;
	struct err e;

	(void)state;
	put_tree();
	assert_int_equal(walk_open(&walk_disk, scratch_path(&s, "top"), &o, &w,
	    &e), 0);
	assert_int_equal(walk_next(w, &dir, &e), 1);
	assert_int_equal(renameat(s.fd, "top/a", s.fd, "top/b/a"), 0);
	scratch_link(&s, "b", "top/a");
	assert_int_equal(walk_next(w, &dir, &e), 1);
	assert_string_equal(dir.path, scratch_path(&s, "top/a"));
	assert_int_equal(dir.error->kind, ERR_CHANGED);
	assert_int_equal(dir.list.n, 0);
	assert_null(dir.dir);
	assert_int_equal(unlinkat(s.fd, "top/b/z", AT_REMOVEDIR), 0);
	assert_int_equal(walk_next(w, &dir, &e), 1);
	assert_string_equal(dir.path, scratch_path(&s, "top/b"));
	assert_null(dir.error);
	assert_int_equal(renameat(s.fd, "top/b/a/y", s.fd, "y"), 0);
	assert_int_equal(walk_next(w, &dir, &e), 1);	/* b/a */
	assert_int_equal(walk_next(w, &dir, &e), 1);
	assert_string_equal(dir.path, scratch_path(&s, "top/b/a/x"));
	assert_int_equal(renameat(s.fd, "y", s.fd, "top/b/a/y"), 0);
	/* y was not in the list, so it does not come; z does not either. */
	assert_int_equal(walk_next(w, &dir, &e), 0);
	walk_free(w);
}

static void
other_file_systems_are_left_if_asked(void **state)
{
	(void)state;
	if (not_root("mounting a tmpfs"))
		return;
	put_tree();
	scratch_dir(&s, "top/b/m");
	if (mount("none", scratch_path(&s, "top/b/m"), "tmpfs", 0, NULL) < 0) {
		printf("# skipped: no tmpfs can be mounted\n");
		return;
	}
	assert_int_equal(fchmodat(s.fd, "top/b/m", 0755, 0), 0);
	scratch_dir(&s, "top/b/m/in");
	want(&(struct walk_options){ .min_depth = 2, .max_depth = -1 },
	    "2:/a/x(3) 2:/a/y() 2:/b/m(in/) 3:/b/m/in() 2:/b/z()");
	want(&(struct walk_options){ .min_depth = 2, .max_depth = -1,
	    .one_fs = 1 }, "2:/a/x(3) 2:/a/y() 2:/b/z()");
}

/* Whoever writes or removes there gives the kernel an order. */
static void
what_the_kernel_makes_up_is_left_if_asked(void **state)
{
	(void)state;
	if (not_root("mounting a proc"))
		return;
	put_tree();
	scratch_dir(&s, "top/b/m");
	if (mount("none", scratch_path(&s, "top/b/m"), "mqueue", 0, NULL) < 0) {
		printf("# skipped: no mqueue can be mounted\n");
		return;
	}
	want(&(struct walk_options){ .min_depth = 2, .max_depth = -1 },
	    "2:/a/x(3) 2:/a/y() 2:/b/m() 2:/b/z()");
	want(&(struct walk_options){ .min_depth = 2, .max_depth = -1,
	    .no_kernel = 1 }, "2:/a/x(3) 2:/a/y() 2:/b/z()");
}

/* Descriptors stay few and paths right, however deep and broad it is. */
static void
through(const struct walk_options *o, size_t folders, int before)
{
	const char *top = scratch_path(&s, "top");
	struct walk_dir dir;
	struct walk *w;
	size_t n = 0;
	struct err e;
	int most = 0, now;

	assert_int_equal(walk_open(&walk_disk, top, o, &w, &e), 0);
	while (walk_next(w, &dir, &e) == 1) {
		if (dir.error != NULL)
			fail_msg("%s", dir.error->text);
		assert_string_equal(dir.path, dir.dir->path);
		if (n++ % 64 == 0 && (now = count_fds()) > most)
			most = now;
	}
	walk_free(w);
	assert_int_equal(n, folders);
	assert_true(most - before <= WALK_HELD);
	assert_int_equal(count_fds(), before);
}

static void
a_tree_of_5000_levels_is_walked(void **state)
{
	struct walk_options o = { .max_depth = -1 };
	int fd, next, i, before = count_fds();

	(void)state;
	scratch_dir(&s, "top");
	fd = openat(s.fd, "top", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		/* Brothers to come back to, when their parent is let go. */
		if (i % 500 == 0)
			assert_int_equal(mkdirat(fd, "e", 0755), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	close(fd);
	through(&o, 5011, before);
	o.breadth = 1;
	through(&o, 5011, before);
	o.max_depth = 4000;
	through(&o, 4009, before);
}

static void
a_broad_tree_is_walked(void **state)
{
	struct walk_options o = { .max_depth = -1 };
	int i, j, before = count_fds();
	char name[40];

	(void)state;
	scratch_dir(&s, "top");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "top/%d", i);
		scratch_dir(&s, name);
		for (j = 0; j < 40; j++) {
			snprintf(name, sizeof(name), "top/%d/%d", i, j);
			scratch_dir(&s, name);
		}
	}
	through(&o, 1641, before);
	o.breadth = 1;
	through(&o, 1641, before);
}

/* A walk can be ended at any time. */
static void
a_walk_may_be_left_early(void **state)
{
	struct walk_options o = { .max_depth = -1 };
	int i, k, before = count_fds();
	struct walk_dir dir;
	struct walk *w;
	struct err e;

	(void)state;
	put_tree();
	for (k = 0; k < 2; k++, o.breadth = 1) {
		for (i = 0; i < 7; i++) {
			int n;

			assert_int_equal(walk_open(&walk_disk,
			    scratch_path(&s, "top"), &o, &w, &e), 0);
			for (n = 0; n < i; n++)
				walk_next(w, &dir, &e);
			walk_free(w);
		}
	}
	assert_int_equal(count_fds(), before);
}

/* A source of folders that are only planned: top, top/p, top/p/q. */
static struct walk_entry planned[] = { { "p", DT_DIR, &planned },
	{ "gone", DT_DIR, NULL } }, planned2[] = { { "q", DT_DIR, NULL } };

static int
planned_list(struct walk_source *src, const struct fs_dir *dir,
    const char *path, struct walk_list *out, struct err *e)
{
	const char *end = path + strlen(s.path);

	(void)src;
	assert_null(dir);
	*out = (struct walk_list){0};
	if (strcmp(end, "/top") == 0)
		*out = (struct walk_list){ planned, 2, NULL };
	else if (strcmp(end, "/top/p") == 0)
		*out = (struct walk_list){ planned2, 1, NULL };
	else if (strcmp(end, "/top/p/q") != 0)
		return err_set(e, ERR_NOENT, "%s is not there", path);
	return 0;
}

static void
planned_release(struct walk_source *src, struct walk_list *l)
{
	(void)src;
	*l = (struct walk_list){0};
}

static void
folders_that_are_only_planned_are_walked_too(void **state)
{
	struct walk_source src = { planned_list, planned_release };
	struct walk *w;
	struct err e;

	(void)state;
	assert_string_equal(told(&src,
	    &(struct walk_options){ .max_depth = -1 }),
	    "0:(p/,gone/) 1:/p(q/) 2:/p/q()");
	assert_int_equal(walk_open(&src, scratch_path(&s, "other"), NULL, &w,
	    &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(folders_come_top_down_in_order),
		T(depth_has_its_limits),
		T(a_folder_can_be_left_out),
		T(a_top_that_cannot_be_had_is_an_error),
		T(an_unreadable_folder_is_told_and_passed_over),
		T(what_changes_meanwhile_is_seen),
		T(other_file_systems_are_left_if_asked),
		T(what_the_kernel_makes_up_is_left_if_asked),
		T(a_tree_of_5000_levels_is_walked),
		T(a_broad_tree_is_walked),
		T(a_walk_may_be_left_early),
		T(folders_that_are_only_planned_are_walked_too),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
