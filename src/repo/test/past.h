#ifndef REPO_TEST_PAST_H
#define REPO_TEST_PAST_H

#include "repo/test/history.h"
#include "repo/test/scene.h"

/* A repository with a random history, in the scene's folder; packs are small. */
#define PACK	((size_t)64 << 10)

struct past {
	struct scene	*s;
	struct history	 h;
	struct repo	*r;
	char		 name[32], *path;
};

void past_begin(struct past *p, void **state, unsigned version);
void past_end(struct past *p);
void past_again(struct past *p);	/* as another process would open it */
/* Some snapshots more, in packs of many sizes, and some blobs twice. */
void past_live(struct past *p, int snapshots);

/* Index and store agree, and every snapshot is whole. */
void past_is_whole(struct past *p);
/* restic's check finds nothing; if it is here. */
void past_restic_agrees(struct past *p);

/* For store_list. */
struct there {
	uint64_t	 packs, bytes;
};
int past_count(void *arg, const struct store_name *n, uint64_t size);

#endif
