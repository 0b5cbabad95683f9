#ifndef BACKUP_RESTORE_SMALL_H
#define BACKUP_RESTORE_SMALL_H

#include <stddef.h>

/* Files of one blob, or none: made at once. */
struct err;
struct record;
struct rfile;
struct rworker;

/* All of it is here. */
void small_put(struct rworker *w, struct rfile *f, const struct record *rec,
    const void *data, size_t len);
/* It has ended otherwise: failed and told; or it was right, or left alone. */
void small_fail(struct rworker *w, struct rfile *f, const struct record *rec,
    const struct err *why);
void small_end(struct rworker *w, struct rfile *f);

#endif
