/*
 * cmd_web.c -- fettle web: a one-time link to the dashboard, alone on stdout.
 *
 * Where the dashboard listens on a unix socket, which no browser can reach,
 * this command is the bridge while it runs: a free port on loopback, whose
 * bytes go to the socket and back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/json.h"
#include "util/xalloc.h"
#include "web/listen.h"
#include "web/web.h"

static const struct opt_def opts[] = {
	{ "child", 0, NULL, NULL, 0 },
	{ "desk", 0, "FILE", "answer its questions (used by the daemon)", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct link {
	char		*token, *listen;
	char		*socket;	/* that systemd holds, or NULL */
	int		 tls;
};

/* ---- the bridge ---- */
#define PAIRS	64
#define PIECE	65536

struct stream {			/* one direction */
	int		 from, to;
	unsigned char	*data;
	size_t		 at, len;
	int		 ended;		/* from has no more, and to was told */
};

struct pair {
	int		 used, browser, socket;
	struct stream	 up, down;
};

struct bridge {
	const struct cli *c;
	struct hall	*h;
	const char	*path;		/* of the socket; NULL: in the state folder */
	int		 listener;
	struct pair	 pairs[PAIRS];
};

static int
reach(const struct bridge *b)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (b->path != NULL)
		snprintf(a.sun_path, sizeof(a.sun_path), "%s", b->path);
	else
		snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/"
		    LISTEN_SOCKET, b->h->state);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
part(struct pair *p)
{
	close(p->browser);
	close(p->socket);
	free(p->up.data);
	free(p->down.data);
	*p = (struct pair){ .used = 0 };
}

static void
join(struct bridge *b)
{
	int fd = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct pair *p;
	int socket;

	if (fd < 0)
		return;
	for (p = b->pairs; p < b->pairs + PAIRS && p->used; p++)
		;
	socket = p < b->pairs + PAIRS ? reach(b) : -1;
	if (socket < 0) {
		close(fd);
		return;
	}
	*p = (struct pair){ .used = 1, .browser = fd, .socket = socket,
	    .up = { .from = fd, .to = socket, .data = xalloc(PIECE) },
	    .down = { .from = socket, .to = fd, .data = xalloc(PIECE) } };
}

