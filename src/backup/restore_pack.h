#ifndef BACKUP_RESTORE_PACK_H
#define BACKUP_RESTORE_PACK_H

#include <stddef.h>

struct rworker;
struct window;

/* A part of a window: read, its blobs opened, written where they are wanted. */
void pack_part(struct rworker *w, struct window *win, size_t part);

#endif
