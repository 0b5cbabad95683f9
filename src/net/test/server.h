#ifndef NET_TEST_SERVER_H
#define NET_TEST_SERVER_H

#include "util/buf.h"

/*
 * A web server of a test: it listens on a port of this machine, or a socket, and
 * each connection has a thread, which asks handle for the bytes of an answer.  It
 * knows just enough HTTP to tell where a request ends.
 */
struct server;

struct server_request {
	const char	*method, *target;	/* "GET", "/a?b=c" */
	const char	*head;			/* all of it, as it came */
	const void	*body;
	size_t		 body_len;
};

struct server_answer {
	struct buf	 bytes;		/* sent as they are */
	int		 close;		/* then the connection is closed */
	int		 hang;		/* then nothing, until it is stopped */
	const char	*endless;	/* then this, again and again */
};

/* unix_socket: its path, or NULL for a port. */
struct server *server_new(const char *unix_socket,
    void (*handle)(void *arg, const struct server_request *r,
    struct server_answer *a), void *arg);
void server_free(struct server *s);
unsigned server_port(const struct server *s);
/* Connections that there were. */
unsigned server_connections(const struct server *s);

/* An answer that is well formed: headers are whole lines, with "\r\n". */
void server_say(const struct server_request *r, struct server_answer *a,
    int status, const char *headers, const void *body, size_t len);

/* The value of a header of the request, to be freed; NULL if it has none. */
char *server_header(const struct server_request *r, const char *name);

#endif
