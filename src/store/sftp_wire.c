/* sftp_wire.c -- see sftp_wire.h. */
#include <string.h>

#include "store/sftp_wire.h"
#include "util/buf.h"

#define ATTR_SIZE	1u
#define ATTR_OWNER	2u
#define ATTR_MODE	4u
#define ATTR_TIME	8u
#define ATTR_EXTENDED	0x80000000u

/* ---- writing ---- */
void
wire_u32(struct buf *out, uint32_t v)
{
	const unsigned char b[4] = { (unsigned char)(v >> 24),
	    (unsigned char)(v >> 16), (unsigned char)(v >> 8),
	    (unsigned char)v };

	buf_add(out, b, sizeof(b));
}

void
wire_u64(struct buf *out, uint64_t v)
{
	wire_u32(out, (uint32_t)(v >> 32));
	wire_u32(out, (uint32_t)v);
}

void
wire_bytes(struct buf *out, const void *data, size_t len)
{
	wire_u32(out, (uint32_t)len);
	buf_add(out, data, len);
}

void
wire_text(struct buf *out, const char *s)
{
	wire_bytes(out, s, strlen(s));
}

void
wire_mode(struct buf *out, int mode)
{
	if (mode < 0) {
		wire_u32(out, 0);
		return;
	}
	wire_u32(out, ATTR_MODE);
	wire_u32(out, (uint32_t)mode);
}

size_t
wire_begin(struct buf *out, enum wire_type t, uint32_t id)
{
	size_t begin = out->len;

	wire_u32(out, 0);
	buf_addc(out, (char)t);
	wire_u32(out, id);
	return begin;
}

void
wire_end(struct buf *out, size_t begin)
{
	size_t len = out->len - begin - 4;
	unsigned char *p = out->data + begin;

	p[0] = (unsigned char)(len >> 24);
	p[1] = (unsigned char)(len >> 16);
	p[2] = (unsigned char)(len >> 8);
	p[3] = (unsigned char)len;
}

/* ---- reading: each takes from the front, or says -1 and takes nothing ---- */
static int
get_u32(struct wire_bytes *b, uint32_t *v)
{
	const unsigned char *p = b->data;

	if (b->len < 4)
		return -1;
	*v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	b->data += 4;
	b->len -= 4;
	return 0;
}

static int
get_u64(struct wire_bytes *b, uint64_t *v)
{
	uint32_t high, low;

	if (b->len < 8 || get_u32(b, &high) < 0 || get_u32(b, &low) < 0)
		return -1;
	*v = (uint64_t)high << 32 | low;
	return 0;
}

static int
get_bytes(struct wire_bytes *b, struct wire_bytes *out)
{
	struct wire_bytes rest = *b;
	uint32_t len;

	if (get_u32(&rest, &len) < 0 || len > rest.len)
		return -1;
	out->data = rest.data;
	out->len = len;
	b->data = rest.data + len;
	b->len = rest.len - len;
	return 0;
}

static int
get_extended(struct wire_bytes *b)
{
	struct wire_bytes ignored;
	uint32_t n;

	if (get_u32(b, &n) < 0)
		return -1;
	/* A name and a value; they take 8 bytes at least, so this ends with the
	 * packet. */
	while (n-- > 0) {
		if (get_bytes(b, &ignored) < 0)
			return -1;
		if (get_bytes(b, &ignored) < 0)
			return -1;
	}
	return 0;
}

/* User and group. */
static int
skip_owner(struct wire_bytes *b)
{
	uint32_t skipped;

	if (get_u32(b, &skipped) < 0)
		return -1;
	return get_u32(b, &skipped);
}

