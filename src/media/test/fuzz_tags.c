/*
 * fuzz_tags.c -- whatever the bytes are, the readers end, and what they make
 * can be walked over: names and texts that are UTF-8, at most TAGS_MAX of them.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "media/in.h"
#include "media/tags.h"
#include "testing/must.h"
#include "util/buf.h"
#include "util/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct in in;
	CLEAN_BUF struct buf out = {0};
	struct tag t;
	size_t at = 0, n = 0;

	in_memory(&in, data, size);
	tags_read(&in, &out);
	while (tags_next(&out, &at, &t)) {
		n++;
		must(utf8_valid(t.text, strlen(t.text)));
		must(strlen(t.name) < 200 && t.name[0] != '\0');
	}
	must(at == out.len && n <= TAGS_MAX + 1);
	return 0;
}
