#ifndef WEB_CHANNEL_H
#define WEB_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/pack.h"

/*
 * Between the daemon and its web child: a pair of sockets that keeps messages
 * apart (SOCK_SEQPACKET).  A message is a number of enum channel_kind and what
 * is told behind it, packed (util/pack.h), and may carry descriptors.
 *
 * The child asks, the daemon does: the child opens nothing itself.  Neither
 * waits for the other: a message that would have to wait is a failure.
 */
#define CHANNEL_MAX	((size_t)160 << 10)	/* bytes of a message */
#define CHANNEL_FDS	2

enum channel_kind {
	/* The daemon's. */
	CHANNEL_SETUP = 1,	/* see web/web.h; the listening socket */
	CHANNEL_DESK,		/* u64 lane; a stream to it, none: no desk */
	CHANNEL_STARTED,	/* u64 id, str why not; its output and talk */
	CHANNEL_ENDED,		/* u64 id, u64 exit status */
	CHANNEL_TOKEN,		/* str a one-time token that was given out */
	/* The child's. */
	CHANNEL_ASK_DESK = 16,	/* u64 lane: a new one, in the place of its last */
	CHANNEL_START,		/* u64 id, u64 verb, u64 n, n strs */
	CHANNEL_STOP,		/* u64 id: end soon, whole */
};

struct channel_in {
	struct buf	 bytes;
	int		 fds[CHANNEL_FDS];	/* the taker's; -1: none */
};

/* A pair, close-on-exec: 0, or -1 with errno set. */
int channel_pair(int fds[2]);
/* 0, or -1 with errno set (EAGAIN: it would have to wait). */
int channel_send(int fd, const struct buf *message, const int *fds, size_t n);
/* 1, 0 the other end is gone, -1 with errno set (EAGAIN: nothing is there).
 * What in held before is put away. */
int channel_take(int fd, struct channel_in *in);
void channel_in_fini(struct channel_in *in);

#endif
