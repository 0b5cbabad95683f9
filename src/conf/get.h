#ifndef CONF_GET_H
#define CONF_GET_H

#include "conf/conf.h"

/*
 * Asking the tree for values.  None of these stops anything: each tells its
 * fault and the caller goes on, so that one go finds all of them:
 *
 *	conf_map_check(n, &keys, f);
 *	conf_str(conf_get(n, "name"), &r->name, f);
 *	conf_span(conf_get(n, "older_than"), "days", &r->age, f);
 *
 * Each returns 1 if the value is there and good; 0 if n is NULL, the key is
 * absent: *out is as it was, so put the default there first; -1 if a fault was
 * told: *out is as it was.  A key with nothing behind it is a fault.
 *
 * Strings are borrowed from the tree, or lie in the arena that is lent.
 */
struct conf_keys {
	const char		*what;	/* "a rule", as in "in a rule" */
	const char *const	*known;	/* NULL-ended, like the others */
	const char *const	*later;	/* "not yet in this version"; or NULL */
	bool			 extras; /* top level: see conf_is_extra */
};

/*
 * Are all keys of the map known?  Each other one is told.  A key with nothing
 * behind it counts as an empty map: its entries may be commented out.
 */
int conf_map_check(const struct conf_node *n, const struct conf_keys *keys,
    struct conf_faults *f);

/* The value under a key that must be there; NULL, and told, if it is not. */
const struct conf_node *conf_need(const struct conf_node *map, const char *key,
    const char *what, struct conf_faults *f);

int conf_str(const struct conf_node *n, const char **out,
    struct conf_faults *f);

/* true false yes no on off, in any of YAML 1.1's cases. */
int conf_bool(const struct conf_node *n, bool *out, struct conf_faults *f);

int conf_int(const struct conf_node *n, int64_t least, int64_t most,
    int64_t *out, struct conf_faults *f);

/* See conf/units.h for what is read, and for the units of *out. */
int conf_size(const struct conf_node *n, bool bare, uint64_t *bytes,
    struct conf_faults *f);
int conf_span(const struct conf_node *n, const char *unit, int64_t *ns,
    struct conf_faults *f);
int conf_percent(const struct conf_node *n, uint32_t *ppm,
    struct conf_faults *f);

/* What is to stay free: "5%" or "10GiB"; the one that was not said is 0. */
int conf_min_free(const struct conf_node *n, uint64_t *bytes, unsigned *percent,
    struct conf_faults *f);

/*
 * One of some words: *out is its index.  Words of later (may be NULL) are
 * refused as "not yet in this version".
 */
int conf_enum(const struct conf_node *n, const char *const *words,
    const char *const *later, unsigned *out, struct conf_faults *f);

/* Is it this very word, as in "max_deletes: off"?  Tells nothing. */
bool conf_is(const struct conf_node *n, const char *word);

/* One text or a list of them, lists in lists flattened. */
struct conf_strs {
	const char		**text;	/* in the arena */
	const struct conf_node	**node;	/* where each was written */
	size_t			  n;
};
int conf_strs(const struct conf_node *n, struct arena *a,
    struct conf_strs *out, struct conf_faults *f);

/*
 * Paths, and texts with paths in them.  In what is written, once and from
 * left to right, are replaced: ~ and ~user at the beginning, $VAR, ${VAR} and
 * {env.VAR}, {hostname}; $$ is a dollar sign.  Other {placeholders} stay as
 * they are.  A variable that is not set, or is empty, is a fault: "$X/docs"
 * must not become "/docs".
 */
struct conf_where {
	const struct conf_env	*env;
	const char		*dir;	/* of relative paths; NULL: refused */
	bool			 template; /* it will be filled in later: what is
					   put in must hold no braces */
};

/*
 * A path, absolute in the end, but for a template that begins with a
 * placeholder.  A '/' behind it is kept.
 */
int conf_path(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, const char **out, struct conf_faults *f);
int conf_path_list(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, struct conf_strs *out, struct conf_faults *f);

/* A text that need not be a path ("sftp:host:/x"); w->dir is not used. */
int conf_expand(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, const char **out, struct conf_faults *f);

/*
 * For getters of one's own: tell that a value is not what it must be ("'keep'
 * must be a map, not text"), or that it is right in kind and wrong in what it
 * says ("'size' is 'x': why").  A value that YAML read otherwise gets "put it
 * in quotes" and the corrected line.
 */
struct conf_fault *conf_wrong(const struct conf_node *n, const char *wanted,
    struct conf_faults *f);
struct conf_fault *conf_bad(const struct conf_node *n, const char *why,
    struct conf_faults *f);

#endif
