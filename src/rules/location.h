#ifndef RULES_LOCATION_H
#define RULES_LOCATION_H

#include <stddef.h>

#include "rules/pattern.h"

/*
 * Where a rule looks: organize's location keys and their defaults.
 */
struct buf;
struct conf_node;
struct rule_reader;

struct location {
	const char	*path;		/* absolute, no slash at the end */
	int		 min_depth;
	int		 max_depth;	/* 0: the top only; -1: no end */
	struct patterns	*exclude_files, *exclude_dirs;	/* with the system's */
	struct patterns	*only_files, *only_dirs;	/* NULL: all */
	int		 ignore_errors;
};

#define LOCATIONS_MAX	10000		/* of one rule */

/*
 * `locations:` of a rule, in out[0] to out[n - 1], to be freed by the caller
 * after each was ended with location_fini.  NULL or nothing: none.  depth is
 * the max_depth that `subfolders` asks for.  -1: faults were told.
 */
int locations_read(struct location **out, size_t *n,
    const struct conf_node *list, int depth, struct rule_reader *r);
void location_fini(struct location *l);

/* All that it says, for the rule's hash. */
void location_pack(const struct location *l, struct buf *out);

/*
 * The pattern by which a name is left out, or NULL: an exclude that matches,
 * or "" if no `filter` (`filter_dirs`) does.
 */
const char *location_skips_file(const struct location *l, const char *name,
    size_t len);
const char *location_skips_dir(const struct location *l, const char *name,
    size_t len);

#endif
