#ifndef STORE_TEST_FAR_SERVER_H
#define STORE_TEST_FAR_SERVER_H

#include "net/test/server.h"

/* A server of a test that keeps files in memory and speaks S3 or restic's REST
 * protocol, well or badly. */
struct far_options {
	int	 s3;		/* else REST */
	int	 v1;		/* REST: lists without sizes; S3: version 1 only */
	int	 append_only;	/* REST */
	int	 no_condition;	/* S3: If-None-Match is answered with 501 */
	const char *region;	/* S3: only this one is right */
	int	 page;		/* S3: files on a page; 0: 1000 */
	const char *unix_socket;

	/* Asked first; 1: it made the answer. */
	int (*instead)(void *arg, const struct server_request *r,
	    struct server_answer *a);
	void	*arg;
};

struct far_server;

struct far_server *far_server_new(const struct far_options *o);
void far_server_free(struct far_server *f);		/* NULL is fine */
/* The place of a repository on it, to be freed. */
char *far_server_place(const struct far_server *f);
/* How many requests there were. */
unsigned far_server_requests(const struct far_server *f);

#endif
