/*
 * pack.c -- the header of a pack, as bytes.  An entry is a type, LE32 sealed
 * length, LE32 plain length if it is compressed, and the id of its blob.
 */
#include <inttypes.h>
#include <string.h>

#include "crypto/seal.h"
#include "repo/pack.h"
#include "util/buf.h"
#include "util/err.h"

#define COMPRESSED	2	/* or'ed to the type */
#define TYPE_MAX	(COMPRESSED | BLOB_TREE)
#define LENGTH_SIZE	4	/* of the header's, at the very end */

static unsigned char *
put_u32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
	p[2] = (unsigned char)(v >> 16);
	p[3] = (unsigned char)(v >> 24);
	return p + 4;
}

static uint32_t
get_u32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

void
pack_entry_add(struct buf *header, const struct pack_entry *p)
{
	unsigned char *start = buf_room(header, PACK_ENTRY_ZIPPED), *to = start;

	*to++ = (unsigned char)(p->type | (p->compressed ? COMPRESSED : 0));
	to = put_u32(to, p->length);
	if (p->compressed)
		to = put_u32(to, p->plain);
	memcpy(to, p->id.b, ID_LEN);
	header->len += (size_t)(to + ID_LEN - start);
}

/* One entry of at most len bytes: how many it took, or 0 and why. */
static size_t
read_entry(const unsigned char *p, size_t len, struct pack_entry *out,
    const char **why)
{
	size_t size = *p & COMPRESSED ? PACK_ENTRY_ZIPPED : PACK_ENTRY_PLAIN;

	if (*p > TYPE_MAX) {
		*why = "unknown type of blob";
		return 0;
	}
	if (len < size) {
		*why = "cut off";
		return 0;
	}
	out->type = *p & BLOB_TREE ? BLOB_TREE : BLOB_DATA;
	out->compressed = (*p & COMPRESSED) != 0;
	out->length = get_u32(p + 1);
	if (out->length < SEAL_OVERHEAD) {
		*why = "blob too short";
		return 0;
	}
	out->plain = out->compressed ? get_u32(p + 5) :
	    out->length - SEAL_OVERHEAD;
	memcpy(out->id.b, p + size - ID_LEN, ID_LEN);
	return size;
}

static int
bad_header(const char *why, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "pack header: %s", why);
}

/*
 * All of it is looked at before any entry is told, so that nobody acts on the
 * first half of a header whose second half is wrong.
 */
static int
check_header(const unsigned char *p, size_t len, uint64_t size, struct err *e)
{
	uint64_t sum = len + SEAL_OVERHEAD + LENGTH_SIZE;
	struct pack_entry entry;
	const char *why = NULL;
	size_t at, n;

	if (len == 0 || len > PACK_HEADER_MAX)
		return bad_header(len == 0 ? "empty" : "too long", e);
	for (at = 0; at < len; at += n) {
		if ((n = read_entry(p + at, len - at, &entry, &why)) == 0)
			return bad_header(why, e);
		sum += entry.length;
	}
	if (sum != size)
		return err_set(e, ERR_CORRUPT, "pack header: its blobs make "
		    "%" PRIu64 " bytes, and the pack has %" PRIu64, sum, size);
	return size - len > UINT32_MAX ? bad_header("offsets over 4 GiB", e) : 0;
}

int
pack_entries(const void *header, size_t len, uint64_t size,
    int (*each)(void *arg, const struct pack_entry *p), void *arg,
    struct err *e)
{
	const unsigned char *p = header;
	struct pack_entry entry;
	const char *why = NULL;
	uint32_t offset = 0;
	size_t at, n;
	int done;

	if (check_header(p, len, size, e) < 0)
		return -1;
	for (at = 0; at < len; at += n) {
		n = read_entry(p + at, len - at, &entry, &why);
		entry.offset = offset;
		offset += entry.length;
		if ((done = each(arg, &entry)) != 0)
			return done;
	}
	return 0;
}

uint64_t
pack_size(uint64_t n, uint64_t z, uint64_t sealed)
{
	return sealed + n * PACK_ENTRY_PLAIN + z * PACK_ENTRY_ZIPPED +
	    SEAL_OVERHEAD + LENGTH_SIZE;
}
