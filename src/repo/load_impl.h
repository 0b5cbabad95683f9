#ifndef REPO_LOAD_IMPL_H
#define REPO_LOAD_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Packs of trees are kept whole: in the cache, or for this process alone where
 * there is none and the store is far (load_aside.h).  A near store without a cache
 * keeps nothing: reading a tree costs no more there.
 */
struct repo;
struct wholes;

/* Is anything kept? */
int load_whole_keeps(const struct repo *r);

/*
 * Fetch a pack of trees and keep it: 1 if it is there now.  0: it is too long, it
 * did not come, or there is no more room; then the blob alone may come.  Of
 * threads that want the same pack one fetches it and the others wait.
 */
int load_whole_pack(struct repo *r, const struct id *pack);

/* 1 and len bytes from offset at of a pack that is kept, or 0. */
int load_whole_get(struct repo *r, const struct id *pack, uint64_t at,
    void *out, size_t len);
/* It is not what it was. */
void load_whole_forget(struct repo *r, const struct id *pack);

/* A repository's own. */
struct wholes *wholes_new(void);
void wholes_free(struct wholes *w);	/* NULL is fine */

#endif
