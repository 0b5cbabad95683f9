#ifndef APPLY_BUNDLE_H
#define APPLY_BUNDLE_H

#include "apply/apply_impl.h"
#include "util/map.h"

/*
 * Files that go into one tar.zst together: those of a load with one target.
 * They share the staging name, hence the token, and the bundle's name, which
 * is chosen free when they are prepared.
 */
struct bundle {
	uint32_t	 to_dir;
	uid_t		 who;		/* whose files alone are in it */
	const char	*wished;	/* in the plan */
	const char	*name;		/* it gets */
	uint64_t	 token;
	struct map	 members;	/* paths in it */
};

/* How many members at most; a load with bundles is as long as that. */
#define BUNDLE_MEMBERS	100000

/* Prepare: it->to, it->token and it->member.  -1: no name. */
int bundle_join(struct apply *a, struct load *l, struct item *it,
    struct err *e);
void bundles_fini(struct load *l);

struct hands;
/* A load's bundle, when its first member comes. */
void op_bundle(struct hands *h, struct item *it);
/* All that come out of one bundle, when the first comes. */
void op_unbundle(struct hands *h, struct item *it);
/* The bundle itself, if all of it came out. */
void op_drop_bundle(struct hands *h, struct item *it);

#endif
