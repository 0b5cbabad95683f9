/* s3_xml.c -- see s3_xml.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "store/s3_xml.h"
#include "util/hex.h"

/* Behind the next "<name>" (or "<name a='b'>"); NULL: none, or empty "<name/>".*/
static const char *
find_open(const char *at, const char *end, const char *name)
{
	size_t n = strlen(name);
	const char *close;

	for (; (at = memchr(at, '<', (size_t)(end - at))) != NULL; at++) {
		if ((size_t)(end - at) <= n + 1 ||
		    memcmp(at + 1, name, n) != 0)
			continue;
		if (at[n + 1] != '>' && !isspace((unsigned char)at[n + 1]))
			continue;
		close = memchr(at, '>', (size_t)(end - at));
		if (close == NULL)
			return NULL;
		if (close[-1] != '/')
			return close + 1;
	}
	return NULL;
}

static const char *
find_close(const char *at, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (; (at = memchr(at, '<', (size_t)(end - at))) != NULL; at++)
		if ((size_t)(end - at) > n + 2 && at[1] == '/' &&
		    memcmp(at + 2, name, n) == 0 && at[n + 2] == '>')
			return at;
	return NULL;
}

int
s3_xml_span(struct s3_xml *x, const char *name, struct s3_xml *inner)
{
	const char *open = find_open(x->at, x->end, name), *close;

	if (open == NULL)
		return 0;
	if ((close = find_close(open, x->end, name)) == NULL)
		return -1;
	*inner = (struct s3_xml){ open, close };
	x->at = close;
	return 1;
}

/* "&amp;" and the like at s; how long it is, 0 if it is none. */
static size_t
add_entity(struct buf *out, const char *s, size_t len)
{
	static const struct {
		const char	*text;
		char		 c;
	} five[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
	    { "&quot;", '"' }, { "&apos;", '\'' } };
	size_t i, n;
	int hex, digit;
	unsigned v = 0;

	for (i = 0; i < 5; i++) {
		n = strlen(five[i].text);
		if (len >= n && memcmp(s, five[i].text, n) == 0) {
			buf_addc(out, five[i].c);
			return n;
		}
	}
	if (len < 4 || s[1] != '#')
		return 0;
	hex = s[2] == 'x';
	for (i = hex ? 3 : 2; i < len && s[i] != ';'; i++) {
		digit = hex_digit(s[i]);
		if (digit < 0 || (digit > 9 && !hex))
			return 0;
		v = v * (hex ? 16 : 10) + (unsigned)digit;
		/* Beyond ASCII there is nothing we look for. */
		if (v > 0x7f)
			return 0;
	}
	if (i == len || v == 0)
		return 0;
	buf_addc(out, (char)v);
	return i + 1;
}

int
s3_xml_next(struct s3_xml *x, const char *name, size_t max, struct buf *out)
{
	struct s3_xml in;
	int r = s3_xml_span(x, name, &in);
	size_t n;

	buf_reset(out);
	if (r != 1)
		return r;
	if ((size_t)(in.end - in.at) > max)
		return -1;
	while (in.at < in.end) {
		if (*in.at == '&') {
			n = add_entity(out, in.at, (size_t)(in.end - in.at));
			if (n == 0)
				return -1;
			in.at += n;
		} else if (*in.at == '<') {
			return -1;
		} else {
			buf_addc(out, *in.at++);
		}
	}
	return 1;
}