static int
get_attrs(struct wire_bytes *b, struct wire_attrs *out)
{
	uint32_t flags, skipped;

	*out = (struct wire_attrs){0};
	if (get_u32(b, &flags) < 0)
		return -1;
	out->has_size = (flags & ATTR_SIZE) != 0;
	out->has_mode = (flags & ATTR_MODE) != 0;
	out->has_time = (flags & ATTR_TIME) != 0;
	if ((out->has_size && get_u64(b, &out->size) < 0) ||
	    ((flags & ATTR_OWNER) && skip_owner(b) < 0) ||
	    (out->has_mode && get_u32(b, &out->mode) < 0) ||
	    (out->has_time && (get_u32(b, &skipped) < 0 ||
	    get_u32(b, &out->mtime) < 0)))
		return -1;
	return (flags & ATTR_EXTENDED) ? get_extended(b) : 0;
}

/* What is behind the id: 0, or -1. */
static int
take_apart(struct wire_answer *a, struct wire_bytes b)
{
	switch (a->type) {
	case WIRE_VERSION:
	case WIRE_EXTENDED_REPLY:
		a->bytes = b;
		return 0;
	case WIRE_STATUS:
		if (get_u32(&b, &a->status) < 0)
			return -1;
		/* Old servers leave the message out. */
		if (get_bytes(&b, &a->bytes) < 0)
			a->bytes = (struct wire_bytes){ b.data, 0 };
		return 0;
	case WIRE_HANDLE:
		return get_bytes(&b, &a->bytes) < 0 || a->bytes.len == 0 ||
		    a->bytes.len > WIRE_HANDLE_MAX ? -1 : 0;
	case WIRE_DATA:
		return get_bytes(&b, &a->bytes);
	case WIRE_NAME:
		if (get_u32(&b, &a->count) < 0 || a->count > WIRE_NAMES_MAX)
			return -1;
		a->bytes = b;
		return 0;
	case WIRE_ATTRS:
		return get_attrs(&b, &a->attrs);
	default:
		return -1;
	}
}

int
wire_next(const unsigned char *p, size_t len, struct wire_answer *out,
    size_t *used, struct err *e)
{
	struct wire_bytes b = { p, len };
	uint32_t size;

	if (get_u32(&b, &size) < 0)
		return 0;
	if (size < 5 || size > WIRE_PACKET_MAX)
		return err_set(e, ERR_CORRUPT, "an answer of %lu bytes is no "
		    "SFTP (does a login script over there print something?)",
		    (unsigned long)size);
	if (b.len < size)
		return 0;
	b.len = size;
	*used = 4 + (size_t)size;
	*out = (struct wire_answer){ .type = (enum wire_type)b.data[0] };
	b.data++;
	b.len--;
	if (get_u32(&b, &out->id) < 0 || take_apart(out, b) < 0)
		return err_set(e, ERR_CORRUPT, "an answer of type %u makes no "
		    "sense", p[4]);
	return 1;
}

static int
is_safe(const struct wire_bytes *name)
{
	return name->len > 0 && memchr(name->data, '/', name->len) == NULL &&
	    memchr(name->data, '\0', name->len) == NULL;
}

int
wire_name(struct wire_answer *a, struct wire_bytes *name,
    struct wire_attrs *attrs, struct err *e)
{
	struct wire_bytes ignored;

	if (a->count == 0)
		return 0;
	if (get_bytes(&a->bytes, name) < 0 ||
	    get_bytes(&a->bytes, &ignored) < 0 ||
	    get_attrs(&a->bytes, attrs) < 0)
		return err_set(e, ERR_CORRUPT, "a list of names is cut off");
	if (!is_safe(name))
		return err_set(e, ERR_CORRUPT, "the server lists a name that "
		    "cannot be one in a folder");
	a->count--;
	return 1;
}

int
wire_pair(struct wire_answer *a, struct wire_bytes *name,
    struct wire_bytes *value, struct err *e)
{
	if (a->bytes.len == 0)
		return 0;
	if (get_bytes(&a->bytes, name) < 0 || get_bytes(&a->bytes, value) < 0)
		return err_set(e, ERR_CORRUPT, "what the server can is cut off");
	return 1;
}

int
wire_number(struct wire_answer *a, uint64_t *v)
{
	return get_u64(&a->bytes, v);
}

int
wire_is(const struct wire_bytes *b, const char *text)
{
	return b->len == strlen(text) && memcmp(b->data, text, b->len) == 0;
}
