/* proc.c -- waiting for children, ending them, and hearing what they say. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clean.h"
#include "util/proc.h"
#include "util/quote.h"
#include "util/time.h"

#define GRACE		((int64_t)2000000)
#define PIECE		((size_t)16 << 10)

/* When a wait that starts now is over; INT64_MAX is never. */
static int64_t
deadline_of(int64_t timeout)
{
	int64_t end;

	if (timeout < 0 ||
	    __builtin_add_overflow(time_mono(), timeout, &end))
		return INT64_MAX;
	return end;
}

/* As poll, until the deadline; EINTR does not end it. */
static int
poll_until(struct pollfd *fds, nfds_t n, int64_t deadline)
{
	int64_t left, ms;
	int r;

	do {
		ms = -1;
		if (deadline != INT64_MAX) {
			left = deadline - time_mono();
			ms = left <= 0 ? 0 : left / 1000 + 1;
			ms = ms > INT_MAX ? INT_MAX : ms;
		}
		r = poll(fds, n, (int)ms);
	} while ((r < 0 && errno == EINTR) ||
	    (r == 0 && deadline != INT64_MAX && time_mono() < deadline));
	return r;
}

/* It has ended: take its status. */
static int
reap(struct proc *p, int *status, struct err *e)
{
	siginfo_t info = {0};
	int r;

	do {
		r = waitid(P_PIDFD, (id_t)p->fd, &info, WEXITED);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		err_sys(e, "wait for a child");
	close(p->fd);
	*p = (struct proc)PROC_NONE;
	if (r < 0)
		return -1;
	if (status != NULL)
		*status = info.si_code == CLD_EXITED ? info.si_status :
		    128 + info.si_status;
	return 1;
}

int
proc_wait(struct proc *p, int64_t timeout, int *status, struct err *e)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };
	int r = poll_until(&fd, 1, deadline_of(timeout));

	if (r < 0)
		return err_sys(e, "wait for a child");
	return r == 0 ? 0 : reap(p, status, e);
}

/* Until it is reaped its pid is nobody else's, nor its group's. */
void
proc_signal(const struct proc *p, int sig)
{
	if (p->pid <= 0)
		return;
	if (p->own_group)
		kill(-p->pid, sig);
	else
		pidfd_send_signal(p->fd, sig, NULL, 0);
}

void
proc_end(struct proc *p, int64_t grace)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };

	if (p->pid <= 0)
		return;
	proc_signal(p, SIGTERM);
	poll_until(&fd, 1, deadline_of(grace < 0 ? 0 : grace));
	proc_signal(p, SIGKILL);
	reap(p, NULL, NULL);
}

/* Read what is there: 1 if there may be more later, 0 at the end, or -1. */
static int
read_some(int fd, size_t limit, struct buf *out)
{
	ssize_t n;

	for (;;) {
		n = read(fd, buf_room(out, PIECE), PIECE);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -1;
		out->len += (size_t)n;
		if (out->len > limit) {
			errno = EFBIG;
			return -1;
		}
	}
}

/* Until it has ended and all it wrote is read: 0, or -1 with errno. */
static int
listen_to(const struct proc *p, int fd, size_t limit, int64_t deadline,
    struct buf *out)
{
	struct pollfd fds[2] = {
		{ .fd = p->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int r, more = 1;

	for (;;) {
		r = poll_until(fds, 2, deadline);
		if (r == 0)
			errno = ETIMEDOUT;
		if (r <= 0)
			return -1;
		if (more && (more = read_some(fd, limit, out)) < 0)
			return -1;
		if (!more)
			fds[1].fd = -1;
		if (fds[0].revents != 0)
			return 0;
	}
}

static int
tell_failure(const struct proc_spec *s, size_t limit, struct err *e)
{
	char q[QUOTE_SIZE];

	quote_to(q, sizeof(q), s->argv[0]);
	if (errno == ETIMEDOUT)
		return err_set(e, ERR_STOPPED, "%s took too long", q);
	if (errno == EFBIG)
		return err_set(e, ERR_FULL, "%s wrote more than %zu bytes", q,
		    limit);
	return err_sys(e, "read what %s writes", q);
}

int
proc_run(const struct proc_spec *s, size_t limit, int64_t timeout,
    struct buf *out, int *status, struct err *e)
{
	int64_t deadline = deadline_of(timeout);
	struct proc_spec spec = *s;
	CLEAN_BUF struct buf said = {0};
	CLEAN_FD int from = -1, to = -1;
	struct proc p;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	from = ends[0];
	spec.out = to = ends[1];
	if (proc_start(&spec, &p, e) < 0)
		return -1;
	close(to);
	to = -1;
	if (fcntl(from, F_SETFL, O_NONBLOCK) < 0 ||
	    listen_to(&p, from, limit, deadline, &said) < 0) {
		tell_failure(s, limit, e);
		proc_end(&p, GRACE);
		return -1;
	}
	if (reap(&p, status, e) < 0)
		return -1;
	buf_add(out, said.data, said.len);
	return 0;
}
