#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H

#include <stddef.h>

/*
 * Regular expressions as a user of organize writes them: Python's re, done by
 * PCRE2 with its just-in-time compiler where the process may have one (a
 * service that may not map writable code gets the interpreter, with the same
 * results).
 *
 * Python's meaning holds where the two differ and patterns are likely to: \Z
 * is the very end, {,n} is {0,n}, \uHHHH and \UHHHHHHHH are characters, \w \d
 * \s and case are Unicode's, `.` is all but \n, $ is the end or before a last
 * \n.  What PCRE2 has beyond re is let through, but for \C.
 *
 * Text need not be valid UTF-8: a byte that is not matches nothing, and no
 * match reaches over it.
 *
 * No pattern takes the process along: a search gives up with an error when it
 * has tried REGEX_TRIES ways (and REGEX_TRIES_BYTE more for each byte of a long
 * text), or needs more than REGEX_HEAP.
 * `(a+)+$` ends so in milliseconds.
 *
 * A struct regex may be used by several threads at once, a struct regex_match
 * by one.
 */
struct err;
struct regex;
struct regex_match;

#define REGEX_PATTERN_MAX	16384		/* bytes */
#define REGEX_TRIES		1000000
#define REGEX_TRIES_BYTE	16
#define REGEX_HEAP		(16u << 20)	/* bytes */

enum {
	REGEX_NOCASE = 1,
	REGEX_MULTILINE = 2,	/* ^ and $ at every line */
	REGEX_DOTALL = 4,	/* . is \n, too */
};

/*
 * Compile.  On -1 (ERR_USAGE) *offset says at which byte of pattern the fault
 * was seen, for a caret under it; at most strlen(pattern).  offset may be
 * NULL.
 */
int regex_new(const char *pattern, unsigned flags, struct regex **out,
    size_t *offset, struct err *e);
void regex_free(struct regex *re);		/* NULL is fine */

/*
 * Groups are numbered from 1 in the order of their opening brackets; 0 is the
 * whole match.  A name is NULL for a group without one; it lives as long as
 * re.  regex_number gives 0 if there is no group of that name.
 */
size_t regex_groups(const struct regex *re);
const char *regex_name(const struct regex *re, size_t group);
size_t regex_number(const struct regex *re, const char *name);

/* Room for the results of searches with re, reused from one to the next. */
struct regex_match *regex_match_new(const struct regex *re);
void regex_match_free(struct regex_match *m);	/* NULL is fine */

/*
 * Find the first place in text that matches (re.search): 1, 0 if there is
 * none, -1 if the search gave up (ERR_USAGE: the pattern is too costly for
 * this text).  m must come from the same re.
 */
int regex_search(const struct regex *re, const char *text, size_t len,
    struct regex_match *m, struct err *e);

/*
 * What a group took in the last search that gave 1: borrowed from its text,
 * *len long, no NUL behind it.  NULL if the group had no part in the match.
 */
const char *regex_value(const struct regex_match *m, size_t group,
    size_t *len);

#endif
