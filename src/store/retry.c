/* retry.c -- see retry.h. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "store/retry.h"
#include "store/store_impl.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PAUSE_FIRST	((int64_t)200000)	/* µs */
#define PAUSE_MAX	((int64_t)30 * 1000000)
#define SLICE		((int64_t)200000)	/* how soon a stop is seen */
#define IO_TRIES	3

struct retry {
	struct store	 base;
	struct store	*inner;
	int64_t		 limit;
	void		(*tell)(void *arg, const char *text);
	void		*tell_arg;
	atomic_flag	 told;
};

/*
 * One call, and how often it was made:
 *
 *	do
 *		if (the call, with &t.why, is well)
 *			return 0;
 *	while (once_more(&t));
 *	return give_up(&t, e);
 */
struct tries {
	struct retry	*r;
	int64_t		 began;		/* of the first failure; 0: none yet */
	unsigned	 n;
	struct err	 why;		/* of the last failure */
};

/* µs, anything from 0 to this, and the less often the longer. */
static int64_t
pause_of(unsigned n)
{
	int64_t most = PAUSE_FIRST;
	uint32_t r;

	while (n-- > 1 && most < PAUSE_MAX)
		most *= 2;
	if (most > PAUSE_MAX)
		most = PAUSE_MAX;
	random_bytes(&r, sizeof(r));
	return (int64_t)((double)most * r / (double)UINT32_MAX);
}

/* 0, or -1: it was asked to stop. */
static int
sleep_for(const struct store *s, int64_t us)
{
	struct timespec t;
	int64_t until = time_mono() + us, left;

	while ((left = until - time_mono()) > 0) {
		if (store_stopped(s))
			return -1;
		if (left > SLICE)
			left = SLICE;
		t = (struct timespec){ left / 1000000, left % 1000000 * 1000 };
		nanosleep(&t, NULL);
	}
	return store_stopped(s) ? -1 : 0;
}

/* Once is chance; from the second time on somebody may be waiting for it. */
static void
tell(const struct tries *t)
{
	CLEAN_BUF struct buf b = {0};

	if (t->n < 2 || t->r->tell == NULL || atomic_flag_test_and_set(&t->r->told))
		return;
	buf_addf(&b, "%s; trying again for ", t->why.text);
	span_print(&b, t->r->limit, 2);
	t->r->tell(t->r->tell_arg, buf_str(&b));
}

/* It failed: 1 once it may be tried again, 0 if that was the last. */
static int
once_more(struct tries *t)
{
	int64_t now = time_mono();

	t->n++;
	if (t->why.kind != ERR_NET && (t->why.kind != ERR_IO || t->n >= IO_TRIES))
		return 0;
	if (t->began == 0)
		t->began = now;
	if (now - t->began >= t->r->limit)
		return 0;
	tell(t);
	return sleep_for(&t->r->base, pause_of(t->n)) == 0;
}

static int
give_up(const struct tries *t, struct err *e)
{
	if (e != NULL)
		*e = t->why;
	return -1;
}

/* Is the config that is there the one that was to be written? */
static int
is_ours(struct retry *r, const struct store_name *n,
    const struct store_bytes *b)
{
	struct tries t = { .r = r };
	size_t len;
	void *got;
	int same;

	do {
		if (b->data != NULL && store_get_all(r->inner, n, b->len, &got,
		    &len, &t.why) == 0) {
			same = len == b->len && memcmp(got, b->data, len) == 0;
			free(got);
			return same;
		}
	} while (once_more(&t));
	return 0;
}

static int
retry_put_bytes(struct store *s, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };
	struct retry *r = (struct retry *)s;

	do {
		if (store_put_bytes(r->inner, n, b, &t.why) == 0)
			return 0;
		if (t.why.kind == ERR_EXISTS && t.n > 0 && is_ours(r, n, b))
			return 0;
	} while (once_more(&t));
	return give_up(&t, e);
}

static int
retry_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	const struct store_bytes b = { data, -1, len };

	return retry_put_bytes(s, n, &b, e);
}

static int
retry_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };

	do {
		if (store_get(t.r->inner, n, at, out, len, &t.why) == 0)
			return 0;
	} while (once_more(&t));
	return give_up(&t, e);
}

/* What came is passed on, and counted: the next try begins behind it. */
struct resumed {
	int (*take)(void *arg, const void *data, size_t len);
	void		*arg;
	uint64_t	 done;
	int		 ended;		/* by take */
};

