/*
 * test_volume.c -- a file system keeps its number: over mounts, on other
 * devices, for its subvolumes.  Needs root, loop devices and the mkfs programs;
 * what is not there is skipped and told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/dir.h"
#include "testing/nobody.h"
#include "fs/trash.h"
#include "util/err.h"

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
	umount2(scratch_path(&s, "m"), MNT_DETACH);
	umount2(scratch_path(&s, "other"), MNT_DETACH);
	scratch_free(&s);
	return 0;
}

/* Run a program quietly: 1 if it went well. */
static int
run(const char *a, const char *b, const char *c, const char *d, const char *e)
{
	int status = -1, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
		execlp(a, a, b, c, d, e, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static int
mount_image(const char *image, const char *at)
{
	return run("mount", "-o", "loop", scratch_path(&s, image),
	    scratch_path(&s, at));
}

/* An image of a file system, mounted on m; 0 if it cannot be had. */
static int
mounted(const char *mkfs)
{
	int fd;

	if (not_root("loop mounts"))
		return 0;
	scratch_dir(&s, "m");
	scratch_dir(&s, "other");
	fd = openat(s.fd, "image", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	scratch_must(ftruncate(fd, 512 << 20) == 0, "image");
	close(fd);
	if (!run(mkfs, "-q", scratch_path(&s, "image"), NULL, NULL) ||
	    !mount_image("image", "m")) {
		printf("# skipped: %s or its mount cannot be had\n", mkfs);
		return 0;
	}
	return 1;
}

static uint64_t
number(const char *rel)
{
	struct fs_dir *d;
	struct err e;
	uint64_t fs;

	if (fs_dir_open(scratch_path(&s, rel), &d, &e) < 0)
		fail_msg("%s", e.text);
	fs = d->fs;
	fs_dir_free(d);
	return fs;
}

/* On another device, and among others, it has the same number. */
static void
number_stays(const char *mkfs)
{
	struct fs_dir *d;
	struct fs_id id;
	struct err e;
	uint64_t fs;

	if (!mounted(mkfs))
		return;
	fs = number("m");
	assert_true(fs != number(""));
	/* Looked at from above, too, by folders and files. */
	assert_int_equal(fs_dir_open(s.path, &d, &e), 0);
	assert_int_equal(fs_stat(d, "m", &id, &e), 0);
	assert_true(id.fs == fs);
	assert_int_equal(fs_stat(d, "other", &id, &e), 0);
	assert_true(id.fs == d->fs);
	fs_dir_free(d);
	assert_int_equal(umount(scratch_path(&s, "m")), 0);

	/* Its loop device is taken by another one now. */
	assert_true(run("cp", "--sparse=always", scratch_path(&s, "image"),
	    scratch_path(&s, "image2"), NULL));
	assert_true(run("mkfs.ext4", "-F", "-q", scratch_path(&s, "image2"),
	    NULL));
	assert_true(mount_image("image2", "other"));
	assert_true(mount_image("image", "m"));
	assert_true(number("m") == fs);
	assert_true(number("other") != fs);
}

static void
ext4_keeps_its_number(void **state)
{
	(void)state;
	number_stays("mkfs.ext4");
}

static void
xfs_keeps_its_number(void **state)
{
	(void)state;
	number_stays("mkfs.xfs");
}

static void
btrfs_keeps_its_number(void **state)
{
	(void)state;
	number_stays("mkfs.btrfs");
}

/* Renames do not go from one subvolume into another: not the same. */
static void
subvolumes_are_told_apart(void **state)
{
	struct fs_trash_place p[2];
	struct fs_dir *d;
	struct fs_id id;
	struct err e;
	size_t n;

	(void)state;
	if (!mounted("mkfs.btrfs"))
		return;
	if (!run("btrfs", "subvolume", "create", scratch_path(&s, "m/sub"),
	    NULL)) {
		printf("# skipped: no subvolume can be made\n");
		return;
	}
	scratch_dir(&s, "m/dir");
	assert_true(number("m/sub") != number("m"));
	assert_true(number("m/dir") == number("m"));
	assert_int_equal(fs_dir_open(scratch_path(&s, "m"), &d, &e), 0);
	assert_int_equal(fs_stat(d, "sub", &id, &e), 0);
	assert_true(id.fs == number("m/sub"));
	fs_dir_free(d);

	/* So it has a trash of its own, at its own top. */
	scratch_dir(&s, "m/sub/in");
	assert_int_equal(fs_dir_open(scratch_path(&s, "m/sub/in"), &d, &e), 0);
	assert_int_equal(fs_trash_places(d, NULL, p, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(p[0].top, scratch_path(&s, "m/sub"));
	fs_trash_place_fini(&p[0]);
	fs_dir_free(d);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(ext4_keeps_its_number),
		T(xfs_keeps_its_number),
		T(btrfs_keeps_its_number),
		T(subvolumes_are_told_apart),
	};

	return cmocka_run_group_tests_name("fs volume", tests, NULL, NULL);
}
