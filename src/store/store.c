/* store.c -- see store.h: what is the same for every back end. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/limit.h"
#include "store/retry.h"
#include "store/store_impl.h"
#include "util/quote.h"
#include "util/xalloc.h"

static const struct {
	const char	*name, *folder;
} kinds[STORE_KINDS] = {
	[STORE_CONFIG]	 = { "config",	 "" },
	[STORE_KEY]	 = { "key",	 "keys" },
	[STORE_PACK]	 = { "data",	 "data" },
	[STORE_INDEX]	 = { "index",	 "index" },
	[STORE_SNAPSHOT] = { "snapshot", "snapshots" },
	[STORE_LOCK]	 = { "lock",	 "locks" },
};

const char *
store_kind_name(enum store_kind k)
{
	assert(k < STORE_KINDS);
	return kinds[k].name;
}

const char *
store_kind_folder(enum store_kind k)
{
	assert(k < STORE_KINDS);
	return kinds[k].folder;
}

static int
check_limits(const struct store_options *o, struct err *e)
{
	if (o == NULL)
		return 0;
	if (o->limit_upload != NULL && limit_check(o->limit_upload, e) < 0)
		return err_wrap(e, "limit of uploads");
	if (o->limit_download != NULL && limit_check(o->limit_download, e) < 0)
		return err_wrap(e, "limit of downloads");
	return 0;
}

/* Every far store is behind the wrapper that tries again. */
static int
open_far(int (*open)(const char *, const struct store_options *, int,
    struct store **, struct err *), const char *place,
    const struct store_options *o, int create, struct store **out,
    struct err *e)
{
	struct store_options own = {0};
	struct store *s;

	if (o != NULL)
		own = *o;
	if (store_retry_options(o, &own.retry, e) < 0 ||
	    open(place, o, create, &s, e) < 0)
		return -1;
	*out = own.retry < 0 ? s : store_retry(s, &own);
	return 0;
}

/* How a scheme's places are opened; NULL: not yet. */
struct scheme {
	const char	*name;
	int (*open)(const char *place, const struct store_options *o, int create,
	    struct store **out, struct err *e);
	int (*check)(const char *place, const char *const *extended,
	    struct err *e);
};

static const struct scheme schemes[] = {
	{ "sftp", store_sftp, store_sftp_check },
	{ "rest", store_rest, store_rest_check },
	{ "s3", store_s3, store_s3_check },
	{ "rclone", store_rclone, store_rclone_check },
	{ "b2", NULL, NULL },
	{ "azure", NULL, NULL },
	{ "gs", NULL, NULL },
	{ "swift", NULL, NULL },
};

/*
 * As restic reads it: what begins like a path is one; else what stands before
 * a colon is a scheme, and *rest is what stands behind it.  A local path: *rest
 * and *far NULL.  -1: no such scheme.
 */
static int
scheme_of(const char *place, const struct scheme **far, const char **rest)
{
	const char *colon = strchr(place, ':');
	size_t n, i;

	*far = NULL;
	*rest = place;
	if (*place == '/' || *place == '.' || colon == NULL)
		return 0;
	n = (size_t)(colon - place);
	*rest = colon + 1;
	if (n == 5 && strncmp(place, "local", n) == 0)
		return 0;
	for (i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strlen(schemes[i].name) == n &&
		    strncmp(place, schemes[i].name, n) == 0) {
			*far = &schemes[i];
			return 0;
		}
	return -1;
}

static int
find_scheme(const char *place, const struct scheme **far, const char **rest,
    struct err *e)
{
	char q[QUOTE_SIZE];

	if (*place == '\0')
		return err_set(e, ERR_USAGE, "the repository's place is empty");
	if (scheme_of(place, far, rest) < 0)
		return err_set(e, ERR_USAGE, "%s: no such kind of repository (a "
		    "path with a colon is written local:PATH)",
		    quote_to(q, sizeof(q), place));
	if (*far != NULL && (*far)->open == NULL)
		return err_set(e, ERR_USAGE, "%s: repositories are not yet in "
		    "this version; rclone: reaches them", (*far)->name);
	return 0;
}

int
store_is_far(const char *place)
{
	const struct scheme *far;
	const char *rest;

	return scheme_of(place, &far, &rest) == 0 && far != NULL;
}

int
store_check(const char *place, const char *const *extended, struct err *e)
{
	const struct scheme *far;
	const char *rest;

	if (find_scheme(place, &far, &rest, e) < 0)
		return -1;
	return far != NULL ? far->check(rest, extended, e) : 0;
}

