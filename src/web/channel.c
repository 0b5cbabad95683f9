#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/channel.h"

int
channel_pair(int fds[2])
{
	int size = 1 << 20;
	int i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	for (i = 0; i < 2; i++)
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

int
channel_send(int fd, const struct buf *message, const int *fds, size_t n)
{
	union {
		char		 bytes[CMSG_SPACE(CHANNEL_FDS * sizeof(int))];
		struct cmsghdr	 align;
	} room = {0};
	struct iovec iov = { message->data, message->len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (message->len > CHANNEL_MAX || n > CHANNEL_FDS) {
		errno = EMSGSIZE;
		return -1;
	}
	if (n > 0) {
		m.msg_control = room.bytes;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		if ((c = CMSG_FIRSTHDR(&m)) == NULL)
			abort();	/* the room is as large as was said */
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

void
channel_in_fini(struct channel_in *in)
{
	size_t i;

	for (i = 0; i < CHANNEL_FDS; i++) {
		if (in->fds[i] >= 0)
			close(in->fds[i]);
		in->fds[i] = -1;
	}
	buf_fini(&in->bytes);
}

/* Those beyond the ones we have room for are cut off by the kernel. */
static void
take_fds(struct msghdr *m, struct channel_in *in)
{
	struct cmsghdr *c;
	size_t n, i;
	int fd;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (i < CHANNEL_FDS && in->fds[i] < 0)
				in->fds[i] = fd;
			else
				close(fd);
		}
	}
}

int
channel_take(int fd, struct channel_in *in)
{
	union {
		char		 bytes[CMSG_SPACE(CHANNEL_FDS * sizeof(int))];
		struct cmsghdr	 align;
	} room;
	struct iovec iov;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = room.bytes, .msg_controllen = sizeof(room.bytes) };
	ssize_t n;

	channel_in_fini(in);
	iov.iov_base = buf_room(&in->bytes, CHANNEL_MAX);
	iov.iov_len = CHANNEL_MAX;
	n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n <= 0)
		return (int)n;
	take_fds(&m, in);
	if (m.msg_flags & MSG_TRUNC) {
		errno = EMSGSIZE;
		return -1;
	}
	in->bytes.len = (size_t)n;
	return 1;
}
