/*
 * lex.c -- words, numbers, texts and signs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "util/unicode.h"

#define NUMBER_MAX	63	/* bytes of one */

/* Longer ones first. */
static const char *const signs[] = {
	"**", "//", "==", "!=", "<=", ">=", ".", ",", ":", "|", "~", "+", "-",
	"*", "/", "%", "<", ">", "=", "(", ")", "[", "]", NULL
};

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char
peek(const struct lexer *l, size_t n)
{
	return l->at + n < l->len ? l->text[l->at + n] : '\0';
}

static int
word(struct lexer *l)
{
	size_t n = 0;

	while (is_letter(peek(l, n)) || is_digit(peek(l, n)))
		n++;
	l->now.kind = TOKEN_WORD;
	l->now.s = arena_dup(l->own, l->text + l->at, n);
	l->now.s_len = l->now.len = n;
	l->at += n;
	return 0;
}

static int
number(struct lexer *l, struct err *e)
{
	char digits[NUMBER_MAX + 1];
	size_t n = 0, i = 0;
	int whole = 1;

	for (; is_digit(peek(l, i)) || peek(l, i) == '_' ||
	    (whole && peek(l, i) == '.' && is_digit(peek(l, i + 1))); i++) {
		if (n == NUMBER_MAX)
			return err_set(e, ERR_CONF, "the number is too long");
		whole &= peek(l, i) != '.';
		if (peek(l, i) != '_')
			digits[n++] = peek(l, i);
	}
	digits[n] = '\0';
	l->now.len = i;
	l->at += i;
	errno = 0;
	l->now.kind = whole ? TOKEN_INT : TOKEN_FLOAT;
	if (whole)
		l->now.n = strtoll(digits, NULL, 10);
	else
		l->now.x = strtod(digits, NULL);
	if (errno == ERANGE)
		return err_set(e, ERR_CONF, "the number is too large");
	return 0;
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH and \uHHHH: what stands behind the letter. */
static int
by_number(struct lexer *l, size_t digits, char **out, struct err *e)
{
	unsigned char bytes[4];
	uint32_t c = 0;

	for (size_t i = 0; i < digits; i++) {
		int d = hex_digit(peek(l, i));

		if (d < 0)
			return err_set(e, ERR_CONF, "\\%c needs %zu digits "
			    "behind it", digits == 2 ? 'x' : 'u', digits);
		c = c << 4 | (uint32_t)d;
	}
	l->at += digits;
	if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
		return err_set(e, ERR_CONF, "that is no character of a text");
	for (size_t i = 0, n = utf8_put(bytes, c); i < n; i++)
		*(*out)++ = (char)bytes[i];
	return 0;
}

/* What stands behind a backslash. */
static int
escaped(struct lexer *l, char **out, struct err *e)
{
	static const char from[] = "ntrabfv\\'\"", to[] = "\n\t\r\a\b\f\v\\'\"";
	char c = peek(l, 0);
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	l->at++;
	if (c == 'x' || c == 'u')
		return by_number(l, c == 'x' ? 2 : 4, out, e);
	if (at != NULL) {
		*(*out)++ = to[at - from];
	} else if (c != '\n') {		/* Python keeps both */
		*(*out)++ = '\\';
		*(*out)++ = c;
	}
	return 0;
}

/* How long the text is that begins here, with its escapes. */
static size_t
till_quote(const struct lexer *l, char quote)
{
	size_t n = 0;

	while (l->at + n < l->len && peek(l, n) != quote)
		n += peek(l, n) == '\\' ? 2 : 1;
	return n;
}

static int
text(struct lexer *l, struct err *e)
{
	size_t start = l->at;
	char quote = l->text[l->at++], *out, *to;

	/* No escape makes more bytes than it is long. */
	out = to = arena_alloc(l->own, till_quote(l, quote) + 1);
	while (l->at < l->len && l->text[l->at] != quote) {
		char c = l->text[l->at++];

		if (c != '\\' || l->at == l->len)
			*to++ = c;
		else if (escaped(l, &to, e) < 0)
			return -1;
	}
	l->now.len = l->at - start;
	if (l->at >= l->len)
		return err_set(e, ERR_CONF, "a text without its closing %c",
		    quote);
	l->at++;
	l->now.len++;
	l->now.kind = TOKEN_TEXT;
	l->now.s = out;
	l->now.s_len = (size_t)(to - out);
	return 0;
}

static int
sign(struct lexer *l, struct err *e)
{
	for (size_t i = 0; signs[i] != NULL; i++) {
		size_t n = strlen(signs[i]);

		if (l->len - l->at < n ||
		    memcmp(l->text + l->at, signs[i], n) != 0)
			continue;
		l->now.kind = TOKEN_SIGN;
		l->now.s = signs[i];
		l->now.s_len = l->now.len = n;
		l->at += n;
		return 0;
	}
	return err_set(e, ERR_CONF, "'%.*s' means nothing in an expression",
	    (int)chars_at(l->text + l->at, l->len - l->at, 1),
	    l->text + l->at);
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
lex_next(struct lexer *l, struct err *e)
{
	while (l->at < l->len && is_blank(l->text[l->at]))
		l->at++;
	l->now = (struct token){ .kind = TOKEN_END, .at = l->at, .len = 1 };
	if (l->at >= l->len || l->text[l->at] == '}')
		return 0;
	if (is_letter(l->text[l->at]))
		return word(l);
	if (is_digit(l->text[l->at]))
		return number(l, e);
	if (l->text[l->at] == '\'' || l->text[l->at] == '"')
		return text(l, e);
	return sign(l, e);
}
