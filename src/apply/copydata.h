#ifndef APPLY_COPYDATA_H
#define APPLY_COPYDATA_H

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of one regular file from one descriptor to another.
 *
 * Shared (FICLONE) where the file system can, else copied range by range, so
 * that holes stay holes.  A struct copier is made once and used for many files
 * by one thread.
 *
 * Two kinds of sum can be had: SHA-256 of the bytes as anybody computes it, or
 * a mark: SHA-256 over those 512-byte pieces that are not all zero, each run
 * with its offset.  A mark is equal for equal bytes, however the holes lie, and
 * costs nothing for a hole; it compares a copy with its source.
 */
struct err;
struct copier;

enum copy_sum { COPY_NO_SUM, COPY_SHA256, COPY_MARK };

struct copier *copier_new(void);
void copier_free(struct copier *c);

/*
 * Asked between pieces of a MiB with the bytes done since the last call; not 0
 * ends the copy with ERR_STOPPED.  NULL is never.
 */
void copier_watch(struct copier *c, int (*watch)(void *arg, uint64_t bytes),
    void *arg);

/*
 * Copy size bytes.  ERR_CHANGED if from ends before that or goes on after it.
 * sum may be NULL with COPY_NO_SUM.  On -1 what is in to is garbage.
 */
int copier_copy(struct copier *c, int from, int to, uint64_t size,
    enum copy_sum kind, unsigned char sum[32], struct err *e);

/* The sum alone, of pieces as they come; at ascends.  Holes need not be told
 * for a COPY_MARK. */
void copier_start(struct copier *c, enum copy_sum kind);
void copier_add(struct copier *c, uint64_t at, const void *data, size_t len);
void copier_end(struct copier *c, uint64_t size, unsigned char sum[32]);

/* Only read and sum. */
int copier_sum(struct copier *c, int fd, uint64_t size, enum copy_sum kind,
    unsigned char sum[32], struct err *e);

/* Do two files of size bytes hold the same?  1, 0 or -1. */
int copier_same(struct copier *c, int a, int b, uint64_t size, struct err *e);

#endif
