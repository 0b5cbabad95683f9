/*
 * fuzz_sftp.c -- any bytes as what an SFTP server says: what is taken apart lies
 * within them, names never lead out of their folder, and every loop ends.
 */
#include <stdint.h>
#include <string.h>

#include "store/sftp_wire.h"
#include "testing/must.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
within(const struct wire_bytes *b, const uint8_t *data, size_t size)
{
	must(b->len == 0 || (b->data >= data && b->len <= size &&
	    b->data - data <= (ptrdiff_t)(size - b->len)));
}

static void
look(struct wire_answer *a, const uint8_t *data, size_t size)
{
	struct wire_bytes name, value;
	struct wire_attrs attrs;
	uint64_t number;
	struct err e;

	within(&a->bytes, data, size);
	must(a->type != WIRE_HANDLE || a->bytes.len <= WIRE_HANDLE_MAX);
	must(a->type != WIRE_NAME || a->count <= WIRE_NAMES_MAX);
	if (a->type == WIRE_NAME)
		while (wire_name(a, &name, &attrs, &e) == 1) {
			within(&name, data, size);
			must(memchr(name.data, '/', name.len) == NULL);
		}
	else if (a->type == WIRE_VERSION)
		while (wire_pair(a, &name, &value, &e) == 1) {
			within(&name, data, size);
			within(&value, data, size);
		}
	else if (a->type == WIRE_EXTENDED_REPLY)
		while (wire_number(a, &number) == 0)
			;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_answer a;
	size_t used, at = 0;
	struct err e = {0};
	int r;

	while ((r = wire_next(data + at, size - at, &a, &used, &e)) == 1) {
		must(used > 0 && used <= size - at);
		look(&a, data + at, used);
		at += used;
	}
	must(r == 0 || e.kind == ERR_CORRUPT);
	return 0;
}
