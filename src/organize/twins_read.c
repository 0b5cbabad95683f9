/*
 * twins_read.c -- reading what has to be known of a file: its first bytes, its
 * last, all of them.  Small files are read once, whole.  Where only two are
 * left that may be the same, they are compared instead of hashed, from the
 * first byte on: what is opened once need not be opened for its last bytes.
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
#define HEAD	((size_t)16 << 10)	/* of two: what most often differs does here */
#define BLOCK	16	/* files that one worker takes in a row */

/* What is done in one go: a file, or two that are compared. */
struct unit {
	uint32_t	 a, b;		/* b is TWIN_NONE for a file alone */
};

struct reading {
	struct twins	*t;
	enum twins_step	 step;
	struct unit	*units;
	size_t		 n;
	struct worker {
		struct sha256	*sha;
		unsigned char	*piece;
		uint32_t	 dir;	/* held at fd, while one block is read */
		int		 fd;
	} workers[CREW_MAX];
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

/* The folder of x, which most often is that of the file before; but not if it
 * is the second of two. */
static int
open_in_dir(struct reading *r, struct worker *w, const struct twin *x,
    int second)
{
	const char *dir = r->t->dir[x->real_dir];

	if (second && (w->fd < 0 || w->dir != x->real_dir))
		return read_open_path(dir, x->real_name, &x->id, NULL);
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

static int
is_known(const struct reading *r, const struct twin *x)
{
	return x->id.size == 0 || x->settled ||
	    (x->id.size <= TWINS_SMALL && r->step != TWINS_FIRST) ||
	    (x->id.size <= TWINS_LARGE && r->step == TWINS_LAST);
}

static void
one(struct reading *r, struct worker *w, struct twin *x)
{
	int fd = open_in_dir(r, w, x, 0);

	if (fd < 0 || learn(r, w, fd, x) < 0)
		x->error = errno != 0 ? errno : EIO;
	if (fd >= 0)
		close(fd);
}

/* The next piece of both: 1 the same and there is more, 0 not, 2 all read, -1
 * and the one that could not be read has its error. */
static int
same_piece(struct worker *w, const int fd[2], struct twin *const x[2],
    uint64_t at, size_t want)
{
	for (int i = 0; i < 2; i++) {
		ssize_t n = fd_pread_full(fd[i], w->piece + (size_t)i *
		    (PIECE / 2), want, at);

		if (n == (ssize_t)want)
			continue;
		x[i]->error = n < 0 ? errno : ESTALE;
		return -1;
	}
	if (memcmp(w->piece, w->piece + PIECE / 2, want) != 0)
		return 0;
	return at + want == x[0]->id.size ? 2 : 1;
}

/* Two of a size: their sums become equal if they are, and no others'. */
static void
two(struct reading *r, struct worker *w, const struct unit *u)
{
	struct twin *x[2] = { &r->t->v[u->a], &r->t->v[u->b] };
	const uint32_t sum[2] = { u->a, u->b };
	uint64_t left = x[0]->id.size;
	int fd[2], more = 1;

	for (int i = 0; i < 2; i++) {
		x[i]->settled = 1;
		fd[i] = open_in_dir(r, w, x[i], i);
		if (fd[i] < 0)
			x[i]->error = errno != 0 ? errno : EIO;
		memcpy(x[i]->sum, &sum[i], sizeof(sum[i]));
	}
	while (fd[0] >= 0 && fd[1] >= 0 && more == 1) {
		size_t most = left == x[0]->id.size ? HEAD : PIECE / 2;
		size_t want = left < most ? (size_t)left : most;

		more = same_piece(w, fd, x, x[0]->id.size - left, want);
		left -= want;
	}
	if (more == 2)
		memcpy(x[1]->sum, x[0]->sum, TWIN_SUM);
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
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
	for (size_t k = i * BLOCK; k < end && k < r->n; k++) {
		const struct unit *u = &r->units[k];

		if (u->b != TWIN_NONE)
			two(r, w, u);
		else
			one(r, w, &r->t->v[u->a]);
	}
	if (w->fd >= 0)
		close(w->fd);
}

/* live is sorted, so those that may be the same stand together. */
static void
make_units(struct reading *r)
{
	struct twins *t = r->t;

	for (size_t from = 0, to; from < t->n_live; from = to) {
		to = from + 1;
		while (to < t->n_live && twins_alike(&t->v[t->live[from]],
		    &t->v[t->live[to]]))
			to++;
		if (is_known(r, &t->v[t->live[from]]))
			continue;
		if (to - from == 2) {
			r->units[r->n++] = (struct unit){ t->live[from],
			    t->live[from + 1] };
			continue;
		}
		for (size_t i = from; i < to; i++)
			r->units[r->n++] = (struct unit){ t->live[i],
			    TWIN_NONE };
	}
}

/* The order of reading: a folder's files lie near each other. */
static int
by_place(const void *pa, const void *pb, void *arg)
{
	const struct twins *t = arg;
	const struct twin *a = &t->v[((const struct unit *)pa)->a],
	    *b = &t->v[((const struct unit *)pb)->a];

	if (a->real_dir != b->real_dir)
		return a->real_dir < b->real_dir ? -1 : 1;
	return a->id.ino < b->id.ino ? -1 : a->id.ino > b->id.ino;
}

void
twins_read(struct twins *t, enum twins_step step, struct crew *c)
{
	struct reading r = { .t = t, .step = step };

	r.units = xallocn(t->n_live + 1, sizeof(*r.units));
	make_units(&r);
	if (r.n > 1)
		qsort_r(r.units, r.n, sizeof(*r.units), by_place, t);
	crew_run(c, (r.n + BLOCK - 1) / BLOCK, block, &r);
	for (size_t i = 0; i < CREW_MAX; i++) {
		sha256_free(r.workers[i].sha);
		free(r.workers[i].piece);
	}
	free(r.units);
}
