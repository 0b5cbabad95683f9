#ifndef REPO_TEST_INDEX_PLACE_H
#define REPO_TEST_INDEX_PLACE_H

#include "repo/test/blobs.h"
#include "repo/test/index_house.h"
#include "testing/scratch.h"

/*
 * Index files in a store in memory, a folder for a cache, and a plain table
 * that says what they say.
 */
struct place {
	struct store	*store;
	struct world	 w;
	struct id	*files;		/* that are there */
	size_t		 n, cap;
	struct scratch	 s;
	const char	*cache;		/* its path */
};

void place_init(struct place *p, size_t ids);
void place_fini(struct place *p);

/* An index file as another program would write it; and one is gone. */
void place_add_file(struct place *p, struct repo *r, size_t packs,
    size_t blobs);
void place_drop_file(struct place *p, struct repo *r);
void place_remember(struct place *p, const struct id *file);

/* Do something to each file in the cache. */
void place_each_cached(const char *path, void (*do_it)(const char *file));

/* How many places a blob has, not counting one that two files name. */
size_t place_count(const struct world *w, enum blob_type t,
    const struct id *id);

/* The index says what the table says: of each blob; and of each pack. */
void place_agree_on_blobs(const struct place *p, const struct index *ix);
void place_agree(const struct place *p, const struct repo *r);

#endif
