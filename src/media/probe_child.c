/*
 * probe_child.c -- what the child does with its life: give up all it can, then
 * read files for whoever holds the other end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/probe_impl.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fence.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED	1	/* its shadow alone is beyond any limit */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SANITIZED	1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED	0
#endif

#define OWN_FD	3
#define FILES	16		/* descriptors, at most */

static void
limit(int what, uint64_t n)
{
	struct rlimit r = { n, n };

	if (setrlimit((__rlimit_resource_t)what, &r) < 0)
		_exit(1);
}

/* How large our address space is already: the parent's, copied. */
static uint64_t
own_memory(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
give_up_rights(int fd, pid_t parent)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;
	int null;
	uint64_t memory;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	for (int i = 1; i <= 64; i++)
		sigaction(i, &plain, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	memory = own_memory();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    (!SANITIZED && dup2(null, 2) < 0) ||
	    (fd != OWN_FD && dup2(fd, OWN_FD) < 0) ||
	    close_range(OWN_FD + 1, ~0u, 0) < 0 || chdir("/") < 0)
		_exit(1);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, FILES);
	limit(RLIMIT_NPROC, 0);
	if (!SANITIZED && memory > 0)
		limit(RLIMIT_AS, memory + PROBE_MEMORY);
	prctl(PR_SET_DUMPABLE, 0);
	if (fence_reader() < 0)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* So many seconds from now on; SIGXCPU ends us. */
static void
allow_cpu(void)
{
	struct rusage used;
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	if (getrusage(RUSAGE_SELF, &used) == 0)
		r.rlim_cur = (rlim_t)(used.ru_utime.tv_sec +
		    used.ru_stime.tv_sec + 1 + PROBE_CPU);
	setrlimit(RLIMIT_CPU, &r);
}

/* The next question and its descriptor; -1 at the end. */
static int
hear(struct question *q)
{
	union {
		struct cmsghdr	 head;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec io = { q, sizeof(*q) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
	    .msg_control = control.room, .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	ssize_t n;
	int fd;

	do {
		n = recvmsg(OWN_FD, &m, MSG_WAITALL);
	} while (n < 0 && errno == EINTR);
	c = CMSG_FIRSTHDR(&m);
	if (n != (ssize_t)sizeof(*q) || c == NULL ||
	    c->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

_Noreturn void
probe_child(int fd, pid_t parent)
{
	struct question q;

	give_up_rights(fd, parent);
	while ((fd = hear(&q)) >= 0) {
		struct probe_file f = { .fd = fd, .size = q.size };
		struct answer a = {0};
		struct buf out = {0};

		allow_cpu();
		a.rc = q.work.read(&f, &out, &a.err);
		a.len = a.rc == 0 ? out.len : 0;
		close(fd);
		if (fd_write_all(OWN_FD, &a, sizeof(a)) < 0 ||
		    fd_write_all(OWN_FD, out.data, a.len) < 0)
			break;
		buf_fini(&out);
	}
	_exit(0);
}
