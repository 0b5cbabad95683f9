/*
 * quote.c -- strings as Go writes them: strconv.Quote for names, and round
 * that, or alone, encoding/json with its escapes for HTML.
 */
#include "repo/emit.h"
#include "repo/node.h"
#include "repo/printable.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/unicode.h"

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	UINT64_C(0x8080808080808080)

/* A high bit for each byte of w that is c, and perhaps above the first. */
static inline uint64_t
has(uint64_t w, unsigned char c)
{
	return (w ^ ONES * c) - ONES;
}

/* What neither kind of string escapes: ASCII, but not these. */
static inline int
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' &&
	    c != '>' && c != '&';
}

/* How many plain bytes s begins with. */
static size_t
plain_run(const unsigned char *s, size_t len)
{
	uint64_t w;
	size_t i = 0;

	for (; len - i >= 8; i += 8) {
		memcpy(&w, s + i, 8);
		if ((((w - ONES * 0x20) | has(w, '"') | has(w, '\\') |
		    has(w, '<') | has(w, '>') | has(w, '&') | has(w, 0x7F) |
		    w) & HIGHS) != 0)
			break;
	}
	while (i < len && is_plain(s[i]))
		i++;
	return i;
}

/* The last digits of v, in hex. */
static unsigned char *
put_hex(unsigned char *p, uint32_t v, unsigned digits)
{
	while (digits-- > 0)
		*p++ = (unsigned char)"0123456789abcdef"[v >> 4 * digits & 15];
	return p;
}

/* ---- encoding/json ---- */

static unsigned char *
json_ascii(unsigned char *p, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = memchr(from, c, sizeof(from) - 1);

	if (c == 0x7F) {
		*p++ = c;
		return p;
	}
	*p++ = '\\';
	if (at == NULL)
		return put_hex(emit(p, "u"), c, 4);
	*p++ = (unsigned char)to[at - from];
	return p;
}

unsigned char *
emit_string(unsigned char *p, const void *text, size_t len)
{
	const unsigned char *s = text;
	uint32_t cp;
	size_t n;

	*p++ = '"';
	for (;;) {
		n = plain_run(s, len);
		p = emit_raw(p, s, n);
		if (n == len)
			break;
		s += n;
		len -= n;
		n = utf8_next(s, len, &cp);
		if (cp < 0x80) {
			p = json_ascii(p, *s);
		} else if (cp == UTF8_BAD) {
			p = emit(p, "\\ufffd");
			n = 1;
		} else if (cp == 0x2028 || cp == 0x2029) {
			p = put_hex(emit(p, "\\u"), cp, 4);
		} else {
			p = emit_raw(p, s, n);
		}
		s += n;
		len -= n;
	}
	*p++ = '"';
	return p;
}

void
node_string(struct buf *out, const char *s, size_t len)
{
	unsigned char *p = buf_room(out, EMIT_STRING_MAX(len));

	out->len += (size_t)(emit_string(p, s, len) - p);
}

/* ---- strconv.Quote; json: and the backslashes for JSON round it ---- */

static inline unsigned char *
put_backslash(unsigned char *p, int json)
{
	return emit(p, json ? "\\\\" : "\\");
}

static unsigned char *
quote_ascii(unsigned char *p, unsigned char c, int json)
{
	static const char from[] = "\a\b\f\n\r\t\v", to[] = "abfnrtv";
	const char *at;

	if (c == '<' || c == '>' || c == '&') {
		if (json)
			return json_ascii(p, c);
		*p++ = c;
		return p;
	}
	p = put_backslash(p, json);
	if (c == '\\')
		return put_backslash(p, json);
	if (c == '"')
		return emit(p, json ? "\\\"" : "\"");
	if ((at = memchr(from, c, sizeof(from) - 1)) == NULL)
		return put_hex(emit(p, "x"), c, 2);
	*p++ = (unsigned char)to[at - from];
	return p;
}

/* At most 6 bytes for one. */
static unsigned char *
put_quoted(unsigned char *p, const unsigned char *s, size_t len, int json)
{
	unsigned hint = 0;
	uint32_t cp;
	size_t n;

	for (;;) {
		n = plain_run(s, len);
		p = emit_raw(p, s, n);
		if (n == len)
			return p;
		s += n;
		len -= n;
		n = utf8_next(s, len, &cp);
		if (cp < 0x80) {
			p = quote_ascii(p, *s, json);
		} else if (cp == UTF8_BAD) {
			p = put_hex(emit(put_backslash(p, json), "x"), *s, 2);
			n = 1;
		} else if (printable(cp, &hint)) {
			p = emit_raw(p, s, n);
		} else if (cp < 0x10000) {
			p = put_hex(emit(put_backslash(p, json), "u"), cp, 4);
		} else {
			p = put_hex(emit(put_backslash(p, json), "U"), cp, 8);
		}
		s += n;
		len -= n;
	}
}

unsigned char *
emit_name(unsigned char *p, const void *s, size_t len)
{
	*p++ = '"';
	p = put_quoted(p, s, len, 1);
	*p++ = '"';
	return p;
}

void
node_quote(struct buf *out, const char *name, size_t len)
{
	unsigned char *p = buf_room(out, EMIT_STRING_MAX(len));

	out->len += (size_t)(put_quoted(p, (const unsigned char *)name, len,
	    0) - p);
}
