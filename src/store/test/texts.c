/* texts.c -- see texts.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "store/test/texts.h"
#include "util/err.h"

struct store_name
bytes_name(enum store_kind kind, const void *data, size_t len)
{
	struct store_name n = { .kind = kind };

	sha256_of(data, len, n.id);
	return n;
}

struct store_name
text_name(enum store_kind kind, const char *text)
{
	return bytes_name(kind, text, strlen(text));
}

int
text_put(struct store *s, enum store_kind kind, const char *text,
    struct err *e)
{
	struct store_name n = text_name(kind, text);

	*e = (struct err){0};
	return store_put(s, &n, text, strlen(text), e);
}

struct store_name
text_must_put(struct store *s, enum store_kind kind, const char *text)
{
	struct err e;

	if (text_put(s, kind, text, &e) < 0)
		fail_msg("%s", e.text);
	return text_name(kind, text);
}

void
text_must_be(struct store *s, const struct store_name *n, const char *text)
{
	struct err e = {0};
	uint64_t size;
	size_t len;
	void *data;

	assert_int_equal(store_size(s, n, &size, &e), 0);
	assert_int_equal(size, strlen(text));
	assert_int_equal(store_get_all(s, n, 1000, &data, &len, &e), 0);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(data, text, len);
	free(data);
}
