/* s3_ask.c -- a request to S3, signed, and what its answer means. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/s3.h"
#include "store/s3_xml.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define EMPTY_HASH \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEADERS_MAX	(S3_SIGN_MAX + 4)
#define CODE_MAX	64
#define MESSAGE_MAX	((size_t)4096)

/* ---- asking ---- */
static char *
region_of(struct s3 *s)
{
	char *r;

	pthread_mutex_lock(&s->mutex);
	r = xstrdup(s->place.region);
	pthread_mutex_unlock(&s->mutex);
	return r;
}

/* The headers of one request, a line each. */
static int
make_headers(struct s3 *s, const struct s3_ask *a, struct buf *out,
    struct err *e)
{
	CLEAN_FREE char *region = region_of(s);
	struct s3_sign sign = { .method = a->method, .host = s->place.host,
	    .path = a->path, .query = a->query, .n_query = a->n_query,
	    .headers = a->headers, .n_headers = a->n_headers,
	    .body_hash = a->hash != NULL ? a->hash : EMPTY_HASH,
	    .region = region, .service = "s3", .now = time_now() };
	struct s3_keys k;
	size_t i;

	if (s->place.anonymous) {
		for (i = 0; i < a->n_headers; i++)
			buf_addf(out, "%s: %s\n", a->headers[i].name,
			    a->headers[i].value);
		return 0;
	}
	if (s3_source_get(s->keys, sign.now, &k, e) < 0)
		return -1;
	s3_sign(&sign, &k, out);
	s3_keys_fini(&k);
	return 0;
}

static int
ask_once(struct s3 *s, struct s3_ask *a, struct http_answer *got,
    struct err *e)
{
	CLEAN_BUF struct buf lines = {0}, url = {0};
	const char *headers[HEADERS_MAX + 1];
	size_t n = 0;
	char *p, *end;
	int r;

	if (make_headers(s, a, &lines, e) < 0)
		return -1;
	buf_str(&lines);
	p = (char *)lines.data;
	for (; p != NULL && (end = strchr(p, '\n')) != NULL && n < HEADERS_MAX;
	    p = end + 1) {
		*end = '\0';
		headers[n++] = p;
	}
	headers[n] = NULL;
	buf_addf(&url, "%s%s", s->place.origin, a->path);
	if (a->n_query > 0) {
		buf_addc(&url, '?');
		s3_query(a->query, a->n_query, &url);
	}
	a->q.method = a->method;
	a->q.url = buf_str(&url);
	a->q.headers = headers;
	if (a->q.total == 0)
		a->q.total = far_total(a->q.body_len + a->q.range_len);
	r = http_do(s->http, &a->q, got, e);
	if (lines.data != NULL)
		explicit_bzero(lines.data, lines.len);
	if (r < 0)
		return err_wrap(e, "%s", a->what);
	far_pause(&s->base, got);
	return 0;
}

/* ---- what the answer means ---- */
static int
element_of(const struct http_answer *got, const char *name, size_t max,
    struct buf *out)
{
	const char *text = got->body.len > 0 ? (const char *)got->body.data : "";
	struct s3_xml x = { text, text + got->body.len };

	return s3_xml_next(&x, name, max, out) == 1;
}

int
s3_code_is(const struct http_answer *got, const char *code)
{
	CLEAN_BUF struct buf b = {0};

	return element_of(got, "Code", CODE_MAX, &b) &&
	    strcmp(buf_str(&b), code) == 0;
}

static const struct {
	const char	*code;
	enum err_kind	 kind;
	const char	*words;
} known[] = {
	{ "NoSuchBucket", ERR_ABSENT, "there is no such bucket" },
	{ "QuotaExceeded", ERR_FULL, "the quota is used up" },
	{ "SlowDown", ERR_NET, "the server has too much to do" },
	{ "RequestTimeout", ERR_NET, "the server waited too long" },
	{ "OperationAborted", ERR_NET, "another request was in the way" },
	{ "ConditionalRequestConflict", ERR_NET, "another request was in the "
	    "way" },
	{ "RequestTimeTooSkewed", ERR_DENIED, "this machine's clock and the "
	    "server's differ too much" },
	{ "SignatureDoesNotMatch", ERR_DENIED, "the secret key is wrong" },
	{ "InvalidAccessKeyId", ERR_DENIED, "the server does not know the key" },
	{ "ExpiredToken", ERR_DENIED, "the session is over" },
	{ "InvalidObjectState", ERR_DENIED, "it lies in an archive (GLACIER or "
	    "DEEP_ARCHIVE): have the service restore it first" },
};

int
s3_told(const struct http_answer *got, const char *what, struct err *e)
{
	CLEAN_BUF struct buf code = {0}, raw = {0}, message = {0};
	struct err plain = {0};
	size_t i;

	(void)http_told(got, what, &plain);
	if (!element_of(got, "Code", CODE_MAX, &code)) {
		if (e != NULL)
			*e = plain;
		return -1;
	}
	if (element_of(got, "Message", MESSAGE_MAX, &raw))
		quote_text(&message, (char *)raw.data, raw.len);
	raw.len = 0;
	quote_text(&raw, (char *)code.data, code.len);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(buf_str(&code), known[i].code) == 0)
			break;
	if (i < sizeof(known) / sizeof(known[0]))
		err_set_text(e, known[i].kind, "%s: %s (%d %s)", what,
		    known[i].words, got->status, known[i].code);
	else
		err_set_text(e, plain.kind, "%s (%s: %.200s)", plain.text,
		    buf_str(&raw), buf_str(&message));
	/* A server's no is not that of a repository to a wrong password. */
	if (e != NULL && e->kind == ERR_DENIED)
		e->sys = EACCES;
	return -1;
}

/* The region that the server names in its refusal; 1 if that is news. */
static int
learn_region(struct s3 *s, const struct http_answer *got)
{
	CLEAN_BUF struct buf b = {0};
	const char *v;
	size_t len;
	int news;

	if (s->place.region_told || (got->status != 301 && got->status != 400 &&
	    got->status != 403))
		return 0;
	if ((v = http_header(got, "x-amz-bucket-region", &len)) != NULL)
		buf_add(&b, v, len);
	else if (!element_of(got, "Region", CODE_MAX, &b))
		return 0;
	if (!s3_is_region(buf_str(&b)))
		return 0;
	pthread_mutex_lock(&s->mutex);
	news = strcmp(s->place.region, buf_str(&b)) != 0;
	if (news) {
		free(s->place.region);
		s->place.region = xstrdup(buf_str(&b));
	}
	pthread_mutex_unlock(&s->mutex);
	return news;
}

int
s3_do(struct s3 *s, struct s3_ask *a, struct http_answer *got, struct err *e)
{
	if (ask_once(s, a, got, e) < 0)
		return -1;
	if (got->status / 100 == 2)
		return 0;
	if (s3_code_is(got, "ExpiredToken")) {
		s3_source_forget(s->keys);
		return ask_once(s, a, got, e);
	}
	return learn_region(s, got) ? ask_once(s, a, got, e) : 0;
}
