#ifndef MOUNT_FRONT_H
#define MOUNT_FRONT_H

#include <stddef.h>

#include "repo/id.h"
#include "repo/node.h"

/*
 * The folders above the snapshots: ids/, snapshots/, hosts/, tags/, or as
 * templates have it (template.h), made from a list of snapshots.  Two that would
 * have the same name get -1, -2 behind it.  Where the time ends a path there is
 * a link `latest` beside it.
 */
struct snapshots;
struct front;

struct front_node {
	const char	*name;
	struct front_node *parent, *kids, *next;	/* in no order that counts */
	int		 is_snapshot;	/* then tree is what it shows */
	struct id	 tree;
	struct node_time time;		/* of the snapshot, or the newest below */
	const char	*target;	/* a link, or NULL */
};

/* Nothing of l is kept.  paths: NULL-ended. */
struct front *front_new(const struct snapshots *l, const char *const *paths,
    const char *time);
void front_free(struct front *v);		/* NULL is fine */

/* "" is the root, "ids/1234abcd" something in it; or NULL. */
const struct front_node *front_find(const struct front *v, const char *path);

#endif
