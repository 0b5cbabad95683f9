#ifndef STORE_TEST_TEXTS_H
#define STORE_TEST_TEXTS_H

#include <stddef.h>

#include "store/store.h"

/* Small files for tests of stores, under the SHA-256 of their bytes. */
struct store_name text_name(enum store_kind kind, const char *text);
struct store_name bytes_name(enum store_kind kind, const void *data, size_t len);

/* Put text under its name: as store_put. */
int text_put(struct store *s, enum store_kind kind, const char *text,
    struct err *e);

/* The same, which must succeed; and it must be there, to the byte. */
struct store_name text_must_put(struct store *s, enum store_kind kind,
    const char *text);
void text_must_be(struct store *s, const struct store_name *n,
    const char *text);

#endif