static int
open_place(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e)
{
	const struct scheme *far;
	const char *rest;

	if (find_scheme(place, &far, &rest, e) < 0)
		return -1;
	if (far == NULL)
		return store_local(rest, o, create, out, e);
	return check_limits(o, e) < 0 ? -1 :
	    open_far(far->open, rest, o, create, out, e);
}

int
store_open(const char *place, const struct store_options *o,
    struct store **out, struct err *e)
{
	return open_place(place, o, 0, out, e);
}

int
store_create(const char *place, const struct store_options *o,
    struct store **out, struct err *e)
{
	return open_place(place, o, 1, out, e);
}

void
store_init(struct store *s, const struct store_ops *ops, const char *place,
    const struct store_options *o, unsigned best)
{
	s->ops = ops;
	s->place = xstrdup(place);
	s->caps.connections = o != NULL && o->connections > 0 ?
	    o->connections : best;
	s->stall = STORE_STALL;
	if (o != NULL) {
		s->stop = o->stop;
		s->stop_arg = o->stop_arg;
		if (o->stall > 0)
			s->stall = o->stall;
		/* They were looked at before (check_limits). */
		if (o->limit_upload != NULL)
			(void)limit_new(o->limit_upload, &s->up, NULL);
		if (o->limit_download != NULL)
			(void)limit_new(o->limit_download, &s->down, NULL);
	}
	if (pthread_cond_init(&s->idle, NULL) != 0 ||
	    pthread_mutex_init(&s->mutex, NULL) != 0)
		abort();
}

void
store_fini(struct store *s)
{
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->mutex);
	limit_free(s->up);
	limit_free(s->down);
	free(s->place);
}

void
store_close(struct store *s)
{
	struct store *in;
	enum store_kind k;

	if (s == NULL)
		return;
	for (in = s; in != NULL; in = in->inside)
		atomic_store(&in->closing, 1);
	for (k = 0; k < STORE_KINDS; k++)
		store_ahead_drop(s, k);
	s->ops->close(s);
}

void
store_caps(const struct store *s, struct store_caps *out)
{
	*out = s->caps;
}

const char *
store_place(const struct store *s)
{
	return s->place;
}

int
store_stopped(const struct store *s)
{
	return atomic_load(&s->closing) ||
	    (s->stop != NULL && s->stop(s->stop_arg));
}

/* A back end that wants them in one piece gets them so. */
static int
put_bytes(struct store *s, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	void *data;
	int r;

	if (b->data != NULL)
		return s->ops->put(s, n, b->data, b->len, e);
	if (s->ops->put_bytes != NULL)
		return s->ops->put_bytes(s, n, b, e);
	data = xalloc(b->len);
	r = store_bytes_read(b, 0, data, b->len, e);
	if (r == 0)
		r = s->ops->put(s, n, data, b->len, e);
	free(data);
	return r;
}

int
store_put_bytes(struct store *s, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	int r;

	if (store_enter(s, n->kind, e) < 0)
		return -1;
	r = put_bytes(s, n, b, e);
	store_leave(s, n->kind, b->len, r, e);
	return r;
}

int
store_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	const struct store_bytes b = { data != NULL ? data : "", -1, len };

	return store_put_bytes(s, n, &b, e);
}

/* ---- uploads, gathered here for a back end that takes only whole files ---- */
struct gathered {
	struct store_upload	 base;
	struct gather		*data;
};

static int
gathers(const struct store *s)
{
	return s->ops->start == NULL;
}

int
store_start(struct store *s, enum store_kind kind, uint64_t hint,
    struct store_upload **out, struct err *e)
{
	struct gathered *g;
	int r = 0;

	if (gathers(s)) {
		g = xalloc(sizeof(*g));
		g->data = gather_new(&s->held);
		*out = &g->base;
	} else {
		if (store_enter(s, kind, e) < 0)
			return -1;
		r = s->ops->start(s, kind, hint, out, e);
		store_leave(s, kind, 0, r, e);
	}
	if (r == 0) {
		(*out)->store = s;
		(*out)->kind = kind;
	}
	return r;
}

void
store_mark_data(struct store_upload *u)
{
	u->data = 1;
}

