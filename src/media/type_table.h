#ifndef MEDIA_TYPE_TABLE_H
#define MEDIA_TYPE_TABLE_H

#include <stddef.h>

/* The table behind type.h: types, and the bytes that tell them. */
struct type;

const struct type *type_by_ext(const char *ext);
/* mime need not be ended by a NUL, and may be longer than the type. */
const struct type *type_by_mime(const char *mime, size_t len);
const struct type *type_by_signature(const unsigned char *b, size_t len);

#endif
