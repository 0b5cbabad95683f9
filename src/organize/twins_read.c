/*
 * twins_read.c -- reading what has to be known of a file: its first bytes, its
 * last, all of them.  Small files are read once, whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "fs/dir.h"
#include "organize/read.h"
#include "organize/twins_impl.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define PIECE	((size_t)256 << 10)
#define BLOCK	16	/* files that one worker takes in a row */

struct reading {
	struct twins	*t;
	enum twins_step	 step;
	struct worker {
		struct sha256	*sha;
		unsigned char	*piece;
		uint32_t	 dir;	/* held at fd, while one block is read */
		int		 fd;
	} workers[READERS_MAX];
};

static int
whole(struct worker *w, int fd, struct twin *x)
{
	unsigned char sum[SHA256_LEN];
	uint64_t at = 0;
	ssize_t n = 0;

	if (w->sha == NULL)
		w->sha = sha256_new();
	sha256_start(w->sha);
	while (at < x->id.size) {
		size_t want = x->id.size - at < PIECE ?
		    (size_t)(x->id.size - at) : PIECE;

		n = fd_pread_full(fd, w->piece, want, at);
		if (n > 0)
			sha256_add(w->sha, w->piece, (size_t)n);
		if (n < (ssize_t)want)
			break;
		at += want;
	}
	sha256_end(w->sha, sum);
	if (n >= 0 && at != x->id.size) {
		errno = ESTALE;		/* it changed under our hands */
		n = -1;
	}
	memcpy(x->sum, sum, TWIN_SUM);
	return n < 0 ? -1 : 0;
}

static int
part(struct worker *w, int fd, uint64_t at, struct twin *x)
{
	ssize_t n = fd_pread_full(fd, w->piece, TWINS_PIECE, at);

	if (n >= 0)
		x->known = hash_keyed(x->known, w->piece, (size_t)n);
	return n < 0 ? -1 : 0;
}

static int
learn(struct reading *r, struct worker *w, int fd, struct twin *x)
{
	int small = x->id.size <= TWINS_SMALL;

	if (small)
		return r->step == TWINS_FIRST ? whole(w, fd, x) : 0;
	if (r->step == TWINS_FIRST)
		return part(w, fd, 0, x);
	if (r->step == TWINS_LAST)
		return part(w, fd, x->id.size - TWINS_PIECE, x);
	return whole(w, fd, x);
}

/* The folder of x, which most often is that of the file before. */
static int
open_in_dir(struct reading *r, struct worker *w, const struct twin *x)
{
	const char *dir = r->t->dir[x->real_dir];

	if (w->fd < 0 || w->dir != x->real_dir) {
		if (w->fd >= 0)
			close(w->fd);
		w->fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		w->dir = x->real_dir;
	}
	if (w->fd < 0)		/* too long for a path, or gone */
		return read_open_path(dir, x->real_name, &x->id, NULL);
	return read_open(w->fd, x->real_name, &x->id, NULL);
}

static void
one(struct reading *r, struct worker *w, struct twin *x)
{
	int fd;

	if (x->id.size == 0 ||
	    (x->id.size <= TWINS_SMALL && r->step != TWINS_FIRST) ||
	    (x->id.size <= TWINS_LARGE && r->step == TWINS_LAST))
		return;
	fd = open_in_dir(r, w, x);
	if (fd < 0 || learn(r, w, fd, x) < 0)
		x->error = errno != 0 ? errno : EIO;
	if (fd >= 0)
		close(fd);
}

static void
block(void *arg, size_t i, unsigned who)
{
	struct reading *r = arg;
	struct worker *w = &r->workers[who];
	size_t end = (i + 1) * BLOCK;

	if (w->piece == NULL)
		w->piece = xalloc(PIECE);
	w->fd = -1;
	for (size_t k = i * BLOCK; k < end && k < r->t->n_live; k++)
		one(r, w, &r->t->v[r->t->live[k]]);
	if (w->fd >= 0)
		close(w->fd);
}

void
twins_read(struct twins *t, enum twins_step step, struct readers *c)
{
	struct reading r = { .t = t, .step = step };

	readers_run(c, (t->n_live + BLOCK - 1) / BLOCK, block, &r);
	for (size_t i = 0; i < READERS_MAX; i++) {
		sha256_free(r.workers[i].sha);
		free(r.workers[i].piece);
	}
}
