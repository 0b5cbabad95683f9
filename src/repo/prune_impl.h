#ifndef REPO_PRUNE_IMPL_H
#define REPO_PRUNE_IMPL_H

#include "repo/index.h"
#include "repo/prune.h"
#include "repo/used.h"

/* The inside of a plan, for prune*.c. */

enum prune_kind { PRUNE_EMPTY, PRUNE_DATA, PRUNE_TREE, PRUNE_MIXED };
enum prune_fate { PRUNE_KEEP, PRUNE_AGAIN, PRUNE_GO, PRUNE_FORGET };

struct prune_pack {
	struct id	 id;
	uint64_t	 used_bytes, unused_bytes;	/* the header is used */
	uint32_t	 used, unused;	/* blobs */
	unsigned char	 kind, fate;
	unsigned char	 plain;		/* some of it is not compressed */
	unsigned char	 there;		/* in the store */
};

struct prune {
	struct repo	*r;
	struct prune_options o;
	struct used	*blobs;		/* that are needed */
	struct prune_pack *v;		/* that index files name, by id */
	size_t		 n, cap;
	struct id	*strays;	/* in the store, and in no index file */
	size_t		 n_strays, cap_strays;
	struct prune_stats st;
};

void prune_step(const struct prune *p, enum prune_step step, uint64_t done,
    uint64_t total);
struct prune_pack *prune_find(const struct prune *p, const struct id *id);

/* Is it to be written as something other than it is? */
int prune_must_compress(const struct prune *p, enum blob_type t,
    int compressed);

/* What packs hold, into v and st. */
int prune_count(struct prune *p, struct err *e);
/* What is in the store, and what becomes of each pack. */
int prune_decide(struct prune *p, struct err *e);
/* Write again what is needed of the packs whose fate is PRUNE_AGAIN. */
int prune_repack(struct prune *p, struct err *e);

#endif
