/*
 * fuzz_name.c -- names: any bytes, quoted, are that name again; any text that
 * can be unquoted is a name whose own quoting is the same name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repo/lex.h"
#include "repo/node.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const void *name, size_t len)
{
	CLEAN_BUF struct buf quoted = {0}, json = {0}, back = {0};
	CLEAN_LEX struct lex s;
	struct lex_text t;

	node_quote(&quoted, name, len);
	node_string(&json, (const char *)quoted.data, quoted.len);
	lex_init(&s, json.data, json.len);
	if (lex_string(&s, &t, NULL) < 0 || lex_end(&s, NULL) < 0 ||
	    t.len != quoted.len ||
	    (t.len > 0 && memcmp(t.s, quoted.data, t.len) != 0))
		abort();
	if (node_unquote(&back, t.s, t.len, NULL) < 0 || back.len != len ||
	    (len > 0 && memcmp(back.data, name, len) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN_BUF struct buf name = {0};
	struct err e = {0};

	check_name(data, size);
	if (node_unquote(&name, (const char *)data, size, &e) == 0)
		check_name(name.data, name.len);
	else if (e.kind != ERR_CORRUPT)
		abort();
	return 0;
}
