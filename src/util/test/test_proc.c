/*
 * test_proc.c -- a child gets what it is given and nothing else, and is never
 * waited for longer than was said.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/proc.h"

#define SECOND	((int64_t)1000000)

/* Run a script by sh, which here is the program under test's child. */
static int
run(struct proc_spec s, const char *script, struct buf *out)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct err e;
	int status = -1;

	s.argv = argv;
	buf_reset(out);
	if (proc_run(&s, 65536, 60 * SECOND, out, &status, &e) < 0)
		fail_msg("%s", e.text);
	buf_str(out);
	return status;
}

static void
words_and_statuses_come_back(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { PROC_NULL };

	(void)state;
	assert_int_equal(run(s, "echo 'a b'; exit 7", &b), 7);
	assert_string_equal(buf_str(&b), "a b\n");
	assert_int_equal(run(s, "kill -9 $$", &b), 128 + 9);
	assert_int_equal(run(s, "cat; echo gone >&2", &b), 0);
	assert_int_equal(b.len, 0);
}

static void
arguments_are_never_read_by_a_shell(void **state)
{
	const char *argv[] = { "printf", "%s|", "$HOME", "a;b", "`x`", "", NULL };
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { .argv = argv, PROC_NULL };
	struct err e;
	int status;

	(void)state;
	assert_int_equal(proc_run(&s, 100, -1, &b, &status, &e), 0);
	assert_string_equal(buf_str(&b), "$HOME|a;b|`x`||");
}

