#ifndef NET_URL_H
#define NET_URL_H

#include <stddef.h>

#include "util/buf.h"

/*
 * Addresses: SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH[?QUERY]], read
 * strictly.  A host is a name, an IPv4 address, or an IPv6 address in brackets;
 * a control character or a space anywhere is refused.
 */
struct url {
	char		*scheme;	/* lower case: "http", "https" */
	char		*user;		/* decoded; NULL: none */
	char		*password;	/* decoded; NULL: none.  A secret. */
	char		*host;		/* "[::1]" keeps its brackets */
	unsigned	 port;		/* 0: not told */
	char		*path;		/* as written, with its '/'; "" if none */
	char		*query;		/* as written, without '?'; NULL: none */
};

/* 0, or -1 and ERR_USAGE, whose text never holds the password.  url_fini (also
 * after -1) frees it and wipes the password. */
int url_parse(const char *text, struct url *u, struct err *e);
void url_fini(struct url *u);

#define CLEAN_URL	__attribute__((cleanup(url_fini)))

/*
 * The address again: without the user and password, which curl is told by
 * themselves (bare 1), or for people, the password as "***" (bare 0).
 */
void url_print(const struct url *u, int bare, struct buf *out);

/*
 * The address that goes to a server without the path: "https://host:port".
 */
void url_origin(const struct url *u, struct buf *out);

/*
 * Append text with every byte percent-encoded that is not a letter, a digit or
 * one of "-_.~" (RFC 3986, and what SigV4 wants), nor in keep.
 */
void url_encode(struct buf *out, const char *text, const char *keep);
/* Append what text stands for: 0, or -1 and nothing for "%" without two hex
 * digits, or %00. */
int url_decode(struct buf *out, const char *text, size_t len);

#endif
