#ifndef CONF_SYNTAX_IMPL_H
#define CONF_SYNTAX_IMPL_H

#include "conf/syntax.h"
#include "conf/trap.h"

/*
 * What syntax.c (which words for which stumble) and syntax_quote.c (the ones
 * that are mended by quotes) share.
 */
struct conf_stumbled {
	struct conf_source		*s;
	const struct conf_stumble	*st;
	struct conf_faults		*f;
};

/* The character at i, NUL behind the end; is it one of them (NUL never)? */
char conf_char_at(struct conf_slice line, size_t i);
bool conf_is_one_of(char c, const char *set);

/* Marks: of a span of a line, of the problem, of the context. */
struct conf_mark conf_span_mark(const struct conf_source *s, unsigned line,
    struct conf_span span);
struct conf_mark conf_problem_mark(const struct conf_stumbled *c,
    unsigned width);
struct conf_mark conf_context_mark(const struct conf_stumbled *c,
    unsigned width);

/*
 * Text that goes on behind a closing bracket or quote.  1 if it was repaired,
 * 0 if it was told, -1 if this is not what happened.
 */
int conf_tell_behind(struct conf_stumbled *c);

/* Each tells one kind of stumble and says whether it was repaired. */
bool conf_tell_lead_at_context(struct conf_stumbled *c);
bool conf_tell_lead_at_problem(struct conf_stumbled *c);
bool conf_tell_colon(struct conf_stumbled *c);
bool conf_tell_flow_end(struct conf_stumbled *c);
bool conf_tell_escape(struct conf_stumbled *c);

#endif
