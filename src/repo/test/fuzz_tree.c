/*
 * fuzz_tree.c -- any bytes at all: the reader ends, takes memory in proportion
 * to the text, and what it accepts is written so that it reads as the same
 * again, byte for byte.
 */
#include <stdint.h>
#include <string.h>

#include "repo/tree.h"
#include "testing/must.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0 if all of it was read, and then out holds it in our own writing. */
static int
rewrite(const void *data, size_t size, struct buf *out)
{
	CLEAN_TREE_READ struct tree_read t;
	struct err e = {0};
	int more;

	tree_read_init(&t, data, size);
	tree_begin(out);
	while ((more = tree_read_next(&t, &e)) == 1) {
		must(t.node.name != NULL && t.node.user != NULL &&
		    t.node.group != NULL);
		must(t.arena.total <= 32 * size + ((size_t)128 << 10));
		tree_add(out, &t.node);
	}
	tree_end(out);
	must(more == 0 || e.kind == ERR_CORRUPT);
	return more;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEAN_BUF struct buf once = {0}, again = {0};

	if (rewrite(data, size, &once) < 0)
		return 0;
	must(rewrite(once.data, once.len, &again) == 0);
	must(once.len == again.len &&
	    memcmp(once.data, again.data, once.len) == 0);
	return 0;
}