/* Move what can be moved: -1, the pair is to part. */
static int
flow(struct stream *s)
{
	ssize_t n;

	if (s->len == 0 && !s->ended) {
		n = read(s->from, s->data, PIECE);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		s->at = 0;
		s->len = (size_t)n;
		if (n == 0) {
			s->ended = 1;
			shutdown(s->to, SHUT_WR);
		}
	}
	if (s->len > 0) {
		n = send(s->to, s->data + s->at, s->len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		s->at += (size_t)n;
		s->len -= (size_t)n;
	}
	return 0;
}

static short
wants(const struct stream *in, const struct stream *out)
{
	return (short)((in->len == 0 && !in->ended ? POLLIN : 0) |
	    (out->len > 0 ? POLLOUT : 0));
}

static nfds_t
gather(struct bridge *b, struct pollfd *f)
{
	struct pair *p;
	nfds_t n = 0;

	f[n++] = (struct pollfd){ .fd = b->listener, .events = POLLIN };
	for (p = b->pairs; p < b->pairs + PAIRS; p++) {
		if (!p->used)
			continue;
		f[n++] = (struct pollfd){ p->browser, wants(&p->up, &p->down), 0 };
		f[n++] = (struct pollfd){ p->socket, wants(&p->down, &p->up), 0 };
	}
	return n;
}

static void
serve(struct bridge *b)
{
	struct pollfd f[2 * PAIRS + 1];
	struct pair *p;
	nfds_t n, i;

	while (!cli_stopped(NULL)) {
		n = gather(b, f);
		if (poll(f, n, -1) < 0)
			continue;
		for (p = b->pairs, i = 1; i < n; i += 2, p++) {
			while (!p->used)
				p++;
			if (f[i].revents == 0 && f[i + 1].revents == 0)
				continue;
			if (flow(&p->up) < 0 || flow(&p->down) < 0 ||
			    (p->up.ended && p->down.ended) || p->down.ended)
				part(p);
		}
		if (f[0].revents != 0)
			join(b);
	}
	for (p = b->pairs; p < b->pairs + PAIRS; p++)
		if (p->used)
			part(p);
}

static int
bridge(struct cli *c, struct hall *h, const struct link *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct bridge *b = xalloc(sizeof(*b));
	socklen_t len = sizeof(a);
	struct err e = {0};
	int status = EXIT_DONE;

	b->c = c;
	b->h = h;
	b->path = l->socket;
	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (b->listener < 0 || bind(b->listener, (struct sockaddr *)&a,
	    sizeof(a)) < 0 || listen(b->listener, PAIRS) < 0 ||
	    getsockname(b->listener, (struct sockaddr *)&a, &len) < 0) {
		err_sys(&e, "listen on this machine");
		status = cli_fail(c, &e);
	} else {
		cli_outf("http://127.0.0.1:%u/enter?token=%s\n",
		    (unsigned)ntohs(a.sin_port), l->token);
		fflush(stdout);
		if (c->err_tty)
			cli_say(c, "open it in a browser; it is good once, and "
			    "while this command runs (Ctrl-C ends it)");
		serve(b);
	}
	if (b->listener >= 0)
		close(b->listener);
	free(b);
	return status;
}

/* ---- the link ---- */
static int
read_link(const struct buf *answer, struct link *l)
{
	CLEAN_JSON_READ struct json_read r;
	struct err e = {0};
	const char *s;
	int n;

	json_read_init(&r, answer->data, answer->len);
	if (json_expect(&r, JSON_OBJECT, &e) < 0)
		return -1;
	while ((n = json_member(&r, &e)) == 1) {
		char **to = strcmp(r.str, "token") == 0 ? &l->token :
		    strcmp(r.str, "listen") == 0 ? &l->listen :
		    strcmp(r.str, "socket") == 0 ? &l->socket : NULL;

		if (strcmp(r.str, "tls") == 0)
			n = json_get_bool(&r, &l->tls, &e);
		else if (to == NULL || *to != NULL)
			n = json_skip(&r, &e);
		else if ((n = json_get_str(&r, &s, NULL, &e)) == 0)
			*to = xstrdup(s);
		if (n < 0)
			return -1;
	}
	return n < 0 || l->token == NULL || l->listen == NULL ? -1 : 0;
}

static int
give(struct cli *c, struct hall *h)
{
	CLEAN_BUF struct buf answer = {0};
	struct link l = { .token = NULL };
	struct err e = {0};
	int status = EXIT_DONE;

	if (catalog_live(h->catalog, "web", &answer, &e) < 0 ||
	    read_link(&answer, &l) < 0) {
		err_set(&e, ERR_NOENT, "the dashboard is served by fettle daemon, "
		    "which %s", catalog_is_owner(h->catalog) ?
		    "does not run" : "does not serve it just now: its log tells "
		    "why");
		status = cli_fail(c, &e);
	} else if (strcmp(l.listen, "unix") == 0)
		status = bridge(c, h, &l);
	else
		cli_outf("%s://%s/enter?token=%s\n", l.tls ? "https" : "http",
		    l.listen, l.token);
	free(l.token);
	free(l.listen);
	free(l.socket);
	return status;
}

static int
child(struct cli *c)
{
	struct err e = {0};

	return web_serve(STDIN_FILENO, &e) < 0 ? cli_fail(c, &e) : EXIT_DONE;
}

static int
desk(struct cli *c, const char *file)
{
	struct err e = {0};
	int status = cli_load(c);

	if (status != EXIT_DONE)
		return status;
	return desk_serve(c->settings, file, STDIN_FILENO, &e) < 0 ?
	    cli_fail(c, &e) : EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "fettle web takes no argument");
	if (opt_given(o, "child"))
		return child(c);
	if (opt_value(o, "desk") != NULL)
		return desk(c, opt_value(o, "desk"));
	status = cli_load(c);
	if (status != EXIT_DONE)
		return status;
	if (c->settings->web == NULL)
		return cli_usage(c, "the configuration has no dashboard: add "
		    "'web: {listen: unix}'");
	status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	status = give(c, h);
	hall_close(h);
	return status;
}

const struct command cmd_web = {
	"web", "", "A one-time link to the dashboard",
	"The link is good once, for five minutes.  With 'web: {listen: unix}' it leads\n"
	"through this command, which runs until it is ended.",
	opts, run, COMMAND_DAILY,
};
