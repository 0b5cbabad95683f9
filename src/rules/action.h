#ifndef RULES_ACTION_H
#define RULES_ACTION_H

#include <stddef.h>

#include "rules/on_conflict.h"
#include "rules/subject.h"

/*
 * Actions: what a rule wants done with a file it takes.
 *
 * Each is one file, action_NAME.c, with one `const struct action_ops
 * action_NAME`; its name in this room's meson.build puts it into the table.
 * An action does nothing: asked about a file it says what it intends, a plain
 * value, and organize makes operations of it.
 */
struct action;
struct buf;
struct conf_node;
struct err;
struct rule_reader;

enum intent_kind {
	INTENT_MOVE,		/* to text, a path */
	INTENT_ARCHIVE,		/* the same */
	INTENT_COPY,
	INTENT_LINK,		/* a second name */
	INTENT_SYMLINK,
	INTENT_RENAME,		/* to text, a name in the same folder */
	INTENT_TRASH,
	INTENT_DELETE,		/* for good */
	INTENT_ECHO,		/* text is the words */
	INTENT_WRITE,		/* text is a path, a NUL, and the words */
	INTENT_CONFIRM,		/* text is the question */
	INTENT_SHELL,		/* text is the command */
	INTENT_XATTR,		/* text is changes, each: '=', a name, a NUL, a
				   value, a NUL; '-' and a name for what goes;
				   '+' and '!' with a tag as value for one that
				   comes or goes */
	INTENT_STAY,		/* nothing is to be done; text says why */
};

/* How text is a folder. */
enum intent_folder {
	FOLDER_SLASH,		/* if it ends in '/', or is a folder */
	FOLDER_GUESS,		/* also if its last part has no '.' */
	FOLDER_SURE,		/* it is one */
	FOLDER_ANY_CASE,	/* and one of another case serves as well */
	FOLDER_NEVER,		/* it is a name in the folder where the file is */
};

enum write_mode { WRITE_APPEND, WRITE_PREPEND, WRITE_OVERWRITE };

struct intent {
	enum intent_kind kind;
	enum intent_folder folder;
	const struct taken *taken;	/* moves, copies, links, renames */
	int		 keep_going_with_original;	/* after a copy, a link */
	size_t		 words;		/* where they begin in text */
	const char	*encoding;	/* of a write; NULL: UTF-8 */
	enum write_mode	 mode;
	unsigned char	 later;		/* the words have open places (later.h) */
	unsigned char	 clear;		/* before the first write of a run */
	unsigned char	 keep_metadata;	/* or not at all */
	unsigned char	 usual;		/* the answer to an empty line */
	unsigned char	 ignore;	/* that a command fails */
	const char	*dir;		/* where it starts */
	const char	*ext;		/* what decided ("jpg", from the name), or
					   NULL */
	const char	*mime;		/* it was the content that decided; or NULL */
};

struct action_ops {
	const char	*name;
	unsigned char	 files, dirs;	/* targets it can work on */
	unsigned char	 standalone;	/* also in a rule without locations */
	unsigned char	 changes;	/* it touches files: remembered as done,
					   never while they are written to */
	unsigned char	 leaves;	/* afterwards the file is not there */
	unsigned char	 ends;		/* nor anywhere: no action but echo can
					   follow */
	unsigned char	 may_stay;	/* it can intend INTENT_STAY */
	enum intent_kind intends;	/* usually */
	size_t		 size;		/* of its state */

	/*
	 * Read what stands behind the name (NULL: nothing) into a->state, which
	 * is zeroed, and set a->needs.  -1: a fault was told.
	 */
	int (*read)(struct action *a, const struct conf_node *value,
	    struct rule_reader *r);
	void (*fini)(void *state);			/* may be NULL */
	/* out is cleared; text goes to text.  -1: an error of this file. */
	int (*intend)(const void *state, const struct subject *s,
	    struct intent *out, struct buf *text, struct err *e);
	/* What it does when a name is taken; NULL if it takes none. */
	const struct taken *(*taken)(const void *state);
	/* Where it puts files; NULL: in the folder they are in, or nowhere. */
	const struct template *(*dest)(const void *state);
};

struct action {
	const struct action_ops *ops;
	void		*state;
	unsigned	 needs;		/* NEED_* of intend */
};

struct actions {
	struct action	*v;
	size_t		 n;
	unsigned	 needs;		/* of all of them */
	int		 changes;	/* any of them does */
};

/* NULL-ended. */
extern const struct action_ops *const action_table[];

/*
 * `actions:` of a rule; at least one.  standalone: the rule has no locations.
 * -1: faults were told, and nothing is kept.
 */
int actions_read(struct actions *out, const struct conf_node *list,
    int standalone, struct rule_reader *r);
void actions_fini(struct actions *as);

/* The folder, or the path, below which all lies that it makes, as far as that
 * can be said of every file: appended, nothing if it cannot. */
void action_reach(const struct action *a, struct buf *out);

int action_intend(const struct action *a, const struct subject *s,
    struct intent *out, struct buf *text, struct err *e);

#endif
