/* far_server.c -- see far_server.h. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "store/test/far_server.h"
#include "util/xalloc.h"

#define V2	"Content-Type: application/vnd.x.restic.rest.v2\r\n"

struct file {
	char	*name;		/* "/bucket/a/data/4f/4f2a..." */
	char	*data;
	size_t	 len;
};

struct far_server {
	struct far_options	 o;
	struct server		*server;
	struct file		*v;	/* sorted by name */
	size_t			 n, cap;
	atomic_uint		 requests;
};

/* The first that is not before name. */
static size_t
find(const struct far_server *f, const char *name)
{
	size_t i = 0;

	while (i < f->n && strcmp(f->v[i].name, name) < 0)
		i++;
	return i;
}

static struct file *
get(struct far_server *f, const char *name)
{
	size_t i = find(f, name);

	return i < f->n && strcmp(f->v[i].name, name) == 0 ? &f->v[i] : NULL;
}

static void
put(struct far_server *f, const char *name, const void *data, size_t len)
{
	size_t i = find(f, name);

	XGROW(f->v, f->n, f->cap);
	memmove(f->v + i + 1, f->v + i, (f->n++ - i) * sizeof(*f->v));
	f->v[i] = (struct file){ xstrdup(name), xalloc(len + 1), len };
	if (len > 0)
		memcpy(f->v[i].data, data, len);
}

static void
drop(struct far_server *f, const char *name)
{
	struct file *x = get(f, name);

	if (x == NULL)
		return;
	free(x->name);
	free(x->data);
	memmove(x, x + 1, (f->n-- - (size_t)(x - f->v) - 1) * sizeof(*x));
}

static void
say(const struct server_request *r, struct server_answer *a, int status,
    const char *body)
{
	server_say(r, a, status, "", body, strlen(body));
}

static void
give(const struct file *x, const struct server_request *r,
    struct server_answer *a)
{
	char *range = server_header(r, "Range"), *head;
	unsigned long long from, to;

	if (x == NULL) {
		say(r, a, 404, "<Error><Code>NoSuchKey</Code></Error>");
	} else if (range == NULL ||
	    sscanf(range, "bytes=%llu-%llu", &from, &to) != 2) {
		server_say(r, a, 200, "", x->data, x->len);
	} else if (from >= x->len) {
		say(r, a, 416, "");
	} else {
		if (to >= x->len)
			to = x->len - 1;
		head = xasprintf("Content-Range: bytes %llu-%llu/%zu\r\n", from,
		    to, x->len);
		server_say(r, a, 206, head, x->data + from, to - from + 1);
		free(head);
	}
	free(range);
}

/* ---- REST ---- */
static void
rest_list(const struct far_server *f, const char *folder,
    const struct server_request *r, struct server_answer *a)
{
	CLEAN_BUF struct buf b = {0};
	size_t i, n = strlen(folder), some = 0;

	buf_addc(&b, '[');
	for (i = 0; i < f->n; i++) {
		if (strncmp(f->v[i].name, folder, n) != 0)
			continue;
		if (some++ > 0)
			buf_addc(&b, ',');
		if (f->o.v1)
			buf_addf(&b, "\"%s\"", f->v[i].name + n);
		else
			buf_addf(&b, "{\"name\":\"%s\",\"size\":%zu}",
			    f->v[i].name + n, f->v[i].len);
	}
	buf_addc(&b, ']');
	server_say(r, a, 200, f->o.v1 ? "" : V2, b.data, b.len);
}

static void
rest(struct far_server *f, const struct server_request *r,
    struct server_answer *a)
{
	struct file *x = get(f, r->target);

	if (strcmp(r->method, "POST") == 0) {
		if (strchr(r->target, '?') == NULL && x != NULL) {
			say(r, a, 403, "");
			return;
		}
		if (strchr(r->target, '?') == NULL)
			put(f, r->target, r->body, r->body_len);
		say(r, a, 200, "");
	} else if (strcmp(r->method, "DELETE") == 0) {
		if (f->o.append_only && strstr(r->target, "/locks/") == NULL) {
			say(r, a, 403, "");
			return;
		}
		drop(f, r->target);
		say(r, a, 200, "");
	} else if (r->target[strlen(r->target) - 1] == '/') {
		rest_list(f, r->target, r, a);
	} else {
		give(x, r, a);
	}
}

/* ---- S3 ---- */
/* The value of a parameter, decoded as far as our own ones need it. */
static char *
parameter(const struct server_request *r, const char *name)
{
	const char *at = strchr(r->target, '?');
	struct buf b = {0};
	size_t n = strlen(name);
	unsigned c;

	for (; at != NULL; at = strchr(at, '&')) {
		at++;
		if (strncmp(at, name, n) != 0 || at[n] != '=')
			continue;
		for (at += n + 1; *at != '\0' && *at != '&'; at++)
			if (*at == '%' && sscanf(at + 1, "%2x", &c) == 1) {
				buf_addc(&b, (char)c);
				at += 2;
			} else {
				buf_addc(&b, *at);
			}
		return buf_steal(&b);
	}
	return NULL;
}

static void
s3_list(const struct far_server *f, const struct server_request *r,
    struct server_answer *a)
{
	char *prefix = parameter(r, "prefix"), *type = parameter(r, "list-type");
	char *from = parameter(r, f->o.v1 ? "marker" : "continuation-token");
	size_t max = f->o.page > 0 ? (size_t)f->o.page : 1000, i, some = 0;
	CLEAN_BUF struct buf b = {0};
	const char *key = "";

