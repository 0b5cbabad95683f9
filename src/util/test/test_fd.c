/* test_fd.c -- whole reads and writes, and standard descriptors always open. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"

static void
reads_at_an_offset_are_whole_or_at_the_end(void **state)
{
	CLEAN_FD int fd = memfd_create("test", MFD_CLOEXEC);
	char got[8] = "";

	(void)state;
	assert_int_equal(fd_pwrite_full(fd, "world", 5, 6), 0);
	assert_int_equal(fd_pwrite_full(fd, "hello ", 6, 0), 0);
	assert_int_equal(fd_pread_full(fd, got, 5, 3), 5);
	assert_memory_equal(got, "lo wo", 5);
	assert_int_equal(fd_pread_full(fd, got, 8, 8), 3);
	assert_memory_equal(got, "rld", 3);
	assert_int_equal(fd_pread_full(fd, got, 8, 11), 0);
	assert_int_equal(fd_pread_full(-1, got, 8, 0), -1);
	assert_int_equal(errno, EBADF);
}

static void
reading_all_ends_at_the_limit(void **state)
{
	CLEAN_FD int fd = memfd_create("test", MFD_CLOEXEC);
	CLEAN_BUF struct buf b = {0};

	(void)state;
	assert_int_equal(fd_write_all(fd, "12345", 5), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(fd, 5, &b), 0);
	assert_string_equal(buf_str(&b), "12345");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	buf_reset(&b);
	assert_int_equal(fd_read_all(fd, 4, &b), -1);
	assert_int_equal(errno, EFBIG);
}

/* In a child: close some of 0, 1 and 2 (a bit each), and look what comes. */
static int
reopens(unsigned closed)
{
	struct stat null, st;
	int fd;

	if (stat("/dev/null", &null) < 0)
		return 0;
	for (fd = 0; fd <= 2; fd++)
		if (closed & 1u << fd)
			close(fd);
	if (fd_reopen_stdio() < 0)
		return 0;
	for (fd = 0; fd <= 2; fd++)
		if (fstat(fd, &st) < 0 || ((closed & 1u << fd) &&
		    st.st_rdev != null.st_rdev))
			return 0;
	return 1;
}

static void
standard_descriptors_are_open_afterwards(void **state)
{
	unsigned closed;
	int status;
	pid_t pid;

	(void)state;
	for (closed = 0; closed < 8; closed++) {
		if ((pid = fork()) == 0)
			_exit(reopens(closed) ? 0 : 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_at_an_offset_are_whole_or_at_the_end),
		cmocka_unit_test(reading_all_ends_at_the_limit),
		cmocka_unit_test(standard_descriptors_are_open_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