static int
resumed_take(void *arg, const void *data, size_t len)
{
	struct resumed *m = arg;

	m->done += len;
	m->ended = m->take(m->arg, data, len) != 0;
	return m->ended;
}

static int
retry_flow(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };
	struct resumed m = { .take = take, .arg = arg };
	uint64_t before;

	do {
		before = m.done;
		if (m.done == len || store_flow(t.r->inner, n, at + m.done,
		    len - m.done, resumed_take, &m, &t.why) == 0)
			return 0;
		/* As long as it gets on, it is not the same failure. */
		if (m.done > before) {
			t.began = 0;
			t.n = 0;
		}
	} while (!m.ended && once_more(&t));
	return give_up(&t, e);
}

static int
retry_get_all(struct store *s, const struct store_name *n, size_t max,
    void **out, size_t *len, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };

	do {
		if (store_get_all(t.r->inner, n, max, out, len, &t.why) == 0)
			return 0;
	} while (once_more(&t));
	return give_up(&t, e);
}

static int
retry_get_first(struct store *s, const struct store_name *n, void *out,
    size_t room, uint64_t *size, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };

	do {
		if (store_get_first(t.r->inner, n, out, room, size, &t.why) == 0)
			return 0;
	} while (once_more(&t));
	return give_up(&t, e);
}

static int
retry_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	struct tries t = { .r = (struct retry *)s };

	do {
		if (store_size(t.r->inner, n, size, &t.why) == 0)
			return 0;
	} while (once_more(&t));
	return give_up(&t, e);
}

/* store_list tells nothing before it has heard all, so nothing is told twice. */
static int
retry_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };
	int r;

	do {
		r = store_list(t.r->inner, kind, each, arg, &t.why);
		if (r >= 0 || t.why.kind == ERR_NONE)
			return r;
	} while (once_more(&t));
	return give_up(&t, e);
}

static int
retry_remove(struct store *s, const struct store_name *n, struct err *e)
{
	struct tries t = { .r = (struct retry *)s };

	do {
		if (store_remove(t.r->inner, n, &t.why) == 0)
			return 0;
	} while (once_more(&t));
	return give_up(&t, e);
}

static void
retry_close(struct store *s)
{
	struct retry *r = (struct retry *)s;

	store_close(r->inner);
	store_fini(s);
	free(r);
}

static const struct store_ops retry_ops = {
	.scheme	= "retry",
	.put	= retry_put,
	.put_bytes = retry_put_bytes,
	.get	= retry_get,
	.flow	= retry_flow,
	.get_all = retry_get_all,
	.get_first = retry_get_first,
	.size	= retry_size,
	.list	= retry_list,
	.remove	= retry_remove,
	.close	= retry_close,
};

int
store_retry_options(const struct store_options *o, int64_t *retry,
    struct err *e)
{
	static const char key[] = "far.retry=";
	const char *const *v;
	char q[QUOTE_SIZE];

	*retry = o != NULL ? o->retry : 0;
	for (v = o != NULL ? o->extended : NULL; v != NULL && *v != NULL; v++) {
		if (strncmp(*v, "far.", 4) != 0)
			continue;
		if (strncmp(*v, key, sizeof(key) - 1) != 0)
			return err_set(e, ERR_USAGE, "option -o %s: not known",
			    quote_to(q, sizeof(q), *v));
		if (span_parse(*v + sizeof(key) - 1, retry, e) < 0)
			return err_wrap(e, "option -o far.retry");
		if (*retry == 0)
			*retry = -1;
	}
	return 0;
}

struct store *
store_retry(struct store *inner, const struct store_options *o)
{
	struct retry *r = xalloc(sizeof(*r));
	struct store_options own = {0};

	if (o != NULL) {
		own.stop = o->stop;
		own.stop_arg = o->stop_arg;
	}
	store_init(&r->base, &retry_ops, store_place(inner), &own, 1);
	store_caps(inner, &r->base.caps);
	r->base.caps.streams = 0;
	r->inner = inner;
	r->base.inside = inner;
	r->limit = o != NULL && o->retry != 0 ? o->retry : STORE_RETRY;
	r->tell = o != NULL ? o->tell : NULL;
	r->tell_arg = o != NULL ? o->tell_arg : NULL;
	atomic_flag_clear(&r->told);
	return &r->base;
}
