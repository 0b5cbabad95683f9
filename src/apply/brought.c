#include <stdlib.h>
#include <string.h>

#include "apply/brought.h"
#include "fs/id.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

/* wanted's values: 0 not there yet, else one more than its place in v. */
struct brought {
	struct map	 wanted;	/* by path */
	struct fs_id	*v;
	size_t		 n, cap;
};

struct brought *
brought_new(void)
{
	return xalloc(sizeof(struct brought));
}

void
brought_free(struct brought *b)
{
	if (b == NULL)
		return;
	map_fini(&b->wanted);
	free(b->v);
	free(b);
}

int
brought_want(struct brought *b, const struct plan *p, struct err *e)
{
	CLEAN_BUF struct buf from = {0};
	struct plan_reader *r;
	struct op op;
	int n;

	if (!plan_has_chained(p))
		return 0;
	r = plan_read(p);
	while ((n = plan_next(r, &op, e)) == 1) {
		if (!(op.flags & OP_CHAINED) || op.from_dir == PLAN_NONE)
			continue;
		buf_reset(&from);
		plan_from(p, &op, &from);
		map_add(&b->wanted, buf_str(&from), from.len, NULL);
	}
	plan_reader_free(r);
	return n;
}

void
brought_put(struct brought *b, const char *path, const struct fs_id *id)
{
	uint64_t *at = map_get(&b->wanted, path, strlen(path));

	if (at == NULL)
		return;
	if (*at == 0) {
		XGROW(b->v, b->n, b->cap);
		*at = ++b->n;
	}
	b->v[*at - 1] = *id;
}

int
brought_get(const struct brought *b, const char *path, struct fs_id *id)
{
	const uint64_t *at;

	if (b == NULL)
		return 0;
	at = map_get(&b->wanted, path, strlen(path));
	if (at == NULL || *at == 0)
		return 0;
	*id = b->v[*at - 1];
	return 1;
}
