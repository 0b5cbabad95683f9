#ifndef MEDIA_PROBE_H
#define MEDIA_PROBE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A child that reads foreign content in our stead.
 *
 * It is forked when it is first asked and serves one file after the other.  It
 * can read the one descriptor it is handed and answer, nothing else (util/
 * fence.h); it has PROBE_MEMORY and, for a file, PROBE_CPU seconds of work and
 * PROBE_WAIT of time, and is ended with us.  Whatever a hostile file makes of
 * it, what comes out is bytes of at most `limit`, to be doubted once more.  A
 * child that died, or was ended, is replaced at the next question, as is one
 * that has seen PROBE_FILES.
 *
 * A probe is used by one thread at a time; the thread that asks it first must
 * not end before probe_free, since the child would end with it.
 */
struct buf;
struct err;
struct probe;

#define PROBE_MEMORY	((uint64_t)192 << 20)
#define PROBE_CPU	5			/* seconds */
#define PROBE_WAIT	((int64_t)30 * 1000000)	/* µs */
#define PROBE_FILES	5000

/* What the child is to do with an open file: append the answer to out.  It must
 * not use locks, locales, or anything that another thread of ours may have been
 * in the middle of. */
struct probe_file {
	int		 fd;
	uint64_t	 size;
};
struct probe_work {
	int (*read)(const struct probe_file *f, struct buf *out,
	    struct err *e);
	size_t		 limit;		/* bytes of an answer */
};

struct probe *probe_new(void);
void probe_free(struct probe *p);	/* NULL is fine */

/*
 * Have work done in the child: 0 and the answer is appended to out; -1 with the
 * work's own failure, ERR_CORRUPT if it died over the file, ERR_STOPPED if it
 * took too long, ERR_FULL if it said too much.  Blocks.
 */
int probe_ask(struct probe *p, const struct probe_work *work, int fd,
    uint64_t size, struct buf *out, struct err *e);

#endif
