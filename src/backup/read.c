/*
 * read.c -- a file's bytes into blobs.
 *
 * Holes are not read.  In a hole the fingerprint is zero as soon as the window
 * of 64 bytes lies in it, and zero is a cut: so a chunk that began before the
 * hole ends at most CHUNK_MIN into it (its zeroes are put into the buffer), and
 * then come chunks of CHUNK_MIN zeroes, whose id is always the same, until less
 * than that is left, which belongs to what follows (restic-format 1.10).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/buffers.h"
#include "backup/impl.h"
#include "backup/read.h"
#include "backup/tasks.h"
#include "util/err.h"
#include "util/xalloc.h"

#define READ_STEP	((size_t)256 << 10)
#define GIVE_MIN	((size_t)64 << 10)	/* less is done sooner than given */

struct reading {
	struct worker	*w;
	struct giving	*giving;
	struct content	*c;
	int		 fd;
	int		 stream;	/* read, not pread */
	uint64_t	 size;		/* as it was looked at */

	unsigned char	*buf;		/* of CHUNK_MAX */
	size_t		 len;
	size_t		 most;		/* how far it was written to */
	size_t		 seen;		/* of buf: no cut there */
	uint64_t	 at;		/* in the file, behind buf */

	int		 sparse;	/* it has holes: the span around at is */
	int		 hole;		/* one */
	uint64_t	 span, span_end;
};

struct piece {
	struct task	 task;
	struct run	*r;
	struct giving	*giving;
	struct content	*c;
	size_t		 i;		/* its place in c */
	unsigned char	*data;
	size_t		 len;
};

void
giving_init(struct giving *g)
{
	*g = (struct giving){ .left = 0 };
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->back, NULL);
}

void
giving_fini(struct giving *g)
{
	pthread_cond_destroy(&g->back);
	pthread_mutex_destroy(&g->lock);
}

void
giving_wait(struct giving *g, struct worker *w)
{
	pthread_mutex_lock(&g->lock);
	while (g->left > 0) {
		pthread_mutex_unlock(&g->lock);
		if (tasks_help(w->r->tasks, w)) {
			pthread_mutex_lock(&g->lock);
			continue;
		}
		/* None waits, so all of ours are in somebody's hands. */
		pthread_mutex_lock(&g->lock);
		while (g->left > 0)
			pthread_cond_wait(&g->back, &g->lock);
	}
	pthread_mutex_unlock(&g->lock);
}

void
content_fini(struct content *c)
{
	free(c->v);
	*c = (struct content){0};
}

void
content_take(struct content *c, struct id *v, size_t n)
{
	free(c->v);
	c->v = v;
	c->n = c->cap = n;
}

/* A place for the next id; pieces that are away keep theirs by number. */
static size_t
add_place(struct reading *rd)
{
	struct content *c = rd->c;

	if (c->n == c->cap) {
		pthread_mutex_lock(&rd->giving->lock);
		c->cap = c->cap == 0 ? 1 : c->cap * 2;
		c->v = xrealloc(c->v, c->cap, sizeof(*c->v));
		pthread_mutex_unlock(&rd->giving->lock);
	}
	return c->n++;
}

static void
put(struct giving *g, struct content *c, size_t i, const struct id *id,
    size_t len, const struct saved *how)
{
	pthread_mutex_lock(&g->lock);
	c->v[i] = *id;
	if (how->fresh) {
		c->added += len;
		c->packed += how->packed;
	}
	pthread_mutex_unlock(&g->lock);
}

static void
piece_done(struct piece *p)
{
	struct giving *g = p->giving;

	buffers_put(p->r->buffers, p->data, p->len);
	free(p);
	pthread_mutex_lock(&g->lock);
	g->left--;
	if (g->left == 0)
		pthread_cond_signal(&g->back);
	pthread_mutex_unlock(&g->lock);
}

static void
piece_run(struct task *t, struct worker *w)
{
	struct piece *p = (struct piece *)(void *)t;
	struct saved how = {0};
	struct id id;

	if (!run_over(p->r) && run_save(p->r, w->hand, BLOB_DATA, p->data,
	    p->len, &id, &how) == 0) {
		atomic_fetch_add(&p->r->bytes, p->len);
		put(p->giving, p->c, p->i, &id, p->len, &how);
	}
	piece_done(p);
}

