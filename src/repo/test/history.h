#ifndef REPO_TEST_HISTORY_H
#define REPO_TEST_HISTORY_H

#include "repo/repo.h"
#include "repo/test/blobs.h"

/*
 * A repository with a past: snapshots of a few folders whose files change at
 * random (blobs.h has the seed).
 */
#define HISTORY_FOLDERS	6
#define HISTORY_FILES	12	/* a folder */
#define HISTORY_BLOBS	4	/* a file, at most */

struct history {
	struct id	 content[HISTORY_FOLDERS][HISTORY_FILES][HISTORY_BLOBS];
	size_t		 blobs[HISTORY_FOLDERS][HISTORY_FILES];
	uint64_t	 size[HISTORY_FOLDERS][HISTORY_FILES];
	uint64_t	 changes;
	size_t		 blob_max;	/* bytes; 0: 12000 */
};

/* Change about a share of the files (in hundredths), and back them up. */
void history_go_on(struct history *h, struct repo *r, unsigned share);
/* How many snapshots there are; remove some, each with this chance. */
size_t history_snapshots(struct repo *r);
void history_forget(struct repo *r, unsigned chance);
/* Everything that any snapshot needs is there and is what it was. */
void history_check(struct repo *r);
/* Save a blob that is needed again, so that it lies twice. */
void history_repeat(struct history *h, struct repo *r, size_t blobs);

#endif
