/*
 * syntax_quote.c -- stumbles over text that belongs in quotes.
 *
 * Each finds out which part of the line was meant as one text, puts that in
 * quotes in memory, and shows the line as it should be.  Columns of a line
 * that was repaired twice are led back by conf/source.h.
 */
#include <stdio.h>
#include <string.h>

#include "conf/syntax_impl.h"

char
conf_char_at(struct conf_slice line, size_t i)
{
	return i < line.len ? line.p[i] : '\0';
}

bool
conf_is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static struct conf_slice
part(struct conf_slice line, struct conf_span span)
{
	return (struct conf_slice){ line.p + span.from, span.to - span.from };
}

/* The mark of a span of a line. */
struct conf_mark
conf_span_mark(const struct conf_source *s, unsigned line, struct conf_span span)
{
	struct conf_slice l = conf_source_line(s, line);
	unsigned from = conf_chars(l, span.from);

	return (struct conf_mark){ s, line, from + 1,
	    conf_chars(l, span.to) - from };
}

struct conf_mark
conf_problem_mark(const struct conf_stumbled *c, unsigned width)
{
	return (struct conf_mark){ c->s, c->st->line, c->st->column, width };
}

struct conf_mark
conf_context_mark(const struct conf_stumbled *c, unsigned width)
{
	return (struct conf_mark){ c->s, c->st->context_line,
	    c->st->context_column, width };
}

/* Tell it, put the span in quotes, and show the line. */
static bool
quote(struct conf_source *s, unsigned line, struct conf_span span,
    struct conf_slice text, const char *message, struct conf_faults *f)
{
	struct conf_mark at = conf_span_mark(s, line, span);
	struct conf_fault *x = conf_fault(f, &at, "%s", message);

	if (!conf_repair_quoted(s, line, span, text)) {
		conf_remedy(x, "put it in quotes", NULL);
		return false;
	}
	conf_remedy_line(x, "put it in quotes", s, line);
	return true;
}

/* Is it a name as aliases have: "*name" and nothing behind? */
static bool
looks_like_alias(struct conf_slice text)
{
	size_t i;

	for (i = 1; i < text.len; i++)
		if ((text.p[i] < '0' || text.p[i] > '9') &&
		    (text.p[i] < 'A' || text.p[i] > 'Z') &&
		    (text.p[i] < 'a' || text.p[i] > 'z') &&
		    !conf_is_one_of(text.p[i], "-_"))
			return false;
	return text.len > 1;
}

/*
 * [*.tmp, *.bak]: what stands behind in the same way is repaired along, so
 * that the corrected line is correct.
 */
static void
quote_others(struct conf_source *s, unsigned line, size_t from, char lead)
{
	struct conf_slice l = conf_source_line(s, line);
	struct conf_span span;

	for (;;) {
		from = conf_span_from(l, from, true).to;
		from = conf_skip_blanks(l, from);
		if (conf_char_at(l, from) != ',')
			return;
		from = conf_skip_blanks(l, from + 1);
		span = conf_span_from(l, from, true);
		if (conf_char_at(l, from) != lead ||
		    (lead == '*' && looks_like_alias(part(l, span))))
			continue;
		if (!conf_repair_quoted(s, line, span, part(l, span)))
			return;
		l = conf_source_line(s, line);
	}
}

static const char *
about_lead(char c, char out[static 64])
{
	static const struct { char c; const char *begins; } known[] = {
		{ '*', "an alias" }, { '&', "an anchor" }, { '!', "a tag" },
		{ '>', "a block of text" }, { '|', "a block of text" },
		{ '?', "a key" }, { '{', "a map" }, { '[', "a list" },
	};
	size_t i;

	snprintf(out, 64, "no text begins with '%c' in YAML", c);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].c == c)
			snprintf(out, 64, "'%c' begins %s in YAML", c,
			    known[i].begins);
	return out;
}

/* A text that begins with a character which YAML has for itself. */
static bool
quote_lead(struct conf_source *s, unsigned line, unsigned column, bool flow,
    struct conf_faults *f)
{
	struct conf_slice l = conf_source_line(s, line);
	size_t from = conf_offset(l, column - 1);
	struct conf_span span = conf_span_from(l, from, flow);
	char message[64], lead = conf_char_at(l, from);
	struct conf_fault *x;
	struct conf_mark at = conf_span_mark(s, line, span);