/*
 * Give the first len bytes of the buffer away: 1, and the buffer is another,
 * with what is left.
 */
static int
give(struct reading *rd, size_t len, size_t i)
{
	size_t left = rd->len - len;
	unsigned char *rest;
	struct piece *p;

	if (len < GIVE_MIN || !tasks_want(rd->w->r->tasks))
		return 0;
	p = xalloc(sizeof(*p));
	*p = (struct piece){ .task = { .run = piece_run }, .r = rd->w->r,
	    .giving = rd->giving, .c = rd->c, .i = i, .data = rd->buf,
	    .len = len };
	rest = buffers_take(rd->w->r->buffers);
	memcpy(rest, rd->buf + len, left);
	pthread_mutex_lock(&rd->giving->lock);
	rd->giving->left++;
	pthread_mutex_unlock(&rd->giving->lock);
	if (!tasks_offer(rd->w->r->tasks, &p->task)) {
		pthread_mutex_lock(&rd->giving->lock);
		rd->giving->left--;
		pthread_mutex_unlock(&rd->giving->lock);
		buffers_put(rd->w->r->buffers, rest, left);
		free(p);
		return 0;
	}
	rd->buf = rest;
	rd->len = rd->most = left;
	return 1;
}

/* The id of CHUNK_MIN zeroes, saved the first time. */
static int
zero_chunk(struct reading *rd, struct id *id, struct saved *how)
{
	struct run *r = rd->w->r;
	unsigned char *zeroes;
	int rc = 0;

	pthread_mutex_lock(&r->zero_lock);
	if (!r->has_zero) {
		zeroes = xalloc(CHUNK_MIN);
		rc = run_save(r, rd->w->hand, BLOB_DATA, zeroes, CHUNK_MIN,
		    &r->zero, how);
		free(zeroes);
		r->has_zero = rc == 0;
	}
	*id = r->zero;
	pthread_mutex_unlock(&r->zero_lock);
	return rc;
}

/* Zeroes that are no hole (an image that was written through) are cut into the
 * same chunks; to look at them costs a twentieth of a hash. */
static int
is_zero_chunk(const struct reading *rd, size_t len)
{
	return len == CHUNK_MIN && rd->buf[0] == 0 &&
	    memcmp(rd->buf, rd->buf + 1, len - 1) == 0;
}

/* The first len bytes of the buffer are a chunk. */
static int
cut(struct reading *rd, size_t len)
{
	size_t i = add_place(rd);
	struct saved how = {0};
	struct id id;

	rd->seen = 0;
	rd->c->size += len;
	if (is_zero_chunk(rd, len)) {
		if (zero_chunk(rd, &id, &how) < 0)
			return -1;
	} else if (give(rd, len, i))
		return 0;
	else if (run_save(rd->w->r, rd->w->hand, BLOB_DATA, rd->buf, len, &id,
	    &how) < 0)
		return -1;
	atomic_fetch_add(&rd->w->r->bytes, len);
	put(rd->giving, rd->c, i, &id, len, &how);
	rd->len -= len;
	memmove(rd->buf, rd->buf + len, rd->len);
	return 0;
}

/* Cut off what can be. */
static int
cut_all(struct reading *rd)
{
	size_t n;
	int found;

	while (rd->len > 0) {
		n = chunker_next(rd->w->r->chunker, rd->buf,
		    rd->len < CHUNK_MAX ? rd->len : CHUNK_MAX, rd->seen,
		    &found);
		if (!found) {
			rd->seen = rd->len;
			return 0;
		}
		if (cut(rd, n) < 0)
			return -1;
		/* What is left of a hole's zeroes is not worth the copy. */
		if (rd->sparse && rd->hole && rd->at - rd->len >= rd->span) {
			rd->at -= rd->len;
			rd->len = 0;
		}
	}
	return 0;
}

/* n bytes were put behind the others. */
static void
grew(struct reading *rd, size_t n)
{
	rd->len += n;
	rd->at += n;
	if (rd->len > rd->most)
		rd->most = rd->len;
}

