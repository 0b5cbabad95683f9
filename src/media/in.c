#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "media/in.h"

void
in_file(struct in *in, int fd, uint64_t size)
{
	in->fd = fd;
	in->data = NULL;
	in->size = size;
	in->bytes = in->at = 0;
	in->asked = 0;
	in->held = 0;
}

void
in_memory(struct in *in, const void *data, size_t len)
{
	in_file(in, -1, len);
	in->data = data;
}

/* From the file itself: how many of n are there. */
static size_t
from_file(struct in *in, uint64_t off, unsigned char *to, size_t n)
{
	size_t got = 0;

	if (n > IN_BYTES_MAX - in->bytes)
		return 0;
	while (got < n) {
		ssize_t r = pread(in->fd, to + got, n - got,
		    (off_t)(off + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	in->bytes += got;
	return got;
}

size_t
in_some(struct in *in, uint64_t off, void *to, size_t n)
{
	if (off >= in->size || in->asked++ >= IN_ASKED_MAX)
		return 0;
	if (n > in->size - off)
		n = (size_t)(in->size - off);
	if (in->data != NULL) {
		if (n > 0)
			memcpy(to, in->data + off, n);
		return n;
	}
	if (n > IN_WINDOW / 2)
		return from_file(in, off, to, n);
	if (off < in->at || off + n > in->at + in->held) {
		in->at = off;
		in->held = from_file(in, off, in->window,
		    in->size - off < IN_WINDOW ? (size_t)(in->size - off) :
		    IN_WINDOW);
		if (n > in->held)
			n = in->held;
	}
	memcpy(to, in->window + (off - in->at), n);
	return n;
}

int
in_read(struct in *in, uint64_t off, void *to, size_t n)
{
	return in_some(in, off, to, n) == n ? 0 : -1;
}

int
in_be(struct in *in, uint64_t off, unsigned bytes, uint64_t *out)
{
	unsigned char b[8];

	if (in_read(in, off, b, bytes) < 0)
		return -1;
	*out = 0;
	for (unsigned i = 0; i < bytes; i++)
		*out = *out << 8 | b[i];
	return 0;
}

int
in_le(struct in *in, uint64_t off, unsigned bytes, uint64_t *out)
{
	unsigned char b[8];

	if (in_read(in, off, b, bytes) < 0)
		return -1;
	*out = 0;
	for (unsigned i = bytes; i-- > 0;)
		*out = *out << 8 | b[i];
	return 0;
}
