/*
 * test_fence.c -- what a fenced process can still change.  Each test is a child
 * of its own, as a fence stays.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "testing/scratch.h"
#include "util/fence.h"

static struct scratch s;
static int top_fd = -1;

static int
setup(void **state)
{
	(void)state;
	s = scratch_new();
	top_fd = s.fd;
	mkdirat(top_fd, "in", 0700);
	mkdirat(top_fd, "also", 0700);
	mkdirat(top_fd, "out", 0700);
	close(openat(top_fd, "out/file", O_CREAT | O_WRONLY, 0600));
	close(openat(top_fd, "out/own", O_CREAT | O_WRONLY, 0600));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(&s);
	return 0;
}

static int
can_write(const char *path)
{
	int fd = openat(top_fd, path, O_WRONLY | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* In the child: what went wrong, by number; 0 nothing. */
static int
try_all(void)
{
	char in[64], also[64], own[64], gone[64];
	const char *paths[] = { in, also, own, gone, "/dev/null", NULL };
	int fd;

	snprintf(in, sizeof(in), "%s/in", s.path);
	snprintf(also, sizeof(also), "%s/also", s.path);
	snprintf(own, sizeof(own), "%s/out/own", s.path);
	snprintf(gone, sizeof(gone), "%s/in/not/there/yet", s.path);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (fence_writes(paths) != 1)
		return 1;
	if (!can_write("in/a") || !can_write("out/own"))
		return 2;
	if (can_write("out/a") || can_write("out/file") || can_write("a"))
		return 3;
	/* From folder to folder, both inside; never out of it. */
	if (renameat(top_fd, "in/a", top_fd, "also/a") < 0)
		return 4;
	if (renameat(top_fd, "also/a", top_fd, "out/a") == 0 ||
	    linkat(top_fd, "also/a", top_fd, "out/a", 0) == 0)
		return 5;
	if (unlinkat(top_fd, "out/file", 0) == 0 ||
	    mkdirat(top_fd, "new", 0700) == 0 ||
	    symlinkat("x", top_fd, "out/a") == 0)
		return 6;
	if (renameat(top_fd, "out/file", top_fd, "in/a") == 0)
		return 7;
	fd = openat(top_fd, "out/file", O_RDONLY);
	if (fd < 0)
		return 8;		/* it reads as before */
	close(fd);
	fd = open("/dev/null", O_RDWR);
	return fd < 0 ? 9 : 0;
}

static int
in_a_child(int (*what)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(what());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
only_what_lies_inside(void **state)
{
	(void)state;
	if (fence_version() < 2)
		skip();
	assert_int_equal(in_a_child(try_all), 0);
}

/* What is not there yet can be made: the deepest folder that is there is open. */
static int
make_it(void)
{
	char path[64];
	const char *paths[] = { path, NULL };

	snprintf(path, sizeof(path), "%s/new/sub", s.path);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (fence_writes(paths) != 1)
		return 1;
	if (mkdirat(top_fd, "new", 0700) < 0 ||
	    mkdirat(top_fd, "new/sub", 0700) < 0 || !can_write("new/deep"))
		return 2;
	return 0;
}

static void
what_is_not_there_can_be_made(void **state)
{
	(void)state;
	if (fence_version() < 2)
		skip();
	assert_int_equal(in_a_child(make_it), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_lies_inside),
		cmocka_unit_test(what_is_not_there_can_be_made),
	};

	return cmocka_run_group_tests_name("util-fence", tests, setup, teardown);
}
