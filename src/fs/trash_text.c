/* trash_text.c -- paths as .trashinfo files hold them. */
#include <string.h>

#include "fs/trash.h"
#include "util/buf.h"
#include "util/hex.h"

static const char hex[] = "0123456789ABCDEF";

/* RFC 2396's unreserved characters, and the slash. */
static int
plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-_.!~*'()/", c) != NULL);
}

void
fs_trash_encode(struct buf *b, const char *path)
{
	const unsigned char *p = (const unsigned char *)path;

	for (; *p != '\0'; p++) {
		if (plain(*p)) {
			buf_addc(b, (char)*p);
			continue;
		}
		buf_addc(b, '%');
		buf_addc(b, hex[*p >> 4]);
		buf_addc(b, hex[*p & 15]);
	}
}

/* One character, escaped or not, from *at on: -1 if it is none. */
static int
decode_one(const char *text, size_t len, size_t *at)
{
	int hi, lo;

	if (text[*at] != '%')
		return (unsigned char)text[(*at)++];
	if (len - *at < 3)
		return -1;
	hi = hex_digit(text[*at + 1]);
	lo = hex_digit(text[*at + 2]);
	*at += 3;
	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

int
fs_trash_decode(struct buf *b, const char *text, size_t len)
{
	size_t before = b->len, at = 0;
	int c;

	if (len > FS_TRASH_TEXT_MAX)
		return -1;
	while (at < len) {
		c = decode_one(text, len, &at);
		if (c <= 0) {
			b->len = before;
			return -1;
		}
		buf_addc(b, (char)c);
	}
	return 0;
}
