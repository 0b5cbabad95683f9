#ifndef JOB_BURST_WIRE_H
#define JOB_BURST_WIRE_H

#include "job/burst.h"

/*
 * How the daemon and the worker that handles what arrives talk: messages over
 * a stream socket, a length of four bytes (little-endian) and what pack.h makes.
 * The daemon sends batches, one at a time; the worker answers each, and tells
 * when it has ended a run.  An empty batch asks it to end its run, and is not
 * answered.  Who hangs up is done.
 */
#define WIRE_MOST	((size_t)256 << 20)	/* bytes of a message */

enum wire_kind { WIRE_ANSWER = 1, WIRE_ENDED = 2 };

void wire_put_batch(struct buf *out, const struct burst_batch *b);
void wire_put_answer(struct buf *out, const struct burst_answer *a);
void wire_put_ended(struct buf *out);

/*
 * Is the beginning of these bytes a whole message?  1 and where its body is and
 * how long the message is in all, 0 not yet, -1 it never will be.
 */
int wire_whole(const struct buf *in, const void **body, size_t *len,
    size_t *all);
/* -1: it makes no sense; nothing is to be freed. */
int wire_get_batch(const void *body, size_t len, struct burst_batch *out,
    struct err *e);
int wire_get(const void *body, size_t len, enum wire_kind *kind,
    struct burst_answer *out, struct err *e);

#endif