/* Find the data or hole that begins at rd->at. */
static void
find_span(struct reading *rd)
{
	off_t at = (off_t)rd->at, data, end;

	rd->span = rd->at;
	data = lseek(rd->fd, at, SEEK_DATA);
	if (data < 0 && errno == ENXIO && rd->at < rd->size) {
		rd->hole = 1;
		rd->span_end = rd->size;
		return;
	}
	rd->hole = data > at;
	end = rd->hole ? data : data == at ? lseek(rd->fd, at, SEEK_HOLE) : -1;
	if (end <= at) {	/* at its end, or it cannot be told */
		rd->sparse = rd->hole = 0;
		return;
	}
	rd->span_end = (uint64_t)end;
}

/* In a hole: whole chunks of zeroes, then zeroes into the buffer. */
static int
fill_hole(struct reading *rd, size_t max)
{
	uint64_t left = rd->span_end - rd->at;
	struct saved how = {0};
	struct id id;
	size_t n, i;

	if (rd->len == 0 && left >= CHUNK_MIN) {
		if (zero_chunk(rd, &id, &how) < 0)
			return -1;
		i = add_place(rd);
		put(rd->giving, rd->c, i, &id, CHUNK_MIN, &how);
		rd->c->size += CHUNK_MIN;
		rd->at += CHUNK_MIN;
		atomic_fetch_add(&rd->w->r->bytes, CHUNK_MIN);
		return 1;
	}
	n = left < max ? (size_t)left : max;
	memset(rd->buf + rd->len, 0, n);
	grew(rd, n);
	return 1;
}

/* More bytes: 1; 0 at the end; -1 and e. */
static int
fill(struct reading *rd, struct err *e)
{
	size_t max = CHUNK_MAX - rd->len;
	ssize_t n;

	if (max > READ_STEP)
		max = READ_STEP;
	if (rd->sparse && rd->at >= rd->span_end)
		find_span(rd);
	if (rd->sparse && rd->hole)
		return fill_hole(rd, max);
	if (rd->sparse && rd->span_end - rd->at < max)
		max = (size_t)(rd->span_end - rd->at);
	do {
		n = rd->stream ? read(rd->fd, rd->buf + rd->len, max) :
		    pread(rd->fd, rd->buf + rd->len, max, (off_t)rd->at);
	} while (n < 0 && errno == EINTR && !run_over(rd->w->r));
	if (n < 0)
		return err_sys(e, "read");
	grew(rd, (size_t)n);
	return n > 0;
}

static int
read_all(struct reading *rd, struct err *e)
{
	int more;

	while ((more = fill(rd, e)) > 0) {
		if (run_over(rd->w->r))
			return 0;
		if (cut_all(rd) < 0)
			return 0;
	}
	if (more == 0 && rd->len > 0)
		cut(rd, rd->len);
	return more;
}

/* A file that is one chunk: its bytes, with one call more than none. */
static int
read_small(struct reading *rd, struct err *e)
{
	ssize_t n;

	do {
		n = pread(rd->fd, rd->buf, (size_t)rd->size + 1, 0);
	} while (n < 0 && errno == EINTR && !run_over(rd->w->r));
	if (n < 0)
		return err_sys(e, "read");
	grew(rd, (size_t)n);
	return rd->len != rd->size;
}

static int
reading(struct reading *rd, struct err *e)
{
	struct worker *w = rd->w;
	int more = 1;

	rd->buf = w->piece != NULL ? w->piece : buffers_take(w->r->buffers);
	if (!rd->stream && !rd->sparse && rd->size > 0 &&
	    rd->size < CHUNK_MIN) {
		more = read_small(rd, e);
		if (more == 0)
			cut(rd, rd->len);
	}
	if (more > 0)
		more = read_all(rd, e);
	w->piece = rd->buf;
	if (rd->most > BUFFERS_KEPT) {
		buffers_put(w->r->buffers, rd->buf, rd->most);
		w->piece = NULL;
	}
	return more < 0 ? -1 : 0;
}

int
read_file(struct worker *w, int fd, const struct look *l,
    struct giving *g, struct content *c, struct err *e)
{
	struct reading rd = { .w = w, .giving = g, .c = c, .fd = fd,
	    .size = l->size, .sparse = l->blocks < l->size / 512 };

	return reading(&rd, e);
}

int
read_stream(struct worker *w, int fd, struct giving *g, struct content *c,
    struct err *e)
{
	struct reading rd = { .w = w, .giving = g, .c = c, .fd = fd,
	    .stream = 1 };

	return reading(&rd, e);
}
