/*
 * child.c -- the loop of the web child: it takes callers in, looks at the head
 * of what each wants before the HTTP library does, and hears the daemon.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "web/web_impl.h"

#define HEAD_US		INT64_C(10000000)	/* for a head to be whole */
#define EVENTS		16
#define FILES		256

/* A caller whose head is not whole yet. */
struct caller {
	int		 fd;		/* -1: free */
	int64_t		 since;
};

struct loop {
	struct web	*w;
	int		 epoll, listener;
	struct caller	 callers[WEB_CONNECTIONS];
};

static void
refuse(int fd, int status)
{
	static const char form[] = "HTTP/1.1 %d Refused\r\nConnection: close\r\n"
	    "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
	    "Cache-Control: no-store\r\nContent-Length: %zu\r\n\r\n%s";
	CLEAN_BUF struct buf body = {0}, b = {0};
	char rest[HEAD_MAX];
	ssize_t n;

	web_error_text(&body, status == 421 ? "this is not the host's name" :
	    status == 503 ? "there are too many callers" :
	    "the request makes no sense");
	buf_addf(&b, form, status, body.len, buf_str(&body));
	n = send(fd, b.data, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n;
	/* What was not read would reset the connection, and the answer with it. */
	shutdown(fd, SHUT_WR);
	n = recv(fd, rest, sizeof(rest), MSG_DONTWAIT);
	(void)n;
	close(fd);
}

static int
is_ours(int fd)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0 &&
	    (c.uid == geteuid() || c.uid == 0);
}

static int
watch(struct loop *l, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static struct caller *
caller_of(struct loop *l, int fd)
{
	struct caller *c;

	for (c = l->callers; c < l->callers + WEB_CONNECTIONS; c++)
		if (c->fd == fd)
			return c;
	return NULL;
}

static size_t
waiting(const struct loop *l)
{
	size_t i, n = 0;

	for (i = 0; i < WEB_CONNECTIONS; i++)
		n += l->callers[i].fd >= 0;
	return n;
}

static void
let_go(struct loop *l, struct caller *c)
{
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	c->fd = -1;
}

/* More of its head may have come. */
static void
look(struct loop *l, struct caller *c)
{
	char head[HEAD_MAX];
	struct head h;
	size_t len;
	ssize_t n = recv(c->fd, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);
	int fd = c->fd, status;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		let_go(l, c);
		close(fd);
		return;
	}
	status = head_check(head, (size_t)n, &l->w->rules, &h, &len);
	if (status == 0)
		return;
	let_go(l, c);
	if (status == 200)
		server_take(l->w->server, fd);
	else
		refuse(fd, status);
}

static void
take_in(struct loop *l)
{
	struct caller *c;
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (l->w->setup.is_unix && !is_ours(fd)) {
		close(fd);
		return;
	}
	if (waiting(l) + server_connections(l->w->server) >= WEB_CONNECTIONS) {
		refuse(fd, 503);
		return;
	}
	if (*l->w->setup.certificate != '\0') {	/* nothing to be seen yet */
		server_take(l->w->server, fd);
		return;
	}
	if ((c = caller_of(l, -1)) == NULL) {
		refuse(fd, 503);
		return;
	}
	c->fd = fd;
	c->since = time_mono();
	if (watch(l, fd, EPOLLIN | EPOLLRDHUP | EPOLLET) < 0) {
		close(fd);
		c->fd = -1;
		return;
	}
	look(l, c);
}

static void
sweep(struct loop *l)
{
	struct caller *c;
	int fd;

	for (c = l->callers; c < l->callers + WEB_CONNECTIONS; c++)
		if (c->fd >= 0 && time_mono() - c->since > HEAD_US) {
			fd = c->fd;
			let_go(l, c);
			refuse(fd, 408);
		}
	server_sweep(l->w->server);
}

