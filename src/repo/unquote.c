/*
 * unquote.c -- strconv.Unquote of a text in double quotes, without these: what
 * is an error to Go is one here.
 */
#include <string.h>

#include "repo/node.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/unicode.h"

#define NOT_A_CHARACTER	UINT32_MAX

struct unquote {
	const char	*at, *end;
	struct buf	*out;
};

static int
bad_name(struct err *e)
{
	return err_set(e, ERR_CORRUPT, "a name is not quoted as it should be");
}

/* n digits of this base, taken; NOT_A_CHARACTER if they are not there. */
static uint32_t
take_digits(struct unquote *u, int n, uint32_t base)
{
	static const char all[] = "0123456789abcdef";
	const char *d;
	uint32_t v = 0;
	int c;

	if (u->end - u->at < n)
		return NOT_A_CHARACTER;
	for (; n > 0; n--) {
		c = (unsigned char)*u->at++;
		if (c >= 'A' && c <= 'F')
			c += 'a' - 'A';
		if ((d = memchr(all, c, base)) == NULL)
			return NOT_A_CHARACTER;
		v = v * base + (uint32_t)(d - all);
	}
	return v;
}

static int
take_byte(struct unquote *u, int n, uint32_t base, struct err *e)
{
	uint32_t v = take_digits(u, n, base);

	if (v > 0xFF)
		return bad_name(e);
	buf_addc(u->out, (char)v);
	return 0;
}

static int
take_character(struct unquote *u, int n, struct err *e)
{
	uint32_t v = take_digits(u, n, 16);
	unsigned char bytes[4];

	if (v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
		return bad_name(e);
	buf_add(u->out, bytes, utf8_put(bytes, v));
	return 0;
}

/* Behind a backslash. */
static int
take_escape(struct unquote *u, struct err *e)
{
	static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
	const char *p;
	char c;

	if (u->at == u->end)
		return bad_name(e);
	c = *u->at++;
	if (c == 'x')
		return take_byte(u, 2, 16, e);
	if (c == 'u' || c == 'U')
		return take_character(u, c == 'u' ? 4 : 8, e);
	if (c >= '0' && c <= '7') {
		u->at--;
		return take_byte(u, 3, 8, e);
	}
	if ((p = memchr(from, c, sizeof(from) - 1)) == NULL)
		return bad_name(e);
	buf_addc(u->out, to[p - from]);
	return 0;
}

/* Up to the next backslash; what is not UTF-8 becomes U+FFFD, byte by byte. */
static int
take_run(struct unquote *u, struct err *e)
{
	uint32_t cp;
	size_t n;

	for (; u->at < u->end && *u->at != '\\'; u->at += n) {
		if (*u->at == '"' || *u->at == '\n')
			return bad_name(e);
		n = utf8_next(u->at, (size_t)(u->end - u->at), &cp);
		if (cp == UTF8_BAD) {
			buf_add(u->out, "\xEF\xBF\xBD", 3);
			n = 1;
		} else {
			buf_add(u->out, u->at, n);
		}
	}
	return 0;
}

int
node_unquote(struct buf *out, const char *text, size_t len, struct err *e)
{
	struct unquote u = { text, text + len, out };

	for (;;) {
		if (take_run(&u, e) < 0)
			return -1;
		if (u.at == u.end)
			return 0;
		u.at++;
		if (take_escape(&u, e) < 0)
			return -1;
	}
}
