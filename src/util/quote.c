#include <errno.h>
#include <string.h>

#include "util/buf.h"
#include "util/quote.h"
#include "util/unicode.h"

/* What a character asks for. */
enum {
	IN_DOUBLE = 1,	/* is itself between double quotes too */
	QUOTES = 2,	/* cannot stand without quotes */
	ESCAPE = 4,	/* not even with them */
	APOSTROPHE = 8,
};

/*
 * Letters, digits and %+,-./:@]_ as a bit each: these may stand anywhere, with
 * quotes and without.
 */
static int
easy_char(unsigned char c)
{
	static const uint64_t bits[2] = { 0x07FFF82000000000,
	    0x07FFFFFEA7FFFFFF };

	return c < 0x80 && (bits[c >> 6] >> (c & 63) & 1) != 0;
}

/* The needs of an ASCII character, not an easy one, at offset i of len. */
static unsigned
ascii_needs(unsigned char c, size_t i, size_t len)
{
	switch (c) {
	case '\'':
		return IN_DOUBLE | QUOTES | APOSTROPHE;
	case ' ':
		return IN_DOUBLE | QUOTES;
	case '#':
	case '~':
		return i == 0 ? IN_DOUBLE | QUOTES : 0;
	case '{':
	case '}':
		return len == 1 ? IN_DOUBLE | QUOTES : 0;
	default:
		if (c < 0x20 || c == 0x7F)
			return ESCAPE;
		return QUOTES;
	}
}

/* The needs of the character at p[i], and its length in *n. */
static unsigned
needs(const unsigned char *p, size_t i, size_t len, size_t *n)
{
	uint32_t cp;

	*n = 1;
	if (easy_char(p[i]))
		return IN_DOUBLE;
	if (p[i] < 0x80)
		return ascii_needs(p[i], i, len);
	*n = utf8_next(p + i, len - i, &cp);
	return cp == UTF8_BAD || unicode_unsafe(cp) ? ESCAPE : IN_DOUBLE;
}

/* One byte as a backslash and what C would write. */
static void
add_escaped(struct buf *out, unsigned char c)
{
	static const char letters[] = "abtnvfr";	/* 7 to 13 */
	unsigned char *to = buf_room(out, 4);

	*to++ = '\\';
	if (c >= 7 && c <= 13) {
		*to = (unsigned char)letters[c - 7];
		out->len += 2;
		return;
	}
	*to++ = (unsigned char)('0' + (c >> 6));
	*to++ = (unsigned char)('0' + (c >> 3 & 7));
	*to = (unsigned char)('0' + (c & 7));
	out->len += 4;
}

/* Between single quotes, with pieces in $'...' where nothing else helps. */
static void
add_single(struct buf *out, const unsigned char *p, size_t len)
{
	size_t i, n, k, run = 0;
	int escaping = 0;
	unsigned need;

	buf_addc(out, '\'');
	for (i = 0; i < len; i += n) {
		need = needs(p, i, len, &n);
		if ((need & (ESCAPE | APOSTROPHE)) == 0) {
			if (escaping)
				buf_adds(out, "''");
			escaping = 0;
			continue;
		}
		buf_add(out, p + run, i - run);
		run = i + n;
		if (need & APOSTROPHE) {
			buf_adds(out, "'\\''");
			escaping = 0;
			continue;
		}
		if (!escaping)
			buf_adds(out, "'$'");
		escaping = 1;
		for (k = 0; k < n; k++)
			add_escaped(out, p[i + k]);
	}
	buf_add(out, p + run, len - run);
	buf_addc(out, '\'');
}

void
quote_add(struct buf *out, const char *name, size_t len)
{
	const unsigned char *p = (const unsigned char *)name;
	size_t i = 0, n;
	unsigned need, any = 0, all = IN_DOUBLE;

	while (i < len && easy_char(p[i]))
		i++;
	for (; i < len; i += n) {
		need = needs(p, i, len, &n);
		any |= need;
		all &= need;
	}
	if (len > 0 && (any & (QUOTES | ESCAPE)) == 0) {
		buf_add(out, name, len);
	} else if ((any & APOSTROPHE) && all == IN_DOUBLE) {
		buf_addc(out, '"');
		buf_add(out, name, len);
		buf_addc(out, '"');
	} else {
		add_single(out, p, len);
	}
}

void
quote_str(struct buf *out, const char *name)
{
	quote_add(out, name, strlen(name));
}

/* p[0..n) without a character cut in two at its end, or at its start. */
static size_t
whole_end(const unsigned char *p, size_t n)
{
	while (n > 0 && (p[n] & 0xC0) == 0x80)
		n--;
	return n;
}

static size_t
whole_start(const unsigned char *p, size_t from, size_t len)
{
	while (from < len && (p[from] & 0xC0) == 0x80)
		from++;
	return from;
}

char *
quote_to(char *out, size_t size, const char *name)
{
	CLEAN_BUF struct buf b = {0};
	int saved = errno;
	size_t head, tail;

	quote_str(&b, name);
	if (b.len < size) {
		memcpy(out, buf_str(&b), b.len + 1);
	} else {
		head = whole_end(b.data, (size - 4) / 2);
		tail = whole_start(b.data, b.len - (size - 4) / 2, b.len);
		memcpy(out, b.data, head);
		memcpy(out + head, "...", 3);
		memcpy(out + head + 3, b.data + tail, b.len - tail);
		out[head + 3 + b.len - tail] = '\0';
	}
	errno = saved;
	return out;
}

void
quote_text(struct buf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i, n, k, run = 0;

	for (i = 0; i < len; i += n) {
		n = 1;
		if ((p[i] >= 0x20 && p[i] < 0x7F) ||
		    (needs(p, i, len, &n) & ESCAPE) == 0)
			continue;
		buf_add(out, p + run, i - run);
		for (k = 0; k < n; k++)
			add_escaped(out, p[i + k]);
		run = i + n;
	}
	if (run < len)
		buf_add(out, p + run, len - run);
}
