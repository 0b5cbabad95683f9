#ifndef REPO_PRINTABLE_H
#define REPO_PRINTABLE_H

#include <stdint.h>

/*
 * Does Go's strconv.IsPrint say yes?  That is Unicode 15's letters, marks,
 * numbers, punctuation, symbols, and the ASCII space.  *hint (0 at first) holds
 * the range that the last one was in: characters of a name are mostly
 * neighbours.
 */
int printable(uint32_t cp, unsigned *hint);

#endif