/* 0: the daemon is gone. */
static int
hear(struct web *w)
{
	struct channel_in in = { .fds = { -1, -1 } };
	struct unpack u;
	char *text;
	uint64_t n;
	int r = channel_take(w->channel, &in);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (r <= 0)
		return 0;
	u = unpack_start(in.bytes.data, in.bytes.len);
	switch (unpack_u64(&u)) {
	case CHANNEL_DESK:
		n = unpack_u64(&u);
		if (n < WEB_LANES) {
			lane_give(w, (unsigned)n, in.fds[0]);
			in.fds[0] = -1;
		}
		break;
	case CHANNEL_STARTED:
		n = unpack_u64(&u);
		text = unpack_str(&u);
		errands_started(w, n, text, in.fds);
		free(text);
		break;
	case CHANNEL_ENDED:
		n = unpack_u64(&u);
		errands_ended(w, n, (int)unpack_u64(&u));
		break;
	case CHANNEL_TOKEN:
		text = unpack_str(&u);
		sessions_expect(w->sessions, text, time_mono());
		free(text);
		break;
	default:
		break;
	}
	channel_in_fini(&in);
	return 1;
}

static int
loop(struct loop *l)
{
	struct epoll_event ev[EVENTS];
	struct caller *c;
	int i, n;

	for (;;) {
		n = epoll_wait(l->epoll, ev, EVENTS, waiting(l) > 0 ||
		    server_connections(l->w->server) > 0 ? 1000 : -1);
		if (n < 0 && errno != EINTR)
			return -1;
		for (i = 0; i < n; i++) {
			if (ev[i].data.fd == l->w->channel) {
				if (!hear(l->w))
					return 0;
			} else if (ev[i].data.fd == l->listener)
				take_in(l);
			else if ((c = caller_of(l, ev[i].data.fd)) != NULL)
				look(l, c);
		}
		sweep(l);
	}
}

/* The first message; waited for. */
static int
take_setup(struct web *w, int *listener, struct err *e)
{
	struct channel_in in = { .fds = { -1, -1 } };
	struct epoll_event ev = { .events = EPOLLIN };
	struct unpack u;
	int poll = epoll_create1(EPOLL_CLOEXEC), r = -1;

	epoll_ctl(poll, EPOLL_CTL_ADD, w->channel, &ev);
	epoll_wait(poll, &ev, 1, 30000);
	close(poll);
	if (channel_take(w->channel, &in) == 1) {
		u = unpack_start(in.bytes.data, in.bytes.len);
		if (unpack_u64(&u) == CHANNEL_SETUP && in.fds[0] >= 0)
			r = web_setup_unpack(u.p, (size_t)(u.end - u.p),
			    &w->setup);
		explicit_bzero(in.bytes.data, in.bytes.len);
		*listener = in.fds[0];
		in.fds[0] = -1;
	}
	channel_in_fini(&in);
	return r < 0 ? err_set(e, ERR_USAGE, "this is started by fettle daemon "
	    "only; the dashboard's link is given by: fettle web") : 0;
}

static void
prepare(struct web *w, int channel)
{
	pthread_condattr_t attr;
	unsigned i;

	*w = (struct web){ .channel = channel };
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->news, &attr);
	pthread_condattr_destroy(&attr);
	for (i = 0; i < WEB_LANES; i++) {
		pthread_mutex_init(&w->lanes[i].busy, NULL);
		w->lanes[i].fd = -1;
	}
	w->errands = errands_new();
}

int
web_serve(int channel, struct err *e)
{
	static struct web w;		/* threads are left behind at the end */
	struct rlimit files = { FILES, FILES };
	struct loop l = { .w = &w };
	size_t i;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	tzset();
	prepare(&w, channel);
	if (take_setup(&w, &l.listener, e) < 0)
		return -1;
	w.rules.hosts = (const char *const *)w.setup.hosts;
	w.rules.port = w.setup.port;
	w.sessions = sessions_new(w.setup.password);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < WEB_CONNECTIONS; i++)
		l.callers[i].fd = -1;
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.epoll < 0 || watch(&l, l.listener, EPOLLIN) < 0 ||
	    watch(&l, channel, EPOLLIN) < 0)
		return err_sys(e, "serve the dashboard");
	/* Before any thread is begun: Landlock holds for one and its children. */
	if (sandbox_enter() < 0)
		return err_sys(e, "put up the dashboard's fence");
	w.hub = hub_new(&w);
	if ((w.server = server_start(&w, e)) == NULL)
		return -1;
	loop(&l);
	_exit(0);			/* whoever is at work is left there */
}
