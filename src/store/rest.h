#ifndef STORE_REST_H
#define STORE_REST_H

#include "store/store_impl.h"
#include "util/buf.h"

/* The insides of the REST back end: rest.c, rest_list.c, and rclone.c, which
 * starts a server and is its client. */
struct rest_place {
	const char	*url;		/* of the repository, ended by '/' */
	const char	*label;		/* for people */
	const char	*user, *password;	/* NULL: none */
	const char	*unix_socket;	/* NULL: none */
	int		 proxy;		/* as http_options.proxy */
	unsigned	 connections;
};

/* All is copied. */
int rest_open(const struct rest_place *p, const struct store_options *o,
    int create, struct store **out, struct err *e);

/*
 * A list as it comes: [{"name": "...", "size": 1}, ...], or ["...", ...] of
 * servers that know only version 1.  Each element is held by itself, so a list of
 * any length takes little memory.
 */
#define REST_ELEMENT_MAX	4096

struct rest_list {
	enum store_kind	 kind;
	/* size UINT64_MAX: not told.  As store_list's. */
	int (*each)(void *arg, const struct store_name *n, uint64_t size);
	void		*arg;

	struct buf	 element;
	size_t		 files;
	unsigned	 depth;
	int		 state, in_string, escaped, answer;
	struct err	 failed;
};

/* For http_request.write: 0, or 1 and failed, or answer, tells why. */
int rest_list_add(void *list, const void *data, size_t len);
/* Was that a whole list?  0 or -1. */
int rest_list_end(struct rest_list *l, struct err *e);
void rest_list_fini(struct rest_list *l);

#endif
