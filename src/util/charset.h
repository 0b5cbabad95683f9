#ifndef UTIL_CHARSET_H
#define UTIL_CHARSET_H

#include <stddef.h>

/*
 * Texts in other encodings than UTF-8, by the names that Python and iconv have
 * for them: ascii, latin-1, cp1252, iso8859-15, utf-16, utf-16-le, utf-8-sig.
 */
struct buf;
struct err;

#define CHARSET_NAME_MAX	64

/* 1: this system knows it. */
int charset_is_known(const char *name);
/* UTF-8, in which nothing has to be done. */
int charset_is_utf8(const char *name);
/* A file of it begins with a mark: utf-16, utf-32, utf-8-sig. */
int charset_has_mark(const char *name);

/*
 * Append a text in UTF-8 in this encoding; mark: it is the beginning of a file.
 * 0, or -1 and ERR_USAGE: the text has what the encoding has not.
 */
int charset_encode(const char *name, const void *text, size_t len, int mark,
    struct buf *out, struct err *e);

#endif
