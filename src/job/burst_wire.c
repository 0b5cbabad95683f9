#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "job/burst_wire.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/xalloc.h"

/* The length stands before what follows it: put, then filled in. */
static size_t
start(struct buf *out)
{
	uint32_t none = 0;

	buf_add(out, &none, sizeof(none));
	return out->len;
}

static void
finish(struct buf *out, size_t from)
{
	uint32_t len = htole32((uint32_t)(out->len - from));

	memcpy(out->data + from - sizeof(len), &len, sizeof(len));
}

void
wire_put_batch(struct buf *out, const struct burst_batch *b)
{
	size_t from = start(out), i, k;

	pack_u64(out, (uint64_t)b->found);
	pack_u64(out, b->n);
	for (i = 0; i < b->n; i++) {
		pack_str(out, b->v[i].dir);
		pack_u64(out, b->v[i].n);
		for (k = 0; k < b->v[i].n; k++)
			pack_str(out, b->v[i].names[k]);
	}
	finish(out, from);
}

void
wire_put_answer(struct buf *out, const struct burst_answer *a)
{
	size_t from = start(out), i;

	pack_u64(out, WIRE_ANSWER);
	pack_i64(out, a->run);
	pack_u64(out, a->n);
	for (i = 0; i < a->n; i++) {
		pack_str(out, a->v[i].path);
		pack_str(out, a->v[i].why);
		pack_i64(out, a->v[i].pause);
	}
	finish(out, from);
}

void
wire_put_ended(struct buf *out)
{
	size_t from = start(out);

	pack_u64(out, WIRE_ENDED);
	finish(out, from);
}

int
wire_whole(const struct buf *in, const void **body, size_t *len, size_t *all)
{
	uint32_t told;

	if (in->len < sizeof(told))
		return 0;
	memcpy(&told, in->data, sizeof(told));
	*len = le32toh(told);
	if (*len > WIRE_MOST)
		return -1;
	*body = in->data + sizeof(told);
	*all = *len + sizeof(told);
	return in->len >= *all;
}

static int
nonsense(struct err *e)
{
	return err_set(e, ERR_CORRUPT, "a message that makes no sense");
}

/* Each takes a byte or more: no count is larger than what is left. */
static size_t
count(struct unpack *u)
{
	uint64_t n = unpack_u64(u);

	if (n > (size_t)(u->end - u->p))
		u->bad = 1;
	return u->bad ? 0 : (size_t)n;
}

int
wire_get_batch(const void *body, size_t len, struct burst_batch *out,
    struct err *e)
{
	struct unpack u = unpack_start(body, len);
	size_t i, k;

	*out = (struct burst_batch){ .found = unpack_u64(&u) != 0 };
	out->n = count(&u);
	out->v = xallocn(out->n + 1, sizeof(*out->v));
	for (i = 0; i < out->n; i++) {
		struct burst_dir *d = &out->v[i];

		d->dir = unpack_str(&u);
		d->n = count(&u);
		d->names = xallocn(d->n + 1, sizeof(char *));
		for (k = 0; k < d->n; k++)
			d->names[k] = unpack_str(&u);
		if (*d->dir != '/')
			u.bad = 1;
	}
	if (unpack_end(&u) == 0)
		return 0;
	burst_batch_fini(out);
	return nonsense(e);
}

int
wire_get(const void *body, size_t len, enum wire_kind *kind,
    struct burst_answer *out, struct err *e)
{
	struct unpack u = unpack_start(body, len);
	uint64_t told = unpack_u64(&u);
	size_t i;

	*out = (struct burst_answer){0};
	*kind = told == WIRE_ENDED ? WIRE_ENDED : WIRE_ANSWER;
	if (told == WIRE_ANSWER) {
		out->run = unpack_i64(&u);
		out->n = out->cap = count(&u);
		out->v = xallocn(out->n + 1, sizeof(*out->v));
		for (i = 0; i < out->n; i++) {
			out->v[i].path = unpack_str(&u);
			out->v[i].why = unpack_str(&u);
			out->v[i].pause = unpack_i64(&u);
		}
	} else if (told != WIRE_ENDED)
		u.bad = 1;
	if (unpack_end(&u) == 0)
		return 0;
	burst_answer_fini(out);
	return nonsense(e);
}
