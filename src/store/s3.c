/*
 * s3.c -- a repository in a bucket of an S3 service: Amazon's, Ceph's, MinIO's,
 * Garage's ...; keys are restic's: PREFIX/config, PREFIX/data/4f/4f2a...
 *
 * A file's name is the SHA-256 of its bytes, and that is also what a signature
 * wants of a body: so every upload is signed whole at no cost, and the server
 * refuses what was damaged on the way.  A file appears whole or not at all.
 * "If-None-Match: *" keeps two machines from writing one config; servers that do
 * not know it (501) are asked without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/sha256.h"
#include "store/s3.h"
#include "util/base64.h"
#include "util/clean.h"
#include "util/time.h"
#include "util/xalloc.h"

static char *
path_of(const struct s3 *s, const struct store_name *n)
{
	char hex[SHA256_HEX];

	if (n->kind == STORE_CONFIG)
		return xasprintf("%sconfig", s->place.root);
	sha256_hex(n->id, hex);
	if (n->kind == STORE_PACK)
		return xasprintf("%sdata/%.2s/%s", s->place.root, hex, hex);
	return xasprintf("%s%s/%s", s->place.root, store_kind_folder(n->kind),
	    hex);
}

static int
ask_name(struct s3 *s, const struct store_name *n, struct s3_ask *a,
    struct http_answer *got, struct err *e)
{
	CLEAN_FREE char *path = path_of(s, n);

	a->path = path;
	a->q.holds_on = n->kind == STORE_LOCK;
	return s3_do(s, a, got, e);
}

static int
is_well(const struct http_answer *got)
{
	return got->status / 100 == 2;
}

/* The answer to a HEAD has no words: ask for some. */
static int
told_of_head(struct s3 *s, const struct store_name *n,
    const struct http_answer *got, const char *what, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer words = {0};
	struct s3_ask a = { .method = "GET", .what = what, .q = {
	    .range_len = 1, .max = HTTP_TOLD_MAX } };

	if (got->status == 404 || ask_name(s, n, &a, &words, NULL) < 0 ||
	    words.status != got->status)
		return s3_told(got, what, e);
	return s3_told(&words, what, e);
}

static int
s3_size(struct store *base, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	char what[FAR_WHAT];
	struct s3_ask a = { .method = "HEAD",
	    .what = far_what(what, "look at", n) };

	if (ask_name((struct s3 *)base, n, &a, &got, e) < 0)
		return -1;
	if (n->kind == STORE_CONFIG)
		atomic_store(&((struct s3 *)base)->no_config,
		    got.status == 404);
	if (!is_well(&got))
		return told_of_head((struct s3 *)base, n, &got, what, e);
	if (got.len == UINT64_MAX)
		return err_set(e, ERR_CORRUPT, "%s: the server tells no length",
		    what);
	*size = got.len;
	return 0;
}

static int
s3_get(struct store *base, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	char what[FAR_WHAT];
	struct s3_ask a = { .method = "GET", .what = far_what(what, "read", n),
	    .q = { .range_from = at, .range_len = len, .max = len,
	    .out = out } };
	uint64_t size = 0;

	if (len == 0) {
		if (s3_size(base, n, &size, e) < 0)
			return -1;
		return at <= size ? 0 : err_set(e, ERR_CORRUPT,
		    "%s: it is too short", what);
	}
	if (ask_name((struct s3 *)base, n, &a, &got, e) < 0)
		return -1;
	return is_well(&got) ? far_part(&got, at, len, what, e) :
	    s3_told(&got, what, e);
}

static int
s3_flow(struct store *base, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	char what[FAR_WHAT];
	struct far_flow f = { .a = &got, .at = at, .len = (size_t)len,
	    .take = take, .arg = arg, .what = far_what(what, "read", n) };
	struct s3_ask a = { .method = "GET", .what = what };
	int r;

	far_flow(&f, &a.q);
	r = ask_name((struct s3 *)base, n, &a, &got, e);
	return r == 0 && !is_well(&got) ? s3_told(&got, what, e) :
	    far_flowed(&f, r, e);
}

static int
s3_get_all(struct store *base, const struct store_name *n, size_t max,
    void **out, size_t *len, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	char what[FAR_WHAT];
	struct s3_ask a = { .method = "GET", .what = far_what(what, "read", n),
	    .q = { .max = max, .total = far_total(max) } };

	if (ask_name((struct s3 *)base, n, &a, &got, e) < 0)
		return -1;
	if (!is_well(&got))
		return s3_told(&got, what, e);
	far_steal(&got, out, len);
	return 0;
}

