#ifndef CONF_CONF_IMPL_H
#define CONF_CONF_IMPL_H

#include "conf/conf.h"
#include "util/arena.h"

/* What parse.c, merge.c and load.c share of a configuration. */
struct conf {
	struct arena		  arena;	/* the tree */
	struct conf_source	**sources;
	size_t			  n_sources, cap_sources;
	size_t			  weight;	/* nodes so far */
	size_t			  bytes;	/* of all files */
	struct conf_node	 *root;
	uint64_t		  fingerprint;
};

struct conf *conf_new(void);

/* Take over a source; the order of files is the order of these calls. */
struct conf_source *conf_add_source(struct conf *c, const char *path,
    const void *data, size_t len);

/* The tree of one source: a map, or NULL if f tells why there is none. */
struct conf_node *conf_read(struct conf *c, struct conf_source *s,
    struct conf_faults *f);

/*
 * Settle the keys of a map: own pairs win over merged ones, earlier merged
 * ones over later.  Keys that were written twice are told.  The result lies in
 * the arena.
 */
struct conf_candidate {
	struct conf_pair	 pair;
	bool			 merged;
};
void conf_settle(struct arena *a, struct conf_node *map,
    const struct conf_candidate *all, size_t n, struct conf_faults *f);

/*
 * Join the tree of one more file to those before it: lists join, other keys
 * must not repeat.  Nothing of root is changed.
 */
void conf_join(struct conf *c, const struct conf_node *root,
    const char *const *lists, struct conf_faults *f);

#endif
