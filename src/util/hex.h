#ifndef UTIL_HEX_H
#define UTIL_HEX_H

#include <stddef.h>

/* What a digit stands for (either case), or -1 if it is none. */
int hex_digit(char c);

/* Lower case, two digits a byte, and a NUL: out has room for 2 * len + 1. */
void hex_put(char *out, const void *data, size_t len);

/*
 * Read exactly len bytes from s, which must be 2 * len digits (either case)
 * and its NUL: 0, or -1 with errno EINVAL, and then out is undefined.
 */
int hex_parse(const char *s, void *out, size_t len);

#endif
