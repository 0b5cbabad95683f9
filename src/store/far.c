/* far.c -- see far.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/sha256.h"
#include "store/far.h"
#include "store/limit.h"
#include "util/quote.h"
#include "util/time.h"

#define TOTAL_LEAST	((int64_t)900 * 1000000)	/* µs */
#define RATE_LEAST	4096				/* bytes/s */
#define CONNECTIONS_MAX	1000
#define SLICE		((int64_t)200000)		/* µs */

/* The value if option is "key=value" with this key. */
static const char *
value_of(const char *option, const char *key, size_t len)
{
	return strncmp(option, key, len) == 0 && option[len] == '=' ?
	    option + len + 1 : NULL;
}

const char *
far_option(const struct store_options *o, const char *key)
{
	const char *const *v = o != NULL ? o->extended : NULL;
	const char *value = NULL, *one;

	for (; v != NULL && *v != NULL; v++)
		if ((one = value_of(*v, key, strlen(key))) != NULL)
			value = one;
	return value;
}

int
far_check_options(const struct store_options *o, const char *prefix,
    const char *const *known, struct err *e)
{
	const char *const *v = o != NULL ? o->extended : NULL;
	const char *const *k;
	char q[QUOTE_SIZE];

	for (; v != NULL && *v != NULL; v++) {
		if (strncmp(*v, prefix, strlen(prefix)) != 0)
			continue;
		for (k = known; *k != NULL; k++)
			if (value_of(*v, *k, strlen(*k)) != NULL)
				break;
		if (*k == NULL)
			return err_set(e, ERR_USAGE, "option -o %s: there is no "
			    "such option", quote_to(q, sizeof(q), *v));
	}
	return 0;
}

int
far_connections(const struct store_options *o, const char *key, unsigned *n,
    struct err *e)
{
	const char *s = far_option(o, key), *p;
	char q[QUOTE_SIZE];
	unsigned v = 0;

	if (s == NULL)
		return 0;
	for (p = s; *p >= '0' && *p <= '9' && v <= CONNECTIONS_MAX; p++)
		v = v * 10 + (unsigned)(*p - '0');
	if (p == s || *p != '\0' || v == 0 || v > CONNECTIONS_MAX)
		return err_set(e, ERR_USAGE, "option -o %s is a number from 1 to "
		    "%d, not %s", key, CONNECTIONS_MAX,
		    quote_to(q, sizeof(q), s));
	*n = v;
	return 0;
}

/* A store's limits for http: see http_options. */
static int64_t
pace(void *arg, int up, size_t n)
{
	const struct store *s = arg;

	return limit_take(up ? s->up : s->down, n);
}

static int
stop(void *arg)
{
	return store_stopped(arg);
}

