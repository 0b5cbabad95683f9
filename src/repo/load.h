#ifndef REPO_LOAD_H
#define REPO_LOAD_H

#include <stddef.h>

#include "repo/blob.h"

/*
 * Blobs out of a repository: fetched, checked, opened, decompressed and held
 * against their id.  Every place where a blob lies is tried before it is given
 * up (ERR_CORRUPT, or ERR_NOENT if the index does not know it).
 */
struct buf;
struct err;
struct repo;
struct repo_hand;

/* out is emptied first. */
int load_blob(struct repo *r, struct repo_hand *h, enum blob_type t,
    const struct id *id, struct buf *out, struct err *e);

/* From bytes that were fetched already: the sealed blob at `at`.  Of one that is
 * compressed the frame is left in the hand's scratch (hand.h), at its beginning. */
int load_open(struct repo_hand *h, const struct id *id,
    const struct blob_at *at, const void *sealed, struct buf *out,
    struct err *e);
/* The same where the sealed bytes may be written over, which saves memory: the
 * blob, at->plain bytes, is in them, or in out if it was compressed. */
int load_open_here(struct repo_hand *h, const struct id *id,
    const struct blob_at *at, void *sealed, struct buf *out,
    const void **plain, struct err *e);
/* The same for who only wants to know whether it is there. */
int load_look(struct repo_hand *h, const struct id *id,
    const struct blob_at *at, void *sealed, struct err *e);

#endif
