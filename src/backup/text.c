/* text.c -- files of patterns and of paths. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "backup/text.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/unicode.h"

int
text_read(const char *path, int in, struct buf *out, struct err *e)
{
	CLEAN_FD int fd = -1;
	char q[QUOTE_SIZE];

	if (strcmp(path, "-") == 0) {
		if (fd_read_all(in, TEXT_MAX, out) < 0)
			return err_sys(e, "read standard input");
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, TEXT_MAX, out) < 0)
		return err_sys(e, "read %s", quote_to(q, sizeof(q), path));
	return 0;
}

/* One unit of UTF-16; big says which byte comes first. */
static uint32_t
unit(const unsigned char *p, int big)
{
	return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static void
from_utf16(struct buf *b, int big)
{
	struct buf out = {0};
	unsigned char utf8[4];
	uint32_t c, low;
	size_t i;

	for (i = 2; i + 1 < b->len; i += 2) {
		c = unit(b->data + i, big);
		if (c >= 0xd800 && c < 0xe000) {
			low = c < 0xdc00 && i + 3 < b->len ?
			    unit(b->data + i + 2, big) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			} else {
				c = 0xfffd;
			}
		}
		buf_add(&out, utf8, utf8_put(utf8, c));
	}
	buf_fini(b);
	*b = out;
}

int
text_read_decoded(const char *path, int in, struct buf *out, struct err *e)
{
	if (text_read(path, in, out, e) < 0)
		return -1;
	if (out->len >= 2 && out->data[0] == 0xff && out->data[1] == 0xfe) {
		from_utf16(out, 0);
	} else if (out->len >= 2 && out->data[0] == 0xfe &&
	    out->data[1] == 0xff) {
		from_utf16(out, 1);
	} else if (out->len >= 3 && memcmp(out->data, "\xef\xbb\xbf", 3) == 0) {
		out->len -= 3;
		memmove(out->data, out->data + 3, out->len);
	}
	return 0;
}

int
text_line(struct buf *text, size_t *at, int trim, char **line)
{
	char *start, *end;
	size_t left = text->len - *at;

	if (left == 0)
		return 0;
	buf_str(text);
	start = (char *)text->data + *at;
	end = memchr(start, '\n', left);
	if (end == NULL)
		end = start + left;
	*at += (size_t)(end - start) + ((size_t)(end - start) < left);
	if (end > start && end[-1] == '\r')
		end--;
	while (trim && end > start && isspace((unsigned char)end[-1]))
		end--;
	while (trim && end > start && isspace((unsigned char)*start))
		start++;
	*end = '\0';
	*line = start;
	return 1;
}
