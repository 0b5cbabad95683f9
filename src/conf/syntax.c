/*
 * syntax.c -- words for what libyaml cannot read.
 *
 * Its own words tell what its parser was doing; people want to know what to
 * write instead.  Most stumbles over the first character of a value, or over
 * something behind a closing quote or bracket, are text that belongs in
 * quotes: these are repaired (syntax_quote.c), so that the reading goes on.
 */
#include <string.h>

#include "conf/syntax_impl.h"

static const char hard_space[] = "\xc2\xa0";

/* How many lines from this one on have a tab in their indentation? */
static size_t
lines_with_tabs(const struct conf_source *s, unsigned from)
{
	size_t n = 0, blanks;
	struct conf_slice l;

	for (; from <= s->n_lines; from++) {
		l = conf_source_line(s, from);
		blanks = conf_skip_blanks(l, 0);
		n += blanks < l.len && memchr(l.p, '\t', blanks) != NULL;
	}
	return n;
}

static bool
tell_tab(struct conf_stumbled *c)
{
	struct conf_mark at = conf_problem_mark(c, 1);
	size_t more = lines_with_tabs(c->s, c->st->line + 1);
	struct conf_fault *x;

	if (more > 0)
		x = conf_fault(c->f, &at, "a tab where YAML wants blanks, here "
		    "and in %zu line%s below", more, more > 1 ? "s" : "");
	else
		x = conf_fault(c->f, &at, "a tab where YAML wants blanks");
	conf_expected(x, "blanks alone in the indentation");
	return false;
}

static bool
tell_reserved(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);

	if (conf_char_at(l, conf_offset(l, c->st->column - 1)) == '\t')
		return tell_tab(c);
	return conf_tell_lead_at_problem(c);
}

static bool
tell_expected_key(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	size_t at = conf_offset(l, c->st->column - 1);
	struct conf_mark m = conf_span_mark(c->s, c->st->line,
	    conf_span_from(l, at, false));
	char lead = conf_char_at(l, at);
	struct conf_fault *x;
	int r;

	if ((r = conf_tell_behind(c)) >= 0)
		return r;
	if (conf_is_one_of(lead, "]}")) {
		conf_fault(c->f, &m, "a '%c' without its '%c'", lead,
		    lead == ']' ? '[' : '{');
	} else if (lead == ':') {
		conf_fault(c->f, &m, "a key is missing before the colon");
	} else if (at > conf_skip_blanks(l, 0)) {
		x = conf_fault(c->f, &m, "this does not belong to the value "
		    "before it");
		conf_remedy(x, "put the whole value in quotes", NULL);
	} else if (lead == '-') {
		x = conf_fault(c->f, &m, "a list item cannot stand here");
		conf_expected(x, "a key like the ones above; or the items "
		    "below a key that has no value");
	} else {
		x = conf_fault(c->f, &m, "indented by %zu blank%s, and no line "
		    "above it is", at, at == 1 ? "" : "s");
		conf_expected(x, "as many blanks as its neighbours have");
	}
	return false;
}

static bool
tell_expected_item(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	struct conf_mark at = conf_span_mark(c->s, c->st->line, conf_span_from(l,
	    conf_offset(l, c->st->column - 1), false));
	int r;

	if ((r = conf_tell_behind(c)) >= 0)
		return r;
	conf_expected(conf_fault(c->f, &at, "this stands among the items of a "
	    "list and is none"), "'- ' before it, or the indentation of the "
	    "key it belongs to");
	return false;
}

static bool
tell_no_colon(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->context_line);
	struct conf_mark at = conf_span_mark(c->s, c->st->context_line,
	    conf_span_from(l, conf_offset(l, c->st->context_column - 1),
	    c->st->flow));

	conf_expected(conf_fault(c->f, &at, "no colon behind this key"),
	    "'key: value', or more indentation to go on with the text above");
	return false;
}

static bool
tell_open_quote(struct conf_stumbled *c)
{
	struct conf_mark at = conf_context_mark(c, 1);

	conf_fault(c->f, &at, "this quote is never closed");
	return false;
}

