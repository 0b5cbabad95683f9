/*
 * rest.c -- a repository behind restic's REST protocol, versions 2 and 1
 * (rest-server, and `rclone serve restic`):
 *
 *	POST   PATH?create=true
 *	GET    PATH/data/		all names, with sizes in version 2
 *	HEAD, GET, POST, DELETE PATH/data/4f2a...; keys, locks, ...; PATH/config
 *
 * The server checks that a file is what its name says, and has it on its disk
 * before it answers.  So when an answer was lost and the file comes a second
 * time, "403" means that it is there; its length is looked at, and nothing is
 * ever removed for the sake of writing it, as an append-only server would not
 * let us.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "net/url.h"
#include "store/far.h"
#include "store/rest.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define ACCEPT		"Accept: application/vnd.x.restic.rest.v2"
#define LIST_MAX	((size_t)2 << 30)	/* bytes */

struct rest {
	struct store	 base;		/* first, so a struct store * is one */
	struct http	*http;
	atomic_bool	 no_config;	/* we looked, and there is none */
	char		*url;
};

static char *
url_of(const struct rest *r, const struct store_name *n)
{
	char hex[SHA256_HEX];

	if (n->kind == STORE_CONFIG)
		return xasprintf("%sconfig", r->url);
	sha256_hex(n->id, hex);
	return xasprintf("%s%s/%s", r->url, store_kind_folder(n->kind), hex);
}

/* Ask, and take the pause that the server may want. */
static int
ask(struct rest *r, struct http_request *q, struct http_answer *a,
    struct err *e)
{
	static const char *const headers[] = { ACCEPT,
	    "Content-Type: application/octet-stream", NULL };
	static const char *const bodiless[] = { ACCEPT, NULL };

	q->headers = strcmp(q->method, "POST") == 0 ? headers : bodiless;
	if (q->total == 0)
		q->total = far_total(q->body_len + q->range_len);
	if (http_do(r->http, q, a, e) < 0)
		return -1;
	far_pause(&r->base, a);
	return 0;
}

static int
ask_name(struct rest *r, const char *method, const struct store_name *n,
    struct http_request *q, struct http_answer *a, struct err *e)
{
	CLEAN_FREE char *url = url_of(r, n);

	q->method = method;
	q->url = url;
	q->holds_on = n->kind == STORE_LOCK;
	return ask(r, q, a, e);
}

static int
is_well(const struct http_answer *a)
{
	return a->status / 100 == 2;
}

