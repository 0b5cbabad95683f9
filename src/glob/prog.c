/*
 * prog.c -- run a row of tokens over a name.
 *
 * When a token fails, only the last star is tried again, one step further on:
 * what stood before it was matched as early as possible, so no other way of
 * matching it could leave more.  Hence no recursion, and a bound of tokens
 * times bytes.
 */
#include <stdlib.h>

#include "glob/prog.h"
#include "util/xalloc.h"

void
prog_add(struct prog *p, enum token_kind kind, uint32_t c)
{
	if (kind == TOKEN_STAR && p->n > 0 &&
	    p->tokens[p->n - 1].kind == TOKEN_STAR)
		return;
	XGROW(p->tokens, p->n, p->cap);
	p->tokens[p->n++] = (struct token){ .kind = kind, .c = c };
}

void
prog_set(struct prog *p, enum token_kind kind)
{
	prog_add(p, kind, 0);
	p->tokens[p->n - 1].first = p->nranges;
}

void
prog_range(struct prog *p, uint32_t lo, uint32_t hi)
{
	XGROW(p->ranges, p->nranges, p->capranges);
	p->ranges[p->nranges++] = (struct range){ lo, hi };
	p->tokens[p->n - 1].n++;
}

void
prog_fini(struct prog *p)
{
	free(p->tokens);
	free(p->ranges);
	*p = (struct prog){0};
}

static int
in_set(const struct prog *p, const struct token *t, uint32_t c)
{
	const struct range *r = p->ranges + t->first;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (c >= r[i].lo && c <= r[i].hi)
			return 1;
	return 0;
}

static int
takes(const struct prog *p, const struct token *t, uint32_t c)
{
	if (p->nocase)
		c = char_lower(c);
	switch (t->kind) {
	case TOKEN_CHAR:
		return c == t->c;
	case TOKEN_SET:
		return in_set(p, t, c);
	case TOKEN_NOT_SET:
		return !in_set(p, t, c);
	default:
		return t->kind == TOKEN_ANY;
	}
}

int
prog_match(const struct prog *p, const char *s, size_t len)
{
	size_t t = 0, at = 0, used, star = SIZE_MAX, star_at = 0;

	for (;;) {
		if (t == p->n && at == len)
			return 1;
		if (t < p->n && p->tokens[t].kind == TOKEN_STAR) {
			star = ++t;
			star_at = at;
			if (t == p->n)
				return 1;
			continue;
		}
		if (t < p->n && at < len &&
		    takes(p, &p->tokens[t], char_at(s + at, len - at, &used))) {
			t++;
			at += used;
			continue;
		}
		if (star == SIZE_MAX || star_at == len)
			return 0;
		used = 1;
		if (!p->star_bytes)
			char_at(s + star_at, len - star_at, &used);
		star_at += used;
		t = star;
		at = star_at;
	}
}
