/*
 * fault.c -- see fault.h.  It passes every call on, and counts them; each piece
 * of an upload is one.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "store/fault.h"
#include "store/store_impl.h"
#include "util/xalloc.h"

struct fault {
	struct store		 base;
	struct store		*inner;
	enum store_fault	 kind;
	uint64_t		 nth;
	atomic_uint_fast64_t	 calls;
};

struct fault_upload {
	struct store_upload	 base;
	struct store_upload	*inner;
};

/* What this call will meet. */
enum turn { GO, HIT, REFUSED };

static enum turn
count(struct fault *f, struct err *e)
{
	uint64_t n = atomic_fetch_add(&f->calls, 1) + 1;

	if (f->kind == FAULT_DEAD && f->nth > 0 && n >= f->nth) {
		(void)err_set(e, ERR_NET, "the store is gone (a test's fault)");
		return REFUSED;
	}
	if (f->nth > 0 && n % f->nth == 0) {
		if (f->kind == FAULT_EVERY) {
			(void)err_set(e, ERR_NET, "no way there (a test's fault)");
			return REFUSED;
		}
		if (f->kind == FAULT_EVERY_LOST)
			return HIT;
		if (f->kind == FAULT_SLOW)
			nanosleep(&(struct timespec){ 0, FAULT_DELAY * 1000000 },
			    NULL);
	}
	if (n != f->nth)
		return GO;
	if (f->kind == FAULT_KILL)
		raise(SIGKILL);
	if (f->kind == FAULT_FAIL) {
		(void)err_set(e, ERR_IO, "call %llu failed (a test's fault)",
		    (unsigned long long)n);
		return REFUSED;
	}
	return HIT;
}

/* The call is done, and its answer on the way. */
static int
answer(struct fault *f, enum turn t, int r, struct err *e)
{
	if (t == HIT && f->kind == FAULT_KILL_AFTER)
		raise(SIGKILL);
	if (t == HIT && (f->kind == FAULT_LOST_ANSWER ||
	    f->kind == FAULT_EVERY_LOST))
		return err_set(e, ERR_NET, "no answer (a test's fault)");
	return r;
}

static int
fault_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	struct fault *f = (struct fault *)s;
	enum turn t = count(f, e);

	if (t == REFUSED)
		return -1;
	if (t == HIT && f->kind == FAULT_SHORT)
		len /= 2;
	return answer(f, t, store_put(f->inner, n, data, len, e), e);
}

static int
fault_start(struct store *s, enum store_kind kind, uint64_t hint,
    struct store_upload **out, struct err *e)
{
	struct fault *f = (struct fault *)s;
	enum turn t = count(f, e);
	struct store_upload *inner;
	struct fault_upload *u;

	if (t == REFUSED || store_start(f->inner, kind, hint, &inner, e) < 0)
		return -1;
	if (answer(f, t, 0, e) < 0) {
		store_drop(inner);
		return -1;
	}
	u = xalloc(sizeof(*u));
	u->inner = inner;
	*out = &u->base;
	return 0;
}

static int
fault_add(struct store_upload *base, const void *data, size_t len,
    struct err *e)
{
	struct fault_upload *u = (struct fault_upload *)base;
	struct fault *f = (struct fault *)base->store;
	enum turn t = count(f, e);

	if (t == REFUSED)
		return -1;
	if (t == HIT && f->kind == FAULT_SHORT)
		len /= 2;
	return answer(f, t, store_add(u->inner, data, len, e), e);
}

static void
fault_drop(struct store_upload *base)
{
	store_drop(((struct fault_upload *)base)->inner);
	free(base);
}

static int
fault_finish(struct store_upload *base, const unsigned char *id,
    struct err *e)
{
	struct fault_upload *u = (struct fault_upload *)base;
	struct fault *f = (struct fault *)base->store;
	enum turn t = count(f, e);
	int r;

	if (t == REFUSED) {
		fault_drop(base);
		return -1;
	}
	r = store_finish(u->inner, id, e);
	free(u);
	return answer(f, t, r, e);
}

static int
fault_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	struct fault *f = (struct fault *)s;
	enum turn t = count(f, e);
	unsigned char *p = out;
	int r;

	if (t == REFUSED)
		return -1;
	if (t == HIT && f->kind == FAULT_CUT) {
		(void)store_get(f->inner, n, at, out, len / 2, e);
		return err_set(e, ERR_CORRUPT, "read %s: cut off (a test's "
		    "fault)", store_kind_name(n->kind));
	}
	r = store_get(f->inner, n, at, out, len, e);
	if (t == HIT && f->kind == FAULT_FLIP && r == 0 && len > 0)
		p[len / 2] ^= (unsigned char)(1 << f->nth % 8);
	return answer(f, t, r, e);
}

static int
fault_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	struct fault *f = (struct fault *)s;
	enum turn t = count(f, e);

	if (t == REFUSED)
		return -1;
	return answer(f, t, store_size(f->inner, n, size, e), e);
}

static int
fault_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct fault *f = (struct fault *)s;
	enum turn t = count(f, e);

	if (t == REFUSED)
		return -1;
	return answer(f, t, store_list(f->inner, kind, each, arg, e), e);
}

static int
fault_remove(struct store *s, const struct store_name *n, struct err *e)
{
	struct fault *f = (struct fault *)s;
	enum turn t = count(f, e);

	if (t == REFUSED)
		return -1;
	return answer(f, t, store_remove(f->inner, n, e), e);
}

static void
fault_close(struct store *s)
{
	struct fault *f = (struct fault *)s;

	store_close(f->inner);
	store_fini(s);
	free(f);
}

static const struct store_ops fault_ops = {
	.scheme	= "fault",
	.put	= fault_put,
	.start	= fault_start,
	.add	= fault_add,
	.finish	= fault_finish,
	.drop	= fault_drop,
	.get	= fault_get,
	.size	= fault_size,
	.list	= fault_list,
	.remove	= fault_remove,
	.close	= fault_close,
};

struct store *
store_fault(struct store *inner, enum store_fault kind, uint64_t nth)
{
	struct fault *f = xalloc(sizeof(*f));

	store_init(&f->base, &fault_ops, store_place(inner), NULL, 1);
	store_caps(inner, &f->base.caps);
	f->inner = inner;
	f->kind = kind;
	f->nth = nth;
	return &f->base;
}

uint64_t
store_fault_calls(const struct store *s)
{
	return atomic_load(&((const struct fault *)s)->calls);
}
