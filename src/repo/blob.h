#ifndef REPO_BLOB_H
#define REPO_BLOB_H

#include <stdint.h>

#include "repo/id.h"

/*
 * A blob: a piece of a file, or a folder.  The same id may be there as both, so
 * its type is part of its name.
 */
enum blob_type { BLOB_DATA = 0, BLOB_TREE = 1 };

#define BLOB_PLAIN_MAX	((uint32_t)1 << 30)	/* what we are ready to hold */

/* Where a blob lies. */
struct blob_at {
	struct id	 pack;
	uint32_t	 offset;
	uint32_t	 length;	/* sealed */
	uint32_t	 plain;		/* uncompressed */
	unsigned char	 compressed;
};

#endif
