#ifndef REPO_GROUP_H
#define REPO_GROUP_H

#include "repo/snapshot.h"

/*
 * Snapshots by what they have in common, as restic's --group-by: any of "host",
 * "paths" and "tags" with commas between; "" is one group of all.
 */
struct group {
	int		 by_host, by_paths, by_tags;
	const char	*host;		/* borrowed from the first member */
	char		**paths, **tags;	/* sorted; owned */
	struct snapshots members;	/* as they came; borrowed contents */
};

struct groups {
	struct group	*v;		/* sorted as restic does */
	size_t		 n;
};

/* l must outlive it.  ERR_USAGE for other words. */
int groups_make(const struct snapshots *l, const char *by, struct groups *out,
    struct err *e);
void groups_fini(struct groups *g);

/* How many members of its group are newer than s: 1, or 0 if it is in none. */
int groups_rank(const struct groups *g, const struct snapshot *s, size_t *rank);

struct buf;
/* {"hostname":..,"paths":..,"tags":..} as restic; "(host [a], paths [/x])". */
void group_key_json(struct buf *out, const struct group *g);
/* The members of forget's group: "tags":..,"host":..,"paths":.. */
void group_members_json(struct buf *out, const struct group *g);
void group_key_text(struct buf *out, const struct group *g);

#endif
