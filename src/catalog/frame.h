#ifndef CATALOG_FRAME_H
#define CATALOG_FRAME_H

#include <stddef.h>

#include "catalog/impl.h"

/*
 * What goes over the control socket: frames of a u32 length (little-endian, 1
 * to CATALOG_FRAME) and as many bytes.
 *
 * The first of each side is the greeting, and its beginning never changes:
 *	client	str "fettle catalog", str version; then u64 role, str what
 *	owner	a byte FRAME_OK, str version; then u64 role, u64 pid, str what
 * With the owner's come, for CATALOG_RUN and CATALOG_WORK, a duplicate of the
 * lock's descriptor (SCM_RIGHTS).
 *
 * After that: a byte verb and its request; back a byte FRAME_OK or FRAME_ONE
 * (what the verb returned) and its reply, or FRAME_ERROR and u64 kind, i64
 * errno, str text.  One request at a time.
 */
#define FRAME_HELLO	"fettle catalog"
#define FRAME_HEAD	((size_t)4)

enum { FRAME_OK = 0, FRAME_ONE = 1, FRAME_ERROR = 255 };

/* Begin a frame in b and end it: its length is put in front. */
size_t frame_begin(struct buf *b);
void frame_end(struct buf *b, size_t start);
/* Its bytes without the length, from what has come so far: 1 whole, 0 not
 * yet, -1 its length is none. */
int frame_whole(const void *data, size_t len, size_t *frame_len);

void frame_put_error(struct buf *b, const struct err *e);
/* The error of a reply, behind its first byte: -1. */
int frame_get_error(struct unpack *u, struct err *e);

#endif
