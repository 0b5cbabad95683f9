/* test_trash.c -- where trash goes, and the text of .trashinfo paths. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/dir.h"
#include "testing/nobody.h"
#include "fs/trash.h"
#include "util/buf.h"
#include "util/err.h"

static struct scratch s;
static struct fs_trash_place p[2];
static size_t n;
static char own[32], shared[32];

static int
setup(void **state)
{
	(void)state;
	s = scratch_new();
	snprintf(own, sizeof(own), "m/.Trash-%u", (unsigned)geteuid());
	snprintf(shared, sizeof(shared), "m/.Trash/%u", (unsigned)geteuid());
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	umount2(scratch_path(&s, "m"), MNT_DETACH);
	scratch_free(&s);
	return 0;
}

/* The places for what lies in folder rel. */
static void
ask(const char *rel, const char *home)
{
	struct fs_dir *d;
	struct err e;

	assert_int_equal(fs_dir_open(scratch_path(&s, rel), &d, &e), 0);
	if (fs_trash_places(d, home, p, &n, &e) < 0)
		fail_msg("%s", e.text);
	fs_dir_free(d);
}

static void
done(void)
{
	fs_trash_place_fini(&p[0]);
	fs_trash_place_fini(&p[1]);
}

static void
by_home_it_is_the_home_trash(void **state)
{
	(void)state;
	scratch_dir(&s, "home");
	scratch_dir(&s, "docs");
	ask("docs", scratch_path(&s, "home/.local/share/Trash/"));
	assert_int_equal(n, 1);		/* though it is not there yet */
	assert_string_equal(p[0].base,
	    scratch_path(&s, "home/.local/share/Trash"));
	assert_null(p[0].top);
	assert_int_equal(p[0].same_fs, 1);
	done();
}

static void
want_top(const char *base)
{
	assert_int_equal(n, 2);
	assert_string_equal(p[0].base, scratch_path(&s, base));
	assert_string_equal(p[0].top, scratch_path(&s, "m"));
	assert_int_equal(p[0].same_fs, 1);
	assert_string_equal(p[1].base, scratch_path(&s, "home/Trash"));
	assert_null(p[1].top);
	assert_int_equal(p[1].same_fs, 0);
	done();
}

/* Another file system under m; 0 if it cannot be had. */
static int
mounted(void)
{
	if (not_root("mounting a tmpfs"))
		return 0;
	scratch_dir(&s, "m");
	scratch_dir(&s, "home");
	if (mount("none", scratch_path(&s, "m"), "tmpfs", 0, "mode=755") < 0) {
		printf("# skipped: no tmpfs can be mounted\n");
		return 0;
	}
	scratch_dir(&s, "m/docs");
	scratch_dir(&s, "m/docs/in");
	return 1;
}

static void
on_another_file_system_it_is_at_its_top(void **state)
{
	const char *home = scratch_path(&s, "home/Trash");

	(void)state;
	if (!mounted())
		return;
	ask("m/docs/in", home);
	want_top(own);
	scratch_link(&s, "m/docs", "way");	/* told by real paths */
	ask("way/in", home);
	want_top(own);
	scratch_dir(&s, own);
	assert_int_equal(fchmodat(s.fd, own, 0700, 0), 0);
	ask("m", home);
	want_top(own);
}

static void
a_shared_trash_is_used_if_it_is_sticky_and_real(void **state)
{
	const char *home = scratch_path(&s, "home/Trash");

	(void)state;
	if (!mounted())
		return;
	scratch_dir(&s, "m/.Trash");
	ask("m/docs", home);
	want_top(own);			/* not sticky */
	assert_int_equal(fchmodat(s.fd, "m/.Trash", 01777, 0), 0);
	ask("m/docs", home);
	want_top(shared);
	scratch_dir(&s, shared);
	assert_int_equal(fchmodat(s.fd, shared, 0700, 0), 0);
	ask("m/docs", home);
	want_top(shared);
	assert_int_equal(fchownat(s.fd, shared, NOBODY, NOBODY, 0), 0);
	ask("m/docs", home);
	want_top(own);			/* somebody has made it before us */
	assert_int_equal(unlinkat(s.fd, shared, AT_REMOVEDIR), 0);
	scratch_link(&s, "../docs", shared);
	ask("m/docs", home);
	want_top(own);
	assert_int_equal(unlinkat(s.fd, shared, 0), 0);

	assert_int_equal(renameat(s.fd, "m/.Trash", s.fd, "m/t"), 0);
	scratch_link(&s, "t", "m/.Trash");
	ask("m/docs", home);
	want_top(own);
}

static void
only_home(void)
{
	assert_int_equal(n, 1);
	assert_string_equal(p[0].base, scratch_path(&s, "home/Trash"));
	assert_int_equal(p[0].same_fs, 0);
	done();
}

