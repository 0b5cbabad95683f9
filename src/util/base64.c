#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/base64.h"
#include "util/buf.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_add(struct buf *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned char *to = buf_room(out, (len + 2) / 3 * 4);
	unsigned char *start = to;
	uint32_t v;

	for (; len >= 3; p += 3, len -= 3) {
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*to++ = (unsigned char)digits[v >> 18];
		*to++ = (unsigned char)digits[v >> 12 & 63];
		*to++ = (unsigned char)digits[v >> 6 & 63];
		*to++ = (unsigned char)digits[v & 63];
	}
	if (len > 0) {
		v = (uint32_t)p[0] << 16 | (len > 1 ? (uint32_t)p[1] << 8 : 0);
		*to++ = (unsigned char)digits[v >> 18];
		*to++ = (unsigned char)digits[v >> 12 & 63];
		*to++ = len > 1 ? (unsigned char)digits[v >> 6 & 63] : '=';
		*to++ = '=';
	}
	out->len += (size_t)(to - start);
}

/* What a digit stands for, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits, the last pad of which are '=', to 3 - pad bytes: 0 or -1. */
static int
parse_four(const char *s, size_t pad, struct buf *out)
{
	unsigned char bytes[3];
	uint32_t v = 0;
	size_t i;
	int d;

	for (i = 0; i < 4; i++) {
		d = i < 4 - pad ? value_of(s[i]) : 0;
		if (d < 0)
			return -1;
		v = v << 6 | (uint32_t)d;
	}
	if ((v & ((1u << pad * 8) - 1)) != 0)
		return -1;
	bytes[0] = (unsigned char)(v >> 16);
	bytes[1] = (unsigned char)(v >> 8);
	bytes[2] = (unsigned char)v;
	buf_add(out, bytes, 3 - pad);
	return 0;
}

static int
parse_all(const char *s, size_t len, struct buf *out)
{
	size_t i, pad;

	if (len % 4 != 0)
		return -1;
	for (i = 0; i < len; i += 4) {
		pad = 0;
		if (i + 4 == len && s[i + 3] == '=')
			pad = s[i + 2] == '=' ? 2 : 1;
		if (parse_four(s + i, pad, out) < 0)
			return -1;
	}
	return 0;
}

int
base64_parse(const char *s, size_t len, struct buf *out)
{
	size_t was = out->len;

	if (parse_all(s, len, out) == 0)
		return 0;
	out->len = was;
	errno = EINVAL;
	return -1;
}
