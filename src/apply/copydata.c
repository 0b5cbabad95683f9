#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "crypto/sha256.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define PIECE	((size_t)1 << 20)
#define UNIT	((size_t)512)

struct copier {
	struct sha256	*sha;
	unsigned char	*buf;
	unsigned char	*zeroes;	/* PIECE of them, when needed */
	int (*watch)(void *arg, uint64_t bytes);
	void		*arg;
	/* the file in hand */
	enum copy_sum	 kind;
	uint64_t	 marked;	/* where the last run of the mark ends */
	uint64_t	 last;		/* where the last data ends */
};

struct copier *
copier_new(void)
{
	struct copier *c = xalloc(sizeof(*c));

	c->sha = sha256_new();
	c->buf = xalloc(PIECE);
	return c;
}

void
copier_free(struct copier *c)
{
	if (c == NULL)
		return;
	sha256_free(c->sha);
	free(c->buf);
	free(c->zeroes);
	free(c);
}

void
copier_watch(struct copier *c, int (*watch)(void *arg, uint64_t bytes),
    void *arg)
{
	c->watch = watch;
	c->arg = arg;
}

static int
ask(struct copier *c, uint64_t bytes, struct err *e)
{
	if (c->watch != NULL && c->watch(c->arg, bytes) != 0)
		return err_set(e, ERR_STOPPED, "stopped");
	return 0;
}

static int
is_zero(const unsigned char *p, size_t len)
{
	return p[0] == 0 && (len == 1 || memcmp(p, p + 1, len - 1) == 0);
}

static void
mark(struct copier *c, uint64_t at, const unsigned char *p, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = UNIT - (size_t)((at + i) % UNIT);
		n = len - i < n ? len - i : n;
		if (is_zero(p + i, n))
			continue;
		if (c->marked != at + i) {
			uint64_t where = at + i;

			sha256_add(c->sha, &where, sizeof(where));
		}
		sha256_add(c->sha, p + i, n);
		c->marked = at + i + n;
	}
}

static void
sum_data(struct copier *c, uint64_t at, const unsigned char *p, size_t len)
{
	if (c->kind == COPY_SHA256)
		sha256_add(c->sha, p, len);
	else if (c->kind == COPY_MARK)
		mark(c, at, p, len);
}

static int
sum_hole(struct copier *c, uint64_t len, struct err *e)
{
	size_t n;

	if (c->kind != COPY_SHA256)
		return 0;
	if (c->zeroes == NULL)
		c->zeroes = xalloc(PIECE);
	for (; len > 0; len -= n) {
		n = len < PIECE ? (size_t)len : PIECE;
		sha256_add(c->sha, c->zeroes, n);
		if (ask(c, 0, e) < 0)
			return -1;
	}
	return 0;
}

/* One range that holds data; to < 0 only sums it. */
static int
copy_range(struct copier *c, int from, int to, uint64_t at, uint64_t end,
    struct err *e)
{
	size_t want;
	ssize_t n;

	for (; at < end; at += (uint64_t)n) {
		want = end - at < PIECE ? (size_t)(end - at) : PIECE;
		if ((n = fd_pread_full(from, c->buf, want, at)) < 0)
			return err_sys(e, "read");
		if ((size_t)n < want)
			return err_set(e, ERR_CHANGED,
			    "it became shorter while it was read");
		sum_data(c, at, c->buf, want);
		if (to >= 0 && fd_pwrite_full(to, c->buf, want, at) < 0)
			return err_sys(e, "write");
		if (ask(c, want, e) < 0)
			return -1;
	}
	return 0;
}

/* By the kernel alone: 1 done, 0 it cannot, -1. */
static int
kernel_range(struct copier *c, int from, int to, uint64_t at, uint64_t end,
    struct err *e)
{
	uint64_t start = at;
	off_t in, out;
	ssize_t n;

	while (at < end) {
		in = out = (off_t)at;
		n = copy_file_range(from, &in, to, &out,
		    end - at < PIECE * 16 ? (size_t)(end - at) : PIECE * 16, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && at == start && errno != EIO && errno != ENOSPC &&
		    errno != EDQUOT && errno != EFBIG)
			return 0;
		if (n < 0)
			return err_sys(e, "copy");
		if (n == 0 && at == start)
			return 0;	/* some file systems say so of much */
		if (n == 0)
			return err_set(e, ERR_CHANGED,
			    "it became shorter while it was read");
		at += (uint64_t)n;
		if (ask(c, (uint64_t)n, e) < 0)
			return -1;
	}
	return 1;
}

