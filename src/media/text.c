#include <string.h>

#include "media/text.h"
#include "util/buf.h"
#include "util/unicode.h"

/* Windows-1252 from 0x80 to 0x9f; 0 is no character there. */
static const uint16_t windows[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6,
	0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019,
	0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
	0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static void
put(struct buf *out, uint32_t cp)
{
	unsigned char b[4];

	buf_add(out, b, utf8_put(b, cp));
}

static void
decode_windows(const unsigned char *b, size_t len, size_t limit,
    struct buf *out)
{
	for (size_t i = 0; i < len && out->len <= limit; i++) {
		uint32_t cp = b[i];

		if (cp >= 0x80 && cp < 0xa0 && windows[cp - 0x80] != 0)
			cp = windows[cp - 0x80];
		put(out, cp);
	}
}

static void
decode_utf16(const unsigned char *b, size_t len, int little, size_t limit,
    struct buf *out)
{
	for (size_t i = 0; i + 1 < len && out->len <= limit; i += 2) {
		uint32_t u = little ? b[i] | (uint32_t)b[i + 1] << 8 :
		    b[i + 1] | (uint32_t)b[i] << 8, low;

		if (u >= 0xd800 && u < 0xdc00 && i + 3 < len) {
			low = little ? b[i + 2] | (uint32_t)b[i + 3] << 8 :
			    b[i + 3] | (uint32_t)b[i + 2] << 8;
			if (low >= 0xdc00 && low < 0xe000) {
				u = 0x10000 + ((u - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			}
		}
		put(out, u >= 0xd800 && u < 0xe000 ? UTF8_REPLACEMENT : u);
	}
}

/* From start on "\r\n" and "\r" are "\n". */
static void
newlines(struct buf *out, size_t start)
{
	unsigned char *to, *from, *end;

	if (out->len == start || memchr(out->data + start, '\r',
	    out->len - start) == NULL)
		return;
	to = from = out->data + start;
	end = out->data + out->len;
	for (; from < end; from++) {
		if (*from == '\r' && from + 1 < end && from[1] == '\n')
			continue;
		*to++ = *from == '\r' ? '\n' : *from;
	}
	out->len = (size_t)(to - out->data);
}

int
text_is_plain(const void *data, size_t len)
{
	return len > 0 && memchr(data, '\r', len) == NULL &&
	    (len < 3 || memcmp(data, "\xef\xbb\xbf", 3) != 0) &&
	    utf8_valid(data, len);
}

int
text_plain(const void *data, size_t len, size_t limit, struct buf *out)
{
	const unsigned char *b = data;
	size_t start = out->len;
	int full;

	limit += start;
	if (len >= 2 && b[0] == 0xff && b[1] == 0xfe)
		decode_utf16(b + 2, len - 2, 1, limit, out);
	else if (len >= 2 && b[0] == 0xfe && b[1] == 0xff)
		decode_utf16(b + 2, len - 2, 0, limit, out);
	else if (utf8_valid(b, len)) {
		size_t mark = len >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0 ?
		    3 : 0, room = limit - start;

		buf_add(out, b + mark, len - mark <= room ? len - mark :
		    room + 1);
	} else
		decode_windows(b, len, limit, out);
	full = out->len > limit;
	if (full)
		out->len = limit;
	newlines(out, start);
	return full ? -1 : 0;
}

/* ---- documents ---- */

/* "H e l l o": nothing but single characters with one blank between them. */
static int
is_spaced(const unsigned char *line, size_t len)
{
	size_t letters = 0;

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = utf8_next(line + i, len - i, &cp);

		if (line[i] == ' ' || line[i] == '\t')
			return 0;
		i += n;
		letters++;
		if (i == len)
			break;
		if (line[i] != ' ')
			return 0;
		for (; i < len && line[i] == ' '; i++)
			;
	}
	return letters > 1;
}

/* Take the first blank behind each letter away. */
static size_t
pull(unsigned char *to, const unsigned char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (line[i] != ' ' || (i > 0 && line[i - 1] == ' '))
			to[n++] = line[i];
	return n;
}

void
text_tidy(struct buf *text)
{
	size_t to = 0, empty = 0;

	for (size_t at = 0; at < text->len;) {
		const unsigned char *line = text->data + at;
		const unsigned char *end = memchr(line, '\n', text->len - at);
		size_t len = end != NULL ? (size_t)(end - line) :
		    text->len - at;

		at += len + (end != NULL);
		empty = len == 0 ? empty + 1 : 0;
		if (empty > 1)
			continue;
		if (is_spaced(line, len))
			len = pull(text->data + to, line, len);
		else
			memmove(text->data + to, line, len);
		to += len;
		if (end != NULL)
			text->data[to++] = '\n';
	}
	text->len = to;
}
