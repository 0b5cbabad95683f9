#ifndef UTIL_UNICODE_H
#define UTIL_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.  Texts are bytes and a length; a NUL is a character like others.
 */
#define UTF8_BAD	UINT32_MAX	/* what stands there is no character */
#define UTF8_REPLACEMENT 0xFFFDu

/*
 * Read the character at data into *cp and return how many bytes it takes (1 to
 * 4); 0 only if len is 0.  If there is none, *cp is UTF8_BAD and what is
 * returned is the length of the broken piece (at least 1, at most 3), to be
 * replaced by one U+FFFD, as Unicode and Python do.
 */
size_t utf8_next(const void *data, size_t len, uint32_t *cp);

/* 1 if all of it is UTF-8, else 0. */
int utf8_valid(const void *data, size_t len);

/* Write cp, which must be a character, to out; how many bytes it took. */
size_t utf8_put(unsigned char out[4], uint32_t cp);

/*
 * 1 if a character shown on a terminal could do something else than look like
 * itself: controls (C0, DEL, C1), line and paragraph separators, and format
 * characters that reorder or hide what stands near them (bidirectional marks
 * and overrides, zero width space, tags).  The joiners U+200C and U+200D, which
 * scripts and emoji need, are harmless.
 */
int unicode_unsafe(uint32_t cp);

#endif
