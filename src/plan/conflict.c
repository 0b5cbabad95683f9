#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan/conflict.h"
#include "util/buf.h"
#include "util/pack.h"

#define NAME_BYTES	255
#define WIDTH_MAX	20

void
conflict_pack(struct buf *out, const struct conflict *c)
{
	pack_u64(out, c->mode);
	pack_cstr(out, c->stem);
	pack_cstr(out, c->separator);
	pack_cstr(out, c->extension);
	pack_u64(out, c->width);
	pack_u64(out, c->first);
}

int
conflict_unpack(const void *data, size_t len, struct conflict *c)
{
	struct unpack u = unpack_start(data, len);
	uint64_t mode, width;

	*c = (struct conflict){ CONFLICT_SKIP, "", "", "", 0, 2 };
	if (len == 0)
		return 0;
	mode = unpack_u64(&u);
	c->stem = unpack_cstr(&u);
	c->separator = unpack_cstr(&u);
	c->extension = unpack_cstr(&u);
	width = unpack_u64(&u);
	c->first = unpack_u64(&u);
	if (unpack_end(&u) < 0 || mode > CONFLICT_RENAME || width > WIDTH_MAX)
		return -1;
	c->mode = (enum conflict_mode)mode;
	c->width = (unsigned)width;
	return 0;
}

/* Not more than len bytes of s, and no half character at the end. */
static size_t
cut(const char *s, size_t len)
{
	size_t n = strlen(s);

	if (n <= len)
		return n;
	for (n = len; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		if (len - n >= 3)
			return len;	/* not UTF-8: bytes are bytes */
	return n;
}

int
conflict_name(const struct conflict *c, uint64_t n, struct buf *out)
{
	char number[WIDTH_MAX + 4];
	size_t rest, start = out->len, stem;
	const char *name;

	snprintf(number, sizeof(number), "%0*" PRIu64, (int)c->width, n);
	rest = strlen(c->separator) + strlen(number) + strlen(c->extension);
	if (rest > NAME_BYTES)
		return -1;
	stem = cut(c->stem, NAME_BYTES - rest);
	buf_add(out, c->stem, stem);
	buf_adds(out, c->separator);
	buf_adds(out, number);
	buf_adds(out, c->extension);
	name = buf_str(out) + start;
	if (strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0)
		return 0;
	out->len = start;
	return -1;
}
