#ifndef REPO_LOAD_IMPL_H
#define REPO_LOAD_IMPL_H

#include "repo/id.h"

/*
 * Fetch a pack of trees and keep it in the cache: 1 if it is there now.  0: it is
 * too long, it did not come, or the cache takes nothing more; then the blob
 * alone may come.  Of threads that want the same pack one fetches it and the
 * others wait.
 */
struct repo;
struct wholes;

int load_whole_pack(struct repo *r, const struct id *pack);

/* A repository's own. */
struct wholes *wholes_new(void);
void wholes_free(struct wholes *w);	/* NULL is fine */

#endif
