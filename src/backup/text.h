#ifndef BACKUP_TEXT_H
#define BACKUP_TEXT_H

#include <stddef.h>

/*
 * Files of patterns and of paths, as restic reads them: UTF-8, or UTF-16 with
 * its mark at the beginning.
 */
struct buf;
struct err;

#define TEXT_MAX	((size_t)256 << 20)

/* The bytes of a file ("-": of in), at most TEXT_MAX. */
int text_read(const char *path, int in, struct buf *out, struct err *e);
/* The same as UTF-8, without a mark. */
int text_read_decoded(const char *path, int in, struct buf *out,
    struct err *e);

/*
 * The next line: 1, with a NUL put where it ends (a '\r' before that goes);
 * 0 when *at is at the end.  trim also takes white space from both ends.
 */
int text_line(struct buf *text, size_t *at, int trim, char **line);

#endif
