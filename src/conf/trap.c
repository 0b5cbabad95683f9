#include <string.h>

#include "conf/trap.h"

static const char in_quotes[] = "put it in quotes";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

size_t
conf_skip_blanks(struct conf_slice line, size_t from)
{
	while (from < line.len && is_blank(line.p[from]))
		from++;
	return from;
}

size_t
conf_skip_properties(struct conf_slice line, size_t from)
{
	from = conf_skip_blanks(line, from);
	while (from < line.len && is_one_of(line.p[from], "&!")) {
		while (from < line.len && !is_blank(line.p[from]))
			from++;
		from = conf_skip_blanks(line, from);
	}
	return from;
}

struct conf_span
conf_span_from(struct conf_slice line, size_t from, bool flow)
{
	struct conf_span span = { from, from };
	size_t i, depth = 0;

	for (i = from; i < line.len; i++) {
		char c = line.p[i];

		if (c == '#' && i > from && is_blank(line.p[i - 1]))
			break;
		if (flow && depth == 0 && is_one_of(c, ",]}"))
			break;
		if (flow && is_one_of(c, "[{"))
			depth++;
		if (flow && is_one_of(c, "]}"))
			depth--;
		if (!is_blank(c))
			span.to = i + 1;
	}
	return span;
}

/* Is this character the last of what it stands in? */
static bool
ends_here(struct conf_slice line, size_t i)
{
	return i + 1 >= line.len || is_blank(line.p[i + 1]);
}

size_t
conf_key_colon(struct conf_slice line)
{
	size_t i = conf_skip_blanks(line, 0);
	char quote = '\0';

	while (i < line.len && is_one_of(line.p[i], "-?") && ends_here(line, i))
		i = conf_skip_blanks(line, i + 1);
	i = conf_skip_properties(line, i);
	if (i < line.len && is_one_of(line.p[i], "'\""))
		quote = line.p[i++];
	for (; i < line.len; i++) {
		if (quote != '\0')
			quote = line.p[i] == quote ? '\0' : quote;
		else if (line.p[i] == ':' && ends_here(line, i))
			return i;
	}
	return CONF_NOWHERE;
}

/* The text as YAML's single quotes want it. */
static void
add_quoted(struct buf *out, struct conf_slice text)
{
	size_t i;

	buf_addc(out, '\'');
	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '\'')
			buf_addc(out, '\'');
		buf_addc(out, text.p[i]);
	}
	buf_addc(out, '\'');
}

bool
conf_repair_quoted(struct conf_source *s, unsigned line, struct conf_span span,
    struct conf_slice text)
{
	CLEAN_BUF struct buf b = {0};

	add_quoted(&b, text);
	return conf_source_splice(s, line, span.from, span.to,
	    (const char *)b.data, b.len);
}

void
conf_remedy_line(struct conf_fault *x, const char *what,
    const struct conf_source *s, unsigned line)
{
	struct conf_slice now = conf_source_line(s, line);
	CLEAN_BUF struct buf b = {0};

	buf_add(&b, now.p, now.len);
	conf_remedy(x, what, buf_str(&b));
}

bool
conf_on_one_line(const struct conf_node *n)
{
	const struct conf_node *v;

	if (n->one_line || n->kind != CONF_MAP || n->n != 1)
		return n->one_line;
	v = n->pairs[0].value;		/* a: b, where text was wanted */
	return n->style == CONF_BLOCK && v->at.line == n->at.line &&
	    v->one_line;
}

void
conf_quoted(struct conf_fault *x, const struct conf_node *n)
{
	struct conf_slice line = conf_source_line(n->at.source, n->at.line);
	CLEAN_BUF struct buf b = {0};
	struct conf_span span;
	size_t from;

	from = conf_offset(line, n->at.column - 1);
	if (n->kind != CONF_MAP && n->kind != CONF_LIST)
		from = conf_skip_properties(line, from);
	span = conf_span_from(line, from, n->in_flow);
	if (!conf_on_one_line(n) || span.to == span.from) {
		conf_remedy(x, in_quotes, NULL);
		return;
	}
	buf_add(&b, line.p, span.from);
	add_quoted(&b, (struct conf_slice){ line.p + span.from,
	    span.to - span.from });
	buf_add(&b, line.p + span.to, line.len - span.to);
	conf_remedy(x, in_quotes, buf_str(&b));
}