static int
s3_get_first(struct store *base, const struct store_name *n, void *out,
    size_t room, uint64_t *size, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	char what[FAR_WHAT];
	struct s3_ask a = { .method = "GET", .what = far_what(what, "read", n),
	    .q = { .range_len = room, .max = room, .out = out } };

	if (ask_name((struct s3 *)base, n, &a, &got, e) < 0)
		return -1;
	return is_well(&got) ? far_first(&got, room, size, what, e) :
	    s3_told(&got, what, e);
}

/* ---- writing ---- */
/* The headers of an upload, besides the signature's; they live in text. */
struct extra {
	struct s3_pair	 v[6];
	size_t		 n;
	struct buf	 until, sum;
};

/* Locked against everybody until then: all but what has to go soon. */
static void
add_retention(const struct s3 *s, const struct store_name *n,
    struct extra *x)
{
	time_t t = (time_t)(time_now() / 1000000) +
	    (time_t)s->place.retention_days * 86400;
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_adds(&x->until, text);
	x->v[x->n++] = (struct s3_pair){ "x-amz-object-lock-mode",
	    s->place.retention };
	x->v[x->n++] = (struct s3_pair){
	    "x-amz-object-lock-retain-until-date", buf_str(&x->until) };
	if (n->kind != STORE_CONFIG) {
		base64_add(&x->sum, n->id, STORE_ID_LEN);
		x->v[x->n++] = (struct s3_pair){ "x-amz-checksum-sha256",
		    buf_str(&x->sum) };
	}
}

static void
make_extra(const struct s3 *s, const struct store_name *n, int condition,
    struct extra *x)
{
	x->v[x->n++] = (struct s3_pair){ "content-type",
	    "application/octet-stream" };
	if (condition)
		x->v[x->n++] = (struct s3_pair){ "if-none-match", "*" };
	/* Packs of trees are read at every backup: in an archive they cannot be. */
	if (s->place.storage_class != NULL && n->kind == STORE_PACK &&
	    (n->data || !s->place.archive))
		x->v[x->n++] = (struct s3_pair){ "x-amz-storage-class",
		    s->place.storage_class };
	if (s->place.retention != NULL && n->kind != STORE_LOCK)
		add_retention(s, n, x);
}

static int
put_once(struct s3 *s, const struct store_name *n, int condition,
    struct s3_ask *a, struct http_answer *got, struct err *e)
{
	struct extra x = {0};
	int r;

	make_extra(s, n, condition, &x);
	a->headers = x.v;
	a->n_headers = x.n;
	r = ask_name(s, n, a, got, e);
	buf_fini(&x.until);
	buf_fini(&x.sum);
	return r;
}

/* It knows no conditions. */
static int
knows_none(const struct http_answer *got)
{
	return got->status == 501 || (got->status == 400 &&
	    (s3_code_is(got, "NotImplemented") ||
	    s3_code_is(got, "InvalidArgument")));
}

/* A server may not know conditions; so look first, but not twice. */
static int
check_absent(struct store *base, const struct store_name *n, struct err *e)
{
	struct err look = {0};
	uint64_t size;
	int r;

	if (atomic_exchange(&((struct s3 *)base)->no_config, 0))
		return 0;
	r = s3_size(base, n, &size, &look);
	atomic_store(&((struct s3 *)base)->no_config, 0);
	if (r == 0)
		return err_set(e, ERR_EXISTS, "write config: it is there "
		    "already");
	if (look.kind == ERR_NOENT)
		return 0;
	if (e != NULL)
		*e = look;
	return -1;
}

static int
hash_of(const struct store_name *n, const struct store_bytes *b,
    char hex[SHA256_HEX], struct err *e)
{
	unsigned char sum[SHA256_LEN];
	CLEAN_FREE void *data = NULL;

	if (n->kind != STORE_CONFIG) {
		sha256_hex(n->id, hex);
		return 0;
	}
	data = xalloc(b->len + 1);
	if (store_bytes_read(b, 0, data, b->len, e) < 0)
		return -1;
	sha256_of(data, b->len, sum);
	sha256_hex(sum, hex);
	return 0;
}

