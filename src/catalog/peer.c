#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "catalog/frame.h"
#include "catalog/peer.h"
#include "util/clean.h"

#define AT_ONCE		((size_t)256 << 10)	/* read in one go */
#define KEPT		((size_t)1 << 20)	/* memory kept between frames */

int64_t
peer_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
peer_is_ours(int fd, pid_t *pid)
{
	struct ucred u;
	socklen_t len = sizeof(u);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) < 0)
		return 0;
	*pid = u.pid;
	return u.uid == geteuid() || u.uid == 0;
}

void
peer_fini(struct peer *p)
{
	buf_fini(&p->in);
	buf_fini(&p->out);
	*p = (struct peer){ .fd = -1 };
}

int
peer_read(struct peer *p)
{
	size_t len;
	ssize_t n;

	/* Descriptors sent along are dropped by the kernel: no control room. */
	n = recv(p->fd, buf_room(&p->in, AT_ONCE), AT_ONCE, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	p->since = peer_clock();
	p->in.len += (size_t)n;
	return frame_whole(p->in.data, p->in.len, &len) < 0 ? -1 : 0;
}

static void
reply_error(struct peer *p, enum err_kind kind, const char *fmt,
    const char *arg)
{
	size_t start = frame_begin(&p->out);
	struct err e;

	err_set(&e, kind, fmt, arg);
	frame_put_error(&p->out, &e);
	frame_end(&p->out, start);
	p->leaving = 1;
}

/* Who may come in beside an owner of which role? */
static int
welcome(struct catalog *c, struct peer *p)
{
	char text[CATALOG_WHAT + 32];

	if (p->role == CATALOG_ASK || p->role == CATALOG_WORK ||
	    (p->role == CATALOG_RUN && c->role == CATALOG_DAEMON))
		return 1;
	pthread_mutex_lock(&c->tell_lock);
	snprintf(text, sizeof(text), "pid %ld (%s)", (long)getpid(), c->what);
	pthread_mutex_unlock(&c->tell_lock);
	reply_error(p, ERR_LOCKED, "another fettle is at work: %s", text);
	return 0;
}

static void
greet(struct catalog *c, struct peer *p, struct unpack u)
{
	CLEAN_FREE char *hello = unpack_str(&u), *version = unpack_str(&u);
	uint64_t role;
	size_t start;

	if (u.bad || strcmp(hello, FRAME_HELLO) != 0 ||
	    strcmp(version, FETTLE_VERSION) != 0) {
		reply_error(p, ERR_USAGE, "restart fettle: the one at work is "
		    "version %s, this one is not", FETTLE_VERSION);
		return;
	}
	role = unpack_u64(&u);
	free(unpack_str(&u));		/* what it is */
	if (unpack_end(&u) < 0 || role > CATALOG_WORK) {
		reply_error(p, ERR_USAGE, "not a greeting%s", "");
		return;
	}
	p->role = (enum catalog_role)role;
	if (!welcome(c, p))
		return;
	p->greeted = 1;
	if (p->role != CATALOG_ASK)
		claims_come(c);
	p->give_lock = p->role != CATALOG_ASK && c->lock_fd >= 0;
	start = frame_begin(&p->out);
	buf_addc(&p->out, FRAME_OK);
	pack_str(&p->out, FETTLE_VERSION);
	pack_u64(&p->out, (uint64_t)c->role);
	pack_u64(&p->out, (uint64_t)getpid());
	pthread_mutex_lock(&c->tell_lock);
	pack_str(&p->out, c->what);
	pthread_mutex_unlock(&c->tell_lock);
	frame_end(&p->out, start);
}

void
peer_frame(struct catalog *c, enum catalog_role role, const void *frame,
    size_t len, struct buf *out)
{
	const unsigned char *p = frame;
	size_t start = out->len;
	struct err e = {0};
	int r;

	buf_addc(out, FRAME_OK);
	r = catalog_do(c, role, *p, p + 1, len - 1, out, &e);
	if (r >= 0 && out->len - start > CATALOG_FRAME)
		r = err_set(&e, ERR_USAGE, "catalog: too long an answer");
	if (r < 0) {
		out->len = start;
		frame_put_error(out, &e);
	} else {
		out->data[start] = (unsigned char)r;
	}
}

int
peer_answer(struct catalog *c, struct peer *p)
{
	size_t len = 0, start, rest;
	const unsigned char *frame;

	if (p->leaving || p->out.len > 0 ||
	    frame_whole(p->in.data, p->in.len, &len) != 1)
		return 0;
	frame = p->in.data + FRAME_HEAD;
	if (p->greeted) {
		start = frame_begin(&p->out);
		c->asker = p->id;
		c->asker_pid = p->pid;
		peer_frame(c, p->role, frame, len, &p->out);
		frame_end(&p->out, start);
	} else {
		greet(c, p, unpack_start(frame, len));
	}
	rest = p->in.len - FRAME_HEAD - len;
	memmove(p->in.data, frame + len, rest);
	p->in.len = rest;
	if (rest == 0 && p->in.cap > KEPT)
		buf_fini(&p->in);
	p->since = peer_clock();
	return 1;
}

/* As send; the lock's descriptor rides on the greeting. */
static ssize_t
send_some(struct catalog *c, struct peer *p)
{
	union {
		struct cmsghdr	 h;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec v = { p->out.data + p->sent, p->out.len - p->sent };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (p->give_lock) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.h.cmsg_level = SOL_SOCKET;
		control.h.cmsg_type = SCM_RIGHTS;
		control.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.h), &c->lock_fd, sizeof(int));
	}
	return sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int
peer_write(struct catalog *c, struct peer *p)
{
	ssize_t n;

	while (p->sent < p->out.len) {
		n = send_some(c, p);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		p->give_lock = 0;
		p->since = peer_clock();
		p->sent += (size_t)n;
	}
	p->sent = 0;
	p->since = p->in.len > 0 ? peer_clock() : 0;
	if (p->out.cap > KEPT)
		buf_fini(&p->out);
	buf_reset(&p->out);
	return p->leaving ? -1 : 1;
}

int
peer_flush(struct catalog *c, struct peer *p, int ms)
{
	struct pollfd f = { .fd = p->fd, .events = POLLOUT };
	int64_t end = peer_clock() + ms, left;
	int r;

	while ((r = peer_write(c, p)) == 0) {
		left = end - peer_clock();
		if (left <= 0 || poll(&f, 1, (int)left) == 0)
			return -1;
	}
	return r < 0 ? -1 : 0;
}
