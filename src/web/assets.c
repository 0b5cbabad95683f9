/* assets.c -- the pages: each is index.html, what it asks for tells which. */
#include <string.h>

#include "web/assets.h"
#include "web/web_impl.h"

static const char absent[] =
"fettle's dashboard is not in this program: it was built without npm.\n"
"Its API is below /api, /metrics and /healthz are here.\n";

static const struct asset *
find(const char *path)
{
	const struct asset *a;

	for (a = assets; a->path != NULL; a++)
		if (strcmp(a->path, path) == 0)
			return a;
	return NULL;
}

/* A page has no ending; a file has. */
static int
is_page(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && strchr(slash, '.') == NULL;
}

static int
takes_gzip(const struct request *q)
{
	const char *s = q->header(q->arg, "Accept-Encoding");

	return s != NULL && strstr(s, "gzip") != NULL &&
	    strstr(s, "gzip;q=0") == NULL;
}

int
web_asset(const struct request *q, struct reply *r)
{
	const char *known = q->header(q->arg, "If-None-Match");
	const struct asset *a = find(q->path);

	if (a == NULL && is_page(q->path))
		a = find("/index.html");
	if (a == NULL && strcmp(q->path, "/") == 0) {
		r->status = 200;
		r->type = "text/plain; charset=utf-8";
		buf_adds(&r->body, absent);
		return 1;
	}
	if (a == NULL)
		return 0;
	r->type = a->type;
	r->etag = a->etag;
	r->keep = a->keep;
	if (known != NULL && strcmp(known, a->etag) == 0) {
		r->status = 304;
		return 1;
	}
	r->status = 200;
	r->gzip = a->gzip_len > 0 && takes_gzip(q);
	r->fixed = r->gzip ? a->gzip : a->data;
	r->fixed_len = r->gzip ? a->gzip_len : a->len;
	return 1;
}