	x = conf_fault(f, &at, "%s", about_lead(lead, message));
	if (!conf_repair_quoted(s, line, span, part(l, span))) {
		conf_remedy(x, "put it in quotes", NULL);
		return false;
	}
	if (flow)
		quote_others(s, line, from, lead);
	conf_remedy_line(x, "put it in quotes", s, line);
	return true;
}

/* Where the bracket or quote opened that closes at i; or CONF_NOWHERE. */
static size_t
opener(struct conf_slice l, size_t i)
{
	char close = l.p[i], open = close == '}' ? '{' : close == ']' ? '[' :
	    close;
	size_t depth = 1;

	while (i-- > 0) {
		if (l.p[i] == open && --depth == 0)
			return i;
		if (l.p[i] == close)
			depth++;
	}
	return CONF_NOWHERE;
}

/*
 * What was meant by a quoted text with more behind it: 'it's' has its quotes
 * around the whole; "~/x"/{name} has them around a part.
 */
static void
join_quoted(struct conf_slice l, struct conf_span span, size_t close,
    struct buf *out)
{
	char quote = l.p[span.from];

	if (span.to > close + 1 && l.p[span.to - 1] == quote) {
		buf_add(out, l.p + span.from + 1, span.to - span.from - 2);
		return;
	}
	buf_add(out, l.p + span.from + 1, close - span.from - 1);
	buf_add(out, l.p + close + 1, span.to - close - 1);
}

/* 'a', in a list of lines: the comma is left out. */
static bool
drop_comma(struct conf_stumbled *c, size_t at)
{
	struct conf_mark m = conf_problem_mark(c, 1);
	struct conf_fault *x = conf_fault(c->f, &m,
	    "a comma has no place behind this value");

	if (!conf_source_splice(c->s, c->st->line, at, at + 1, "", 0))
		return false;
	conf_remedy_line(x, "leave it out", c->s, c->st->line);
	return true;
}

/* {name}.pdf, "a"b */
static int
behind(struct conf_stumbled *c, unsigned line, unsigned column)
{
	struct conf_slice l = conf_source_line(c->s, line);
	size_t at = conf_offset(l, column - 1), close = at, from;
	CLEAN_BUF struct buf joined = {0};
	struct conf_span span;
	struct conf_mark m;
	char message[64];

	while (close > 0 && conf_is_one_of(conf_char_at(l, close - 1), " \t"))
		close--;
	if (close == 0 || at >= l.len || !conf_is_one_of(l.p[close - 1], "]}'\"") ||
	    conf_is_one_of(l.p[at], "]}"))
		return -1;
	if ((from = opener(l, --close)) == CONF_NOWHERE)
		return -1;
	span = conf_span_from(l, from, c->st->flow);
	if (span.to <= at)
		return -1;
	if (!c->st->flow && l.p[at] == ',' && span.to == at + 1)
		return drop_comma(c, at);
	if (conf_is_one_of(l.p[from], "[{"))
		return quote(c->s, line, span, part(l, span),
		    about_lead(l.p[from], message), c->f);
	if (at > close + 1) {
		m = conf_span_mark(c->s, line, (struct conf_span){ at,
		    span.to });
		conf_remedy(conf_fault(c->f, &m, "text behind the closing "
		    "quote"), "put the whole value in quotes", NULL);
		return 0;
	}
	join_quoted(l, span, close, &joined);
	buf_str(&joined);
	return quote(c->s, line, span, (struct conf_slice){
	    (const char *)joined.data, joined.len },
	    "text behind the closing quote", c->f);
}

int
conf_tell_behind(struct conf_stumbled *c)
{
	return behind(c, c->st->line, c->st->column);
}

/* *.tmp is one thing, and [a-z]*.tmp another. */
static bool
tell_lead(struct conf_stumbled *c, unsigned line, unsigned column)
{
	struct conf_slice l = conf_source_line(c->s, line);
	size_t at = conf_offset(l, column - 1);
	int r = -1;

	if (at > 0 && conf_is_one_of(conf_char_at(l, at - 1), "]}'\""))
		r = behind(c, line, column);
	return r >= 0 ? r : quote_lead(c->s, line, column, c->st->flow, c->f);
}

bool
conf_tell_lead_at_context(struct conf_stumbled *c)
{
	return tell_lead(c, c->st->context_line, c->st->context_column);
}

