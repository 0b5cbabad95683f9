#ifndef UTIL_BASE64_H
#define UTIL_BASE64_H

#include <stddef.h>

struct buf;

/* Base64 of RFC 4648, section 4: the usual alphabet, padded, no line breaks. */
void base64_add(struct buf *out, const void *data, size_t len);

/*
 * Append what s stands for: 0, or -1 (errno EINVAL) if it is not exactly what
 * base64_add would write, padding and unused bits included; out is then as it
 * was.
 */
int base64_parse(const char *s, size_t len, struct buf *out);

#endif
