#ifndef ZIP_ZIP_H
#define ZIP_ZIP_H

#include <stddef.h>

/*
 * zstd frames (RFC 8878), as restic writes and reads them: no dictionary, no
 * checksum, a window of at most 8 MiB.
 *
 * A struct zip or unzip is made once and used for any number of pieces by one
 * thread at a time: for a small piece the context costs more than the work.
 */
struct buf;
struct err;
struct unzip;
struct zip;

enum zip_level {
	ZIP_FASTEST,		/* zstd 1 */
	ZIP_AUTO,		/* zstd 3, restic's default */
	ZIP_BETTER,		/* zstd 7 */
	ZIP_MAX,		/* zstd 11, restic's max */
};

struct zip *zip_new(enum zip_level level);
void zip_free(struct zip *z);		/* NULL is fine */

/* The most that n bytes can become. */
size_t zip_bound(size_t n);
/* One frame; out has room for zip_bound(len).  Its length. */
size_t zip_pack(struct zip *z, void *out, const void *data, size_t len);

struct unzip *unzip_new(void);
void unzip_free(struct unzip *u);	/* NULL is fine */

/* One frame to exactly plain_len bytes: ERR_CORRUPT if it is anything else,
 * or bytes follow it. */
int unzip_exact(struct unzip *u, void *out, size_t plain_len,
    const void *data, size_t len, struct err *e);
/* The same for who only looks: told to each, piece by piece, and held nowhere
 * but for the frame's window.  Pieces may have been told when it fails. */
int unzip_look(struct unzip *u, size_t plain_len, const void *data, size_t len,
    void (*each)(void *arg, const void *plain, size_t n), void *arg,
    struct err *e);
/* One frame of unknown length, added to out; more than max is ERR_CORRUPT.
 * (rustic's frames do not tell their length.) */
int unzip_any(struct unzip *u, struct buf *out, size_t max, const void *data,
    size_t len, struct err *e);

#endif
