#ifndef RULES_LETTERS_H
#define RULES_LETTERS_H

#include <locale.h>
#include <stddef.h>

/*
 * Upper and lower case by Unicode's simple mapping, a character for a
 * character, whatever locale the program runs in.  What is not UTF-8 stays as
 * it is.  Where the C library has no C.UTF-8 (a null locale) only ASCII
 * changes.
 */
struct buf;

locale_t letters_open(void);		/* freelocale it unless it is null */

void letters_upper(locale_t l, const char *s, size_t len, struct buf *out);
void letters_lower(locale_t l, const char *s, size_t len, struct buf *out);

#endif
