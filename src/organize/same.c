/*
 * same.c -- are two files the same bytes?  Read from start to end; nothing
 * else than all of them decides (size and mtime alike have lost files).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "organize/organize_impl.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PIECE	((size_t)128 << 10)

/* A regular file of that size, never through a symlink, never a fifo. */
static int
open_file(const char *dir, const char *name, uint64_t size, struct err *e)
{
	struct fs_dir *d;
	struct stat st;
	char q[QUOTE_SIZE];
	int fd;

	if (fs_dir_look(dir, &d, e) < 0)
		return -1;
	fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err_sys(e, "compare %s", quote_to(q, sizeof(q), name));
	fs_dir_free(d);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == size)
		return fd;
	close(fd);
	return err_set(e, ERR_CHANGED, "%s changed while it was looked at",
	    quote_to(q, sizeof(q), name));
}

/* As much as there is, up to n: how much, or -1. */
static ssize_t
read_full(int fd, char *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, p + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

int
same_bytes(const char *dir_a, const char *a, const char *dir_b,
    const char *b, uint64_t size, struct err *e)
{
	CLEAN_FD int fa = open_file(dir_a, a, size, e), fb = -1;
	CLEAN_FREE char *pieces = NULL;
	char q[QUOTE_SIZE];
	uint64_t all = 0;

	if (fa < 0 || (fb = open_file(dir_b, b, size, e)) < 0)
		return -1;
	pieces = xalloc(2 * PIECE);
	for (;;) {
		ssize_t na = read_full(fa, pieces, PIECE);
		ssize_t nb = na < 0 ? -1 : read_full(fb, pieces + PIECE, PIECE);

		if (na < 0 || nb < 0)
			return err_sys(e, "compare %s", quote_to(q, sizeof(q),
			    na < 0 ? a : b));
		if (na != nb || memcmp(pieces, pieces + PIECE, (size_t)na) != 0)
			return 0;
		all += (uint64_t)na;
		if (na == 0)
			return all == size;
	}
}
