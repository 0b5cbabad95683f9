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

/* From bytes that were fetched already: the sealed blob at `at`. */
int load_open(struct repo *r, struct repo_hand *h, enum blob_type t,
    const struct id *id, const struct blob_at *at, const void *sealed,
    struct buf *out, struct err *e);

#endif
