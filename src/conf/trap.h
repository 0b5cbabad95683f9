#ifndef CONF_TRAP_H
#define CONF_TRAP_H

#include "conf/conf.h"
#include "conf/source.h"

/*
 * "Put it in quotes", inside this room: where in a line the text lies that
 * YAML reads otherwise, and how the line looks with it in quotes.
 */
struct conf_span {
	size_t	from, to;	/* bytes of a line */
};

#define CONF_NOWHERE	((size_t)-1)

/*
 * The text that begins at from: up to a comment or the end of the line, and
 * inside [] or {} up to its comma or bracket.
 */
struct conf_span conf_span_from(struct conf_slice line, size_t from, bool flow);

/* Where the colon behind the key of a line stands, or CONF_NOWHERE. */
size_t conf_key_colon(struct conf_slice line);

/* Past blanks; past "&anchor " and "!tag " too. */
size_t conf_skip_blanks(struct conf_slice line, size_t from);
size_t conf_skip_properties(struct conf_slice line, size_t from);

/*
 * Write text in quotes into the line in place of the span, for good: the
 * source is repaired.  False if it could not be.
 */
bool conf_repair_quoted(struct conf_source *s, unsigned line,
    struct conf_span span, struct conf_slice text);

/* Add to x how the line looks by now. */
void conf_remedy_line(struct conf_fault *x, const char *what,
    const struct conf_source *s, unsigned line);

/* Is all of the value on the line where it begins? */
bool conf_on_one_line(const struct conf_node *n);

/*
 * Add to x that the value of n belongs in quotes, with the corrected line if
 * the value lies on one.  The source stays as it is.
 */
void conf_quoted(struct conf_fault *x, const struct conf_node *n);

#endif
