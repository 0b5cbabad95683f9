#ifndef JOB_CATALOG_COPY_H
#define JOB_CATALOG_COPY_H

#include <stdint.h>

#include "repo/id.h"

/*
 * Copies of the catalog, beside what the backups made: of plain copies as
 * <place>/.fettle/catalog.db, of a repository as a snapshot of one file with the
 * tag CATALOG_COPY_TAG, of which the newest CATALOG_COPY_KEEP stay.  So they are
 * as secret as the data beside them, and restic can bring them back, too.
 */
struct err;
struct hall;
struct job;

#define CATALOG_COPY_TAG	"fettle:catalog"
#define CATALOG_COPY_KEEP	3
#define CATALOG_COPY_NAME	"/catalog.db"

/*
 * Put the open file beside the data of j, a backup.  A disk that is away, or a
 * repository that was never made, is passed over.
 */
int catalog_copy_put(struct hall *h, const struct job *j, int from,
    struct err *e);

struct catalog_copy {
	const struct job *job;
	int64_t		 time;		/* when it was made, µs */
	struct id	 snapshot;	/* of a repository */
};
/* The newest beside j's data: 1, 0 there is none (or its disk is away), -1. */
int catalog_copy_newest(struct hall *h, const struct job *j,
    struct catalog_copy *out, struct err *e);
/* Its bytes, as an open file without a name. */
int catalog_copy_get(struct hall *h, const struct catalog_copy *c, int *fd,
    struct err *e);

#endif
