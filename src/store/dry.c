/* dry.c -- a store that writes nothing. */
#include <stdlib.h>

#include "store/dry.h"
#include "store/store_impl.h"
#include "util/xalloc.h"

struct dry {
	struct store	 base;
	struct store	*inner;
};

static struct store *
inner_of(struct store *s)
{
	return ((struct dry *)s)->inner;
}

static int
dry_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	(void)s;
	(void)n;
	(void)data;
	(void)len;
	(void)e;
	return 0;
}

static int
dry_start(struct store *s, enum store_kind kind, uint64_t hint,
    struct store_upload **out, struct err *e)
{
	(void)s;
	(void)kind;
	(void)hint;
	(void)e;
	*out = xalloc(sizeof(**out));
	return 0;
}

static int
dry_add(struct store_upload *u, const void *data, size_t len, struct err *e)
{
	(void)u;
	(void)data;
	(void)len;
	(void)e;
	return 0;
}

static int
dry_finish(struct store_upload *u, const unsigned char *id, struct err *e)
{
	(void)id;
	(void)e;
	free(u);
	return 0;
}

static void
dry_drop(struct store_upload *u)
{
	free(u);
}

static int
dry_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	return store_get(inner_of(s), n, at, out, len, e);
}

static int
dry_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	return store_size(inner_of(s), n, size, e);
}

static int
dry_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	return store_list(inner_of(s), kind, each, arg, e);
}

static int
dry_remove(struct store *s, const struct store_name *n, struct err *e)
{
	(void)s;
	(void)n;
	(void)e;
	return 0;
}

static void
dry_close(struct store *s)
{
	store_fini(s);
	free(s);
}

static const struct store_ops ops = {
	.scheme = "dry", .put = dry_put, .start = dry_start, .add = dry_add,
	.finish = dry_finish, .drop = dry_drop, .get = dry_get,
	.size = dry_size, .list = dry_list, .remove = dry_remove,
	.close = dry_close,
};

struct store *
store_dry(struct store *inner)
{
	struct dry *d = xalloc(sizeof(*d));
	struct store_caps caps;

	store_caps(inner, &caps);
	store_init(&d->base, &ops, store_place(inner), NULL, caps.connections);
	d->base.caps.streams = 1;
	d->base.caps.near = caps.near;
	d->base.caps.coherent = caps.coherent;
	d->inner = inner;
	return &d->base;
}
