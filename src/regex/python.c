/* python.c -- the few things that Python and PCRE2 write differently. */
#include <string.h>

#include "regex/python.h"
#include "util/buf.h"
#include "util/xalloc.h"

struct copy {
	struct buf	*out;
	size_t		*from;
	size_t		 at;		/* in the pattern */
};

static void
put(struct copy *c, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		c->from[c->out->len + i] = c->at;
	buf_add(c->out, s, n);
}

/* n bytes as they stand. */
static void
keep(struct copy *c, const char *p, size_t n)
{
	while (n-- > 0) {
		put(c, p + c->at, 1);
		c->at++;
	}
}

static size_t
hex_digits(const char *s)
{
	return strspn(s, "0123456789abcdefABCDEF");
}

/* A backslash and what belongs to it. */
static void
escape(struct copy *c, const char *p, int in_set)
{
	const char *s = p + c->at;
	size_t digits = s[1] == 'u' ? 4 : 8;

	if (s[1] == 'Z' && !in_set) {
		put(c, "\\z", 2);
		c->at += 2;
	} else if ((s[1] == 'u' || s[1] == 'U') && hex_digits(s + 2) >= digits) {
		put(c, "\\x{", 3);
		c->at += 2;
		keep(c, p, digits);
		put(c, "}", 1);
	} else {
		keep(c, p, s[1] != '\0' ? 2 : 1);
	}
}

/* Is this the beginning of {,n} or {,}? */
static int
open_count(const char *s)
{
	size_t n;

	if (s[0] != '{' || s[1] != ',')
		return 0;
	n = strspn(s + 2, "0123456789");
	return s[2 + n] == '}';
}

size_t *
python_to_pcre(const char *pattern, struct buf *out)
{
	size_t len = strlen(pattern), in_set = 0;
	/* \uHHHH grows most: by two bytes in six. */
	struct copy c = { out, xallocn(2 * len + 1, sizeof(size_t)), 0 };
	const char *s;

	while (c.at < len) {
		s = pattern + c.at;
		if (*s == '\\') {
			escape(&c, pattern, in_set > 0);
		} else if (in_set > 0) {
			/* A ] that comes first stands for itself. */
			in_set = *s == ']' && c.at > in_set ? 0 : in_set;
			keep(&c, pattern, 1);
		} else if (*s == '[') {
			keep(&c, pattern, s[1] == '^' ? 2 : 1);
			in_set = c.at;
		} else if (open_count(s)) {
			keep(&c, pattern, 1);
			put(&c, "0", 1);
		} else {
			keep(&c, pattern, 1);
		}
	}
	c.from[out->len] = len;
	return c.from;
}
