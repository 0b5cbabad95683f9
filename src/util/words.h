#ifndef UTIL_WORDS_H
#define UTIL_WORDS_H

#include <stddef.h>

struct arena;
struct err;

/*
 * A command as people write it, taken apart into words as a shell would, but
 * with no shell: blanks part words, '...' and "..." hold them together, and a
 * backslash takes the next character as it is (not within '...').
 *
 * What only a shell could do is refused rather than passed on as a letter: an
 * unquoted | & ; < > ( ) $ ` * ? [ or #, or a line break between two words.
 */
#define WORDS_MAX	256

/*
 * 0 and *argv, NULL-ended and in the arena, at least one word; or -1 and
 * ERR_USAGE with a clause: "'|' needs a shell".
 */
int words_split(const char *text, struct arena *a, const char ***argv,
    struct err *e);

#endif
