/* http_transfer.c -- a request under way: its bytes, its time, and its end. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/http_impl.h"
#include "net/url.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/time.h"

#define SLICE	((int64_t)200000)	/* µs: how soon a wait sees a stop */

static int
stopped(const struct transfer *t)
{
	return !t->r->holds_on && t->o->stop != NULL &&
	    t->o->stop(t->o->stop_arg);
}

/* Wait so that the limit is kept; the time is given back to the clocks. */
static int
pace(struct transfer *t, int up, size_t n)
{
	int64_t wait, slice, from;
	struct timespec ts;

	if (t->o->pace == NULL || (wait = t->o->pace(t->o->pace_arg, up, n)) <= 0)
		return 0;
	from = time_mono();
	for (; wait > 0; wait -= slice) {
		if (stopped(t)) {
			t->end = END_STOPPED;
			return -1;
		}
		slice = wait < SLICE ? wait : SLICE;
		ts = (struct timespec){ slice / 1000000, slice % 1000000 * 1000 };
		nanosleep(&ts, NULL);
	}
	t->began += time_mono() - from;
	t->moved = time_mono();
	return 0;
}

size_t
transfer_read(char *out, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t room = size * n, left = t->r->body_len - t->sent;
	ssize_t got;

	if (room > left)
		room = left;
	if (room == 0)
		return 0;
	if (t->r->read != NULL) {
		got = t->r->read(t->r->read_arg, t->sent, out, room);
		if (got <= 0 || (size_t)got > room) {
			t->end = END_GIVER;
			return CURL_READFUNC_ABORT;
		}
		room = (size_t)got;
	} else {
		memcpy(out, (const char *)t->r->body + t->sent, room);
	}
	t->sent += room;
	return pace(t, 1, room) < 0 ? CURL_READFUNC_ABORT : room;
}

/* A kept connection turned out to be dead: the body is sent again. */
int
transfer_seek(void *arg, curl_off_t offset, int origin)
{
	struct transfer *t = arg;

	if (origin != SEEK_SET || offset < 0 ||
	    (size_t)offset > t->r->body_len)
		return CURL_SEEKFUNC_CANTSEEK;
	t->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* Of an answer that is not what was wanted: the beginning will do. */
static int
take_told(struct transfer *t, const char *data, size_t n)
{
	size_t room = HTTP_TOLD_MAX - t->a->body.len;

	buf_add(&t->a->body, data, n < room ? n : room);
	if (n <= room)
		return 0;
	t->end = END_TOLD;
	return -1;
}

static int
take_body(struct transfer *t, const char *data, size_t n)
{
	const struct http_request *r = t->r;

	if (n > r->max || t->a->len > r->max - n) {
		t->end = END_TOO_LONG;
		return -1;
	}
	if (r->out != NULL)
		memcpy((char *)r->out + t->a->len, data, n);
	else if (r->write == NULL)
		buf_add(&t->a->body, data, n);
	else if (r->write(r->write_arg, data, n) != 0) {
		t->end = END_TAKER;
		return -1;
	}
	t->a->len += n;
	return 0;
}

size_t
transfer_write(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;
	int r;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	t->a->status = (int)status;
	r = status / 100 == 2 ? take_body(t, data, size * n) :
	    take_told(t, data, size * n);
	if (r < 0 || pace(t, 0, size * n) < 0)
		return 0;		/* an empty piece never comes here */
	return size * n;
}

size_t
transfer_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;

	t->header_bytes += len;
	t->moved = time_mono();
	if (t->header_bytes > HTTP_HEADERS_MAX) {
		t->end = END_HEADERS_TOO_LONG;
		return 0;
	}
	/* "100 Continue" and the like come before the answer. */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		buf_reset(&t->a->headers);
	buf_add(&t->a->headers, data, len);
	return len;
}

int
transfer_progress(void *arg, curl_off_t down_all, curl_off_t down,
    curl_off_t up_all, curl_off_t up)
{
	struct transfer *t = arg;
	int64_t now = time_mono();

	(void)down_all;
	(void)up_all;
	if (down + up != t->bytes) {
		t->bytes = down + up;
		t->moved = now;
	}
	if (stopped(t))
		t->end = END_STOPPED;
	else if (now - t->moved > t->o->stall)
		t->end = END_STALLED;
	else if (t->r->total > 0 && now - t->began > t->r->total)
		t->end = END_LATE;
	return t->end != END_WELL;
}

/* "GET https://host:8443": without what may be a secret. */
static void
print_what(const struct transfer *t, struct buf *out)
{
	CLEAN_URL struct url u = {0};

	buf_adds(out, t->r->method);
	if (url_parse(t->r->url, &u, NULL) == 0) {
		buf_addc(out, ' ');
		url_origin(&u, out);
	}
}

/* Why we ended it ourselves: 1 if we did. */
static int
own_end(const struct transfer *t, const char *what, struct err *e)
{
	switch (t->end) {
	case END_WELL:
	case END_TOLD:
		return 0;
	case END_STOPPED:
		err_set_text(e, ERR_STOPPED, "asked to stop");
		return 1;
	case END_STALLED:
		err_set_text(e, ERR_NET, "%s: not a byte for %lld s", what,
		    (long long)(t->o->stall / 1000000));
		return 1;
	case END_LATE:
		err_set_text(e, ERR_NET, "%s: not done after %lld s", what,
		    (long long)(t->r->total / 1000000));
		return 1;
	case END_TOO_LONG:
		err_set_text(e, ERR_CORRUPT, "%s: the answer has more than %zu "
		    "bytes", what, t->r->max);
		return 1;
	case END_HEADERS_TOO_LONG:
		err_set_text(e, ERR_CORRUPT, "%s: the answer's headers have more "
		    "than %zu bytes", what, HTTP_HEADERS_MAX);
		return 1;
	case END_TAKER:
	case END_GIVER:
		err_set_text(e, ERR_STOPPED, "%s: ended from our side", what);
		return 1;
	}
	assert(0);
	return 1;
}

static enum err_kind
kind_of(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return ERR_DENIED;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_URL_MALFORMAT:
		return ERR_USAGE;
	case CURLE_UNSUPPORTED_PROTOCOL:	/* HTTP/0.9, too */
	case CURLE_WEIRD_SERVER_REPLY:
		return ERR_CORRUPT;
	default:
		return ERR_NET;
	}
}

int
transfer_end(const struct transfer *t, int code, struct err *e)
{
	CLEAN_BUF struct buf what = {0}, why = {0};
	const char *text;

	if (code == CURLE_OK || (t->end == END_TOLD &&
	    code == CURLE_WRITE_ERROR))
		return 0;
	print_what(t, &what);
	if (own_end(t, buf_str(&what), e))
		return -1;
	text = t->why[0] != '\0' ? t->why : curl_easy_strerror((CURLcode)code);
	quote_text(&why, text, strlen(text));
	err_set_text(e, kind_of((CURLcode)code), "%s: %s", buf_str(&what),
	    buf_str(&why));
	if (e != NULL && e->kind == ERR_DENIED)
		e->sys = EACCES;
	return -1;
}
