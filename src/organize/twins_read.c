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

struct reading {
	struct twins	*t;
	enum twins_step	 step;
	struct worker {
		struct sha256	*sha;
		unsigned char	*piece;
	} workers[CREW_MAX];
};

static int
whole(struct worker *w, int fd, struct twin *x)
{
	unsigned char sum[SHA256_LEN];
	uint64_t at = 0;
	ssize_t n;

	if (w->sha == NULL)
		w->sha = sha256_new();
	sha256_start(w->sha);
	while ((n = fd_pread_full(fd, w->piece, PIECE, at)) > 0) {
		sha256_add(w->sha, w->piece, (size_t)n);
		at += (uint64_t)n;
		if (n < (ssize_t)PIECE)
			break;
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

static void
one(void *arg, size_t i, unsigned who)
{
	struct reading *r = arg;
	struct twins *t = r->t;
	struct twin *x = &t->v[t->live[i]];
	struct worker *w = &r->workers[who];
	int fd;

	if (x->id.size == 0 || (x->id.size <= TWINS_SMALL &&
	    r->step != TWINS_FIRST))
		return;
	if (w->piece == NULL)
		w->piece = xalloc(PIECE);
	fd = read_open_path(t->dir[x->real_dir], x->real_name, &x->id, NULL);
	if (fd < 0 || learn(r, w, fd, x) < 0)
		x->error = errno != 0 ? errno : EIO;
	if (fd >= 0)
		close(fd);
}

void
twins_read(struct twins *t, enum twins_step step, struct crew *c)
{
	struct reading r = { .t = t, .step = step };

	crew_run(c, t->n_live, one, &r);
	for (size_t i = 0; i < CREW_MAX; i++) {
		sha256_free(r.workers[i].sha);
		free(r.workers[i].piece);
	}
}
