/*
 * chars.c -- texts by characters.
 */
#include <string.h>
#include <wctype.h>

#include "rules/expr/expr_impl.h"
#include "util/unicode.h"

/* A broken piece is as many characters as bytes, so that slices lose none. */
static size_t
step(const char *s, size_t len)
{
	uint32_t c;
	size_t n = utf8_next(s, len, &c);

	return c == UTF8_BAD ? 1 : n;
}

size_t
chars_count(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += step(s + i, len - i))
		n++;
	return n;
}

size_t
expr_chars(const char *s, size_t len)
{
	return chars_count(s, len);
}

size_t
chars_at(const char *s, size_t len, size_t n)
{
	size_t i = 0;

	for (; n > 0 && i < len; n--)
		i += step(s + i, len - i);
	return i;
}

int
chars_space(struct expr_run *run, uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= 0x09 && c <= 0x0d) ||
		    (c >= 0x1c && c <= 0x1f);
	return c != UTF8_BAD && (c == 0x85 || c == 0xa0 || (run->utf8 != 0 &&
	    iswspace_l((wint_t)c, run->utf8)));
}

static int
goes(struct expr_run *run, const char *s, size_t n,
    const struct expr_value *chars)
{
	uint32_t c;

	if (chars != NULL && given(chars) && chars->type != EXPR_NONE) {
		for (size_t i = 0, m; i < chars->len; i += m) {
			m = step(chars->s + i, chars->len - i);
			if (m == n && memcmp(chars->s + i, s, n) == 0)
				return 1;
		}
		return 0;
	}
	utf8_next(s, n, &c);
	return chars_space(run, c);
}

size_t
chars_lead(struct expr_run *run, const char *s, size_t len,
    const struct expr_value *chars)
{
	size_t i = 0, n;

	while (i < len && (n = step(s + i, len - i), goes(run, s + i, n,
	    chars)))
		i += n;
	return i;
}

size_t
chars_tail(struct expr_run *run, const char *s, size_t len,
    const struct expr_value *chars)
{
	size_t keep = 0, n;

	for (size_t i = 0; i < len; i += n) {
		n = step(s + i, len - i);
		if (!goes(run, s + i, n, chars))
			keep = i + n;
	}
	return len - keep;
}
