#ifndef STORE_S3_H
#define STORE_S3_H

#include <stdatomic.h>

#include "store/far.h"
#include "store/s3_keys.h"
#include "store/s3_place.h"

/* The insides of the S3 back end: s3.c, s3_ask.c, s3_list.c. */
struct s3 {
	struct store		 base;	/* first, so a struct store * is one */
	struct s3_place		 place;
	struct http		*http;
	struct s3_source	*keys;
	pthread_mutex_t		 mutex;	/* of place.region */
	atomic_bool		 no_config;	/* we looked, and there is none */
	atomic_bool		 no_condition;	/* it knows no If-None-Match */
};

/* One request; what is 0 or NULL is not there. */
struct s3_ask {
	const char		*method;
	const char		*what;		/* "read data 4f2a", for messages */
	const char		*path;		/* encoded, of the whole */
	const struct s3_pair	*query;
	size_t			 n_query;
	const struct s3_pair	*headers;	/* names in lower case */
	size_t			 n_headers;
	const char		*hash;		/* of the body, hex; NULL: empty */
	struct http_request	 q;		/* body, range, where it goes */
};

/*
 * Sign and ask: 0 and an answer of any status.  A region that turns out wrong and
 * keys that are over are seen to, once.
 */
int s3_do(struct s3 *s, struct s3_ask *a, struct http_answer *got,
    struct err *e);

/* As http_told, but by S3's own code, which is told too.  -1. */
int s3_told(const struct http_answer *got, const char *what, struct err *e);
/* Is this the code in the answer's body? */
int s3_code_is(const struct http_answer *got, const char *code);

int s3_list(struct store *base, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e);

#endif
