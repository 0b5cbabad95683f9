#ifndef REPO_REPO_IMPL_H
#define REPO_REPO_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "repo/repo.h"

/*
 * What the repo room keeps to itself.
 */

/* repo_init with a strength and a polynomial (0: a random one). */
int repo_init_with(struct store *store, const struct repo_options *o,
    unsigned version, uint64_t polynomial, const struct scrypt *strength,
    struct repo **out, struct err *e);

/* The config (restic-format 1.4), plain.  Members that we do not know are
 * passed over, but for those that name another chunker than restic's. */
struct config {
	unsigned	 version;
	struct id	 id;
	uint64_t	 polynomial;
};
void config_write(struct buf *out, const struct config *c);
int config_read(const void *json, size_t len, struct config *out,
    struct err *e);

/* A hand to borrow for one call, and to give back. */
struct hands *repo_hands_new(void);
void repo_hands_free(struct hands *all);	/* NULL is fine */
struct repo_hand *repo_borrow(struct repo *r);
void repo_give_back(struct repo *r, struct repo_hand *h);

/*
 * The envelope of index, snapshot and lock files (restic-format 1.5): seal
 * compresses as the version has it; open takes what either version writes.
 */
void envelope_seal(const struct repo *r, struct repo_hand *h,
    const void *json, size_t len, struct buf *out);
int envelope_open(const struct repo *r, struct repo_hand *h,
    const void *sealed, size_t len, struct buf *out, struct err *e);
/* Does what seal made open to json again?  Without holding it: an index file is
 * of many megabytes. */
int envelope_check(const struct repo *r, struct repo_hand *h,
    const void *sealed, size_t len, const void *json, size_t json_len,
    struct err *e);

#endif
