/*
 * client.c -- a catalog that is somebody else's.
 *
 * A connection that broke stays broken: what was asked last may or may not
 * have been done, and only the journal knows.  The caller ends, and the next
 * run recovers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "catalog/client.h"
#include "catalog/frame.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define GREETING_S	5	/* seconds for the owner to greet */
#define ANSWER_S	600	/* a commit on a busy disk, a copy of it all */

struct remote {
	int		 fd;
	long		 pid;		/* the owner's */
	char		 owner[CATALOG_WHAT];
	struct err	 gone;
	struct buf	 frame;
};

static int
dial(int dir_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = GREETING_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	/* By descriptor: the path may be longer than an address can be. */
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/control",
	    dir_fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
send_all(int fd, const void *data, size_t len)
{
	const unsigned char *p = data;
	ssize_t n;

	while (len > 0) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* As recv, and a descriptor that comes along goes to *passed. */
static ssize_t
receive(int fd, void *data, size_t len, int *passed)
{
	union {
		struct cmsghdr	 h;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec v = { data, len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = passed ? &control : NULL,
	    .msg_controllen = passed ? sizeof(control) : 0 };
	struct cmsghdr *h;
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || passed == NULL || *passed >= 0)
		return n;
	h = CMSG_FIRSTHDR(&m);
	if (h != NULL && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(h), sizeof(int));
	return n;
}

/* One frame into b: 0, or -1 with errno; an end of the stream is EPIPE. */
static int
receive_frame(int fd, struct buf *b, int *passed)
{
	size_t want = FRAME_HEAD, len = 0;
	ssize_t n;
	int whole;

	buf_reset(b);
	while ((whole = frame_whole(b->data, b->len, &len)) == 0) {
		if (b->len >= FRAME_HEAD)
			want = FRAME_HEAD + len;
		n = receive(fd, buf_room(b, want - b->len), want - b->len,
		    passed);
		if (n == 0)
			errno = EPIPE;
		if (n <= 0)
			return -1;
		b->len += (size_t)n;
	}
	if (whole < 0)
		errno = EPROTO;
	return whole < 0 ? -1 : 0;
}

static int
read_greeting(struct remote *r, struct err *e)
{
	struct unpack u = unpack_start(r->frame.data + FRAME_HEAD,
	    r->frame.len - FRAME_HEAD);
	CLEAN_FREE char *version = NULL, *what = NULL;
	int status = *u.p++;

	if (status == FRAME_ERROR)
		return frame_get_error(&u, e);
	version = unpack_str(&u);
	if (status != FRAME_OK || u.bad || strcmp(version, FETTLE_VERSION) != 0)
		return err_set(e, ERR_USAGE, "restart fettle: the one at work "
		    "is not version " FETTLE_VERSION " as this one is");
	unpack_u64(&u);
	r->pid = (long)unpack_u64(&u);
	what = unpack_str(&u);
	if (unpack_end(&u) < 0)
		return catalog_garbled(e);
	snprintf(r->owner, sizeof(r->owner), "%s", what);
	return 0;
}

static int
greet(struct remote *r, enum catalog_role role, const char *what,
    int *lock_fd, struct err *e)
{
	struct timeval wait = { .tv_sec = ANSWER_S };
	size_t start = frame_begin(&r->frame);

	pack_str(&r->frame, FRAME_HELLO);
	pack_str(&r->frame, FETTLE_VERSION);
	pack_u64(&r->frame, (uint64_t)role);
	pack_str(&r->frame, what);
	frame_end(&r->frame, start);
	if (send_all(r->fd, r->frame.data, r->frame.len) < 0 ||
	    receive_frame(r->fd, &r->frame, lock_fd) < 0)
		return errno == EAGAIN ? CLIENT_SILENT :
		    0;	/* it is just ending: ask again */
	setsockopt(r->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return read_greeting(r, e) < 0 ? -1 : 1;
}

int
client_join(int dir_fd, enum catalog_role role, const char *what,
    struct remote **out, int *lock_fd, struct err *e)
{
	int fd = dial(dir_fd), passed = -1, ok;
	struct remote *r;

	if (fd < 0)
		return 0;
	r = xalloc(sizeof(*r));
	r->fd = fd;
	ok = greet(r, role, what, &passed, e);
	if (ok != 1) {
		if (passed >= 0)
			close(passed);
		client_free(r);
		return ok;
	}
	*out = r;
	*lock_fd = passed;
	return 1;
}

void
client_free(struct remote *r)
{
	if (r == NULL)
		return;
	close(r->fd);
	buf_fini(&r->frame);
	free(r);
}

static int
broke(struct remote *r, struct err *e)
{
	if (r->gone.kind == ERR_NONE)
		err_set(&r->gone, ERR_IO, errno == EAGAIN ?
		    "the fettle that owns the catalog (pid %ld, %s) does not "
		    "answer" : "the fettle that owned the catalog (pid %ld, "
		    "%s) has gone", r->pid, r->owner);
	if (e != NULL)
		*e = r->gone;
	return -1;
}

int
client_call(struct remote *r, enum verb verb, const struct buf *req,
    struct buf *reply, struct err *e)
{
	struct unpack u;
	size_t start;
	int status;

	if (r->gone.kind != ERR_NONE)
		return broke(r, e);
	if (req->len + 1 > CATALOG_FRAME)
		return err_set(e, ERR_USAGE, "catalog: a request of %zu bytes",
		    req->len);
	buf_reset(&r->frame);
	start = frame_begin(&r->frame);
	buf_addc(&r->frame, (char)verb);
	buf_add(&r->frame, req->data, req->len);
	frame_end(&r->frame, start);
	if (send_all(r->fd, r->frame.data, r->frame.len) < 0 ||
	    receive_frame(r->fd, &r->frame, NULL) < 0)
		return broke(r, e);
	u = unpack_start(r->frame.data + FRAME_HEAD,
	    r->frame.len - FRAME_HEAD);
	status = *u.p++;
	if (status == FRAME_ERROR)
		return frame_get_error(&u, e);
	if (status > FRAME_ONE)
		return catalog_garbled(e);
	buf_add(reply, u.p, (size_t)(u.end - u.p));
	return status;
}
