/*
 * fuzz_held.c -- any bytes as a saved plan: it is refused, or every operation
 * of it can be read.  The head that says whose it is is made right first, or
 * nothing behind it would ever be reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "job/job.h"
#include "job/machine.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_all(const struct parts *p)
{
	CLEAN_BUF struct buf path = {0};
	struct plan_reader *r;
	struct err e;
	struct op op;
	size_t i;

	for (i = 0; i < p->n; i++) {
		r = plan_read(p->v[i].plan);
		while (plan_next(r, &op, &e) == 1) {
			buf_reset(&path);
			plan_from(p->v[i].plan, &op, &path);
			plan_to(p->v[i].plan, &op, &path);
			plan_text(p->v[i].plan, op.why);
			plan_text(p->v[i].plan, op.error);
		}
		plan_reader_free(r);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings s = {0};
	struct hall h = { .s = &s, .cache = -1 };
	CLEAN_BUF struct buf b = {0}, id = {0};
	struct parts *p = NULL;
	struct err e;

	machine_id(&id);
	buf_adds(&b, "fettle plan 1\n");
	pack_u64(&b, getuid());
	pack_bytes(&b, id.data, id.len);
	buf_add(&b, data, size);
	if (parts_load(&h, b.data, b.len, &p, &e) == 0) {
		read_all(p);
		parts_free(p);
	}
	return 0;
}
