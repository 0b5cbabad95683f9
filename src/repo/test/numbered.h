#ifndef TEST_NUMBERED_H
#define TEST_NUMBERED_H

#include <stdint.h>

#include "repo/index.h"
#include "repo/repo.h"
#include "repo/save.h"

/*
 * Blobs that a number tells: of every size up to 300 kB, now and then of
 * megabytes, one in three random and the others such as shrink.
 */
struct buf;

void blob_text(uint64_t n, struct buf *out);
enum blob_type type_of(uint64_t n);
void save_number(struct saver *s, struct repo_hand *h, uint64_t n,
    struct id *id, struct saved *how);

/* Does it load?  Then it must be what it was. */
int loads(struct repo *r, struct repo_hand *h, uint64_t n, struct err *e);
void all_load(struct repo *r, uint64_t from, uint64_t to);

/* What packs there are: for index_packs. */
struct packs {
	size_t		 n[2];		/* by type */
	uint64_t	 largest;	/* bytes of blobs in one */
	struct id	 one;		/* the last */
};
int count_pack(void *arg, const struct index_pack *p);

#endif