static bool
tell_no_content(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	char lead = conf_char_at(l, conf_offset(l, c->st->column - 1));
	struct conf_mark at = conf_problem_mark(c, 1);

	if (!c->st->flow && lead == ',')
		return conf_tell_lead_at_problem(c);
	if (c->st->flow && lead == '\0' && c->st->open.line > 0) {
		conf_fault(c->f, &c->st->open, "this bracket is never closed");
		return false;
	}
	if (c->st->flow || !conf_is_one_of(lead, "]}"))
		conf_fault(c->f, &at, "nothing stands before this '%c'",
		    lead ? lead : ' ');
	else
		conf_fault(c->f, &at, "a '%c' without its '%c'", lead,
		    lead == ']' ? '[' : '{');
	return false;
}

static bool
tell_item_behind_key(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	struct conf_mark at = conf_span_mark(c->s, c->st->line, conf_span_from(l,
	    conf_offset(l, c->st->column - 1), false));

	conf_expected(conf_fault(c->f, &at, "a list cannot begin on the line "
	    "of its key"), "the '- ' on the next line, or [a, b]; or quotes, "
	    "if it is text");
	return false;
}

static bool
tell_directive(struct conf_stumbled *c)
{
	struct conf_mark at = c->st->context[0] ? conf_context_mark(c, 1) :
	    conf_problem_mark(c, 1);

	conf_expected(conf_fault(c->f, &at, "a line that begins with '%%' is "
	    "an order to the YAML reader, and not one we know"),
	    "'%%YAML 1.2' at most");
	return false;
}

static bool
tell_after_end(struct conf_stumbled *c)
{
	struct conf_mark at = conf_problem_mark(c, 1);

	conf_expected(conf_fault(c->f, &at, "this stands outside of the "
	    "document"), "one document, and nothing behind '...'");
	return false;
}

static bool
tell_digits(struct conf_stumbled *c)
{
	struct conf_mark at = conf_problem_mark(c, 1);

	conf_expected(conf_fault(c->f, &at, "this does not name a character"),
	    "\"\\x1b\", \"\\u2028\" or \"\\U0001f600\" with digits that do");
	return false;
}

/* {a:[b]} */
static bool
tell_tight_colon(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	size_t at = conf_offset(l, c->st->column - 1);
	struct conf_mark m = conf_problem_mark(c, 1);
	struct conf_fault *x = conf_fault(c->f, &m,
	    "a blank is missing behind this colon");

	if (conf_char_at(l, at) != ':' || !conf_source_splice(c->s, c->st->line,
	    at + 1, at + 1, " ", 1))
		return false;
	conf_remedy_line(x, "put one there", c->s, c->st->line);
	return true;
}

/* Copied from a web page: a space that looks like a blank and is none. */
static bool
tell_hard_space(struct conf_stumbled *c, struct conf_slice l, size_t at)
{
	struct conf_span span = { at, at + strlen(hard_space) };
	struct conf_mark m = conf_span_mark(c->s, c->st->line, span);
	struct conf_fault *x = conf_fault(c->f, &m,
	    "a non-breaking space where YAML wants a blank");

	while (l.len - at >= strlen(hard_space) &&
	    memcmp(l.p + at, hard_space, strlen(hard_space)) == 0) {
		if (!conf_source_splice(c->s, c->st->line, at,
		    at + strlen(hard_space), " ", 1))
			return false;
		l = conf_source_line(c->s, c->st->line);
		at = conf_skip_blanks(l, 0);
	}
	conf_remedy_line(x, "put a plain one there", c->s, c->st->line);
	return true;
}