static void
what_cannot_run_is_told_at_the_start(void **state)
{
	const char *none[] = { "no-such-program-anywhere", NULL };
	const char *nowhere[] = { "/nowhere/at all", NULL };
	const char *denied[] = { "/etc/passwd", NULL };
	const char *folder[] = { "/", NULL };
	struct proc_spec s = { .argv = none, PROC_NULL };
	struct proc p;
	struct err e;

	(void)state;
	assert_int_equal(proc_start(&s, &p, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(p.pid, 0);
	s.argv = nowhere;
	assert_int_equal(proc_start(&s, &p, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_non_null(strstr(e.text, "start '/nowhere/at all': "));
	s.argv = denied;
	assert_int_equal(proc_start(&s, &p, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	s.argv = folder;
	assert_int_equal(proc_start(&s, &p, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);	/* nothing was left behind */
}

static void
only_the_given_descriptors_are_inherited(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { PROC_NULL };
	int leak = open("/", O_RDONLY), keep = open("/", O_RDONLY | O_CLOEXEC);
	char expected[64];

	(void)state;
	assert_true(leak >= 3 && keep >= 3);
	s.keep = &keep;
	s.n_keep = 1;
	/* sh opens none itself while it expands, ls one for the folder. */
	assert_int_equal(run(s, "for f in /proc/$$/fd/*; do "
	    "test $f -ef / && echo ${f##*/}; done; "
	    "test -e /proc/self/fd/2 && echo two", &b), 0);
	snprintf(expected, sizeof(expected), "%d\ntwo\n", keep);
	assert_string_equal(buf_str(&b), expected);
	close(leak);
	close(keep);
}

/* The three may be given in any order, even each other's numbers. */
static void
descriptors_may_change_places(void **state)
{
	const char *argv[] = { "sh", "-c", "cat; echo err >&2", NULL };
	int was[3], in[2], out[2], i, status;
	char got[32] = "";
	struct proc p;
	struct err e = {0};
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], "in ", 3), 3);
	close(in[1]);
	for (i = 0; i < 3; i++)
		was[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	dup2(out[1], 0);	/* our 0 is its 1 and 2, our 2 its 0 */
	dup2(in[0], 2);
	struct proc_spec s = { .argv = argv, .in = 2, .out = 0, .err = 0,
	    .dir = -1 };
	i = proc_start(&s, &p, &e);
	dup2(was[0], 0);
	dup2(was[2], 2);
	if (i < 0)
		fail_msg("%s", e.text);
	assert_int_equal(proc_wait(&p, -1, &status, &e), 1);
	assert_int_equal(status, 0);
	n = read(out[0], got, sizeof(got) - 1);
	assert_int_equal(n, 7);
	assert_string_equal(got, "in err\n");
	close(in[0]);
	close(out[0]);
	close(out[1]);
	for (i = 0; i < 3; i++)
		close(was[i]);
}

static void
the_environment_can_be_clean(void **state)
{
	static const char *const env[] = { "EXTRA=1", "TZ=Extra", NULL };
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { PROC_NULL, .env = env };

	(void)state;
	setenv("SECRET", "s", 1);
	setenv("LC_TIME", "C", 1);
	setenv("TZ", "Ours", 1);
	run(s, "echo $SECRET $LC_TIME $TZ $EXTRA; env | grep -c ^TZ=", &b);
	assert_string_equal(buf_str(&b), "s C Extra 1\n1\n");
	s.clean_env = 1;
	run(s, "echo $SECRET $LC_TIME $TZ $EXTRA ${PATH:+path}", &b);
	assert_string_equal(buf_str(&b), "C Extra 1 path\n");
}

static void
it_starts_where_it_is_told(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { PROC_NULL };
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	const char *argv[] = { "true", NULL };
	struct proc p;
	struct err e;

	(void)state;
	s.dir = open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run(s, "pwd -P", &b);
	assert_string_equal(buf_str(&b), "/usr\n");
	close(s.dir);
	s.dir = file;
	s.argv = argv;
	assert_int_equal(proc_start(&s, &p, &e), -1);
	assert_non_null(strstr(e.text, "in its folder"));
	close(file);
}

/* What a signal does here, by the kernel's call: the C library hides two. */
static unsigned long
disposition(int sig)
{
	unsigned long act[8] = {0};

	syscall(SYS_rt_sigaction, sig, NULL, act, sizeof(uint64_t));
	return act[0];
}

/* We as the child: name each signal that is ignored, and each held back. */
static int
tell_signals(void)
{
	uint64_t held = 0;
	int i;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &held, sizeof(held));
	for (i = 1; i <= 64; i++) {
		if (disposition(i) == (unsigned long)SIG_IGN)
			printf("%d ignored\n", i);
		if ((held >> (i - 1) & 1) != 0)
			printf("%d held back\n", i);
	}
	puts("told");
	return 0;
}

/* Also those of the C library's own, which some parents leave ignored. */
static void
signals_are_as_at_a_start(void **state)
{
	static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGHUP, 32, 33, 64 };
	unsigned long act[8] = { (unsigned long)SIG_IGN };
	const char *argv[] = { "/proc/self/exe", "--signals", NULL };
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { .argv = argv, PROC_NULL };
	struct err e;
	sigset_t set, was;
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		syscall(SYS_rt_sigaction, ignored[i], act, NULL,
		    sizeof(uint64_t));
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &was);
	assert_int_equal(proc_run(&s, 4096, 60 * SECOND, &b, &status, &e), 0);
	sigprocmask(SIG_SETMASK, &was, NULL);
	assert_string_equal(buf_str(&b), "told\n");
}

static void
a_wait_ends_in_time_and_so_does_the_child(void **state)
{
	const char *argv[] = { "sleep", "1000", NULL };
	struct proc_spec s = { .argv = argv, PROC_NULL };
	struct proc p;
	struct err e;
	int status;

	(void)state;
	assert_int_equal(proc_start(&s, &p, &e), 0);
	assert_int_equal(proc_wait(&p, 1000, &status, &e), 0);
	proc_signal(&p, SIGTERM);
	assert_int_equal(proc_wait(&p, -1, &status, &e), 1);
	assert_int_equal(status, 128 + SIGTERM);
	proc_signal(&p, SIGTERM);	/* nobody is there any more */
	proc_end(&p, 0);
}

/* Wait until every writer of the pipe has gone; nothing may come out of it. */
static void
expect_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_int_equal(read(fd, &c, 1), 0);
}

static void
a_stubborn_group_is_ended_whole(void **state)
{
	const char *argv[] = { "sh", "-c",
	    "trap '' TERM; sleep 1000 >&0 & echo; wait; sleep 1000", NULL };
	struct proc_spec s = { .argv = argv, PROC_NULL, .own_group = 1 };
	struct proc p;
	struct err e;
	int ready[2], end[2];
	char c;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	s.out = ready[1];
	s.in = end[1];
	assert_int_equal(proc_start(&s, &p, &e), 0);
	close(end[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	proc_end(&p, 1000);
	assert_int_equal(p.pid, 0);
	expect_end(end[0]);
	close(end[0]);
	close(ready[0]);
}

static void
runs_have_limits(void **state)
{
	const char *slow[] = { "sh", "-c", "echo said; exec sleep 1000", NULL };
	const char *loud[] = { "yes", NULL };
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { .argv = slow, PROC_NULL };
	struct err e;
	int status;

	(void)state;
	assert_int_equal(proc_run(&s, 100, 10000, &b, &status, &e), -1);
	assert_int_equal(e.kind, ERR_STOPPED);
	assert_string_equal(e.text, "sh took too long");
	s.argv = loud;
	assert_int_equal(proc_run(&s, 1000, -1, &b, &status, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	assert_int_equal(b.len, 0);
}

/* Its output is held open by what it left behind; nobody waits for that. */
static void
what_a_child_leaves_running_is_not_waited_for(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct proc_spec s = { PROC_NULL };

	(void)state;
	assert_int_equal(run(s, "sleep 1000 & echo $!", &b), 0);
	assert_int_equal(kill((pid_t)strtol(buf_str(&b), NULL, 10), SIGKILL), 0);
}

static void
a_child_dies_with_us(void **state)
{
	const char *argv[] = { "sleep", "1000", NULL };
	struct proc_spec s = { .argv = argv, PROC_NULL, .die_with_us = 1 };
	struct proc p;
	int end[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		s.out = end[1];
		_exit(proc_start(&s, &p, NULL) < 0 ? 1 : 0);
	}
	close(end[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	expect_end(end[0]);
	close(end[0]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_statuses_come_back),
		cmocka_unit_test(arguments_are_never_read_by_a_shell),
		cmocka_unit_test(what_cannot_run_is_told_at_the_start),
		cmocka_unit_test(only_the_given_descriptors_are_inherited),
		cmocka_unit_test(descriptors_may_change_places),
		cmocka_unit_test(the_environment_can_be_clean),
		cmocka_unit_test(it_starts_where_it_is_told),
		cmocka_unit_test(signals_are_as_at_a_start),
		cmocka_unit_test(a_wait_ends_in_time_and_so_does_the_child),
		cmocka_unit_test(a_stubborn_group_is_ended_whole),
		cmocka_unit_test(runs_have_limits),
		cmocka_unit_test(what_a_child_leaves_running_is_not_waited_for),
		cmocka_unit_test(a_child_dies_with_us),
	};

	if (argc > 1 && strcmp(argv[1], "--signals") == 0)
		return tell_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
