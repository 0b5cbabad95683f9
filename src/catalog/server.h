#ifndef CATALOG_SERVER_H
#define CATALOG_SERVER_H

/* The owner's end of state/control. */
struct catalog;
struct server;

void server_stop(struct server *s);	/* NULL is fine; the socket goes */

#endif
