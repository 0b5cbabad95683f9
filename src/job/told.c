#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "job/told.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define SPACE	"told"
enum { ROWS_MAX = 500 };

/* Files that were moved and the like are in the journal; plain copies too. */
static int
is_ours(const struct told_row *r)
{
	switch (r->state) {
	case OP_DONE:
		return r->kind == OP_BACKUP;
	case OP_FAILED: case OP_HELD: case OP_WAITING:
		return 1;
	default:
		return 0;
	}
}

void
told_add(struct told *t, const struct told_row *r)
{
	if (!is_ours(r))
		return;
	t->dirty = 1;
	if (t->n == ROWS_MAX) {
		t->more++;
		return;
	}
	t->n++;
	pack_u64(&t->bytes, (uint64_t)r->kind);
	pack_u64(&t->bytes, (uint64_t)r->state);
	pack_str(&t->bytes, r->job);
	pack_str(&t->bytes, r->from);
	pack_str(&t->bytes, r->to);
	pack_str(&t->bytes, r->why);
	pack_str(&t->bytes, r->snapshot);
}

int
told_save(struct told *t, struct catalog *c, int64_t run, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	char name[32];

	if (!t->dirty)
		return 0;
	snprintf(name, sizeof(name), "%" PRId64, run);
	pack_u64(&b, t->n);
	pack_u64(&b, t->more);
	buf_add(&b, t->bytes.data, t->bytes.len);
	if (catalog_put(c, SPACE, name, b.data, b.len, e) < 0)
		return -1;
	t->dirty = 0;
	return 0;
}

void
told_fini(struct told *t)
{
	buf_fini(&t->bytes);
}

int
told_each(struct catalog *c, int64_t run,
    int (*each)(void *arg, const struct told_row *r), void *arg,
    uint64_t *more, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	char name[32], *text[5];
	struct told_row row;
	struct unpack u;
	uint64_t n;
	int i, r;

	*more = 0;
	snprintf(name, sizeof(name), "%" PRId64, run);
	if ((r = catalog_get(c, SPACE, name, &b, e)) != 1)
		return r;
	u = unpack_start(b.data, b.len);
	n = unpack_u64(&u);
	*more = unpack_u64(&u);
	for (r = 0; r == 0 && n > 0 && !u.bad; n--) {
		row.kind = (enum op_kind)unpack_u64(&u);
		row.state = (enum op_state)unpack_u64(&u);
		for (i = 0; i < 5; i++)
			text[i] = unpack_str(&u);
		row.job = text[0];
		row.from = text[1];
		row.to = text[2];
		row.why = text[3];
		row.snapshot = text[4];
		if (!u.bad && row.kind < OP_KINDS && row.state < OP_STATES)
			r = each(arg, &row);
		for (i = 0; i < 5; i++)
			free(text[i]);
	}
	if (u.bad)
		return err_set(e, ERR_CORRUPT, "what run %" PRId64 " told is "
		    "damaged in the catalog", run);
	return 0;
}

static int
oldest(void *arg, const struct run *r)
{
	int64_t *run = arg;

	*run = r->number;		/* newest first: the last one stays */
	return 0;
}

struct expiring {
	int64_t	 oldest;
	char	**names;
	size_t	 n, cap;
};

static int
each_name(void *arg, const char *name, const void *data, size_t len)
{
	struct expiring *x = arg;

	(void)data;
	(void)len;
	if (strtoll(name, NULL, 10) >= x->oldest)
		return 0;
	XGROW(x->names, x->n, x->cap);
	x->names[x->n++] = xstrdup(name);
	return 0;
}

int
told_expire(struct catalog *c, struct err *e)
{
	struct expiring x = { .oldest = INT64_MAX };
	size_t i;
	int r;

	r = catalog_runs(c, 0, 0, oldest, &x.oldest, e);
	if (r == 0)
		r = catalog_each(c, SPACE, each_name, &x, e);
	for (i = 0; i < x.n; i++) {
		if (r == 0)
			r = catalog_drop(c, SPACE, x.names[i], e);
		free(x.names[i]);
	}
	free(x.names);
	return r;
}
