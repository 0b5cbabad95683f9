/*
 * serve.c -- the window to libmicrohttpd: a thread a connection, bounds on all
 * that it holds.
 *
 * In the clear it is one request a connection, so that there is nothing to be
 * smuggled behind it, and a new one costs nothing on the same machine.  Behind
 * TLS, where each new one costs a handshake, a connection is kept for the next
 * request as long as there is room for others.
 */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "web/patience.h"
#include "web/web_impl.h"

#define IDLE_S		30u
#define REQUEST_US	INT64_C(20000000)	/* for all of a request to come */
#define MEMORY		((size_t)32 << 10)	/* a connection's */
#define PIECE		((size_t)64 << 10)	/* of a stream */

static const char csp[] = "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

struct server {
	struct web	*w;
	struct MHD_Daemon *mhd;
	struct patience	 patience;
};

/* A request that is being read. */
struct taking {
	struct head	 head;
	int		 status;	/* 200, or why it is refused */
	struct buf	 body;
};

/* ---- as route.c sees it ---- */
static const char *
header_of(void *arg, const char *name)
{
	return MHD_lookup_connection_value(arg, MHD_HEADER_KIND, name);
}

static const char *
cookie_of(void *arg, const char *name)
{
	return MHD_lookup_connection_value(arg, MHD_COOKIE_KIND, name);
}

static enum MHD_Result
add_query(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct args *a = arg;

	(void)kind;
	return args_add(a, name, value != NULL ? value : "") < 0 ? MHD_NO :
	    MHD_YES;
}

/* ---- the answer ---- */
static ssize_t
read_piece(void *arg, uint64_t at, char *to, size_t max)
{
	struct reply *r = arg;
	long n = r->read(r->arg, to, max);

	(void)at;
	return n > 0 ? n : n == 0 ? MHD_CONTENT_READER_END_OF_STREAM :
	    MHD_CONTENT_READER_END_WITH_ERROR;
}

static void
free_reply(void *arg)
{
	struct reply *r = arg;

	if (r->done != NULL)
		r->done(r->arg);
	free(r);
}

/* A copy of it, which outlives the handler. */
static struct MHD_Response *
stream(const struct reply *r)
{
	struct reply *kept = xalloc(sizeof(*kept));

	*kept = *r;
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE,
	    read_piece, kept, free_reply);
}

