/*
 * test_overlay_twin.c -- what the overlay says will be is what is, once done.
 *
 * Random operations are told to the overlay over tree a and done in its twin,
 * tree b.  Then a as it will be must be b as it is: names, types, bytes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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
	char dir[16], name[8], rel[64], text[64];
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
		snprintf(text, sizeof(text), "%s", rel);
		rel[0] = 'b';
		if (name[0] == 'd')
			scratch_dir(&s, rel);
		else
			scratch_file(&s, rel, text);
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
		T(what_will_be_is_what_is_then),
	};

	return cmocka_run_group_tests_name("plan overlay twin", tests, NULL,
	    NULL);
}
