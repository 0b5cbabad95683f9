/*
 * server.c -- the control socket: a thread that polls, or the daemon's loop.
 *
 * Nobody can hold the others up: a peer's frame is taken as it comes and
 * answered when it is whole, its answer goes out as it is read.  Who begins
 * either and does not go on within DEADLINE_MS is dropped.  The socket lies in
 * a folder that only we can enter, and still every peer is asked who it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "catalog/impl.h"
#include "catalog/frame.h"
#include "catalog/peer.h"
#include "catalog/server.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define PEERS		32
#define DEADLINE_MS	30000
#define FLUSH_MS	2000	/* serve_one: for an answer to go out */

struct server {
	struct catalog	*c;
	int		 dir_fd;	/* borrowed */
	int		 listen;
	int		 wake;		/* eventfd: stop */
	int		 threaded;
	pthread_t	 thread;
	uint64_t	 came;		/* how many connections there were */
	struct peer	 peers[PEERS];	/* fd -1: free */
};

static int
listen_at(int dir_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd < 0)
		return -1;
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/control",
	    dir_fd);
	/* We hold the lock, so what lies there is of one who is gone. */
	if ((unlinkat(dir_fd, "control", 0) == 0 || errno == ENOENT) &&
	    fchmod(fd, 0600) == 0 &&
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    listen(fd, PEERS) == 0)
		return fd;
	close(fd);
	return -1;
}

static struct server *
start(struct catalog *c, struct err *e)
{
	struct server *s;
	int i, fd;

	if (!c->owner) {
		err_set(e, ERR_USAGE, "catalog: only its owner can serve it");
		return NULL;
	}
	if (c->server != NULL)
		return c->server;
	if ((fd = listen_at(c->dir_fd)) < 0) {
		err_sys(e, "serve %s/control", c->dir);
		return NULL;
	}
	s = xalloc(sizeof(*s));
	s->c = c;
	s->dir_fd = c->dir_fd;
	s->listen = fd;
	s->wake = -1;
	for (i = 0; i < PEERS; i++)
		s->peers[i].fd = -1;
	return c->server = s;
}

static struct peer *
find(struct server *s, int fd)
{
	int i;

	for (i = 0; i < PEERS; i++)
		if (s->peers[i].fd == fd)
			return &s->peers[i];
	return NULL;
}

/* A place for one who comes; NULL if there is none, or it is a stranger. */
static struct peer *
admit(struct server *s, int fd)
{
	struct peer *p = find(s, -1);
	pid_t pid;

	if (p == NULL || !peer_is_ours(fd, &pid))
		return NULL;
	p->fd = fd;
	p->pid = pid;
	p->id = ++s->came;
	p->since = peer_clock();
	return p;
}

static void
leave(struct server *s, struct peer *p)
{
	claims_go(s->c, p->id, p->greeted && p->role != CATALOG_ASK);
	report_ends(s->c, p->id);
	peer_fini(p);
}

static void
drop(struct server *s, struct peer *p)
{
	close(p->fd);
	leave(s, p);
}

static void
come_in(struct server *s)
{
	int fd = accept4(s->listen, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && admit(s, fd) == NULL)
		close(fd);
}

/* Do what the poll says of one peer. */
static void
attend(struct server *s, struct peer *p, int events, int64_t now)
{
	int r = 1;

	if (events & (POLLIN | POLLHUP | POLLERR) && p->out.len == 0 &&
	    peer_read(p) < 0)
		r = -1;
	if (r >= 0 && peer_answer(s->c, p) == 1)
		events |= POLLOUT;
	if (r >= 0 && events & POLLOUT && p->out.len > 0)
		r = peer_write(s->c, p);
	if (r < 0 || (p->since != 0 && now - p->since > DEADLINE_MS))
		drop(s, p);
}

/* Milliseconds until the first peer has had its time, -1 none. */
static int
patience(const struct server *s, int64_t now)
{
	int64_t ms, least = -1;
	int i;

	for (i = 0; i < PEERS; i++) {
		if (s->peers[i].fd < 0 || s->peers[i].since == 0)
			continue;
		ms = s->peers[i].since + DEADLINE_MS + 1 - now;
		if (ms < 0)
			ms = 0;
		if (least < 0 || ms < least)
			least = ms;
	}
	return (int)least;
}

static void
set_poll(const struct server *s, struct pollfd *f)
{
	const struct peer *p;
	size_t len;
	int i;

	f[0] = (struct pollfd){ .fd = s->wake, .events = POLLIN };
	f[1] = (struct pollfd){ .fd = s->listen, .events = POLLIN };
	for (i = 0; i < PEERS; i++) {
		p = &s->peers[i];
		f[i + 2] = (struct pollfd){ .fd = p->fd, .events = POLLIN };
		/* A frame that waits for its turn needs no more bytes. */
		if (p->out.len > 0 ||
		    frame_whole(p->in.data, p->in.len, &len) == 1)
			f[i + 2].events = POLLOUT;
	}
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	struct pollfd f[PEERS + 2];
	int64_t now;
	int i;

	for (;;) {
		set_poll(s, f);
		if (poll(f, PEERS + 2, patience(s, peer_clock())) < 0 &&
		    errno != EINTR)
			break;
		if (f[0].revents)
			break;
		now = peer_clock();
		for (i = 0; i < PEERS; i++)
			if (s->peers[i].fd >= 0 && s->peers[i].fd ==
			    f[i + 2].fd)
				attend(s, &s->peers[i], f[i + 2].revents, now);
		if (f[1].revents)
			come_in(s);
	}
	return NULL;
}

int
catalog_serve(struct catalog *c, struct err *e)
{
	struct server *s = start(c, e);
	int failed;

	if (s == NULL || s->threaded)
		return s == NULL ? -1 : 0;
	if ((s->wake = eventfd(0, EFD_CLOEXEC)) < 0)
		return err_sys(e, "serve %s/control", c->dir);
	if ((failed = thread_start(&s->thread, serve, s)) != 0) {
		errno = failed;
		return err_sys(e, "serve %s/control", c->dir);
	}
	s->threaded = 1;
	return 0;
}

int
catalog_listen(struct catalog *c, struct err *e)
{
	struct server *s = start(c, e);

	return s == NULL ? -1 : s->listen;
}

int
catalog_serve_one(struct catalog *c, int client)
{
	struct server *s = c->server;
	struct peer *p;
	int r;

	if (s == NULL || s->threaded)
		return -1;
	p = find(s, client);
	if (p == NULL && (p = admit(s, client)) == NULL)
		return -1;
	r = peer_read(p);
	while (r >= 0 && (r = peer_answer(c, p)) == 1)
		r = peer_flush(c, p, FLUSH_MS);
	if (r >= 0)
		return 1;
	leave(s, p);
	return 0;
}

void
server_stop(struct server *s)
{
	uint64_t one = 1;
	ssize_t n;
	int i;

	if (s == NULL)
		return;
	if (s->threaded) {
		n = write(s->wake, &one, sizeof(one));
		(void)n;
		pthread_join(s->thread, NULL);
	}
	for (i = 0; i < PEERS; i++) {
		if (s->peers[i].fd >= 0 && s->threaded)
			drop(s, &s->peers[i]);
		else
			leave(s, &s->peers[i]);
	}
	unlinkat(s->dir_fd, "control", 0);
	close(s->listen);
	if (s->wake >= 0)
		close(s->wake);
	free(s);
}
