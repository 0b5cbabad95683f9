#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/pattern.h"
#include "util/unicode.h"
#include "util/xalloc.h"

enum shape { WHOLE, PREFIX, SUFFIX, GENERAL };

struct pattern {
	char		*text;
	const char	*fixed;		/* the part without wildcard */
	size_t		 len;
	enum shape	 shape;
};

struct patterns {
	struct pattern	*v;
	size_t		 n, cap;
};

struct patterns *
patterns_new(void)
{
	return xalloc(sizeof(struct patterns));
}

void
patterns_free(struct patterns *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].text);
	free(p->v);
	free(p);
}

int
patterns_add(struct patterns *p, const char *pattern)
{
	struct pattern new = { .text = NULL };
	size_t len = strlen(pattern), wild = strcspn(pattern, "*?[");

	if (len > PATTERN_MAX)
		return -1;
	XGROW(p->v, p->n, p->cap);
	new.fixed = new.text = xstrdup(pattern);
	new.len = len;
	if (wild == len) {
		new.shape = WHOLE;
	} else if (wild == len - 1 && pattern[wild] == '*') {
		new.shape = PREFIX;
		new.len--;
	} else if (pattern[0] == '*' && strcspn(pattern + 1, "*?[") == len - 1) {
		new.shape = SUFFIX;
		new.fixed++;
		new.len--;
	} else {
		new.shape = GENERAL;
	}
	p->v[p->n++] = new;
	return 0;
}

size_t
patterns_count(const struct patterns *p)
{
	return p != NULL ? p->n : 0;
}

static int
matches(const struct pattern *p, const char *name, size_t len)
{
	switch (p->shape) {
	case WHOLE:
		return len == p->len && memcmp(name, p->fixed, len) == 0;
	case PREFIX:
		return len >= p->len && memcmp(name, p->fixed, p->len) == 0;
	case SUFFIX:
		return len >= p->len &&
		    memcmp(name + len - p->len, p->fixed, p->len) == 0;
	case GENERAL:
		break;
	}
	return pattern_match(p->text, name, len);
}

const char *
patterns_find(const struct patterns *p, const char *name, size_t len)
{
	for (size_t i = 0; p != NULL && i < p->n; i++)
		if (matches(&p->v[i], name, len))
			return p->v[i].text;
	return NULL;
}

/* The character at s; a broken piece stands for itself, apart from all others. */
static size_t
next(const char *s, size_t len, uint32_t *c)
{
	size_t n = utf8_next(s, len, c);

	if (*c == UTF8_BAD) {
		*c = 0x80000000u | (unsigned char)*s;
		return 1;
	}
	return n;
}

/*
 * The set at p (behind its '['): its length with the ']', or 0 if it has no
 * end and so '[' is only a '['.  *in says whether c is in it.
 */
static size_t
set(const char *p, uint32_t c, int *in)
{
	size_t len = strlen(p), i = 0;
	int not = p[0] == '!', found = 0;
	const char *end = memchr(p + not + (p[not] == ']'), ']',
	    len - (size_t)not - (p[not] == ']'));
	size_t n;

	if (end == NULL)
		return 0;
	n = (size_t)(end - p);
	i = (size_t)not;
	while (i < n) {
		uint32_t lo, hi;

		i += next(p + i, n - i, &lo);
		hi = lo;
		if (i + 1 < n && p[i] == '-')
			i += 1 + next(p + i + 1, n - i - 1, &hi);
		found |= c >= lo && c <= hi;
	}
	*in = found != not;
	return n + 1;
}

/* One step of pattern and name together: bytes of the pattern, 0 no match. */
static size_t
one(const char *p, const char *name, size_t len, size_t *step)
{
	uint32_t c, want;
	size_t n;
	int in;

	*step = next(name, len, &c);
	if (*p == '?')
		return 1;
	if (*p == '[' && (n = set(p + 1, c, &in)) > 0)
		return in ? n + 1 : 0;
	n = next(p, strlen(p), &want);
	return c == want ? n : 0;
}

int
pattern_match(const char *p, const char *name, size_t len)
{
	const char *star = NULL;
	size_t i = 0, from = 0, step, n;

	while (i < len) {
		if (*p == '*') {
			star = ++p;
			from = i;
			continue;
		}
		n = *p != '\0' ? one(p, name + i, len - i, &step) : 0;
		if (n > 0) {
			p += n;
			i += step;
			continue;
		}
		if (star == NULL)
			return 0;
		/* Let the last star take one character more. */
		uint32_t c;
		from += next(name + from, len - from, &c);
		i = from;
		p = star;
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}
