#include <string.h>

#include "util/unicode.h"

/*
 * What may follow a first byte: how many bytes there are, and the range of the
 * second one, which is where overlong forms, surrogates and values that are
 * too large show.
 */
struct lead {
	unsigned char	 len, low, high;
};

static struct lead
lead_of(unsigned char c)
{
	if (c < 0xC2 || c > 0xF4)
		return (struct lead){0};
	if (c < 0xE0)
		return (struct lead){ 2, 0x80, 0xBF };
	if (c < 0xF0)
		return (struct lead){ 3, c == 0xE0 ? 0xA0 : 0x80,
		    c == 0xED ? 0x9F : 0xBF };
	return (struct lead){ 4, c == 0xF0 ? 0x90 : 0x80,
	    c == 0xF4 ? 0x8F : 0xBF };
}

size_t
utf8_next(const void *data, size_t len, uint32_t *cp)
{
	const unsigned char *p = data;
	struct lead l;
	uint32_t v;
	size_t i;

	*cp = UTF8_BAD;
	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	l = lead_of(p[0]);
	if (l.len == 0 || len < 2 || p[1] < l.low || p[1] > l.high)
		return 1;
	v = (uint32_t)p[0] & (0x7Fu >> l.len);
	v = v << 6 | (p[1] & 0x3Fu);
	for (i = 2; i < l.len; i++) {
		if (i == len || (p[i] & 0xC0) != 0x80)
			return i;
		v = v << 6 | (p[i] & 0x3Fu);
	}
	*cp = v;
	return i;
}

int
utf8_valid(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t word;
	uint32_t cp;
	size_t i = 0;

	while (i < len) {
		if (len - i >= 8) {
			memcpy(&word, p + i, 8);
			if ((word & 0x8080808080808080) == 0) {
				i += 8;
				continue;
			}
		}
		i += utf8_next(p + i, len - i, &cp);
		if (cp == UTF8_BAD)
			return 0;
	}
	return 1;
}

size_t
utf8_put(unsigned char out[4], uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (unsigned char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (unsigned char)(0xC0 | cp >> 6);
		out[1] = (unsigned char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (unsigned char)(0xE0 | cp >> 12);
		out[1] = (unsigned char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (unsigned char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (unsigned char)(0xF0 | (cp >> 18 & 7));
	out[1] = (unsigned char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (unsigned char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (unsigned char)(0x80 | (cp & 0x3F));
	return 4;
}

int
unicode_unsafe(uint32_t cp)
{
	static const uint32_t ranges[][2] = {
		{ 0x00, 0x1F }, { 0x7F, 0x9F }, { 0x61C, 0x61C },
		{ 0x180E, 0x180E }, { 0x200B, 0x200B }, { 0x200E, 0x200F },
		{ 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF },
		{ 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F },
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i][0] && cp <= ranges[i][1])
			return 1;
	return 0;
}