static int
rest_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	struct http_request q = {0};
	char what[FAR_WHAT];

	far_what(what, "look at", n);
	if (ask_name((struct rest *)s, "HEAD", n, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	if (n->kind == STORE_CONFIG)
		atomic_store(&((struct rest *)s)->no_config, a.status == 404);
	if (!is_well(&a))
		return http_told(&a, what, e);
	if (a.len == UINT64_MAX)
		return err_set(e, ERR_CORRUPT, "%s: the server tells no length",
		    what);
	*size = a.len;
	return 0;
}

/* The server did not want it: is it there? */
static int
refused(struct rest *r, const struct store_name *n, size_t len,
    const struct http_answer *a, struct err *e)
{
	char what[FAR_WHAT];
	uint64_t size = 0;

	far_what(what, "write", n);
	if (a->status != 403 || rest_size(&r->base, n, &size, NULL) < 0)
		return http_told(a, what, e);
	if (n->kind == STORE_CONFIG)
		return err_set(e, ERR_EXISTS, "%s: it is there already", what);
	if (size != len)
		return err_set(e, ERR_CORRUPT, "%s: it is there with %llu bytes "
		    "instead of %zu, and the server lets nobody change it", what,
		    (unsigned long long)size, len);
	return 0;
}

static int
rest_put_bytes(struct store *s, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	struct http_request q = {0};
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	struct rest *r = (struct rest *)s;
	struct err look = {0};
	char what[FAR_WHAT];
	uint64_t size = 0;
	int there;

	far_what(what, "write", n);
	/* Not every server refuses a second config; look, but not twice. */
	if (n->kind == STORE_CONFIG && !atomic_exchange(&r->no_config, 0)) {
		there = rest_size(s, n, &size, &look) == 0;
		atomic_store(&r->no_config, 0);
		if (there)
			return err_set(e, ERR_EXISTS, "%s: it is there already",
			    what);
		if (look.kind != ERR_NOENT) {
			if (e != NULL)
				*e = look;
			return -1;
		}
	}
	far_body(b, &q);
	if (ask_name(r, "POST", n, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	return is_well(&a) ? 0 : refused(r, n, b->len, &a, e);
}

static int
rest_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	const struct store_bytes b = { data, -1, len };

	return rest_put_bytes(s, n, &b, e);
}

static int
rest_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	struct http_request q = { .range_from = at, .range_len = len,
	    .max = len, .out = out };
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	char what[FAR_WHAT];
	uint64_t size = 0;

	far_what(what, "read", n);
	if (len == 0) {
		if (rest_size(s, n, &size, e) < 0)
			return -1;
		return at <= size ? 0 : err_set(e, ERR_CORRUPT,
		    "%s: it is too short", what);
	}
	if (ask_name((struct rest *)s, "GET", n, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	return is_well(&a) ? far_part(&a, at, len, what, e) :
	    http_told(&a, what, e);
}

static int
rest_flow(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	char what[FAR_WHAT];
	struct far_flow f = { .a = &a, .at = at, .len = (size_t)len,
	    .take = take, .arg = arg, .what = far_what(what, "read", n) };
	struct http_request q = {0};
	int r;

	far_flow(&f, &q);
	r = ask_name((struct rest *)s, "GET", n, &q, &a, e);
	if (r < 0)
		(void)err_wrap(e, "%s", what);
	return r == 0 && !is_well(&a) ? http_told(&a, what, e) :
	    far_flowed(&f, r, e);
}

static int
rest_get_all(struct store *s, const struct store_name *n, size_t max,
    void **out, size_t *len, struct err *e)
{
	struct http_request q = { .max = max, .total = far_total(max) };
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	char what[FAR_WHAT];

	far_what(what, "read", n);
	if (ask_name((struct rest *)s, "GET", n, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	if (!is_well(&a))
		return http_told(&a, what, e);
	far_steal(&a, out, len);
	return 0;
}

static int
rest_get_first(struct store *s, const struct store_name *n, void *out,
    size_t room, uint64_t *size, struct err *e)
{
	struct http_request q = { .range_len = room, .max = room, .out = out };
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	char what[FAR_WHAT];

	far_what(what, "read", n);
	if (ask_name((struct rest *)s, "GET", n, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	return is_well(&a) ? far_first(&a, room, size, what, e) :
	    http_told(&a, what, e);
}

/* What version 1 does not tell is asked. */
struct sizes {
	struct store	*s;
	int (*each)(void *arg, const struct store_name *n, uint64_t size);
	void		*arg;
	struct err	 failed;
};

static int
with_size(void *arg, const struct store_name *n, uint64_t size)
{
	struct sizes *z = arg;

	if (size == UINT64_MAX && rest_size(z->s, n, &size, &z->failed) < 0) {
		if (z->failed.kind != ERR_NOENT)
			return -1;
		z->failed.kind = ERR_NONE;	/* it went just now */
		return 0;
	}
	return z->each(z->arg, n, size);
}

/* A folder that is not there is empty; but rclone says 404 for other failures,
 * too. */
static int
list_told(const struct http_answer *a, const char *what, struct err *e)
{
	size_t len;
	const char *server = http_header(a, "Server", &len);

	if (a->status == 404 && (server == NULL || len < 7 ||
	    strncmp(server, "rclone/", 7) != 0))
		return 0;
	return http_told(a, what, e);
}

static int
rest_list_kind(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct rest *r = (struct rest *)s;
	struct sizes z = { .s = s, .each = each, .arg = arg };
	struct rest_list l = { .kind = kind, .each = with_size, .arg = &z };
	struct http_request q = { .method = "GET", .max = LIST_MAX,
	    .write = rest_list_add, .write_arg = &l,
	    .holds_on = kind == STORE_LOCK, .total = far_total(LIST_MAX) };
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	CLEAN_FREE char *url = xasprintf("%s%s/", r->url,
	    store_kind_folder(kind));
	char what[FAR_WHAT];
	int done;

	snprintf(what, sizeof(what), "list %s", store_kind_name(kind));
	q.url = url;
	done = ask(r, &q, &a, e);
	if (z.failed.kind != ERR_NONE) {
		if (e != NULL)
			*e = z.failed;
		done = -1;
	} else if (l.answer != 0) {
		done = l.answer;
	} else if (l.failed.kind != ERR_NONE) {
		done = rest_list_end(&l, e);
	} else if (done < 0) {
		(void)err_wrap(e, "%s", what);
	} else if (!is_well(&a)) {
		done = list_told(&a, what, e);
	} else {
		done = rest_list_end(&l, e);
	}
	rest_list_fini(&l);
	return done;
}

static int
rest_remove(struct store *s, const struct store_name *n, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	struct http_request q = {0};
	char what[FAR_WHAT];

	far_what(what, "remove", n);
	if (ask_name((struct rest *)s, "DELETE", n, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	if (is_well(&a) || a.status == 404)
		return 0;
	(void)http_told(&a, what, e);
	return a.status == 403 ? err_wrap(e, "append-only?") : -1;
}

static void
rest_close(struct store *s)
{
	struct rest *r = (struct rest *)s;

	http_free(r->http);
	free(r->url);
	store_fini(s);
	free(r);
}

static const struct store_ops rest_ops = {
	.scheme	= "rest",
	.put	= rest_put,
	.put_bytes = rest_put_bytes,
	.get	= rest_get,
	.flow	= rest_flow,
	.get_all = rest_get_all,
	.get_first = rest_get_first,
	.size	= rest_size,
	.list	= rest_list_kind,
	.remove	= rest_remove,
	.close	= rest_close,
};

static int
make(struct rest *r, struct err *e)
{
	CLEAN_FREE char *url = xasprintf("%s?create=true", r->url);
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	struct http_request q = { .method = "POST", .url = url };
	CLEAN_FREE char *what = xasprintf("make repository %s", r->base.place);

	if (ask(r, &q, &a, e) < 0)
		return err_wrap(e, "%s", what);
	return is_well(&a) ? 0 : http_told(&a, what, e);
}

int
rest_open(const struct rest_place *p, const struct store_options *o,
    int create, struct store **out, struct err *e)
{
	struct http_options h = { .user = p->user, .password = p->password,
	    .unix_socket = p->unix_socket, .proxy = p->proxy };
	struct rest *r = xalloc(sizeof(*r));

	store_init(&r->base, &rest_ops, p->label, o, p->connections);
	store_steer(&r->base);
	r->base.caps.flows = 1;
	r->url = xstrdup(p->url);
	if (far_http(&r->base, o, &h, &r->http, e) < 0 ||
	    (create && make(r, e) < 0)) {
		rest_close(&r->base);
		return -1;
	}
	*out = &r->base;
	return 0;
}

/* The part of "http+unix:///run/rest.sock:/path/" that is the socket, cut off;
 * NULL: there is none. */
static char *
cut_socket(const char **place)
{
	static const char scheme[] = "http+unix://";
	const char *path = *place + sizeof(scheme) - 1, *end;

	if (strncmp(*place, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	end = strstr(path, ":/");
	if (end == NULL)
		end = path + strlen(path);
	*place = *end == ':' ? end + 1 : end;
	return xstrndup(path, (size_t)(end - path));
}

static int
read_place(const char *place, const char *socket, struct url *u,
    struct buf *url, struct buf *label, struct err *e)
{
	CLEAN_FREE char *local = socket != NULL ?
	    xasprintf("http://localhost%s", place) : NULL;

	if (url_parse(local != NULL ? local : place, u, e) < 0)
		return err_wrap(e, "rest:");
	if ((strcmp(u->scheme, "http") != 0 && strcmp(u->scheme, "https") != 0) ||
	    u->query != NULL)
		return err_set(e, ERR_USAGE, "a REST repository is written "
		    "rest:https://HOST:PORT/PATH/");
	url_print(u, 1, url);
	buf_adds(label, "rest:");
	if (socket != NULL)
		buf_addf(label, "http+unix://%s:%s", socket, place);
	else
		url_print(u, 0, label);
	if (buf_str(url)[url->len - 1] != '/')
		buf_addc(url, '/');
	return 0;
}

static const char *const known[] = { "rest.connections", NULL };

int
store_rest_check(const char *place, const char *const *extended,
    struct err *e)
{
	const struct store_options o = { .extended = extended };
	CLEAN_FREE char *socket = cut_socket(&place);
	CLEAN_BUF struct buf url = {0}, label = {0};
	CLEAN_URL struct url u = {0};
	unsigned n;

	return far_check_options(&o, "rest.", known, e) < 0 ||
	    far_connections(&o, "rest.connections", &n, e) < 0 ||
	    read_place(place, socket, &u, &url, &label, e) < 0 ? -1 : 0;
}

int
store_rest(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e)
{
	struct rest_place p = { .connections = FAR_CONNECTIONS, .proxy = 1 };
	CLEAN_FREE char *socket = cut_socket(&place);
	CLEAN_BUF struct buf url = {0}, label = {0};
	CLEAN_URL struct url u = {0};

	if (far_check_options(o, "rest.", known, e) < 0 ||
	    far_connections(o, "rest.connections", &p.connections, e) < 0 ||
	    read_place(place, socket, &u, &url, &label, e) < 0)
		return -1;
	if (u.user != NULL) {
		p.user = u.user;
		p.password = u.password;
	} else if ((p.user = getenv("RESTIC_REST_USERNAME")) != NULL) {
		p.password = getenv("RESTIC_REST_PASSWORD");
	}
	p.url = buf_str(&url);
	p.label = buf_str(&label);
	p.unix_socket = socket;
	return rest_open(&p, o, create, out, e);
}