/* libyaml's words, and ours.  NULL fits all; the first that fits is taken. */
static const struct {
	const char	*context, *problem;
	bool		(*tell)(struct conf_stumbled *);
} words[] = {
	{ "while scanning an alias", NULL, conf_tell_lead_at_context },
	{ "while scanning an anchor", NULL, conf_tell_lead_at_context },
	{ "while scanning a tag", NULL, conf_tell_lead_at_context },
	{ "while parsing a tag", NULL, conf_tell_lead_at_context },
	{ "while scanning a directive", NULL, tell_directive },
	{ "while scanning a %YAML directive", NULL, tell_directive },
	{ "while scanning a %TAG directive", NULL, tell_directive },
	{ NULL, "found incompatible YAML document", tell_directive },
	{ NULL, "found duplicate %YAML directive", tell_directive },
	{ NULL, "found duplicate %TAG directive", tell_directive },
	{ NULL, "found undefined tag handle", conf_tell_lead_at_problem },
	{ NULL, "found character that cannot start any token", tell_reserved },
	{ NULL, "found a tab character that violates indentation", tell_tab },
	{ NULL, "found a tab character where an indentation space is expected",
	  tell_tab },
	{ "while scanning a block scalar", NULL, conf_tell_lead_at_context },
	{ NULL, "mapping values are not allowed in this context", conf_tell_colon },
	{ NULL, "mapping keys are not allowed in this context",
	  conf_tell_lead_at_problem },
	{ NULL, "block sequence entries are not allowed in this context",
	  tell_item_behind_key },
	{ NULL, "did not find expected key", tell_expected_key },
	{ NULL, "did not find expected '-' indicator", tell_expected_item },
	{ NULL, "could not find expected ':'", tell_no_colon },
	{ NULL, "did not find expected ',' or ']'", conf_tell_flow_end },
	{ NULL, "did not find expected ',' or '}'", conf_tell_flow_end },
	{ NULL, "did not find expected node content", tell_no_content },
	{ NULL, "did not find expected <document start>", tell_after_end },
	{ "while scanning a quoted scalar", "found unexpected end of stream",
	  tell_open_quote },
	{ "while scanning a quoted scalar",
	  "found unexpected document indicator", tell_open_quote },
	{ "while parsing a quoted scalar", "found unknown escape character",
	  conf_tell_escape },
	{ "while parsing a quoted scalar", NULL, tell_digits },
	{ "while scanning a plain scalar", "found unexpected ':'",
	  tell_tight_colon },
};

bool
conf_syntax(struct conf_source *s, const struct conf_stumble *st,
    struct conf_faults *f)
{
	struct conf_stumbled c = { s, st, f };
	struct conf_mark at = conf_problem_mark(&c, 1);
	struct conf_slice l = conf_source_line(s, st->line);
	size_t i = conf_skip_blanks(l, 0);

	if (l.len - i >= strlen(hard_space) &&
	    memcmp(l.p + i, hard_space, strlen(hard_space)) == 0)
		return tell_hard_space(&c, l, i);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((words[i].context == NULL ||
		    strcmp(words[i].context, st->context) == 0) &&
		    (words[i].problem == NULL ||
		    strcmp(words[i].problem, st->problem) == 0))
			return words[i].tell(&c);
	conf_fault(f, &at, "this is not YAML: %s", st->problem);
	return false;
}

void
conf_unknown_tag(const struct conf_node *n, struct conf_faults *f)
{
	struct conf_fault *x = conf_fault(f, &n->at,
	    "'!' begins a tag in YAML, and this one is not known");

	if (n->tag[0] == '!')
		conf_remedy(x, "put it in quotes, if it is text", NULL);
	else
		conf_expected(x, "no tag");
}

void
conf_swallowed_list(const struct conf_node *n, unsigned last,
    struct conf_faults *f)
{
	struct conf_mark at = { n->at.source, n->at.line, 1, 1 };
	struct conf_slice l;
	size_t i;

	while (++at.line <= last) {
		l = conf_source_line(at.source, at.line);
		i = conf_skip_blanks(l, 0);
		if (conf_char_at(l, i) != '-' || !conf_is_one_of(conf_char_at(l, i + 1), " \t"))
			continue;
		at.column = conf_chars(l, i) + 1;
		conf_expected(conf_fault(f, &at, "YAML takes this list item "
		    "for more of the text above"), "no value on the line of a "
		    "key that has a list below it");
		return;
	}
}
