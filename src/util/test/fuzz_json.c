/*
 * fuzz_json.c -- any bytes at all: the reader ends, stays within its limits,
 * and what it accepts can be written again and then reads the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Write the last event again. */
static void
echo(struct json *j, const struct json_read *r)
{
	switch (r->event) {
	case JSON_OBJECT: json_object_start(j); break;
	case JSON_OBJECT_END: json_object_end(j); break;
	case JSON_ARRAY: json_array_start(j); break;
	case JSON_ARRAY_END: json_array_end(j); break;
	case JSON_KEY: json_key(j, r->str); break;
	case JSON_STRING:
		if (json_bytes(j, r->str, r->len) != 0)
			abort();	/* gave a string that is not UTF-8 */
		break;
	case JSON_NUMBER: json_raw(j, r->str, r->len); break;
	case JSON_TRUE: json_bool(j, 1); break;
	case JSON_FALSE: json_bool(j, 0); break;
	case JSON_NULL: json_null(j); break;
	case JSON_END: break;
	}
}

/* 0 if all of it was read, and then out holds it in our own writing. */
static int
rewrite(const void *data, size_t size, struct buf *out)
{
	CLEAN_JSON_READ struct json_read r;
	struct json j = { .out = out };
	struct err e;
	int n;

	json_read_init(&r, data, size);
	while ((n = json_next(&r, &e)) == 1) {
		if (r.depth > JSON_DEPTH_MAX || r.at > size)
			abort();
		echo(&j, &r);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN_BUF struct buf once = {0}, again = {0};

	if (rewrite(data, size, &once) < 0)
		return 0;
	if (rewrite(once.data, once.len, &again) < 0 ||
	    once.len != again.len || memcmp(once.data, again.data, once.len))
		abort();
	return 0;
}
