#include <stdlib.h>
#include <string.h>

#include "conf/source.h"
#include "util/xalloc.h"

/* Where each line begins: asking for one must not cost reading all. */
static void
find_lines(struct conf_source *s)
{
	const unsigned char *p = s->text.data;
	size_t i;

	s->n_lines = 0;
	XGROW(s->starts, s->n_lines, s->cap_lines);
	s->starts[s->n_lines++] = 0;
	for (i = 0; i < s->text.len; i++) {
		if (p[i] != '\n' && (p[i] != '\r' || p[i + 1] == '\n'))
			continue;
		XGROW(s->starts, s->n_lines, s->cap_lines);
		s->starts[s->n_lines++] = i + 1;
	}
}

struct conf_source *
conf_source_new(const char *path, unsigned order, const void *data, size_t len)
{
	struct conf_source *s = xalloc(sizeof(*s));
	const char *p = data;

	s->path = xstrdup(path);
	s->order = order;
	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		len -= 3;
	}
	buf_add(&s->text, p, len);
	buf_str(&s->text);
	find_lines(s);
	return s;
}

void
conf_source_free(struct conf_source *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n_repairs; i++) {
		free(s->repairs[i].original);
		free(s->repairs[i].columns);
	}
	arena_fini(&s->tree);
	buf_fini(&s->text);
	free(s->starts);
	free(s->path);
	free(s);
}

struct conf_slice
conf_source_line(const struct conf_source *s, unsigned line)
{
	const char *text = (const char *)s->text.data;
	struct conf_slice l = { text + s->text.len, 0 };

	if (line == 0 || line > s->n_lines)
		return l;
	l.p = text + s->starts[line - 1];
	l.len = (line < s->n_lines ? s->starts[line] : s->text.len) -
	    s->starts[line - 1];
	while (l.len > 0 && (l.p[l.len - 1] == '\n' || l.p[l.len - 1] == '\r'))
		l.len--;
	return l;
}

static const struct conf_repair *
repair_of(const struct conf_source *s, unsigned line)
{
	size_t i;

	for (i = 0; i < s->n_repairs; i++)
		if (s->repairs[i].line == line)
			return &s->repairs[i];
	return NULL;
}

struct conf_slice
conf_source_written(const struct conf_source *s, unsigned line)
{
	const struct conf_repair *r = repair_of(s, line);

	if (r == NULL)
		return conf_source_line(s, line);
	return (struct conf_slice){ r->original, strlen(r->original) };
}

unsigned
conf_source_column(const struct conf_source *s, unsigned line, unsigned column)
{
	const struct conf_repair *r = repair_of(s, line);
	size_t at = column ? column - 1 : 0;

	if (r == NULL)
		return column;
	return r->columns[at < r->n ? at : r->n - 1] + 1;
}

/* The repair of this line, made as "nothing changed" if it is new. */
static struct conf_repair *
begin(struct conf_source *s, unsigned line, struct conf_slice now)
{
	struct conf_repair *r;
	size_t i;

	for (i = 0; i < s->n_repairs; i++)
		if (s->repairs[i].line == line)
			return &s->repairs[i];
	if (s->n_repairs == CONF_REPAIRS_MAX)
		return NULL;
	r = &s->repairs[s->n_repairs++];
	r->line = line;
	r->original = xstrndup(now.p, now.len);
	r->n = conf_chars(now, now.len) + 1;
	r->columns = xallocn(r->n, sizeof(*r->columns));
	for (i = 0; i < r->n; i++)
		r->columns[i] = (unsigned)i;
	return r;
}

/* Chars [from, to) became n chars, the first of which was put in front. */
static void
shift_columns(struct conf_repair *r, size_t from, size_t to, size_t n)
{
	size_t total = r->n - (to - from) + n, i, was;
	unsigned *columns = xallocn(total, sizeof(*columns));

	for (i = 0; i < total; i++) {
		if (i < from)
			was = i;
		else if (i >= from + n)
			was = i - n + (to - from);
		else
			was = i == from ? from : from + (i - from - 1);
		if (i >= from && i < from + n && was >= to)
			was = to > from ? to - 1 : from;
		columns[i] = r->columns[was];
	}
	free(r->columns);
	r->columns = columns;
	r->n = total;
}

bool
conf_source_splice(struct conf_source *s, unsigned line, size_t from,
    size_t to, const char *bytes, size_t len)
{
	struct conf_slice now = conf_source_line(s, line);
	size_t at = (size_t)(now.p - (const char *)s->text.data) + from, tail;
	struct conf_repair *r;

	if (from > to || to > now.len || now.len + len > CONF_REPAIR_LINE_MAX)
		return false;
	if ((r = begin(s, line, now)) == NULL)
		return false;
	shift_columns(r, conf_chars(now, from), conf_chars(now, to),
	    conf_chars((struct conf_slice){ bytes, len }, len));
	tail = s->text.len - at - (to - from);
	buf_room(&s->text, len + 1);
	memmove(s->text.data + at + len, s->text.data + at + (to - from), tail);
	memcpy(s->text.data + at, bytes, len);
	s->text.len = at + len + tail;
	buf_str(&s->text);
	find_lines(s);
	return true;
}
