/*
 * The child that reads in our stead: what it answers, what it may not do, and
 * that its end is not ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/probe.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fence.h"

static int
file_of(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static int
work_echo(const struct probe_file *f, struct buf *out, struct err *e)
{
	ssize_t n = pread(f->fd, buf_room(out, f->size), f->size, 0);

	if (n < 0)
		return err_sys(e, "read");
	out->len = (size_t)n;
	return 0;
}

static int
work_refuse(const struct probe_file *f, struct buf *out, struct err *e)
{
	(void)f;
	buf_adds(out, "half");
	return err_set(e, ERR_CORRUPT, "it makes no sense");
}

static int
work_die(const struct probe_file *f, struct buf *out, struct err *e)
{
	(void)f, (void)out, (void)e;
	_exit(7);
}

static int
work_much(const struct probe_file *f, struct buf *out, struct err *e)
{
	(void)f, (void)e;
	for (int i = 0; i < 2000; i++)
		buf_addc(out, 'x');
	return 0;
}

/* All that a reader must not: each letter is one that worked. */
static int
work_escape(const struct probe_file *f, struct buf *out, struct err *e)
{
	char path[] = "/etc/passwd";

	(void)f, (void)e;
	/* cppcheck-suppress leakReturnValNotUsed ; the process ends at once */
	if (open(path, O_RDONLY) >= 0)
		buf_addc(out, 'o');
	/* cppcheck-suppress leakReturnValNotUsed */
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		buf_addc(out, 's');
	if (fork() >= 0)
		buf_addc(out, 'f');
	if (mkdirat(AT_FDCWD, "/tmp/fettle-probe-was-here", 0700) == 0)
		buf_addc(out, 'm');
	if (kill(getppid(), 0) == 0)
		buf_addc(out, 'k');
	/* cppcheck-suppress leakReturnValNotUsed */
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    /* cppcheck-suppress invalidFunctionArg ; -1 is what mmap wants */
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		buf_addc(out, 'x');
	if (execve("/bin/true", (char *[]){ path, NULL }, NULL) == 0)
		buf_addc(out, 'e');
	return 0;
}

static void
it_answers_one_file_after_the_other(void **state)
{
	static const struct probe_work echo = { work_echo, 1000 };
	struct probe *p = probe_new();
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 50; i++) {
		CLEAN_BUF struct buf out = {0};
		char text[32];
		int fd;

		snprintf(text, sizeof(text), "file %d", i);
		fd = file_of(text);
		buf_adds(&out, "> ");
		if (probe_ask(p, &echo, fd, strlen(text), &out, &e) < 0)
			fail_msg("%s", e.text);
		close(fd);
		assert_string_equal(buf_str(&out) + 2, text);
	}
	probe_free(p);
}

static void
failures_are_of_that_file_alone(void **state)
{
	static const struct probe_work echo = { work_echo, 1000 },
	    refuse = { work_refuse, 1000 }, die = { work_die, 1000 },
	    much = { work_much, 1000 };
	CLEAN_BUF struct buf out = {0};
	struct probe *p = probe_new();
	int fd = file_of("text");
	struct err e = {0};

	(void)state;
	assert_int_equal(probe_ask(p, &refuse, fd, 4, &out, &e), -1);
	assert_string_equal(e.text, "it makes no sense");
	assert_int_equal(out.len, 0);
	assert_int_equal(probe_ask(p, &die, fd, 4, &out, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(probe_ask(p, &echo, fd, 4, &out, &e), 0);
	assert_int_equal(probe_ask(p, &much, fd, 4, &out, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	assert_int_equal(probe_ask(p, &echo, fd, 4, &out, &e), 0);
	assert_string_equal(buf_str(&out), "texttext");
	close(fd);
	probe_free(p);
}

static void
it_can_do_nothing_else(void **state)
{
	static const struct probe_work escape = { work_escape, 1000 };
	CLEAN_BUF struct buf out = {0};
	struct probe *p = probe_new();
	int fd = file_of("text");
	struct err e = {0};

	(void)state;
	if (!fence_reader_works())
		skip();
	if (probe_ask(p, &escape, fd, 4, &out, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_str(&out), "");
	close(fd);
	probe_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_answers_one_file_after_the_other),
		cmocka_unit_test(failures_are_of_that_file_alone),
		cmocka_unit_test(it_can_do_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
