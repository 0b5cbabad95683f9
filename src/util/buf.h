#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include <stddef.h>

#include "util/err.h"

/*
 * Bytes that grow.  {0} is a valid empty buf; data is NULL while cap is 0.
 * Running out of memory ends the process (doc/STYLE.md), so adding cannot fail.
 */
struct buf {
	unsigned char	*data;
	size_t		 len, cap;
};

/* Make room for n more bytes and return where they go; never NULL. */
unsigned char *buf_room(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The bytes as a C string: a NUL is kept just behind len.  Never NULL. */
const char *buf_str(struct buf *b);

/* Hand the bytes over as a C string to be freed by the caller; b is empty. */
char *buf_steal(struct buf *b);

/* Empty it and keep the memory; give the memory back. */
void buf_reset(struct buf *b);
void buf_fini(struct buf *b);

#define CLEAN_BUF	__attribute__((cleanup(buf_fini)))

#endif