static void
a_place_of_others_is_not_named(void **state)
{
	const char *home = scratch_path(&s, "home/Trash");
	struct fs_dir *d;
	struct err e;

	(void)state;
	if (!mounted())
		return;
	scratch_link(&s, "docs", own);
	ask("m/docs", home);
	only_home();
	assert_int_equal(unlinkat(s.fd, own, 0), 0);
	scratch_dir(&s, own);
	assert_int_equal(fchmodat(s.fd, own, 0777, 0), 0);
	ask("m/docs", home);
	only_home();
	assert_int_equal(fchmodat(s.fd, own, 0700, 0), 0);
	assert_int_equal(fchownat(s.fd, own, NOBODY, NOBODY, 0), 0);
	ask("m/docs", home);
	only_home();
	assert_int_equal(fs_dir_open(scratch_path(&s, "m"), &d, &e), 0);
	assert_int_equal(fs_trash_places(d, NULL, p, &n, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(n, 0);
	fs_dir_free(d);
}

/* st_dev is the same in a bind mount, but renames do not leave it. */
static void
a_bind_mount_has_a_trash_of_its_own(void **state)
{
	(void)state;
	if (not_root("bind mounts"))
		return;
	scratch_dir(&s, "m");
	scratch_dir(&s, "home");
	scratch_dir(&s, "real");
	scratch_dir(&s, "real/in");
	if (mount(scratch_path(&s, "real"), scratch_path(&s, "m"), "none",
	    MS_BIND, NULL) < 0) {
		printf("# skipped: no bind mount can be made\n");
		return;
	}
	ask("m/in", scratch_path(&s, "home/Trash"));
	want_top(own);
}

static int
nobody_asks(const struct scratch *t)
{
	struct fs_dir *d;
	struct err e;

	CHECK(fs_dir_open(scratch_path(t, "m/mine"), &d, &e) == 0);
	/* We could not make a .Trash-65534 in root's folder. */
	CHECK(fs_trash_places(d, scratch_path(t, "home/Trash"), p, &n, &e) == 0);
	CHECK(n == 1 && p[0].same_fs == 0);
	fs_dir_free(d);
	done();
	return 0;
}

static void
what_could_not_be_made_is_not_named(void **state)
{
	(void)state;
	if (!mounted())
		return;
	scratch_dir(&s, "m/mine");
	assert_int_equal(fchownat(s.fd, "m/mine", NOBODY, NOBODY, 0), 0);
	assert_int_equal(as_nobody(nobody_asks, &s), 0);
}

static void
paths_come_back_from_trashinfo(void **state)
{
	CLEAN_BUF struct buf enc = {0}, dec = {0};
	char all[256];
	int i;

	(void)state;
	for (i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	fs_trash_encode(&enc, all);
	for (i = 0; i < (int)enc.len; i++)
		assert_true(enc.data[i] > ' ' && enc.data[i] < 127);
	buf_adds(&dec, "x");
	assert_int_equal(fs_trash_decode(&dec, buf_str(&enc), enc.len), 0);
	assert_int_equal(buf_str(&dec)[0], 'x');
	assert_string_equal(buf_str(&dec) + 1, all);

	buf_reset(&enc);
	fs_trash_encode(&enc, "a/b c\n%.txt");
	assert_string_equal(buf_str(&enc), "a/b%20c%0A%25.txt");
	buf_reset(&dec);
	assert_int_equal(fs_trash_decode(&dec, "a%2fb c", 7), 0);
	assert_string_equal(buf_str(&dec), "a/b c");
}

static void
bad_escapes_are_refused(void **state)
{
	static const char *const bad[] = {
		"%", "a%4", "%zz", "%00", "ok%2", "%-1", "% 1",
	};
	CLEAN_BUF struct buf b = {0};
	char *big = calloc(1, FS_TRASH_TEXT_MAX + 1);
	size_t i;

	(void)state;
	buf_adds(&b, "x");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(fs_trash_decode(&b, bad[i], strlen(bad[i])),
		    -1);
		assert_int_equal(b.len, 1);
	}
	assert_int_equal(fs_trash_decode(&b, "a\0b", 3), -1);
	memset(big, 'a', FS_TRASH_TEXT_MAX + 1);
	assert_int_equal(fs_trash_decode(&b, big, FS_TRASH_TEXT_MAX + 1), -1);
	assert_int_equal(b.len, 1);
	free(big);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(by_home_it_is_the_home_trash),
		T(on_another_file_system_it_is_at_its_top),
		T(a_shared_trash_is_used_if_it_is_sticky_and_real),
		T(a_place_of_others_is_not_named),
		T(a_bind_mount_has_a_trash_of_its_own),
		T(what_could_not_be_made_is_not_named),
		cmocka_unit_test(paths_come_back_from_trashinfo),
		cmocka_unit_test(bad_escapes_are_refused),
	};

	return cmocka_run_group_tests_name("fs trash", tests, NULL, NULL);
}
