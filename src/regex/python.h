#ifndef REGEX_PYTHON_H
#define REGEX_PYTHON_H

#include <stddef.h>

struct buf;

/*
 * Rewrite a pattern of Python's re for PCRE2 (regex.h says what differs).  The
 * result goes to out; the answer is an array, to be freed by the caller, that
 * tells for each byte of out, and for its end, where in pattern it came from.
 */
size_t *python_to_pcre(const char *pattern, struct buf *out);

#endif
