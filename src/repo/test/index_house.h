#ifndef REPO_TEST_INDEX_HOUSE_H
#define REPO_TEST_INDEX_HOUSE_H

#include "repo/index.h"
#include "repo/repo.h"

/*
 * A repository on a store that is not taken over; its runs lie in the folder
 * cache, or nowhere (NULL).  Several may be open on one store.
 */
struct repo *house_repo(struct store *s, const char *cache);
void house_close(struct repo *r);

#endif
