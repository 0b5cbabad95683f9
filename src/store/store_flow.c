/* store_flow.c -- long reads, piece by piece, and how they begin; see store.h. */
#include <stdlib.h>

#include "store/store_impl.h"
#include "util/xalloc.h"

#define PIECE_NEAR	((size_t)1 << 20)
#define PIECE_FAR	((size_t)4 << 20)

/* For a back end that gives only what has room in memory. */
static int
in_pieces(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	size_t most = s->caps.near ? PIECE_NEAR : PIECE_FAR, one;
	void *data;
	int r = 0;

	data = xalloc(len < most ? (size_t)len + 1 : most);
	for (; len > 0 && r == 0; at += one, len -= one) {
		one = len < most ? (size_t)len : most;
		r = store_get(s, n, at, data, one, e);
		if (r == 0 && take(arg, data, one) != 0)
			r = err_set(e, ERR_STOPPED, "ended from our side");
	}
	free(data);
	return r;
}

int
store_flow(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	int r;

	if (s->ops->flow == NULL || len == 0)
		return in_pieces(s, n, at, len, take, arg, e);
	if (store_enter(s, n->kind, e) < 0)
		return -1;
	r = s->ops->flow(s, n, at, len, take, arg, e);
	store_leave(s, n->kind, len, r, e);
	return r;
}

int
store_get_first(struct store *s, const struct store_name *n, void *out,
    size_t room, uint64_t *size, struct err *e)
{
	int r;

	if (s->ops->get_first == NULL) {
		if (store_size(s, n, size, e) < 0)
			return -1;
		return store_get(s, n, 0, out,
		    *size < room ? (size_t)*size : room, e);
	}
	if (store_enter(s, n->kind, e) < 0)
		return -1;
	r = s->ops->get_first(s, n, out, room, size, e);
	store_leave(s, n->kind, r < 0 ? 0 : *size < room ? *size : room, r, e);
	return r;
}
