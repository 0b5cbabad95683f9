#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/buf.h"

/*
 * HTTP/1.1 as a client: one request, one answer, bounded in memory and in time.
 * The only door to libcurl.
 *
 * A struct http is a place to ask (a bucket, a mail service, the web): its
 * options, and connections that are kept to be used again.  Any number of
 * threads may ask at once; each request takes a connection of its own out of
 * those that wait, or opens one.  Every request blocks its thread.
 *
 * What a server can do to us is bounded: redirects are not followed, since an
 * address that the user never wrote is not sent his secrets; certificates are
 * always checked; answers are not decompressed; headers are at most
 * HTTP_HEADERS_MAX, the body what the caller allows.
 *
 * Messages name the method and where it went ("POST https://host:8443"), never
 * the path and query, in which web hooks carry their secrets, and no header.
 */
struct err;
struct http;

#define HTTP_HEADERS_MAX	((size_t)64 << 10)
#define HTTP_TOLD_MAX		((size_t)64 << 10)	/* of an answer that is
							 * not 2xx */
#define HTTP_CONNECT	((int64_t)30 * 1000000)		/* µs */
#define HTTP_STALL	((int64_t)120 * 1000000)

/* {0} is good for the web.  All is copied by http_new. */
struct http_options {
	const char	*ca_file;	/* PEM, instead of the system's */
	const char	*client_cert;	/* PEM: certificate and key in one file */
	const char	*unix_socket;	/* connect to this path, whatever the
					 * address says */
	const char	*user, *password;	/* Basic; NULL: none */
	int		 proxy;		/* heed https_proxy, http_proxy, no_proxy
					 * and all_proxy of the environment */
	int64_t		 connect;	/* µs to have a connection, TLS included;
					 * 0: HTTP_CONNECT */
	int64_t		 stall;		/* µs without a byte in either direction;
					 * 0: HTTP_STALL */

	/* 1: end what is under way (ERR_STOPPED), within a second. */
	int (*stop)(void *arg);
	void		*stop_arg;

	/* n bytes are about to be sent (up 1) or were received (up 0): how many
	 * µs to wait until the next, to keep to a limit.  By any thread.  The
	 * time does not count for stall and total. */
	int64_t (*pace)(void *arg, int up, size_t n);
	void		*pace_arg;
};

struct http_request {
	const char	*method;	/* "GET", "HEAD", "PUT", ... */
	const char	*url;		/* encoded already, without user */
	const char	*const *headers;	/* "Name: value", NULL-ended, or
						 * NULL.  None may hold CR or LF */

	/* The body: bytes, or a function that gives those from at on (how many
	 * it put at out, 0 or less is a failure); it may be asked for the same
	 * ones again, if a kept connection turns out to be dead. */
	const void	*body;
	size_t		 body_len;
	ssize_t (*read)(void *arg, size_t at, void *out, size_t room);
	void		*read_arg;

	/* Range: bytes=from to from + len - 1, if len is not 0. */
	uint64_t	 range_from, range_len;

	/* The body of a 2xx answer goes into out, which has room for max bytes;
	 * or to write (anything but 0 ends it, ERR_STOPPED; status and headers are
	 * in the answer by then); or, both NULL, into
	 * the answer's body.  One of more than max bytes is ERR_CORRUPT, and no
	 * more than max are taken in. */
	size_t		 max;
	void		*out;
	int (*write)(void *arg, const void *data, size_t len);
	void		*write_arg;

	int64_t		 total;		/* µs for all of it; 0: no limit */
	int		 holds_on;	/* not ended by stop: what must be told all
					 * the same, as that a lock is gone */
};

/* {0} is empty; one may be used again for the next request. */
struct http_answer {
	int		 status;	/* 200 */
	struct buf	 headers;	/* lines, each ended by "\n" */
	struct buf	 body;		/* if it went nowhere else, and what an
					 * answer that is not 2xx says */
	uint64_t	 len;		/* bytes of the body that came; of an
					 * answer to HEAD: what it would have been,
					 * UINT64_MAX if that was not told */
};

#define CLEAN_HTTP_ANSWER __attribute__((cleanup(http_answer_fini)))

/* ERR_USAGE: a file of certificates cannot be read. */
int http_new(const struct http_options *o, struct http **out, struct err *e);
/* No request may be under way.  NULL is fine. */
void http_free(struct http *h);

/*
 * Ask: 0 and an answer, whatever its status, which came whole; or -1:
 * ERR_NET (no connection, cut off, too slow: it may be tried again), ERR_DENIED
 * (sys EACCES: the server's certificate is not good), ERR_STOPPED, ERR_CORRUPT (more than
 * max, or it is no HTTP), ERR_USAGE (no address).  After a failure the server may
 * have done what was asked.
 */
int http_do(struct http *h, const struct http_request *r,
    struct http_answer *a, struct err *e);

/*
 * The value of a header of the answer, without spaces round it, or NULL; case
 * does not count; of several the first.  *len tells its length: it is not ended
 * by a NUL.
 */
const char *http_header(const struct http_answer *a, const char *name,
    size_t *len);
/* Is it there with exactly this value, but for case? */
int http_header_is(const struct http_answer *a, const char *name,
    const char *value);

/*
 * Fill e for an answer that is not what was wanted, and return -1: what is
 * "store data/4f2a" or the like, and the status is told in words.  401 and 403
 * are ERR_DENIED (sys EACCES), 404 and 410 ERR_NOENT, 409 and 412 ERR_EXISTS, 413 and 507
 * ERR_FULL, 408, 425, 429 and 5xx ERR_NET (it may be tried again), other ERR_IO.
 */
int http_told(const struct http_answer *a, const char *what, struct err *e);

/*
 * µs that the server asked to wait (Retry-After in seconds), at most a minute;
 * 0 if it asked for nothing.
 */
int64_t http_retry_after(const struct http_answer *a);

void http_answer_reset(struct http_answer *a);	/* empty, memory kept */
void http_answer_fini(struct http_answer *a);

#endif