bool
conf_tell_lead_at_problem(struct conf_stumbled *c)
{
	return tell_lead(c, c->st->line, c->st->column);
}

/* key: value: other */
bool
conf_tell_colon(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	size_t colon = conf_key_colon(l);
	struct conf_mark at = conf_problem_mark(c, 1);
	struct conf_span span;
	int r;

	if (colon != CONF_NOWHERE &&
	    colon < conf_offset(l, c->st->column - 1)) {
		if ((r = conf_tell_behind(c)) >= 0)
			return r;
		span = conf_span_from(l, conf_skip_properties(l, colon + 1),
		    c->st->flow);
		return quote(c->s, c->st->line, span, part(l, span),
		    "a second ': ' in one value", c->f);
	}
	at = conf_span_mark(c->s, c->st->line, (struct conf_span){
	    conf_skip_blanks(l, 0), conf_offset(l, c->st->column - 1) });
	conf_expected(conf_fault(c->f, &at, "a key cannot stand here; it goes "
	    "on with the text above"), "every key indented as its neighbours "
	    "are, and a colon behind each");
	return false;
}

/* [a: b: c] is one item to its writer, {a: b: c} a key and a value. */
static bool
tell_flow_colon(struct conf_stumbled *c, struct conf_slice l, size_t at,
    bool map)
{
	struct conf_span span;
	size_t from = at;

	while (from > 0 && !conf_is_one_of(l.p[from - 1], "[{,") &&
	    !(map && from > 1 && memcmp(l.p + from - 2, ": ", 2) == 0))
		from--;
	span = conf_span_from(l, conf_skip_blanks(l, from), true);
	return quote(c->s, c->st->line, span, part(l, span),
	    "a second ': ' in one value", c->f);
}

bool
conf_tell_flow_end(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	size_t i = conf_offset(l, c->st->column - 1);
	struct conf_mark at = conf_problem_mark(c, 1);
	bool map = strstr(c->st->problem, "'}'") != NULL;
	int r;

	if ((r = conf_tell_behind(c)) >= 0)
		return r;
	if (c->st->line == c->st->context_line && conf_char_at(l, i) == ':')
		return tell_flow_colon(c, l, i, map);
	if (c->st->line != c->st->context_line || i >= l.len) {
		at = conf_context_mark(c, 1);
		conf_fault(c->f, &at, "this '%c' is never closed",
		    map ? '{' : '[');
	} else {
		conf_expected(conf_fault(c->f, &at, "this does not fit into "
		    "%s", map ? "{ }" : "[ ]"), "a comma or '%c'",
		    map ? '}' : ']');
	}
	return false;
}

/* "\d+": in single quotes a backslash is a backslash. */
bool
conf_tell_escape(struct conf_stumbled *c)
{
	struct conf_slice l = conf_source_line(c->s, c->st->line);
	size_t from = conf_offset(l, c->st->context_column - 1), i;
	struct conf_mark at = conf_problem_mark(c, 2);
	CLEAN_BUF struct buf text = {0};
	struct conf_fault *x;
	bool repaired = false;

	x = conf_fault(c->f, &at, "in double quotes a backslash begins a "
	    "special character, and there is none like this");
	for (i = from + 1; i < l.len && l.p[i] != '"'; i++) {
		if (l.p[i] == '\\' && conf_is_one_of(conf_char_at(l, i + 1), "\\\""))
			i++;
		buf_addc(&text, l.p[i]);
	}
	buf_str(&text);
	if (c->st->line == c->st->context_line && i < l.len)
		repaired = conf_repair_quoted(c->s, c->st->line,
		    (struct conf_span){ from, i + 1 }, (struct conf_slice){
		    (const char *)text.data, text.len });
	if (repaired)
		conf_remedy_line(x, "put it in single quotes", c->s,
		    c->st->line);
	else
		conf_remedy(x, "put it in single quotes", NULL);
	return repaired;
}

bool
conf_no_anchor(struct conf_source *s, const struct conf_mark *at, bool flow,
    const char *near, struct conf_faults *f)
{
	CLEAN_BUF struct buf b = {0};

	if (near == NULL)
		return quote_lead(s, at->line, at->column, flow, f);
	buf_addf(&b, "*%s", near);
	conf_suggest(conf_fault(f, at, "no anchor has this name"), buf_str(&b));
	return false;
}