int
store_add(struct store_upload *u, const void *data, size_t len, struct err *e)
{
	struct store *s = u->store;
	int r;

	if (gathers(s)) {
		if (u->failed.kind == ERR_NONE &&
		    gather_add(((struct gathered *)u)->data, data, len,
		    &u->failed) == 0)
			return 0;
	} else if (u->failed.kind == ERR_NONE) {
		if (store_enter(s, u->kind, &u->failed) == 0) {
			r = s->ops->add(u, data, len, &u->failed);
			store_leave(s, u->kind, len, r, &u->failed);
			if (r == 0)
				return 0;
		}
	}
	if (e != NULL)
		*e = u->failed;
	return -1;
}

static int
finish_gathered(struct store_upload *u, const unsigned char *id,
    struct err *e)
{
	struct store_bytes b = gather_bytes(((struct gathered *)u)->data);
	struct store_name n = { .kind = u->kind, .data = u->data };
	int r = -1;

	memcpy(n.id, id, STORE_ID_LEN);
	if (u->failed.kind == ERR_NONE)
		r = store_put_bytes(u->store, &n, &b, e);
	else if (e != NULL)
		*e = u->failed;
	store_drop(u);
	return r;
}

int
store_finish(struct store_upload *u, const unsigned char id[STORE_ID_LEN],
    struct err *e)
{
	struct store *s = u->store;
	enum store_kind kind = u->kind;
	int r;

	if (gathers(s))
		return finish_gathered(u, id, e);
	if (u->failed.kind != ERR_NONE || store_enter(s, kind, &u->failed) < 0) {
		if (e != NULL)
			*e = u->failed;
		store_drop(u);
		return -1;
	}
	r = s->ops->finish(u, id, e);
	store_leave(s, kind, 0, r, e);
	return r;
}

void
store_drop(struct store_upload *u)
{
	if (u == NULL)
		return;
	if (!gathers(u->store)) {
		u->store->ops->drop(u);
		return;
	}
	gather_free(((struct gathered *)u)->data);
	free(u);
}

int
store_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	int r;

	if (store_enter(s, n->kind, e) < 0)
		return -1;
	r = s->ops->get(s, n, at, out, len, e);
	store_leave(s, n->kind, len, r, e);
	return r;
}

int
store_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	int r;

	if (store_enter(s, n->kind, e) < 0)
		return -1;
	r = s->ops->size(s, n, size, e);
	store_leave(s, n->kind, 0, r, e);
	return r;
}

int
store_get_all(struct store *s, const struct store_name *n, size_t max,
    void **out, size_t *len, struct err *e)
{
	uint64_t size;
	void *data;
	int r;

	if (s->ops->get_all != NULL) {
		if (store_enter(s, n->kind, e) < 0)
			return -1;
		r = s->ops->get_all(s, n, max, out, len, e);
		store_leave(s, n->kind, r < 0 ? 0 : *len, r, e);
		return r;
	}
	if (store_size(s, n, &size, e) < 0)
		return -1;
	if (size > max)
		return err_set(e, ERR_CORRUPT, "read %s: %llu bytes are more "
		    "than it may have", store_kind_name(n->kind),
		    (unsigned long long)size);
	data = xalloc((size_t)size + 1);
	if (store_get(s, n, 0, data, (size_t)size, e) < 0) {
		free(data);
		return -1;
	}
	*out = data;
	*len = (size_t)size;
	return 0;
}

/* ---- listing: gathered first, so that each may call the store again ---- */
static int
gather(void *arg, const struct store_name *n, uint64_t size)
{
	struct store_entries *l = arg;

	XGROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct store_entry){ *n, size };
	return 0;
}

int
store_entries_get(struct store *s, enum store_kind kind,
    struct store_entries *out, struct err *e)
{
	int r;

	if (store_enter(s, kind, e) < 0)
		return -1;
	r = s->ops->list(s, kind, gather, out, e);
	store_leave(s, kind, 0, r, e);
	return r;
}

int
store_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct store_entries l = {0};
	size_t i;
	int r;

	assert(kind != STORE_CONFIG);
	if (!store_ahead_take(s, kind, &l, &r, e))
		r = store_entries_get(s, kind, &l, e);
	for (i = 0; i < l.n && r == 0; i++)
		r = each(arg, &l.v[i].name, l.v[i].size);
	free(l.v);
	return r;
}

int
store_remove(struct store *s, const struct store_name *n, struct err *e)
{
	int r;

	if (store_enter(s, n->kind, e) < 0)
		return -1;
	r = s->ops->remove(s, n, e);
	store_leave(s, n->kind, 0, r, e);
	return r;
}
