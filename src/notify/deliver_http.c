/*
 * deliver_http.c -- webhook and ping.
 *
 * A redirect is not followed: it would take a secret to an address that nobody
 * wrote.  What a server answers is read up to a few KiB and forgotten.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/http.h"
#include "notify/impl.h"
#include "notify/text.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/span.h"

#define ANSWER_MAX	((size_t)64 << 10)
#define PING_MAX	((size_t)9500)	/* healthchecks keeps 10 kB */

/* The end of it, from the beginning of a line. */
static void
add_tail(struct buf *out, const char *s, size_t most)
{
	size_t n = strlen(s);
	const char *from = n > most ? s + n - most : s, *line;

	if (from != s && (line = strchr(from, '\n')) != NULL)
		from = line + 1;
	buf_adds(out, from);
}

static void
ping_body(const struct notify_item *it, struct buf *out)
{
	notify_title(it, out);
	buf_addc(out, '\n');
	if (*it->news->text != '\0')
		buf_addf(out, "%s\n", it->news->text);
	if (it->ev != NOTIFY_START)
		add_tail(out, it->news->log, PING_MAX);
}

/* URL/start and URL/fail, before a query if there is one. */
static void
add_ping(struct buf *out, enum notify_event ev)
{
	const char *word = ev == NOTIFY_START ? "start" :
	    ev == NOTIFY_FAILURE ? "fail" : NULL;
	CLEAN_BUF struct buf query = {0};
	const char *s = buf_str(out), *mark = strchr(s, '?');

	if (word == NULL)
		return;
	if (mark != NULL) {
		buf_adds(&query, mark);
		out->len = (size_t)(mark - s);
	}
	while (out->len > 0 && out->data[out->len - 1] == '/')
		out->len--;
	buf_addf(out, "/%s%s", word, buf_str(&query));
}

static const char **
headers_of(const struct delivery *d, const char *type, struct arena *a)
{
	const char *const *h = d->n->headers;
	const char **v;
	size_t n = 0;
	int own_type = 0;

	while (h != NULL && h[n] != NULL)
		n += 2;
	v = arena_alloc(a, (n / 2 + 3) * sizeof(*v));
	for (n = 0; h != NULL && h[2 * n] != NULL; n++) {
		CLEAN_BUF struct buf b = {0};

		own_type |= strcasecmp(h[2 * n], "content-type") == 0;
		buf_addf(&b, "%s: ", h[2 * n]);
		notify_template(h[2 * n + 1], &d->v[0], d->env, d->secret,
		    NOTIFY_IN_HEADER, &b);
		v[n] = arena_str(a, buf_str(&b));
	}
	if (!own_type)
		v[n++] = type;
	v[n++] = "User-Agent: fettle/" FETTLE_VERSION;
	return v;
}

static const char *
make_body(const struct delivery *d, struct buf *body)
{
	if (d->n->kind == NOTIFY_PING) {
		ping_body(&d->v[0], body);
		return "Content-Type: text/plain; charset=utf-8";
	}
	if (d->n->body == NULL)
		notify_json(&d->v[0], d->env, body);
	else
		notify_template(d->n->body, &d->v[0], d->env, d->secret,
		    d->n->json ? NOTIFY_IN_JSON : NOTIFY_AS_IT_IS, body);
	return d->n->body == NULL || d->n->json ?
	    "Content-Type: application/json" :
	    "Content-Type: text/plain; charset=utf-8";
}

/* The body, given when it is asked for: then the address has been reached. */
struct giving {
	const struct buf	*body;
	int			 asked;
};

static ssize_t
give(void *arg, size_t at, void *out, size_t room)
{
	struct giving *g = arg;
	size_t n = g->body->len - at;

	g->asked = 1;
	if (n > room)
		n = room;
	memcpy(out, g->body->data + at, n);
	return (ssize_t)n;
}

/* 2xx is fine. */
static int
judge(const struct http_answer *a, struct err *e)
{
	if (a->status >= 200 && a->status < 300)
		return 0;
	if (a->status >= 300 && a->status < 400)
		return err_set(e, ERR_NET, "it answered with a redirect (%d), "
		    "which is not followed: write the address that it leads to",
		    a->status);
	return http_told(a, "it", e);
}

int
deliver_http(const struct delivery *d, struct err *e)
{
	CLEAN_ARENA struct arena mem = {0};
	CLEAN_BUF struct buf url = {0}, body = {0};
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	struct http_options o = { .ca_file = d->n->ca_file, .proxy = 1,
	    .connect = d->timeout, .stall = d->timeout };
	struct http_request r = { .max = ANSWER_MAX, .total = d->timeout };
	struct giving giving = { .body = &body };
	struct http *h;
	int ret;

	notify_template(d->n->url, &d->v[0], d->env, d->secret, NOTIFY_IN_URL,
	    &url);
	if (d->n->kind == NOTIFY_PING)
		add_ping(&url, d->v[0].ev);
	r.headers = headers_of(d, make_body(d, &body), &mem);
	r.url = buf_str(&url);
	r.method = d->n->method != NULL ? d->n->method : "POST";
	if (strcmp(r.method, "GET") != 0) {
		r.read = give;
		r.read_arg = &giving;
		r.body_len = body.len;
	}
	if (http_new(&o, &h, e) < 0)
		return -1;
	ret = http_do(h, &r, &a, e);
	http_free(h);
	if (ret == 0)
		return judge(&a, e);
	/* It may have done what was asked; a ping may be told twice. */
	*d->unsure = d->n->kind != NOTIFY_PING && (giving.asked || r.read == NULL);
	return -1;
}
