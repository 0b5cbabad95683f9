#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/fd.h"
#include "util/lines.h"
#include "util/xalloc.h"

#define PIECE_MIN	((size_t)4 << 10)	/* after a jump */
#define PIECE_MAX	((size_t)256 << 10)

struct lines {
	int		 fd;
	size_t		 max;
	char		*data;
	size_t		 at, end, cap;	/* what is not handed out: [at, end) */
	size_t		 piece;		/* to be read next; grows while in order */
	uint64_t	 offset;	/* of data[0] in the file */
};

struct lines *
lines_new(int fd, size_t max)
{
	struct lines *l = xalloc(sizeof(*l));

	l->fd = fd;
	l->max = max;
	l->piece = PIECE_MIN;
	return l;
}

void
lines_free(struct lines *l)
{
	if (l == NULL)
		return;
	free(l->data);
	free(l);
}

/* More bytes behind those that are there: how many, or -1. */
static ssize_t
more(struct lines *l)
{
	ssize_t n;

	if (l->at > 0) {
		memmove(l->data, l->data + l->at, l->end - l->at);
		l->offset += l->at;
		l->end -= l->at;
		l->at = 0;
	}
	if (l->cap < l->end + l->piece) {
		l->cap = 2 * (l->end + l->piece);
		l->data = xrealloc(l->data, l->cap, 1);
	}
	n = fd_pread_full(l->fd, l->data + l->end, l->piece, l->offset + l->end);
	if (n > 0)
		l->end += (size_t)n;
	if (l->piece < PIECE_MAX)
		l->piece *= 2;
	return n;
}

int
lines_next(struct lines *l, char **line, size_t *len)
{
	size_t seen = 0;
	char *nl = NULL;
	ssize_t n;

	for (;;) {
		if (l->end > l->at + seen)
			nl = memchr(l->data + l->at + seen, '\n',
			    l->end - l->at - seen);
		if (nl != NULL)
			break;
		seen = l->end - l->at;
		if (seen > l->max) {
			errno = EFBIG;
			return -1;
		}
		if ((n = more(l)) <= 0)
			return (int)n;
	}
	*nl = '\0';
	*line = l->data + l->at;
	*len = (size_t)(nl - *line);
	l->at += *len + 1;
	return 1;
}

uint64_t
lines_at(const struct lines *l)
{
	return l->offset + l->at;
}

void
lines_seek(struct lines *l, uint64_t at)
{
	/* Not backwards in what is there: handed-out lines may be changed. */
	if (at >= l->offset + l->at && at <= l->offset + l->end) {
		l->at = (size_t)(at - l->offset);
		return;
	}
	l->offset = at;
	l->at = l->end = 0;
	l->piece = PIECE_MIN;
}

int
lines_cut(const struct lines *l)
{
	return l->end > l->at;
}