	if (prefix == NULL || (type == NULL) != f->o.v1) {
		say(r, a, 400, "<Error><Code>InvalidRequest</Code></Error>");
	} else {
		buf_adds(&b, "<?xml version=\"1.0\"?><ListBucketResult a=\"b\">");
		for (i = 0; i < f->n && some < max; i++) {
			key = f->v[i].name + strlen("/bucket/");
			if (strncmp(key, prefix, strlen(prefix)) != 0 ||
			    (from != NULL && strcmp(key, from) <= 0))
				continue;
			some++;
			buf_addf(&b, "<Contents><Key>%s</Key><ETag>&quot;x&quot;"
			    "</ETag><Size>%zu</Size></Contents>", key,
			    f->v[i].len);
		}
		buf_addf(&b, "<IsTruncated>%s</IsTruncated>",
		    some == max ? "true" : "false");
		if (some == max && !f->o.v1)
			buf_addf(&b, "<NextContinuationToken>%s"
			    "</NextContinuationToken>", key);
		buf_adds(&b, "</ListBucketResult>");
		server_say(r, a, 200, "", b.data, b.len);
	}
	free(prefix);
	free(type);
	free(from);
}

/* Is the request as it should be?  Else the answer is made. */
static int
s3_refuses(const struct far_server *f, const struct server_request *r,
    struct server_answer *a)
{
	char *auth = server_header(r, "Authorization"), *scope = NULL;
	char *hash = server_header(r, "x-amz-content-sha256"), hex[SHA256_HEX];
	unsigned char sum[SHA256_LEN];
	int bad = 1;

	sha256_of(r->body, r->body_len, sum);
	sha256_hex(sum, hex);
	if (f->o.region != NULL)
		scope = xasprintf("/%s/s3/aws4_request", f->o.region);
	if (auth == NULL || hash == NULL)
		say(r, a, 403, "<Error><Code>AccessDenied</Code></Error>");
	else if (strcmp(hash, hex) != 0)
		say(r, a, 400, "<Error><Code>XAmzContentSHA256Mismatch</Code>"
		    "</Error>");
	else if (scope != NULL && strstr(auth, scope) == NULL)
		server_say(r, a, 400, "x-amz-bucket-region: eu-test-1\r\n", "", 0);
	else
		bad = 0;
	free(auth);
	free(hash);
	free(scope);
	return bad;
}

static void
s3_write(struct far_server *f, const struct server_request *r,
    struct server_answer *a)
{
	char *condition = server_header(r, "If-None-Match");
	struct file *x = get(f, r->target);

	if (condition != NULL && f->o.no_condition)
		say(r, a, 501, "<Error><Code>NotImplemented</Code></Error>");
	else if (condition != NULL && x != NULL)
		say(r, a, 412, "<Error><Code>PreconditionFailed</Code></Error>");
	else {
		drop(f, r->target);
		put(f, r->target, r->body, r->body_len);
		say(r, a, 200, "");
	}
	free(condition);
}

static void
s3(struct far_server *f, const struct server_request *r,
    struct server_answer *a)
{
	if (s3_refuses(f, r, a))
		return;
	if (strcmp(r->method, "PUT") == 0)
		s3_write(f, r, a);
	else if (strcmp(r->method, "DELETE") == 0) {
		drop(f, r->target);
		say(r, a, 204, "");
	} else if (strcmp(r->method, "HEAD") == 0 &&
	    strcmp(r->target, "/bucket") == 0)
		say(r, a, 200, "");
	else if (strncmp(r->target, "/bucket?", 8) == 0)
		s3_list(f, r, a);
	else
		give(get(f, r->target), r, a);
}

static void
handle(void *arg, const struct server_request *r, struct server_answer *a)
{
	struct far_server *f = arg;

	f->requests++;
	if (f->o.instead != NULL && f->o.instead(f->o.arg, r, a))
		return;
	if (f->o.s3)
		s3(f, r, a);
	else
		rest(f, r, a);
}

struct far_server *
far_server_new(const struct far_options *o)
{
	struct far_server *f = xalloc(sizeof(*f));

	f->o = *o;
	if (o->s3) {
		setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
		setenv("AWS_SECRET_ACCESS_KEY", "hush-hush", 1);
		unsetenv("AWS_DEFAULT_REGION");
		unsetenv("AWS_REGION");
	}
	f->server = server_new(o->unix_socket, handle, f);
	return f;
}

void
far_server_free(struct far_server *f)
{
	if (f == NULL)
		return;
	server_free(f->server);
	while (f->n > 0)
		drop(f, f->v[0].name);
	free(f->v);
	free(f);
}

char *
far_server_place(const struct far_server *f)
{
	if (f->o.s3)
		return xasprintf("s3:http://127.0.0.1:%u/bucket/some/pre~fix",
		    server_port(f->server));
	if (f->o.unix_socket != NULL)
		return xasprintf("rest:http+unix://%s:/a/b/", f->o.unix_socket);
	return xasprintf("rest:http://127.0.0.1:%u/a/b",
	    server_port(f->server));
}

unsigned
far_server_requests(const struct far_server *f)
{
	return f->requests;
}
