/*
 * xml.c -- the words of an XML document, see text.h.
 */
#include <stdlib.h>
#include <string.h>

#include "media/text.h"
#include "util/buf.h"
#include "util/unicode.h"

/* Elements whose end, or that by themselves, part what stands around them. */
static const struct {
	const char	*name;		/* without its prefix */
	char		 at_end, alone;
} parts[] = {
	{ "p", '\n', '\n' }, { "h", '\n', '\n' }, { "br", 0, '\n' },
	{ "cr", 0, '\n' }, { "line-break", 0, '\n' }, { "tab", 0, '\t' },
	{ "s", 0, ' ' }, { "row", '\n', '\n' }, { "table-row", '\n', '\n' },
	{ "table-cell", '\t', '\t' }, { "tc", '\t', '\t' },
	{ "c", '\t', '\t' }, { "si", '\n', '\n' }, { "li", '\n', '\n' },
	{ "div", '\n', '\n' }, { "tr", '\n', '\n' }, { "title", '\n', 0 },
};

static int
is_end_of_name(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '/' ||
	    c == '>';
}

/* A tag between < and >: what it puts into the text. */
static void
tag(const char *s, size_t len, struct buf *out)
{
	int ends = len > 0 && s[0] == '/', alone = len > 0 && s[len - 1] == '/';
	const char *name = s + ends, *end = s + len, *colon;
	size_t n = 0;

	while (name + n < end && !is_end_of_name(name[n]))
		n++;
	colon = memchr(name, ':', n);
	if (colon != NULL) {
		n -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char c = ends ? parts[i].at_end : alone ? parts[i].alone : 0;

		if (c != 0 && strlen(parts[i].name) == n &&
		    memcmp(parts[i].name, name, n) == 0)
			buf_addc(out, c);
	}
}

/* An entity behind &: how long it is, 0 if it is none. */
static size_t
entity(const char *s, size_t len, struct buf *out)
{
	static const struct { const char *name; char c; } names[] = {
		{ "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' },
		{ "quot;", '"' }, { "apos;", '\'' },
	};
	unsigned char b[4];
	uint32_t cp = 0;
	size_t n = 1;
	int hex;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i].name);
		if (n <= len && memcmp(s, names[i].name, n) == 0) {
			buf_addc(out, names[i].c);
			return n;
		}
	}
	if (len < 3 || s[0] != '#')
		return 0;
	hex = s[1] == 'x';
	for (n = 1 + (size_t)hex; n < len && n < 10 && s[n] != ';'; n++) {
		const char *digits = "0123456789abcdef", *d = strchr(digits,
		    s[n] | (s[n] >= 'A' ? 0x20 : 0));

		if (d == NULL || *d == '\0' || d - digits >= (hex ? 16 : 10))
			return 0;
		cp = cp * (hex ? 16 : 10) + (uint32_t)(d - digits);
	}
	if (n == len || s[n] != ';' || cp == 0 || cp > 0x10ffff ||
	    (cp >= 0xd800 && cp < 0xe000))
		return 0;
	buf_add(out, b, utf8_put(b, cp));
	return n + 1;
}

/* Where what begins at s with < ends; *is_text: it is CDATA's text. */
static const char *
skip_markup(const char *s, const char *end, const char **text, size_t *n)
{
	size_t left = (size_t)(end - s);
	const char *p;

	*text = NULL;
	if (left >= 9 && memcmp(s, "<![CDATA[", 9) == 0) {
		p = memmem(s + 9, left - 9, "]]>", 3);
		*text = s + 9;
		*n = (size_t)((p != NULL ? p : end) - *text);
		return p != NULL ? p + 3 : end;
	}
	if (left >= 4 && memcmp(s, "<!--", 4) == 0) {
		p = memmem(s + 4, left - 4, "-->", 3);
		return p != NULL ? p + 3 : end;
	}
	p = memchr(s, '>', left);
	return p != NULL ? p + 1 : end;
}

/* How much from s on is plain text. */
static size_t
plain(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && *p != '<' && *p != '&' && *p != '\r' && *p != '\n')
		p++;
	return (size_t)(p - s);
}

/* A line break of XML's own: at most a blank. */
static void
blank(struct buf *out, size_t start)
{
	char last = out->len > start ? (char)out->data[out->len - 1] : ' ';

	if (last != ' ' && last != '\n' && last != '\t')
		buf_addc(out, ' ');
}

int
text_of_xml(const void *data, size_t len, size_t limit, struct buf *out)
{
	const char *s = data, *end = s + len, *text;
	size_t n, start = out->len;

	while (s < end && out->len - start <= limit) {
		if (*s == '<') {
			const char *next = skip_markup(s, end, &text, &n);

			if (text != NULL)
				buf_add(out, text, n);
			else if (next - s > 2 && s[1] != '!' && s[1] != '?')
				tag(s + 1, (size_t)(next - s - 2), out);
			s = next;
		} else if (*s == '&' &&
		    (n = entity(s + 1, (size_t)(end - s - 1), out)) > 0) {
			s += n + 1;
		} else {
			n = plain(s, end);
			buf_add(out, s, n);
			if (n == 0 && *s == '&')
				buf_addc(out, '&');
			else if (n == 0)
				blank(out, start);
			n += n == 0;
			s += n;
		}
	}
	if (out->len - start <= limit)
		return 0;
	out->len = start + limit;
	return -1;
}
