/*
 * clients.c -- the control socket, served from the loop.
 *
 * A request is answered within its event; the catalog bounds what one may cost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "util/err.h"
#include "util/xalloc.h"

static void
client_free(struct client *c)
{
	struct client **p;

	for (p = &c->d->clients; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	loop_remove(&c->d->loop, &c->watch);
	close(c->watch.fd);
	free(c);
}

static void
on_request(void *arg, uint32_t events)
{
	struct client *c = arg;
	struct daemon *d = c->d;

	(void)events;
	if (catalog_serve_one(d->h->catalog, c->watch.fd) == 1)
		return;
	client_free(c);
	workers_somebody_left(d);
}

/* No descriptors left: take the caller in on the spare one and send it away,
 * or the loop would spin on it. */
static void
refuse(struct daemon *d)
{
	int fd;

	close(d->spare);
	fd = accept4(d->listen.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	d->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
on_caller(void *arg, uint32_t events)
{
	struct daemon *d = arg;
	struct client *c;
	struct err e = {0};
	int fd = accept4(d->listen.fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			refuse(d);
		return;
	}
	c = xalloc(sizeof(*c));
	c->watch = (struct watch){ .fd = fd, .ready = on_request, .arg = c };
	c->d = d;
	c->next = d->clients;
	d->clients = c;
	if (loop_add(&d->loop, &c->watch, &e) < 0) {
		say_error(d, &e);
		client_free(c);
	}
}

int
clients_open(struct daemon *d, struct err *e)
{
	int fd = catalog_listen(d->h->catalog, e);

	if (fd < 0)
		return -1;
	d->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	d->listen = (struct watch){ .fd = fd, .ready = on_caller, .arg = d };
	return loop_add(&d->loop, &d->listen, e);
}

void
clients_close(struct daemon *d)
{
	struct client *c, *next;

	loop_remove(&d->loop, &d->listen);
	for (c = d->clients; c != NULL; c = next) {
		next = c->next;
		client_free(c);
	}
	if (d->spare >= 0)
		close(d->spare);
	d->spare = -1;
}
