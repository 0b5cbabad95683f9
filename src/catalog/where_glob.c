/*
 * where_glob.c -- shell patterns over bytes: * ? [a-z] [!a-z] \x, and ** over
 * folders.  '?' takes a whole UTF-8 character where there is one, else a byte.
 */
#include "catalog/impl.h"

static size_t
char_len(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;

	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

/* Past a set like [a-z]; *hit if c is in it.  NULL: no set, but a '['. */
static const char *
match_set(const char *p, unsigned char c, int *hit)
{
	int negate = *p == '!' || *p == '^', in = 0, first = 1;
	unsigned char lo, hi;

	for (p += negate; *p != '\0' && (first || *p != ']'); first = 0) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		lo = hi = (unsigned char)*p++;
		if (*p == '-' && p[1] != ']' && p[1] != '\0') {
			hi = (unsigned char)p[1];
			p += 2;
		}
		in |= lo <= c && c <= hi;
	}
	*hit = in != negate;
	return *p == ']' ? p + 1 : NULL;
}

/* One element of the pattern against the head of name. */
static int
match_one(const char **pattern, const char **name)
{
	const char *p = *pattern, *n = *name, *after;
	int hit = 0;

	if (*n == '\0')
		return 0;
	if (*p == '?') {
		*pattern = p + 1;
		*name = n + char_len(n);
		return *n != '/';
	}
	if (*p == '[' && (after = match_set(p + 1, (unsigned char)*n, &hit))) {
		*pattern = after;
		*name = n + 1;
		return hit && *n != '/';
	}
	if (*p == '\\' && p[1] != '\0')
		p++;
	*pattern = p + 1;
	*name = n + 1;
	return *p == *n;
}

/*
 * Only the last star is ever tried again (and the last double one, when the
 * single one meets a '/'), so no pattern is slow for long.
 */
int
catalog_glob(const char *p, const char *n)
{
	const char *star = NULL, *from = NULL, *star2 = NULL, *from2 = NULL;

	for (;;) {
		if (p[0] == '*' && p[1] == '*') {
			for (p += 2; *p == '*'; p++)
				;
			star2 = p;
			from2 = n;
			star = NULL;
		} else if (*p == '*') {
			star = ++p;
			from = n;
		} else if (*p == '\0' && *n == '\0') {
			return 1;
		} else if (*p != '\0' && match_one(&p, &n)) {
			continue;
		} else if (star != NULL && *from != '\0' && *from != '/') {
			n = ++from;
			p = star;
		} else if (star2 != NULL && *from2 != '\0') {
			n = ++from2;
			p = star2;
			star = NULL;
		} else {
			return 0;
		}
	}
}