/* As restic has it; "" is nothing. */
static const char *
from_environment(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

int
far_http(struct store *s, const struct store_options *o,
    const struct http_options *more, struct http **out, struct err *e)
{
	struct http_options h = *more;

	if (o != NULL) {
		h.ca_file = o->ca_file;
		h.client_cert = o->client_cert;
	}
	if (h.ca_file == NULL)
		h.ca_file = from_environment("RESTIC_CACERT");
	if (h.client_cert == NULL)
		h.client_cert = from_environment("RESTIC_TLS_CLIENT_CERT");
	h.stall = s->stall;
	h.stop = stop;
	h.stop_arg = s;
	if (s->up != NULL || s->down != NULL) {
		h.pace = pace;
		h.pace_arg = s;
	}
	return http_new(&h, out, e);
}

int64_t
far_total(uint64_t bytes)
{
	return TOTAL_LEAST + (int64_t)(bytes / RATE_LEAST) * 1000000;
}

void
far_pause(const struct store *s, const struct http_answer *a)
{
	int64_t until = time_mono() + http_retry_after(a), left;
	struct timespec t;

	if (a->status != 503 && a->status != 429)
		return;
	while ((left = until - time_mono()) > 0 && !store_stopped(s)) {
		if (left > SLICE)
			left = SLICE;
		t = (struct timespec){ left / 1000000, left % 1000000 * 1000 };
		nanosleep(&t, NULL);
	}
}

/* Digits of v from *i on, or -1. */
static int
number(const char *v, size_t len, size_t *i, uint64_t *n)
{
	size_t first = *i;

	for (*n = 0; *i < len && v[*i] >= '0' && v[*i] <= '9'; ++*i) {
		if (*n > UINT64_MAX / 10 - 1)
			return -1;
		*n = *n * 10 + (unsigned)(v[*i] - '0');
	}
	return *i > first ? 0 : -1;
}

/* "bytes 5-9/100": where it begins; -1 if that is not what it says. */
static int
range_from(const struct http_answer *a, uint64_t *from)
{
	size_t len, i = 6;
	const char *v = http_header(a, "Content-Range", &len);

	if (v == NULL || len < 7 || memcmp(v, "bytes ", 6) != 0)
		return -1;
	return number(v, len, &i, from) == 0 && i < len && v[i] == '-' ? 0 : -1;
}

/* The 100 of it. */
static int
range_of(const struct http_answer *a, uint64_t *all)
{
	size_t len, i;
	const char *v = http_header(a, "Content-Range", &len);
	const char *slash = v != NULL ? memchr(v, '/', len) : NULL;

	if (slash == NULL)
		return -1;
	i = (size_t)(slash - v) + 1;
	return number(v, len, &i, all) == 0 && i == len ? 0 : -1;
}

static int
check_from(const struct http_answer *a, uint64_t at, const char *what,
    struct err *e)
{
	uint64_t from = 0;

	if (a->status != 206 && at > 0)
		return err_set(e, ERR_CORRUPT, "%s: the server gives no parts of "
		    "files", what);
	if (a->status == 206 && range_from(a, &from) == 0 && from != at)
		return err_set(e, ERR_CORRUPT, "%s: the server sent another part",
		    what);
	return 0;
}

int
far_part(const struct http_answer *a, uint64_t at, size_t len,
    const char *what, struct err *e)
{
	if (check_from(a, at, what, e) < 0)
		return -1;
	return a->len == len ? 0 : err_set(e, ERR_CORRUPT,
	    "%s: it is too short", what);
}

int
far_first(const struct http_answer *a, size_t room, uint64_t *size,
    const char *what, struct err *e)
{
	if (a->status != 206)
		*size = a->len;		/* all of it came */
	else if (range_of(a, size) < 0)
		return err_set(e, ERR_CORRUPT, "%s: the server does not say how "
		    "long it is", what);
	return far_part(a, 0, *size < room ? (size_t)*size : room, what, e);
}

static int
flow_take(void *arg, const void *data, size_t len)
{
	struct far_flow *f = arg;

	if (!f->begun && check_from(f->a, f->at, f->what, &f->failed) < 0)
		return -1;
	f->begun = 1;
	return f->take(f->arg, data, len);
}

void
far_flow(struct far_flow *f, struct http_request *q)
{
	q->range_from = f->at;
	q->range_len = q->max = f->len;
	q->write = flow_take;
	q->write_arg = f;
}

int
far_flowed(struct far_flow *f, int r, struct err *e)
{
	if (f->failed.kind != ERR_NONE) {
		if (e != NULL)
			*e = f->failed;
		return -1;
	}
	return r < 0 ? -1 : far_part(f->a, f->at, f->len, f->what, e);
}

void
far_steal(struct http_answer *a, void **out, size_t *len)
{
	*len = a->body.len;
	*out = buf_steal(&a->body);
}

static ssize_t
read_bytes(void *arg, size_t at, void *out, size_t room)
{
	union {
		void			 *was;
		const struct store_bytes *is;
	} b = { arg };

	return store_bytes_read(b.is, at, out, room, NULL) < 0 ? -1 :
	    (ssize_t)room;
}

void
far_body(const struct store_bytes *b, struct http_request *q)
{
	union {
		const struct store_bytes *is;
		void			 *arg;
	} p = { b };

	q->body_len = b->len;
	q->body = b->data;
	if (b->data == NULL) {
		q->read = read_bytes;
		q->read_arg = p.arg;
	}
}

int
far_id(const char *name, size_t len, unsigned char *id)
{
	char hex[SHA256_HEX];

	if (len != SHA256_HEX - 1)
		return -1;
	memcpy(hex, name, len);
	hex[len] = '\0';
	if (strspn(hex, "0123456789abcdef") != len)
		return -1;
	return sha256_parse(hex, id);
}

const char *
far_what(char out[FAR_WHAT], const char *verb, const struct store_name *n)
{
	if (n->kind == STORE_CONFIG)
		snprintf(out, FAR_WHAT, "%s config", verb);
	else
		snprintf(out, FAR_WHAT, "%s %s %02x%02x%02x%02x", verb,
		    store_kind_name(n->kind), n->id[0], n->id[1], n->id[2],
		    n->id[3]);
	return out;
}
