/* char.c -- UTF-8, a character at a time, and lower case. */
#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#include "glob/prog.h"

/*
 * A locale of our own, so that nobody has to call setlocale.  Made once and
 * kept; where it cannot be had, lower case is ASCII's.
 */
static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static locale_t		 unicode;

static void
find_unicode(void)
{
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

uint32_t
char_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	pthread_once(&once, find_unicode);
	return unicode != (locale_t)0 ? towlower_l(c, unicode) : c;
}

/* How many bytes a lead byte announces, and the least value they may give. */
static size_t
announced(unsigned char lead, uint32_t *bits, uint32_t *least)
{
	if (lead >= 0xC2 && lead <= 0xDF) {
		*bits = lead & 0x1Fu;
		*least = 0x80;
		return 2;
	}
	if (lead >= 0xE0 && lead <= 0xEF) {
		*bits = lead & 0x0Fu;
		*least = 0x800;
		return 3;
	}
	if (lead >= 0xF0 && lead <= 0xF4) {
		*bits = lead & 0x07u;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

uint32_t
char_at(const char *s, size_t len, size_t *used)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c, least;
	size_t n, i;

	*used = 1;
	if (p[0] < 0x80)
		return p[0];
	n = announced(p[0], &c, &least);
	if (n == 0 || n > len)
		return CHAR_BYTE + p[0];
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return CHAR_BYTE + p[0];
		c = c << 6 | (p[i] & 0x3Fu);
	}
	if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return CHAR_BYTE + p[0];
	*used = n;
	return c;
}
