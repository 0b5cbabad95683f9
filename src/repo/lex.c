/*
 * lex.c -- values, members and numbers; strings are in lex_string.c.
 *
 * White space is rare (nobody writes any), so each step looks first whether
 * the byte it wants is there already.
 */
#include <string.h>

#include "repo/lex.h"
#include "util/err.h"

void
lex_init(struct lex *s, const void *text, size_t len)
{
	const unsigned char *p = text != NULL ? text :
	    (const unsigned char *)"";

	*s = (struct lex){ .text = p, .at = p, .end = p + len };
}

void
lex_fini(struct lex *s)
{
	buf_fini(&s->scratch);
	s->at = s->end;
}

int
lex_fail(const struct lex *s, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "JSON: %s at offset %zu", what,
	    (size_t)(s->at - s->text));
}

static inline int
is_space(int c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int
lex_peek(struct lex *s)
{
	while (s->at < s->end && is_space(*s->at))
		s->at++;
	return s->at < s->end ? *s->at : -1;
}

/* Take this byte if it is next. */
static inline int
take(struct lex *s, int c)
{
	if (s->at < s->end && *s->at == c) {
		s->at++;
		return 1;
	}
	if (lex_peek(s) != c)
		return 0;
	s->at++;
	return 1;
}

/* Take these letters, which are next, if they are. */
static int
take_word(struct lex *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return 0;
	s->at += n;
	return 1;
}

int
lex_null(struct lex *s)
{
	return lex_peek(s) == 'n' && take_word(s, "null");
}

int
lex_open(struct lex *s, char bracket, struct err *e)
{
	if (take(s, bracket))
		return 0;
	return lex_fail(s, bracket == '{' ? "expected an object" :
	    "expected an array", e);
}

int
lex_member(struct lex *s, size_t *n, struct lex_text *key, struct err *e)
{
	if (take(s, '}'))
		return 0;
	if ((*n)++ > 0 && !take(s, ','))
		return lex_fail(s, "expected ',' or '}'", e);
	if (lex_string(s, key, e) < 0)
		return -1;
	return take(s, ':') ? 1 : lex_fail(s, "expected ':'", e);
}

int
lex_item(struct lex *s, size_t *n, struct err *e)
{
	if (take(s, ']'))
		return 0;
	if ((*n)++ > 0 && !take(s, ','))
		return lex_fail(s, "expected ',' or ']'", e);
	return 1;
}

static inline int
digit(const struct lex *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

int
lex_u64(struct lex *s, uint64_t max, uint64_t *out, struct err *e)
{
	uint64_t v = 0;

	lex_peek(s);
	if (!digit(s))
		return lex_fail(s, "expected a whole number", e);
	if (*s->at == '0') {
		s->at++;
	} else {
		do {
			if (__builtin_mul_overflow(v, 10, &v) ||
			    __builtin_add_overflow(v, *s->at - '0', &v))
				return lex_fail(s, "number too large", e);
			s->at++;
		} while (digit(s));
	}
	if (digit(s) || (s->at < s->end &&
	    (*s->at == '.' || *s->at == 'e' || *s->at == 'E')))
		return lex_fail(s, "expected a whole number", e);
	if (v > max)
		return lex_fail(s, "number too large", e);
	*out = v;
	return 0;
}

/* One digit or more. */
static int
skip_digits(struct lex *s)
{
	const unsigned char *from = s->at;

	while (digit(s))
		s->at++;
	return s->at > from;
}

static int
skip_number(struct lex *s, struct err *e)
{
	int good;

	take_word(s, "-");
	good = take_word(s, "0") || skip_digits(s);
	if (good && take_word(s, "."))
		good = skip_digits(s);
	if (good && (take_word(s, "e") || take_word(s, "E"))) {
		if (!take_word(s, "+"))
			take_word(s, "-");
		good = skip_digits(s);
	}
	return good ? 0 : lex_fail(s, "expected a digit", e);
}

/* A value that holds no others. */
static int
skip_scalar(struct lex *s, struct err *e)
{
	struct lex_text t;
	int c = lex_peek(s);

	if (c == '"')
		return lex_string(s, &t, e);
	if (c == '-' || (c >= '0' && c <= '9'))
		return skip_number(s, e);
	if (take_word(s, "true") || take_word(s, "false") ||
	    take_word(s, "null"))
		return 0;
	return lex_fail(s, "expected a value", e);
}

/*
 * No recursion, so that nesting costs a bit a level.  counts are the members
 * seen so far on each level: more than one need not be told apart.
 */
int
lex_skip(struct lex *s, struct err *e)
{
	unsigned char object[LEX_DEPTH_MAX];
	size_t counts[LEX_DEPTH_MAX];
	struct lex_text key;
	size_t depth = 0;
	int c, more;

	do {
		c = lex_peek(s);
		if (c == '{' || c == '[') {
			if (depth == LEX_DEPTH_MAX)
				return lex_fail(s, "nested too deeply", e);
			s->at++;
			object[depth] = c == '{';
			counts[depth++] = 0;
		} else if (skip_scalar(s, e) < 0) {
			return -1;
		}
		more = 0;
		while (depth > 0 && more == 0) {
			more = object[depth - 1] ?
			    lex_member(s, &counts[depth - 1], &key, e) :
			    lex_item(s, &counts[depth - 1], e);
			if (more < 0)
				return -1;
			if (more == 0)
				depth--;
		}
	} while (depth > 0);
	return 0;
}

int
lex_end(struct lex *s, struct err *e)
{
	return lex_peek(s) < 0 ? 0 : lex_fail(s, "more than one value", e);
}
