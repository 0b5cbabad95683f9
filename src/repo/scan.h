#ifndef REPO_SCAN_H
#define REPO_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"
#include "util/buf.h"

/*
 * A reader of JSON for what a repository holds by the hundred thousand: nodes
 * of trees and entries of index files.  It differs from util/json.h in that
 * the caller says what must come next, strings without escapes are lent where
 * they stand, and texts are taken as Go's encoding/json takes them: keys in
 * either case, U+FFFD for half a surrogate pair and for each byte that is not
 * UTF-8.  Syntax is checked as strictly.
 *
 * The text is borrowed and must outlive the reader.  Every failure is
 * ERR_CORRUPT and tells the offset in bytes; the reader is then of no more use.
 */
struct err;

#define SCAN_DEPTH_MAX	64	/* of values that are passed over */

struct scan {
	const unsigned char *text, *at, *end;
	struct buf	 scratch;	/* the last string that had escapes */
};

/* Bytes, borrowed until the next call; not NUL-ended. */
struct scan_text {
	const char	*s;
	size_t		 len;
	int		 escaped;	/* it stood there with escapes */
};

void scan_init(struct scan *s, const void *text, size_t len);
void scan_fini(struct scan *s);
#define CLEAN_SCAN	__attribute__((cleanup(scan_fini)))

/* -1 and "JSON: <what> at offset <n>". */
int scan_fail(const struct scan *s, const char *what, struct err *e);

/* The byte that the next value begins with, or -1 at the end. */
int scan_peek(struct scan *s);
/* Take null, if it is next: 1 or 0. */
int scan_null(struct scan *s);

/*
 * Objects and arrays.  scan_open takes '{' or '['; then scan_member gives 1
 * and a key, or 0 at the end of the object; scan_item 1 if a value is next, or
 * 0 at the end of the array.  *n counts them and must be 0 at first.
 */
int scan_open(struct scan *s, char bracket, struct err *e);
int scan_member(struct scan *s, size_t *n, struct scan_text *key,
    struct err *e);
int scan_item(struct scan *s, size_t *n, struct err *e);

/*
 * Which of these names (NULL-ended) a key is: its place, or that of the NULL.
 * Go matches in either case, but an exact match comes first.  *hint is where to
 * look first, and is set to where the one that usually follows stands.
 */
size_t scan_name(const struct scan_text *key, const char *const *names,
    size_t *hint);

int scan_string(struct scan *s, struct scan_text *out, struct err *e);
/* A whole number without a sign, at most max. */
int scan_u64(struct scan *s, uint64_t max, uint64_t *out, struct err *e);
/* 64 hex digits in quotes, without escapes. */
int scan_id(struct scan *s, struct id *out, struct err *e);
/* Pass over a value of any kind. */
int scan_skip(struct scan *s, struct err *e);
/* Nothing but white space may follow. */
int scan_end(struct scan *s, struct err *e);

#endif