static int
move_range(struct copier *c, int from, int to, uint64_t at, uint64_t end,
    int *by_kernel, struct err *e)
{
	int r;

	if (*by_kernel) {
		if ((r = kernel_range(c, from, to, at, end, e)) != 0)
			return r < 0 ? -1 : 0;
		*by_kernel = 0;
	}
	return copy_range(c, from, to, at, end, e);
}

/* Where data begins at or after at, and where it ends; the whole rest where
 * the file system knows no holes.  at == size: no more. */
static void
next_data(int fd, uint64_t size, uint64_t *at, uint64_t *end)
{
	off_t d = lseek(fd, (off_t)*at, SEEK_DATA), h;

	if (d < 0 && errno == ENXIO) {
		*at = *end = size;
		return;
	}
	*end = size;
	if (d < 0)
		return;
	*at = (uint64_t)d < size ? (uint64_t)d : size;
	h = lseek(fd, d, SEEK_HOLE);
	if (h > d && (uint64_t)h < size)
		*end = (uint64_t)h;
}

static int
ranges(struct copier *c, int from, int to, uint64_t size, struct err *e)
{
	int by_kernel = to >= 0 && c->kind == COPY_NO_SUM;
	uint64_t at = 0, end, hole;

	while (at < size) {
		hole = at;
		next_data(from, size, &at, &end);
		if (sum_hole(c, at - hole, e) < 0)
			return -1;
		if (at < end && move_range(c, from, to, at, end, &by_kernel,
		    e) < 0)
			return -1;
		if (at < end)
			c->last = end;
		at = end;
	}
	return 0;
}

void
copier_start(struct copier *c, enum copy_sum kind)
{
	c->kind = kind;
	c->marked = UINT64_MAX;
	c->last = 0;
	sha256_start(c->sha);
}

void
copier_add(struct copier *c, uint64_t at, const void *data, size_t len)
{
	sum_data(c, at, data, len);
}

void
copier_end(struct copier *c, uint64_t size, unsigned char sum[32])
{
	if (c->kind == COPY_NO_SUM)
		return;
	if (c->kind == COPY_MARK)
		sha256_add(c->sha, &size, sizeof(size));
	sha256_end(c->sha, sum);
}

/* Did it grow behind what we took? */
static int
check_end(int from, uint64_t size, struct err *e)
{
	unsigned char byte;
	ssize_t n = fd_pread_full(from, &byte, 1, size);

	if (n < 0)
		return err_sys(e, "read");
	return n == 0 ? 0 : err_set(e, ERR_CHANGED,
	    "it became longer while it was read");
}

int
copier_copy(struct copier *c, int from, int to, uint64_t size,
    enum copy_sum kind, unsigned char sum[32], struct err *e)
{
	int cloned = size > 0 && ioctl(to, FICLONE, from) == 0;

	copier_start(c, kind);
	if (cloned && kind == COPY_NO_SUM)
		return check_end(from, size, e);
	if (ranges(c, from, cloned ? -1 : to, size, e) < 0 ||
	    check_end(from, size, e) < 0)
		return -1;
	if (!cloned && c->last < size && ftruncate(to, (off_t)size) < 0)
		return err_sys(e, "write");
	copier_end(c, size, sum);
	return 0;
}

int
copier_sum(struct copier *c, int fd, uint64_t size, enum copy_sum kind,
    unsigned char sum[32], struct err *e)
{
	copier_start(c, kind);
	if (ranges(c, fd, -1, size, e) < 0 || check_end(fd, size, e) < 0)
		return -1;
	copier_end(c, size, sum);
	return 0;
}

int
copier_same(struct copier *c, int a, int b, uint64_t size, struct err *e)
{
	unsigned char sa[32], sb[32];
	struct err why = {0};

	if (copier_sum(c, a, size, COPY_MARK, sa, &why) < 0 ||
	    copier_sum(c, b, size, COPY_MARK, sb, &why) < 0) {
		if (why.kind == ERR_CHANGED)
			return 0;
		if (e != NULL)
			*e = why;
		return -1;
	}
	return memcmp(sa, sb, sizeof(sa)) == 0;
}
