#ifndef CATALOG_CLIENT_H
#define CATALOG_CLIENT_H

#include "catalog/impl.h"

/* A connection to the owner. */
struct remote;

#define CLIENT_SILENT	2

/*
 * Greet whoever serves state/control: 1 and *out, 0 nobody serves it (yet, or
 * any more), -1 refused (ERR_LOCKED by a run, ERR_USAGE by another version),
 * CLIENT_SILENT somebody holds the socket, but does not greet.
 * *lock_fd is the caller's, -1 if none was given.
 */
int client_join(int dir_fd, enum catalog_role role, const char *what,
    struct remote **out, int *lock_fd, struct err *e);
int client_call(struct remote *r, enum verb verb, const struct buf *req,
    struct buf *reply, struct err *e);
void client_free(struct remote *r);

#endif
