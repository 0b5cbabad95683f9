#ifndef BACKUP_BUFFERS_H
#define BACKUP_BUFFERS_H

#include <stddef.h>

/*
 * What files are read into: pieces of address space that hold the largest chunk,
 * of which only what is written to takes memory.  They go from thread to
 * thread with the chunk that is in them, and are used again.
 *
 * Used by many threads.
 */
struct buffers;

#define BUFFERS_KEPT	((size_t)2 << 20)	/* of each that lies unused */

struct buffers *buffers_new(void);
void buffers_free(struct buffers *b);	/* NULL is fine; those given back */

/* One of CHUNK_MAX bytes, of any content. */
unsigned char *buffers_take(struct buffers *b);
/* used: how far it was written to, at most.  NULL is fine. */
void buffers_put(struct buffers *b, unsigned char *p, size_t used);

#endif
