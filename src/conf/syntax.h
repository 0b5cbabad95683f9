#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

#include "conf/conf.h"
#include "conf/source.h"

/* Where libyaml stumbled and in what words; places from 1. */
struct conf_stumble {
	const char	*context, *problem;
	unsigned	 context_line, context_column;
	unsigned	 line, column;
	bool		 flow;		/* inside [] or {} */
	struct conf_mark open;		/* of the innermost one, if so */
};

/*
 * Tell it in words that help.  True if it is plain what was meant and the
 * source was repaired: read it again.
 */
bool conf_syntax(struct conf_source *s, const struct conf_stumble *st,
    struct conf_faults *f);

/* The same for "*name" where no anchor has that name; near may be NULL. */
bool conf_no_anchor(struct conf_source *s, const struct conf_mark *at,
    bool flow, const char *near, struct conf_faults *f);

/* Tell that a tag is not known, which likely was meant as text. */
void conf_unknown_tag(const struct conf_node *n, struct conf_faults *f);

/*
 * Tell of a plain text that ends on line last and took in the list below it:
 *	exclude: a
 *	  - b		YAML reads "a - b"
 */
void conf_swallowed_list(const struct conf_node *n, unsigned last,
    struct conf_faults *f);

#endif
