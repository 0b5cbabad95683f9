/*
 * fuzz_type.c -- types, names and text of any bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/text.h"
#include "media/type.h"
#include "util/buf.h"
#include "util/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT	5000

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN_BUF struct buf plain = {0}, words = {0};
	const struct type *t = type_of(data, size);

	if (t != NULL && (strchr(t->mime, '/') == NULL || t->ext == NULL))
		abort();
	if (text_plain(data, size, LIMIT, &plain) == 0 &&
	    !utf8_valid(plain.data, plain.len))
		abort();
	(void)text_of_xml(data, size, LIMIT, &words);
	if (plain.len > LIMIT || words.len > LIMIT)
		abort();
	text_tidy(&words);
	return 0;
}
