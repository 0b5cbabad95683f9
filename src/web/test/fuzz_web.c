/*
 * fuzz_web.c -- what comes from a browser: the head of a request, its body, and
 * the text of a configuration that is shown to it.  The first byte says which.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/xalloc.h"
#include "web/args.h"
#include "web/head.h"
#include "web/masked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
head(const uint8_t *data, size_t len)
{
	static const char *const hosts[] = { "localhost", NULL };
	const struct head_rules r = { hosts, 0 };
	struct head h;
	size_t n = 0;
	int status = head_check(data, len, &r, &h, &n);

	if (status == 200 && (n > len || h.length > HEAD_BODY ||
	    memcmp(data + n - 4, "\r\n\r\n", 4) != 0))
		abort();
}

static void
body(const uint8_t *data, size_t len)
{
	CLEAN_ARGS struct args a = { .n = 0 };
	struct err e = {0};

	args_of_json(&a, data, len, &e);
}

static void
shown(const uint8_t *data, size_t len)
{
	CLEAN_BUF struct buf out = {0};
	char *text = xstrndup((const char *)data, len);

	masked_text(&out, text);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		head(data + 1, len - 1);
		break;
	case 1:
		body(data + 1, len - 1);
		break;
	default:
		shown(data + 1, len - 1);
	}
	return 0;
}
