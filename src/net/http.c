/* http.c -- see http.h: the place to ask, and one request. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_impl.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define IDLE_MAX	64		/* connections that are kept */
#define BUFFER		(256L << 10)	/* of a connection, each way */

struct http {
	struct http_options	 o;		/* its strings are ours */
	pthread_mutex_t		 mutex;
	CURL			*idle[IDLE_MAX];
	size_t			 n;
};

static void
global_start(void)
{
	if (curl_global_init(CURL_GLOBAL_ALL) != 0)
		abort();
}

static int
check_readable(const char *path, const char *what, struct err *e)
{
	CLEAN_FD int fd = -1;
	char q[QUOTE_SIZE];

	if (path == NULL)
		return 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) >= 0)
		return 0;
	(void)err_sys(e, "read the %s %s", what, quote_to(q, sizeof(q), path));
	if (e != NULL)
		e->kind = ERR_USAGE;
	return -1;
}

int
http_new(const struct http_options *o, struct http **out, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *h;

	pthread_once(&once, global_start);
	if (check_readable(o->ca_file, "certificates in", e) < 0 ||
	    check_readable(o->client_cert, "certificate in", e) < 0)
		return -1;
	h = xalloc(sizeof(*h));
	h->o = *o;
	h->o.ca_file = xstrdup(o->ca_file);
	h->o.client_cert = xstrdup(o->client_cert);
	h->o.unix_socket = xstrdup(o->unix_socket);
	h->o.user = xstrdup(o->user);
	h->o.password = xstrdup(o->password);
	if (h->o.connect == 0)
		h->o.connect = HTTP_CONNECT;
	if (h->o.stall == 0)
		h->o.stall = HTTP_STALL;
	if (pthread_mutex_init(&h->mutex, NULL) != 0)
		abort();
	*out = h;
	return 0;
}

/* A string that http_new copied. */
static void
free_copy(const char *s)
{
	union {
		const char	*is;
		void		*was;
	} p = { s };

	free(p.was);
}

void
http_free(struct http *h)
{
	union {
		const char	*is;
		char		*was;
	} password;

	if (h == NULL)
		return;
	while (h->n > 0)
		curl_easy_cleanup(h->idle[--h->n]);
	password.is = h->o.password;
	if (password.is != NULL)
		explicit_bzero(password.was, strlen(password.is));
	free_copy(h->o.ca_file);
	free_copy(h->o.client_cert);
	free_copy(h->o.unix_socket);
	free_copy(h->o.user);
	free_copy(h->o.password);
	pthread_mutex_destroy(&h->mutex);
	free(h);
}

static CURL *
take(struct http *h)
{
	CURL *c = NULL;

	pthread_mutex_lock(&h->mutex);
	if (h->n > 0)
		c = h->idle[--h->n];
	pthread_mutex_unlock(&h->mutex);
	if (c != NULL)
		curl_easy_reset(c);
	else if ((c = curl_easy_init()) == NULL)
		abort();
	return c;
}

static void
give_back(struct http *h, CURL *c)
{
	pthread_mutex_lock(&h->mutex);
	if (h->n < IDLE_MAX) {
		h->idle[h->n++] = c;
		c = NULL;
	}
	pthread_mutex_unlock(&h->mutex);
	if (c != NULL)
		curl_easy_cleanup(c);
}

static void
set_place(const struct http_options *o, CURL *c)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fettle/" FETTLE_VERSION);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(o->connect / 1000));
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, BUFFER);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER);
	if (o->ca_file != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (o->client_cert != NULL) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, o->client_cert);
		curl_easy_setopt(c, CURLOPT_SSLKEY, o->client_cert);
	}
	if (o->unix_socket != NULL)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
	if (o->unix_socket != NULL || !o->proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	if (o->user != NULL) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, o->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD,
		    o->password != NULL ? o->password : "");
	}
}

/* The headers; "Expect: 100-continue" would cost a round trip. */
static struct curl_slist *
headers_of(const struct http_request *r)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *more;
	const char *const *h;

	for (h = r->headers; list != NULL && h != NULL && *h != NULL; h++) {
		if ((more = curl_slist_append(list, *h)) == NULL)
			abort();
		list = more;
	}
	if (list == NULL)
		abort();
	return list;
}

static void
set_request(const struct http_request *r, CURL *c)
{
	char range[64];

	curl_easy_setopt(c, CURLOPT_URL, r->url);
	if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else if (r->body != NULL || r->read != NULL ||
	    strcmp(r->method, "PUT") == 0 || strcmp(r->method, "POST") == 0) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)r->body_len);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	if (r->range_len > 0) {
		snprintf(range, sizeof(range), "%llu-%llu",
		    (unsigned long long)r->range_from,
		    (unsigned long long)(r->range_from + r->range_len - 1));
		curl_easy_setopt(c, CURLOPT_RANGE, range);
	}
}

static void
set_transfer(struct transfer *t, CURL *c)
{
	curl_easy_setopt(c, CURLOPT_READFUNCTION, transfer_read);
	curl_easy_setopt(c, CURLOPT_READDATA, t);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, transfer_seek);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, transfer_write);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, transfer_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, transfer_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
}

int
http_do(struct http *h, const struct http_request *r, struct http_answer *a,
    struct err *e)
{
	struct transfer t = { .o = &h->o, .r = r, .a = a };
	struct curl_slist *headers = headers_of(r);
	CURL *c = take(h);
	curl_off_t len = -1;
	long status = 0;
	CURLcode code;

	http_answer_reset(a);
	t.curl = c;
	t.began = t.moved = time_mono();
	set_place(&h->o, c);
	set_request(r, c);
	set_transfer(&t, c);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &len);
	a->status = (int)status;
	if (strcmp(r->method, "HEAD") == 0)
		a->len = len < 0 ? UINT64_MAX : (uint64_t)len;
	/* What the handle points to goes now; the handle stays. */
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	give_back(h, c);
	return transfer_end(&t, (int)code, e);
}
