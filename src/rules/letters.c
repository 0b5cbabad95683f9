#include <stdint.h>
#include <wctype.h>

#include "rules/letters.h"
#include "util/buf.h"
#include "util/unicode.h"

locale_t
letters_open(void)
{
	return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t
upper(locale_t l, uint32_t c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? c - 0x20 : c;
	return l != 0 ? (uint32_t)towupper_l((wint_t)c, l) : c;
}

static uint32_t
lower(locale_t l, uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
	return l != 0 ? (uint32_t)towlower_l((wint_t)c, l) : c;
}

static void
change(locale_t l, uint32_t (*to)(locale_t l, uint32_t c), const char *s,
    size_t len, struct buf *out)
{
	for (size_t i = 0, n; i < len; i += n) {
		unsigned char bytes[4];
		uint32_t c;

		n = utf8_next(s + i, len - i, &c);
		if (c == UTF8_BAD)
			buf_add(out, s + i, n);
		else
			buf_add(out, bytes, utf8_put(bytes, to(l, c)));
	}
}

void
letters_upper(locale_t l, const char *s, size_t len, struct buf *out)
{
	change(l, upper, s, len, out);
}

void
letters_lower(locale_t l, const char *s, size_t len, struct buf *out)
{
	change(l, lower, s, len, out);
}
