#ifndef UTIL_QUOTE_H
#define UTIL_QUOTE_H

#include <stddef.h>

struct buf;

/*
 * File names for terminals, the log and error texts, quoted as GNU ls does
 * there (shell-escape): plain.txt, 'two words', "it's", 'a'$'\n''b'.  What
 * comes out is UTF-8, one line, does nothing to a terminal, and is the same
 * name again when it is pasted into bash.  Escaped are control characters,
 * bytes that are not UTF-8, and what unicode_unsafe (util/unicode.h) names:
 * the last is more than ls escapes.
 */
void quote_add(struct buf *out, const char *name, size_t len);
void quote_str(struct buf *out, const char *name);

/*
 * The same into an array of the caller's, for error texts; returns out:
 *
 *	char q[QUOTE_SIZE];
 *	return err_sys(e, "open %s", quote_to(q, sizeof(q), name));
 *
 * What is too long loses its middle ("...").  size is at least 16.  errno is
 * kept.
 */
#define QUOTE_SIZE	224

char *quote_to(char *out, size_t size, const char *name);

/*
 * Text that is no name (a message of another program, a job's name): as it is,
 * but controls, what is not UTF-8 and what is unsafe as above become \n, \t,
 * \033, so that one line stays one line.
 */
void quote_text(struct buf *out, const char *text, size_t len);

#endif
