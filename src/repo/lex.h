#ifndef REPO_LEX_H
#define REPO_LEX_H

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

#define LEX_DEPTH_MAX	64	/* of values that are passed over */

struct lex {
	const unsigned char *text, *at, *end;
	struct buf	 scratch;	/* the last string that had escapes */
};

/* Bytes, borrowed until the next call; not NUL-ended. */
struct lex_text {
	const char	*s;
	size_t		 len;
	int		 escaped;	/* it stood there with escapes */
};

void lex_init(struct lex *s, const void *text, size_t len);
void lex_fini(struct lex *s);
#define CLEAN_LEX	__attribute__((cleanup(lex_fini)))

/* -1 and "JSON: <what> at offset <n>". */
int lex_fail(const struct lex *s, const char *what, struct err *e);

/* The byte that the next value begins with, or -1 at the end. */
int lex_peek(struct lex *s);
/* Take null, if it is next: 1 or 0. */
int lex_null(struct lex *s);

/*
 * Objects and arrays.  lex_open takes '{' or '['; then lex_member gives 1
 * and a key, or 0 at the end of the object; lex_item 1 if a value is next, or
 * 0 at the end of the array.  *n counts them and must be 0 at first.
 */
int lex_open(struct lex *s, char bracket, struct err *e);
int lex_member(struct lex *s, size_t *n, struct lex_text *key,
    struct err *e);
int lex_item(struct lex *s, size_t *n, struct err *e);

/*
 * Which of these names (NULL-ended) a key is: its place, or that of the NULL.
 * Go matches in either case, but an exact match comes first.  *hint is where to
 * look first, and is set to where the one that usually follows stands.
 */
size_t lex_name(const struct lex_text *key, const char *const *names,
    size_t *hint);

int lex_string(struct lex *s, struct lex_text *out, struct err *e);
/* A whole number without a sign, at most max. */
int lex_u64(struct lex *s, uint64_t max, uint64_t *out, struct err *e);
/* 64 hex digits in quotes, without escapes. */
int lex_id(struct lex *s, struct id *out, struct err *e);
/* Pass over a value of any kind. */
int lex_skip(struct lex *s, struct err *e);
/* Nothing but white space may follow. */
int lex_end(struct lex *s, struct err *e);

#endif