static struct MHD_Response *
response(struct reply *r)
{
	if (r->read != NULL)
		return stream(r);
	if (r->fixed != NULL)
		return MHD_create_response_from_buffer(r->fixed_len,
		    (void *)(uintptr_t)r->fixed, MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_buffer(r->body.len, r->body.data,
	    MHD_RESPMEM_MUST_COPY);
}

static void
add_headers(struct MHD_Response *m, const struct reply *r, int keep)
{
	if (!keep)
		MHD_add_response_header(m, "Connection", "close");
	MHD_add_response_header(m, "Content-Security-Policy", csp);
	MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(m, "X-Frame-Options", "DENY");
	MHD_add_response_header(m, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(m, "Cross-Origin-Opener-Policy", "same-origin");
	MHD_add_response_header(m, "Cross-Origin-Resource-Policy",
	    "same-origin");
	MHD_add_response_header(m, "Permissions-Policy",
	    "camera=(), geolocation=(), microphone=()");
	MHD_add_response_header(m, "Cache-Control", r->keep ?
	    "private, max-age=31536000, immutable" :
	    r->etag != NULL ? "private, no-cache" : "no-store");
	if (r->type != NULL)
		MHD_add_response_header(m, "Content-Type", r->type);
	if (r->etag != NULL)
		MHD_add_response_header(m, "ETag", r->etag);
	if (r->gzip)
		MHD_add_response_header(m, "Content-Encoding", "gzip");
	if (r->fixed != NULL)
		MHD_add_response_header(m, "Vary", "Accept-Encoding");
	if (r->cookie != NULL)
		MHD_add_response_header(m, "Set-Cookie", r->cookie);
	if (r->location != NULL)
		MHD_add_response_header(m, "Location", r->location);
	if (r->name != NULL)
		MHD_add_response_header(m, "Content-Disposition", r->name);
	if (r->status == 429)
		MHD_add_response_header(m, "Retry-After", "60");
	if (r->status == 405)
		MHD_add_response_header(m, "Allow", "GET, HEAD, POST");
}

static enum MHD_Result
answer(struct MHD_Connection *c, struct reply *r, int keep)
{
	struct MHD_Response *m = response(r);
	enum MHD_Result ok;

	if (m == NULL)
		return MHD_NO;
	add_headers(m, r, keep);
	if (r->read != NULL)		/* it may be quiet for long */
		MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	ok = MHD_queue_response(c, (unsigned)r->status, m);
	MHD_destroy_response(m);
	buf_fini(&r->body);
	free(r->cookie);
	free(r->name);
	return ok;
}

static enum MHD_Result
refuse(struct MHD_Connection *c, int status, const char *text)
{
	struct reply r = {0};

	web_error(&r, status, text);
	return answer(c, &r, 0);
}

/* May the connection be used once more?  What was refused or is a stream ends. */
static int
may_keep(struct server *s, const struct reply *r)
{
	return *s->w->setup.certificate != '\0' && r->read == NULL &&
	    r->status < 400 && server_connections(s) <= WEB_CONNECTIONS / 2;
}

/* ---- the request ---- */
static struct waiting *
place_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i != NULL ? i->socket_context : NULL;
}

struct fields {
	struct head	*h;
	const struct head_rules *rules;
	int		 status;
};

static enum MHD_Result
each_field(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct fields *f = arg;

	(void)kind;
	if (f->status == 200)
		f->status = head_field(f->h, name, value ? value : "",
		    f->rules);
	return MHD_YES;
}

/* Once more: behind TLS nobody has looked yet. */
static int
check(struct web *w, struct MHD_Connection *c, struct head *h,
    const char *method, const char *version)
{
	struct fields f = { h, &w->rules, 200 };

	f.status = head_line(h, method, "/", version);
	MHD_get_connection_values(c, MHD_HEADER_KIND, each_field, &f);
	return f.status == 200 ? head_end(h) : f.status;
}

static enum MHD_Result
finish(struct server *s, struct MHD_Connection *c, struct taking *t,
    const char *url)
{
	CLEAN_ARGS struct args query = { .n = 0 };
	struct request q = { .method = t->head.method, .path = url,
	    .query = &query, .header = header_of, .cookie = cookie_of,
	    .arg = c, .body = t->body.data, .len = t->body.len };
	struct reply r = {0};
	int n = MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, add_query,
	    &query);

	if (n < 0 || (size_t)n != query.n)
		return refuse(c, 400, "the query makes no sense");
	patience_until(&s->patience, place_of(c), 0);
	web_answer(s->w, &q, &r);
	return answer(c, &r, may_keep(s, &r));
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *size,
    void **mine)
{
	struct server *s = arg;
	struct taking *t = *mine;

	if (t == NULL) {
		*mine = t = xalloc(sizeof(*t));
		t->status = check(s->w, c, &t->head, method, version);
		return t->status == 200 ? MHD_YES :
		    refuse(c, t->status, "the request makes no sense");
	}
	if (*size > 0) {
		if (t->body.len + *size > HEAD_BODY)
			return MHD_NO;
		buf_add(&t->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return finish(s, c, t, url);
}

static void
completed(void *arg, struct MHD_Connection *c, void **mine,
    enum MHD_RequestTerminationCode how)
{
	struct server *s = arg;
	struct taking *t = *mine;

	(void)how;
	patience_until(&s->patience, place_of(c), time_mono() + REQUEST_US);
	if (t == NULL)
		return;
	buf_fini(&t->body);
	free(t);
	*mine = NULL;
}

static void
comes_or_goes(void *arg, struct MHD_Connection *c, void **place,
    enum MHD_ConnectionNotificationCode how)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_CONNECTION_FD);
	struct server *s = arg;

	if (how == MHD_CONNECTION_NOTIFY_CLOSED)
		patience_leave(&s->patience, *place);
	else if (i != NULL)
		*place = patience_enter(&s->patience, i->connect_fd,
		    time_mono() + REQUEST_US);
}

static void
silent(void *arg, const char *form, va_list ap)
{
	(void)arg;
	(void)form;
	(void)ap;
}

struct server *
server_start(struct web *w, struct err *e)
{
	struct server *s = xalloc(sizeof(*s));
	int tls = *w->setup.certificate != '\0';
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, w->setup.certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, w->setup.key },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
	    MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC | MHD_USE_ERROR_LOG;

	s->w = w;
	patience_init(&s->patience);
	s->mhd = MHD_start_daemon(flags | (tls ? (unsigned)MHD_USE_TLS : 0), 0,
	    NULL, NULL, handle, s,
	    MHD_OPTION_EXTERNAL_LOGGER, silent, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)WEB_CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, s,
	    MHD_OPTION_NOTIFY_CONNECTION, comes_or_goes, s,
	    MHD_OPTION_ARRAY, tls ? secure : none, MHD_OPTION_END);
	if (s->mhd != NULL)
		return s;
	free(s);
	err_set(e, ERR_CONF, tls ? "the dashboard's certificate or key cannot "
	    "be used" : "the HTTP library does not start");
	return NULL;
}

void
server_take(struct server *s, int fd)
{
	struct sockaddr_storage a = { .ss_family = AF_UNIX };

	/* Refused, it is closed by the library. */
	MHD_add_connection(s->mhd, fd, (struct sockaddr *)&a, sizeof(a));
}

unsigned
server_connections(struct server *s)
{
	const union MHD_DaemonInfo *i = MHD_get_daemon_info(s->mhd,
	    MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return i != NULL ? i->num_connections : 0;
}

void
server_sweep(struct server *s)
{
	patience_end(&s->patience, time_mono());
}
