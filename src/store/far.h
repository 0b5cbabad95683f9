#ifndef STORE_FAR_H
#define STORE_FAR_H

#include "net/http.h"
#include "store/store_impl.h"

/*
 * What s3.c, rest.c and rclone.c share: stores that are asked by HTTP.
 *
 * Whatever the server, what it can cost us is bounded: an answer in bytes and in
 * time, a list in names, and only names of 64 digits in the folder that was asked
 * for are names.
 */
#define FAR_LIST_MAX	((size_t)8 << 20)	/* files of a kind */
#define FAR_CONNECTIONS	16		/* over HTTP, if they carry more than 5 do */

/* The value of an extended option ("s3.region"), the last if it is given more
 * than once, or NULL. */
const char *far_option(const struct store_options *o, const char *key);
/* Every option with this prefix ("s3.") must be one of known (NULL-ended);
 * ERR_USAGE. */
int far_check_options(const struct store_options *o, const char *prefix,
    const char *const *known, struct err *e);
/* The number of connections by -o PREFIXconnections, else best: ERR_USAGE. */
int far_connections(const struct store_options *o, const char *key,
    unsigned *n, struct err *e);

/*
 * A struct http with the store's limits, stall timer and stop; s is initialised
 * and outlives it.  more is what the back end knows: socket, user, proxy.
 */
int far_http(struct store *s, const struct store_options *o,
    const struct http_options *more, struct http **out, struct err *e);

/* µs that a request with so many bytes may take in all. */
int64_t far_total(uint64_t bytes);

/* The server asked for a pause (Retry-After): take it, or be stopped. */
void far_pause(const struct store *s, const struct http_answer *a);

/*
 * A 2xx answer to a GET of bytes at and on: is it what was asked for?  0, or
 * ERR_CORRUPT: less came, or it is another part.  what: "read data/4f2a".
 */
int far_part(const struct http_answer *a, uint64_t at, size_t len,
    const char *what, struct err *e);

/* The same of the first room bytes; *size: of all of it, as the answer says. */
int far_first(const struct http_answer *a, size_t room, uint64_t *size,
    const char *what, struct err *e);

/*
 * The same of what is told as it comes (store_flow): far_flow prepares the request,
 * and far_flowed says what became of it; r is http_do's answer.  Nothing of
 * another part than was asked for is told.
 */
struct far_flow {
	const struct http_answer *a;
	uint64_t	 at;
	size_t		 len;
	int (*take)(void *arg, const void *data, size_t len);
	void		*arg;
	const char	*what;
	struct err	 failed;	/* it is another part */
	int		 begun;
};
void far_flow(struct far_flow *f, struct http_request *q);
int far_flowed(struct far_flow *f, int r, struct err *e);

/* The body of a 2xx answer, all of it, to be freed: the buffer's own memory. */
void far_steal(struct http_answer *a, void **out, size_t *len);

/* b as the request's body; both outlive it. */
void far_body(const struct store_bytes *b, struct http_request *q);

/* The id that 64 lower-case digits mean: 0 or -1. */
int far_id(const char *name, size_t len, unsigned char *id);

/* "read data/4f2a0b1c", for messages. */
#define FAR_WHAT	128
const char *far_what(char out[FAR_WHAT], const char *verb,
    const struct store_name *n);

#endif
