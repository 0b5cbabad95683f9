#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/faults.h"

/*
 * The configuration as a tree that knows where everything was written.
 *
 * This room reads YAML (it is the only one that knows the library) and tells
 * faults of the text: the ones of meaning are told by whoever asks for values
 * (conf/get.h).  Anchors, aliases and merge keys are resolved.  Nothing is
 * typed: 'no' is the text "no" until somebody asks for a truth value.
 *
 * The tree belongs to its struct conf and never changes.  By way of aliases a
 * node may hang in several places; its place is where it was written.
 */
#define CONF_FILE_MAX	((size_t)1 << 20)	/* bytes of one file */
#define CONF_FILES_MAX	256			/* fettle.d included */
#define CONF_TOTAL_MAX	((size_t)8 << 20)	/* bytes of all files */
#define CONF_NODES_MAX	100000			/* aliases counted as copies */
#define CONF_DEPTH_MAX	64
#define CONF_ANCHORS_MAX 1000			/* in one file */

struct arena;
struct conf_env;

enum conf_kind { CONF_NULL, CONF_SCALAR, CONF_LIST, CONF_MAP };

enum conf_style {
	CONF_PLAIN, CONF_SINGLE, CONF_DOUBLE,	/* x  'x'  "x" */
	CONF_LITERAL, CONF_FOLDED,		/* |  > */
	CONF_BLOCK, CONF_FLOW			/* lists and maps; [] and {} */
};

struct conf_node {
	enum conf_kind		 kind;
	enum conf_style		 style;
	struct conf_mark	 at;		/* where the value begins */
	struct conf_mark	 key_at;	/* its key; line 0 if none */
	const char		*key;		/* nearest key above, or NULL */
	const char		*text;		/* of scalars; of null as written */
	const char		*tag;		/* NULL if none was written */
	const char		*anchor;	/* NULL if none was written */
	bool			 anchor_used;
	bool			 in_list;	/* an item; key is the list's */
	bool			 in_flow;	/* inside [] or {} */
	bool			 one_line;	/* not a block, not longer */
	size_t			 n;		/* of items or of pairs */
	struct conf_node	**items;	/* of lists */
	struct conf_pair	*pairs;		/* of maps, as written */
	unsigned		 weight;	/* nodes in it; long texts count more */
	unsigned		 height;	/* 1 for a leaf; 0 while read */
};

struct conf_pair {
	const char		*key;
	struct conf_mark	 at;		/* of the key */
	struct conf_node	*value;
};

struct conf;

/*
 * Read the file at path, and fettle.d beside it, every *.yaml there in the
 * order of their names.  Lists of the top level join; so do the values of the
 * keys named in lists (NULL-ended, may be NULL), where one value stands for a
 * list.  Other keys must not repeat.
 *
 * Each file must be a regular file of env->uid or root that nobody else may
 * write, and no symlink of a third user may lead to it.
 *
 * 0: *out is a tree, to be given back with conf_free.  There may be faults in
 * f all the same: go on, ask the tree for all it should hold, and then let
 * nothing run unless conf_faults_count(f, CONF_FAULT) is 0.
 * -1: there is no tree, and e says so in a line.  ERR_NOENT: there is no such
 * file, and nothing was told to f.  ERR_CONF: f tells it all.
 * Blocks as long as the disk does.
 */
int conf_load(const char *path, const char *const *lists,
    const struct conf_env *env, struct conf_faults *f, struct conf **out,
    struct err *e);

/*
 * The same for one text that lies in memory; name is what faults call it.
 * An empty text is an empty map.  0, or -1 if f tells why there is no tree.
 */
int conf_parse(const char *name, const void *data, size_t len,
    struct conf_faults *f, struct conf **out);

void conf_free(struct conf *c);		/* NULL is fine */

/* The top: always a map. */
const struct conf_node *conf_root(const struct conf *c);

/* The files it was read from, in order; the path of file i is borrowed. */
size_t conf_files(const struct conf *c);
const char *conf_file(const struct conf *c, size_t i);

/* Equal for equal bytes in equal files, in every process. */
uint64_t conf_fingerprint(const struct conf *c);

/* The value under a key of a map, or NULL; a node of another kind has none. */
const struct conf_node *conf_get(const struct conf_node *map, const char *key);

/*
 * The items of a value, one by one: one value stands for a list, lists in
 * lists are flattened, and a key with nothing behind it holds no item.
 *
 *	struct conf_each it = conf_each(node);
 *	while ((item = conf_next(&it)) != NULL)
 */
struct conf_each {
	struct {
		const struct conf_node	*list;
		size_t			 next;
	} up[CONF_DEPTH_MAX + 1];
	unsigned			 depth;
	const struct conf_node		*single;
};
struct conf_each conf_each(const struct conf_node *n);	/* NULL: no items */
const struct conf_node *conf_next(struct conf_each *it);

/*
 * Is this a key that nobody has to know: x-anything, or one that holds an
 * anchor which is used elsewhere?  For the top level only.
 */
bool conf_is_extra(const struct conf_pair *p);

#endif
