/* server.c -- see server.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/test/server.h"
#include "util/xalloc.h"

#define CONNECTIONS_MAX	256

struct server {
	int		 fd;
	unsigned	 port;
	pthread_t	 thread;
	void (*handle)(void *arg, const struct server_request *r,
	    struct server_answer *a);
	void		*arg;
	pthread_mutex_t	 mutex;		/* one answer at a time */
	atomic_uint	 n;
	int		 clients[CONNECTIONS_MAX];
	pthread_t	 threads[CONNECTIONS_MAX];
};

struct client {
	struct server	*s;
	int		 fd;
};

char *
server_header(const struct server_request *r, const char *name)
{
	const char *at = strstr(r->head, "\r\n");
	size_t n = strlen(name);

	for (; at != NULL; at = strstr(at + 2, "\r\n"))
		if (strncasecmp(at + 2, name, n) == 0 && at[2 + n] == ':') {
			at += 3 + n;
			at += strspn(at, " ");
			return xstrndup(at, strcspn(at, "\r"));
		}
	return NULL;
}

void
server_say(const struct server_request *r, struct server_answer *a, int status,
    const char *headers, const void *body, size_t len)
{
	buf_addf(&a->bytes, "HTTP/1.1 %d Word\r\n", status);
	if (status != 204)
		buf_addf(&a->bytes, "Content-Length: %zu\r\n", len);
	buf_addf(&a->bytes, "%s\r\n", headers);
	if (strcmp(r->method, "HEAD") != 0)
		buf_add(&a->bytes, body, len);
}

static int
more(int fd, struct buf *b)
{
	char piece[16384];
	ssize_t n = recv(fd, piece, sizeof(piece), 0);

	if (n <= 0)
		return -1;
	buf_add(b, piece, (size_t)n);
	return 0;
}

static int
send_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = send(fd, p, len, MSG_NOSIGNAL)) <= 0)
			return -1;
	return 0;
}

/* One request into b: its head's length, or 0 at the end. */
static size_t
read_request(int fd, struct buf *b, struct server_request *r)
{
	char *end, *length;

	while ((end = strstr(buf_str(b), "\r\n\r\n")) == NULL)
		if (more(fd, b) < 0)
			return 0;
	r->head = buf_str(b);
	r->body_len = 0;
	if ((length = server_header(r, "Content-Length")) != NULL)
		r->body_len = strtoul(length, NULL, 10);
	free(length);
	return (size_t)(end - buf_str(b)) + 4;
}

static int
answer(const struct client *c, struct server_request *r)
{
	struct server_answer a = {0};
	int go_on;

	pthread_mutex_lock(&c->s->mutex);
	c->s->handle(c->s->arg, r, &a);
	pthread_mutex_unlock(&c->s->mutex);
	go_on = send_all(c->fd, a.bytes.data, a.bytes.len) == 0 && !a.close;
	while (go_on && a.endless != NULL)
		go_on = send_all(c->fd, a.endless, strlen(a.endless)) == 0;
	while (go_on && a.hang) {
		buf_reset(&a.bytes);
		go_on = more(c->fd, &a.bytes) == 0;
	}
	buf_fini(&a.bytes);
	return go_on;
}

static int
one(const struct client *c)
{
	CLEAN_BUF struct buf b = {0};
	struct server_request r = {0};
	char method[16], target[4096], *head;
	size_t n = read_request(c->fd, &b, &r);
	int go_on;

	while (n > 0 && b.len < n + r.body_len)
		if (more(c->fd, &b) < 0)
			return 0;
	if (n == 0 || sscanf(buf_str(&b), "%15s %4095s", method, target) != 2)
		return 0;
	head = xstrndup(buf_str(&b), n - 2);
	r.method = method;
	r.target = target;
	r.head = head;
	r.body = b.data + n;
	go_on = answer(c, &r);
	free(head);
	return go_on;
}

static void *
serve(void *arg)
{
	struct client *c = arg;

	while (one(c))
		;
	shutdown(c->fd, SHUT_RDWR);
	free(c);
	return NULL;
}

static void *
run(void *arg)
{
	struct server *s = arg;
	struct client *c;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0 &&
	    s->n < CONNECTIONS_MAX) {
		c = xalloc(sizeof(*c));
		*c = (struct client){ s, fd };
		s->clients[s->n] = fd;
		/* Counted before it can answer: who has the answer may ask. */
		if (pthread_create(&s->threads[s->n++], NULL, serve, c) != 0)
			abort();
	}
	return NULL;
}

static void
bind_port(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, len) < 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len) < 0)
		abort();
	s->port = ntohs(a.sin_port);
}

static void
bind_socket(struct server *s, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		abort();
}

struct server *
server_new(const char *unix_socket, void (*handle)(void *arg,
    const struct server_request *r, struct server_answer *a), void *arg)
{
	struct server *s = xalloc(sizeof(*s));

	s->handle = handle;
	s->arg = arg;
	if (unix_socket != NULL)
		bind_socket(s, unix_socket);
	else
		bind_port(s);
	if (listen(s->fd, 64) < 0 ||
	    pthread_mutex_init(&s->mutex, NULL) != 0 ||
	    pthread_create(&s->thread, NULL, run, s) != 0)
		abort();
	return s;
}

void
server_free(struct server *s)
{
	unsigned i;

	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	for (i = 0; i < s->n; i++) {
		shutdown(s->clients[i], SHUT_RDWR);
		pthread_join(s->threads[i], NULL);
		close(s->clients[i]);
	}
	close(s->fd);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

unsigned
server_port(const struct server *s)
{
	return s->port;
}

unsigned
server_connections(const struct server *s)
{
	return s->n;
}
