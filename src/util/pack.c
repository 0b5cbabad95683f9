#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/pack.h"
#include "util/xalloc.h"

void
pack_u64(struct buf *b, uint64_t v)
{
	unsigned char *p = buf_room(b, 10);

	while (v >= 0x80) {
		*p++ = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (unsigned char)v;
	b->len = (size_t)(p - b->data);
}

void
pack_i64(struct buf *b, int64_t v)
{
	pack_u64(b, (uint64_t)v << 1 ^ (0 - ((uint64_t)v >> 63)));
}

void
pack_bytes(struct buf *b, const void *data, size_t len)
{
	pack_u64(b, len);
	buf_add(b, data, len);
}

void
pack_str(struct buf *b, const char *s)
{
	pack_bytes(b, s, s ? strlen(s) : 0);
}

void
pack_cstr(struct buf *b, const char *s)
{
	pack_str(b, s);
	buf_addc(b, '\0');
}

struct unpack
unpack_start(const void *data, size_t len)
{
	const unsigned char *p = data;

	return (struct unpack){ .p = p, .end = len ? p + len : p };
}

uint64_t
unpack_u64(struct unpack *u)
{
	uint64_t v = 0;
	int shift;

	for (shift = 0; shift < 64 && u->p < u->end; shift += 7) {
		v |= (uint64_t)(*u->p & 0x7f) << shift;
		if ((*u->p++ & 0x80) == 0)
			return v;
	}
	u->bad = 1;
	u->p = u->end;
	return 0;
}

int64_t
unpack_i64(struct unpack *u)
{
	uint64_t v = unpack_u64(u);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

uint32_t
unpack_u32(struct unpack *u)
{
	uint64_t v = unpack_u64(u);

	if (v > UINT32_MAX) {
		u->bad = 1;
		return 0;
	}
	return (uint32_t)v;
}

const void *
unpack_bytes(struct unpack *u, size_t *len)
{
	uint64_t n = unpack_u64(u);
	const unsigned char *p = u->p;

	if (n > (size_t)(u->end - u->p)) {
		u->bad = 1;
		u->p = u->end;
		n = 0;
	}
	u->p += n;
	*len = n;
	return n ? p : (const void *)"";
}

char *
unpack_str(struct unpack *u)
{
	size_t len;
	const char *p = unpack_bytes(u, &len);

	if (len > 0 && memchr(p, '\0', len) != NULL) {
		u->bad = 1;
		len = 0;
	}
	return xstrndup(p, len);
}

const char *
unpack_cstr(struct unpack *u)
{
	uint64_t n = unpack_u64(u);
	const unsigned char *p = u->p;

	if (u->bad || n >= (uint64_t)(u->end - p) || p[n] != '\0' ||
	    memchr(p, '\0', n) != NULL) {
		u->bad = 1;
		return "";
	}
	u->p += n + 1;
	return (const char *)p;
}

int
unpack_end(const struct unpack *u)
{
	return u->bad || u->p != u->end ? -1 : 0;
}
