#ifndef RULES_TEMPLATE_IMPL_H
#define RULES_TEMPLATE_IMPL_H

#include <stddef.h>

#include "rules/expr/expr.h"
#include "rules/shell_quote.h"
#include "rules/template.h"
#include "util/arena.h"

/*
 * A compiled template: pieces in order, each a literal text or an expression.
 *
 *	template.c		text to pieces
 *	template_expand.c	pieces to text
 *	template_names.c	what placeholders are called, and their values
 *	template_maps.c		those that have members
 */
#define TEMPLATE_PIECES	256

struct piece {
	const struct expr *expr;	/* NULL: a literal */
	const char	*said;		/* as written, for messages */
	const char	*text;		/* of a literal */
	size_t		 len;
	unsigned char	 tame;		/* its '/' are not the user's */
	unsigned char	 later;		/* it is filled in when a command has run */
	enum shell_place place;		/* in TEMPLATE_SHELL: where it stands */
};

struct template {
	enum template_kind kind;
	struct arena	 own;
	struct piece	*v;
	size_t		 n;
	unsigned	 needs;
	int		 later;		/* one of the pieces is */
	struct expr_run	*run;
};

/* ---- template_names.c ---- */

/* What one template is compiled with. */
struct template_names {
	const struct template_scope *scope;
	struct arena	*own;
	unsigned	 needs;		/* of what was used so far */
	enum template_kind kind;
	int		 shell, others;	/* the expression in hand uses shell; uses
					   what a file is needed for */
};

struct expr_scope template_names_scope(struct template_names *n);
/* Is there a placeholder called so? */
int template_names_has(const char *word, size_t len);
/* The value of a name; run->arg is the subject. */
int template_names_value(struct expr_run *run, unsigned id,
    struct expr_value *out);

/* ---- template_maps.c ---- */
extern const struct expr_map template_size_map, template_regex_map,
    template_name_map, template_content_map, template_duplicate_map,
    template_tree_map;

/* What a filter caught, as a map: 1, or -1 and the run failed.  c may be NULL;
 * the strings have to live as long as the run's room. */
int template_caught(struct expr_run *run, const struct captures *c,
    const struct expr_map *map, const char *filter, const char *prefix,
    struct expr_value *out);
/* What a filter found under no key: 1, or 0. */
int template_found(const struct captures *c, const char *filter,
    struct expr_value *out);

#endif
