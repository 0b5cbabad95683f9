#ifndef UTIL_LINES_H
#define UTIL_LINES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Lines of a file that may be larger than memory, in order or from any offset.
 *
 * Only what ends with a newline is a line: a last one that a crash cut short is
 * not handed out (lines_cut says so).  A NUL in a line stays where it is; len
 * tells the line's true length.  Holds one line and a piece of the file.
 */
struct lines;

/* fd is read with pread and borrowed.  A line longer than max ends it. */
struct lines *lines_new(int fd, size_t max);
void lines_free(struct lines *l);		/* NULL is fine */

/*
 * 1 and the line, without its newline and with a NUL behind it, which may be
 * written over and is valid until the next call; 0 at the end; -1 with errno
 * (EFBIG: a line is too long).
 */
int lines_next(struct lines *l, char **line, size_t *len);
/* Where the next line begins; and go on from there instead. */
uint64_t lines_at(const struct lines *l);
void lines_seek(struct lines *l, uint64_t at);
/* After lines_next returned 0: is there something behind the last newline? */
int lines_cut(const struct lines *l);

#endif
