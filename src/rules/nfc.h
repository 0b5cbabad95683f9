#ifndef RULES_NFC_H
#define RULES_NFC_H

#include <stddef.h>

/*
 * Unicode's normal form C (UAX #15): "a" and a combining diaeresis become one
 * character, so that names written by different systems compare equal.  What
 * is not UTF-8 passes through as it is.
 */
struct buf;

/* 1 if it is plain to see that s is in the form already: no look at a table. */
int nfc_plain(const char *s, size_t len);

/* Append s in normal form C. */
void nfc_add(struct buf *out, const char *s, size_t len);

#endif
