#ifndef RULES_RULE_H
#define RULES_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "rules/action.h"
#include "rules/filter.h"
#include "rules/location.h"
#include "rules/reader.h"
#include "rules/watch.h"
#include "util/arena.h"

/*
 * One rule: which files, where, and what is wished for them.  Read once, from
 * a tree that has to live as long as it does.  Planning changes nothing in it
 * that shows, but uses room inside it: one thread at a time.
 */
struct conf_faults;
struct conf_node;
struct conf_where;

struct rule {
	const char	*name;		/* "rule 3" where none is written */
	unsigned	 number;	/* from 0, among the rules */
	int		 enabled;
	int		 dirs;		/* targets: dirs */
	int		 stop;		/* what it takes no later rule gets */
	const char	*const *companions;	/* extensions of what goes along with
						   a file; NULL: none, or the usual */
	int		 companions_usual;
	struct location	*locations;
	size_t		 n_locations;	/* 0: it runs once a run */
	struct filters	 filters;
	unsigned	 slots;		/* filters that fetch, or find twins */
	struct twins_by	 twins[TWINS_MAX];	/* those that find twins */
	size_t		 n_twins;
	const struct zone *zones[SUBJECT_TIMES];	/* times are told in them;
						   the filters', NULL: local */
	struct actions	 actions;
	const char	*const *tags;	/* NULL-ended */
	struct rule_watch watch;
	const struct conf_node *schedule;	/* NULL: none of its own */
	const struct conf_node *entry;	/* where it is written */
	uint64_t	 hash;		/* of all that says what it does; not of
					   name, tags, enabled, watch and schedule */
	struct arena	 arena;
};

/*
 * Read one entry of `rules:`.  where says what paths mean; its dir is -W, or
 * NULL where relative paths are refused.  NULL: faults were told.
 */
struct rule *rule_read(const struct conf_node *entry, unsigned number,
    const struct conf_where *where, struct conf_faults *f);
void rule_free(struct rule *r);		/* NULL is fine */

#endif