static int
s3_put_bytes(struct store *base, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	struct s3 *s = (struct s3 *)base;
	int condition = !atomic_load(&s->no_condition);
	char what[FAR_WHAT], hex[SHA256_HEX];
	struct s3_ask a = { .method = "PUT", .what = far_what(what, "write", n),
	    .hash = hex, .q = { .max = HTTP_TOLD_MAX } };

	if ((n->kind == STORE_CONFIG && check_absent(base, n, e) < 0) ||
	    hash_of(n, b, hex, e) < 0)
		return -1;
	far_body(b, &a.q);
	if (put_once(s, n, condition, &a, &got, e) < 0)
		return -1;
	if (condition && knows_none(&got)) {
		atomic_store(&s->no_condition, 1);
		if (put_once(s, n, 0, &a, &got, e) < 0)
			return -1;
	}
	if (is_well(&got))
		return 0;
	if (got.status == 412)
		return n->kind != STORE_CONFIG ? 0 : err_set(e, ERR_EXISTS,
		    "%s: it is there already", what);
	return s3_told(&got, what, e);
}

static int
s3_put(struct store *base, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	const struct store_bytes b = { data, -1, len };

	return s3_put_bytes(base, n, &b, e);
}

static int
s3_remove(struct store *base, const struct store_name *n, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	char what[FAR_WHAT];
	struct s3_ask a = { .method = "DELETE",
	    .what = far_what(what, "remove", n), .q = { .max = HTTP_TOLD_MAX } };

	if (ask_name((struct s3 *)base, n, &a, &got, e) < 0)
		return -1;
	if (is_well(&got) || (got.status == 404 &&
	    !s3_code_is(&got, "NoSuchBucket")))
		return 0;
	return s3_told(&got, what, e);
}

static void
s3_close(struct store *base)
{
	struct s3 *s = (struct s3 *)base;

	http_free(s->http);
	s3_source_free(s->keys);
	s3_place_fini(&s->place);
	pthread_mutex_destroy(&s->mutex);
	store_fini(base);
	free(s);
}

static const struct store_ops s3_ops = {
	.scheme	= "s3",
	.put	= s3_put,
	.put_bytes = s3_put_bytes,
	.get	= s3_get,
	.flow	= s3_flow,
	.get_all = s3_get_all,
	.get_first = s3_get_first,
	.size	= s3_size,
	.list	= s3_list,
	.remove	= s3_remove,
	.close	= s3_close,
};

/* Make the bucket, if it is not there; a key may be one that only writes into
 * it, so "403" is as good as there. */
static int
make_bucket(struct s3 *s, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	CLEAN_FREE char *what = xasprintf("make repository %s", s->base.place);
	struct s3_ask look = { .method = "HEAD", .what = what,
	    .path = s->place.bucket };
	struct s3_ask make = { .method = "PUT", .what = what,
	    .path = s->place.bucket, .q = { .max = HTTP_TOLD_MAX } };
	CLEAN_BUF struct buf body = {0};
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	if (s3_do(s, &look, &got, e) < 0)
		return -1;
	if (is_well(&got) || got.status == 403)
		return 0;
	if (got.status != 404)
		return s3_told(&got, what, e);
	if (strcmp(s->place.region, "us-east-1") != 0 &&
	    strstr(s->place.host, "amazonaws.com") != NULL)
		buf_addf(&body, "<CreateBucketConfiguration><LocationConstraint>"
		    "%s</LocationConstraint></CreateBucketConfiguration>",
		    s->place.region);
	sha256_of(buf_str(&body), body.len, sum);
	sha256_hex(sum, hex);
	make.hash = hex;
	make.q.body = body.data;
	make.q.body_len = body.len;
	if (s3_do(s, &make, &got, e) < 0)
		return -1;
	return is_well(&got) || s3_code_is(&got, "BucketAlreadyOwnedByYou") ?
	    0 : s3_told(&got, what, e);
}

int
store_s3_check(const char *place, const char *const *extended, struct err *e)
{
	const struct store_options o = { .extended = extended };
	struct s3_place p;
	int r = s3_place_parse(place, &o, &p, e);

	s3_place_fini(&p);
	return r;
}

int
store_s3(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e)
{
	struct http_options h = { .proxy = 1 };
	struct s3_place p;
	struct s3 *s;

	if (s3_place_parse(place, o, &p, e) < 0) {
		s3_place_fini(&p);
		return -1;
	}
	s = xalloc(sizeof(*s));
	store_init(&s->base, &s3_ops, p.label, o, p.connections);
	store_steer(&s->base);
	s->base.caps.flows = 1;
	s->base.caps.cold = p.archive;
	s->place = p;
	if (pthread_mutex_init(&s->mutex, NULL) != 0)
		abort();
	s->keys = s3_source_new(s->place.profile, s->base.stop, s->base.stop_arg);
	if (far_http(&s->base, o, &h, &s->http, e) < 0 ||
	    (create && make_bucket(s, e) < 0)) {
		s3_close(&s->base);
		return -1;
	}
	*out = &s->base;
	return 0;
}
