#ifndef UTIL_PACK_H
#define UTIL_PACK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Plain values as bytes: how the plan is spooled, the journal packed, and the
 * catalog asked over its socket.  Integers are LEB128 varints (signed ones
 * zigzag), bytes and strings are a varint length and the bytes.
 *
 * Reading never trusts: a struct unpack that meets the end or an absurd length
 * goes bad, gives zeroes and empty bytes from then on, and unpack_end says so.
 */
struct buf;

void pack_u64(struct buf *b, uint64_t v);
void pack_i64(struct buf *b, int64_t v);
void pack_bytes(struct buf *b, const void *data, size_t len);
void pack_str(struct buf *b, const char *s);	/* NULL is packed as "" */
/* With its NUL behind it, which its length does not count; NULL as "". */
void pack_cstr(struct buf *b, const char *s);

struct unpack {
	const unsigned char	*p, *end;
	int			 bad;
};

struct unpack unpack_start(const void *data, size_t len);
uint64_t unpack_u64(struct unpack *u);
int64_t unpack_i64(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);	/* of pack_u64; bad if it is more */
/* Borrowed from the input; *len is 0 when bad. */
const void *unpack_bytes(struct unpack *u, size_t *len);
/* A C string to be freed by the caller; a NUL inside makes u bad. */
char *unpack_str(struct unpack *u);
/* Of pack_cstr, borrowed from the input; a NUL inside, or none behind it, makes
 * u bad. */
const char *unpack_cstr(struct unpack *u);
/* 0 if all was read and nothing was bad, else -1. */
int unpack_end(const struct unpack *u);

#endif
