/* members.c -- see members.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "tar/members.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define PIECE	((size_t)64 << 10)

struct members {
	struct archive	*a;
	int		 fd;
	uint64_t	 at, size;
	size_t		 n;
	unsigned char	 piece[PIECE];
};

static la_ssize_t
read_more(struct archive *a, void *arg, const void **data)
{
	struct members *m = arg;
	ssize_t n = fd_pread_full(m->fd, m->piece, PIECE, m->at);

	if (n < 0) {
		archive_set_error(a, -1, "it cannot be read");
		return -1;
	}
	m->at += (uint64_t)n;
	*data = m->piece;
	return n;
}

static la_int64_t
seek(struct archive *a, void *arg, la_int64_t off, int whence)
{
	struct members *m = arg;
	la_int64_t from = whence == SEEK_CUR ? (la_int64_t)m->at :
	    whence == SEEK_END ? (la_int64_t)m->size : 0, to;

	(void)a;
	if (__builtin_add_overflow(from, off, &to) || to < 0)
		return ARCHIVE_FATAL;
	m->at = (uint64_t)to;
	return to;
}

static la_int64_t
skip(struct archive *a, void *arg, la_int64_t n)
{
	return seek(a, arg, n, SEEK_CUR) < 0 ? 0 : n;
}

static int
corrupt(struct members *m, struct err *e)
{
	const char *why = archive_error_string(m->a);

	return err_set(e, ERR_CORRUPT, "it is damaged: %.200s",
	    why != NULL ? why : "it makes no sense");
}

int
members_open(int fd, uint64_t size, struct members **out, struct err *e)
{
	struct members *m = xalloc(sizeof(*m));

	m->fd = fd;
	m->size = size;
	m->a = archive_read_new();
	if (m->a == NULL)
		abort();
	if (archive_read_support_format_zip(m->a) != ARCHIVE_OK ||
	    archive_read_set_callback_data(m->a, m) != ARCHIVE_OK ||
	    archive_read_set_read_callback(m->a, read_more) != ARCHIVE_OK ||
	    archive_read_set_seek_callback(m->a, seek) != ARCHIVE_OK ||
	    archive_read_set_skip_callback(m->a, skip) != ARCHIVE_OK ||
	    archive_read_open1(m->a) != ARCHIVE_OK) {
		corrupt(m, e);
		members_free(m);
		return -1;
	}
	*out = m;
	return 0;
}

int
members_next(struct members *m, const char **name, struct err *e)
{
	struct archive_entry *entry;
	int r = archive_read_next_header(m->a, &entry);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return corrupt(m, e);
	if (++m->n > MEMBERS_MAX)
		return err_set(e, ERR_FULL, "more than %d members", MEMBERS_MAX);
	*name = archive_entry_pathname(entry);
	if (*name == NULL)
		*name = "";
	return 1;
}

int
members_read(struct members *m, size_t limit, struct buf *out, struct err *e)
{
	size_t start = out->len;

	for (;;) {
		la_ssize_t n = archive_read_data(m->a, buf_room(out, PIECE),
		    PIECE);

		if (n == 0)
			return 0;
		if (n < 0)
			return corrupt(m, e);
		out->len += (size_t)n;
		if (out->len - start > limit)
			return err_set(e, ERR_FULL, "a part of it is longer "
			    "than %zu bytes", limit);
	}
}

void
members_free(struct members *m)
{
	if (m == NULL)
		return;
	archive_read_free(m->a);
	free(m);
}
