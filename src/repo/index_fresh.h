#ifndef REPO_INDEX_FRESH_H
#define REPO_INDEX_FRESH_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"
#include "repo/pack.h"

/*
 * What this process adds to a repository and is in no index file yet: blobs
 * that are claimed, blobs that lie in packs, and these packs in the order in
 * which they came.
 *
 * A table keyed by type and id, in shards with a lock each; for many threads
 * at once.
 */
struct fresh;

struct fresh_pack {
	struct id	 id;
	struct pack_entry *v;
	size_t		 n;
	struct fresh_pack *next;
};

struct fresh *fresh_new(void);
void fresh_free(struct fresh *f);	/* NULL is fine */

/* Where it lies: 1, or 0 if it is only claimed or unknown. */
int fresh_find(struct fresh *f, enum blob_type t, const struct id *id,
    struct blob_at *out);

/*
 * Claim it: 1, or 0 if it is here.  elsewhere is asked, while nobody else can
 * claim this blob, whether it is there already, which is 0, too.
 */
int fresh_claim(struct fresh *f, enum blob_type t, const struct id *id,
    int (*elsewhere)(const void *arg, enum blob_type t, const struct id *id),
    const void *arg);
void fresh_unclaim(struct fresh *f, enum blob_type t, const struct id *id);

void fresh_add(struct fresh *f, const struct id *pack,
    const struct pack_entry *v, size_t n);

/*
 * The oldest packs, with at least blobs of them if there are so many: a list
 * that is the caller's.  Their blobs are found until it says that they are
 * elsewhere; or it puts them back.  One thread at a time.
 */
struct fresh_pack *fresh_take(struct fresh *f, size_t blobs);
void fresh_put_back(struct fresh *f, struct fresh_pack *list);
void fresh_gone(struct fresh *f, struct fresh_pack *list);	/* frees it */

/* What waits in packs: blobs by type, and packs. */
void fresh_waiting(struct fresh *f, uint64_t blobs[2], uint64_t *packs);

/* A number for each, below fresh_numbers, while nothing is added: SIZE_MAX if
 * it lies in no pack here. */
size_t fresh_numbers(struct fresh *f);
size_t fresh_number(struct fresh *f, enum blob_type t, const struct id *id);

#endif
