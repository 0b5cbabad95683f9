#ifndef REPO_HAND_H
#define REPO_HAND_H

#include "crypto/seal.h"
#include "crypto/sha256.h"
#include "util/buf.h"
#include "zip/zip.h"

/* The inside of a struct repo_hand (repo.h), for the repo room. */
struct repo_hand {
	struct sealer	*sealer;
	struct sha256	*sha;
	struct zip	*zip;		/* at the repository's level; NULL: off */
	struct zip	*tree_zip;	/* trees are always compressed; NULL in v1;
					 * the same as zip unless that is off */
	struct unzip	*unzip;
	struct buf	 scratch, sealed;
};

#endif
