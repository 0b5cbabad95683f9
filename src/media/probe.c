/*
 * probe.c -- the parent's side: fork, hand over a descriptor, wait for bytes.
 *
 *	question	struct question, and the descriptor (SCM_RIGHTS)
 *	answer		struct answer, and len bytes
 *
 * It is a fork without exec, so that no program has to be found, and what it
 * does is plain C of ours: allocating is what glibc lets a forked child of a
 * process with threads do, and more is not asked for.  Its copy of our memory
 * is behind the fence as it is; keys are not in it (crypto/secret.h).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/probe_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

struct probe {
	pid_t		 pid;		/* 0: none */
	int		 fd;
	unsigned	 files;
};

struct probe *
probe_new(void)
{
	struct probe *p = xalloc(sizeof(*p));

	p->fd = -1;
	return p;
}

/* SIGKILL: it has nothing that would have to be put in order. */
static void
end(struct probe *p)
{
	if (p->pid <= 0)
		return;
	close(p->fd);
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*p = (struct probe){ .fd = -1 };
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	end(p);
	free(p);
}

/* All signals are blocked meanwhile, so none of our handlers runs there. */
static int
start(struct probe *p, struct err *e)
{
	sigset_t all, was;
	int ends[2], saved;
	pid_t us = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "start a reader");
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &was);
	pid = fork();
	if (pid == 0)
		probe_child(ends[1], us);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		errno = saved;
		return err_sys(e, "start a reader");
	}
	*p = (struct probe){ .pid = pid, .fd = ends[0] };
	return 0;
}

static int
send_question(struct probe *p, const struct question *q, int fd)
{
	union {
		struct cmsghdr	 head;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec io = { .iov_len = sizeof(*q) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
	    .msg_control = control.room, .msg_controllen = sizeof(control) };
	struct question copy = *q;
	ssize_t n;

	io.iov_base = &copy;
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	do {
		n = sendmsg(p->fd, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*q) ? 0 : -1;
}

/* n bytes by the deadline: 0, or -1 with errno (EPIPE: it ended). */
static int
hear(struct probe *p, void *to, size_t n, int64_t deadline)
{
	char *at = to;

	while (n > 0) {
		struct pollfd fd = { .fd = p->fd, .events = POLLIN };
		int64_t left = (deadline - time_mono()) / 1000 + 1;
		int hit = left <= 0 ? 0 : poll(&fd, 1, (int)left);
		ssize_t got;

		if (hit < 0 && errno == EINTR)
			continue;
		if (hit == 0)
			errno = ETIMEDOUT;
		if (hit <= 0)
			return -1;
		got = recv(p->fd, at, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = EPIPE;
			return -1;
		}
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
hear_answer(struct probe *p, size_t limit, struct buf *out, struct err *e)
{
	int64_t deadline = time_mono() + PROBE_WAIT;
	struct answer a;

	if (hear(p, &a, sizeof(a), deadline) < 0)
		return -1;
	if (a.len > limit) {
		errno = EFBIG;
		return -1;
	}
	if (hear(p, buf_room(out, a.len), a.len, deadline) < 0)
		return -1;
	if (a.rc == 0) {
		out->len += a.len;
		return 0;
	}
	/* Its failure is as foreign as the rest. */
	a.err.text[sizeof(a.err.text) - 1] = '\0';
	err_set(e, ERR_CORRUPT, "%s", a.err.text);
	return 1;
}

int
probe_ask(struct probe *p, const struct probe_work *work, int fd,
    uint64_t size, struct buf *out, struct err *e)
{
	struct question q = { .work = *work, .size = size };
	int rc;

	if (p->files >= PROBE_FILES)
		end(p);
	if (p->pid == 0 && start(p, e) < 0)
		return -1;
	p->files++;
	rc = send_question(p, &q, fd);
	if (rc == 0)
		rc = hear_answer(p, work->limit, out, e);
	if (rc >= 0)
		return rc == 0 ? 0 : -1;
	rc = errno;
	end(p);
	if (rc == ETIMEDOUT)
		return err_set(e, ERR_STOPPED, "it took too long to read");
	if (rc == EFBIG)
		return err_set(e, ERR_FULL, "more than %zu bytes were read in "
		    "it", work->limit);
	return err_set(e, ERR_CORRUPT, "it cannot be read: its reader had to "
	    "be ended");
}
