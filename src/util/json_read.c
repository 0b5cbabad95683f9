/*
 * json_read.c -- the pull parser.  It never goes deeper than its own state: no
 * recursion, so hostile nesting costs a bit a level and ends at a named limit.
 */
#include <string.h>

#include "util/json.h"
#include "util/unicode.h"

enum state {
	WANT_VALUE,	/* one must come */
	WANT_FIRST,	/* just behind a bracket: something or its end */
	WANT_COMMA,	/* behind a value: a comma or the end */
	DONE,
	FAILED,
};

void
json_read_init(struct json_read *r, const void *text, size_t len)
{
	*r = (struct json_read){ .text = text, .size = len, .str = "",
	    .state = WANT_VALUE };
}

void
json_read_fini(struct json_read *r)
{
	buf_fini(&r->scratch);
	*r = (struct json_read){ .str = "", .state = FAILED,
	    .wrong = "read after the end" };
}

static int
fail(struct json_read *r, const char *what, struct err *e)
{
	if (r->state != FAILED) {
		r->state = FAILED;
		r->wrong = what;
		r->str = "";
		r->len = 0;
	}
	return err_set(e, ERR_CORRUPT, "JSON: %s at offset %zu", r->wrong,
	    r->at);
}

int
json_fail(struct json_read *r, const char *what, struct err *e)
{
	if (r->state != FAILED)
		r->at = r->start;
	return fail(r, what, e);
}

/* The byte that comes next, or -1 at the end. */
static inline int
peek(const struct json_read *r)
{
	return r->at < r->size ? r->text[r->at] : -1;
}

static void
skip_space(struct json_read *r)
{
	int c;

	while ((c = peek(r)) == ' ' || c == '\n' || c == '\r' || c == '\t')
		r->at++;
}

static inline int
in_object(const struct json_read *r)
{
	return (r->objects >> (r->depth - 1) & 1) != 0;
}

/* A whole value was read. */
static void
value_done(struct json_read *r)
{
	r->state = r->depth == 0 ? DONE : WANT_COMMA;
}

static int
open_level(struct json_read *r, int object, struct err *e)
{
	if (r->depth == JSON_DEPTH_MAX)
		return fail(r, "nested too deeply", e);
	r->objects &= ~((uint64_t)1 << r->depth);
	r->objects |= (uint64_t)object << r->depth;
	r->depth++;
	r->at++;
	r->event = object ? JSON_OBJECT : JSON_ARRAY;
	r->state = WANT_FIRST;
	return 1;
}

static int
close_level(struct json_read *r)
{
	r->event = in_object(r) ? JSON_OBJECT_END : JSON_ARRAY_END;
	r->at++;
	r->depth--;
	value_done(r);
	return 1;
}

/* Four hex digits at r->at, or UTF8_BAD. */
static uint32_t
read_unit(struct json_read *r)
{
	uint32_t v = 0;
	int i, c;

	for (i = 0; i < 4; i++) {
		c = peek(r);
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return UTF8_BAD;
		r->at++;
	}
	return v;
}

/* What stands behind \u, both halves of a pair. */
static int
read_unicode(struct json_read *r, struct err *e)
{
	unsigned char bytes[4];
	uint32_t high = read_unit(r), low;

	if (high == UTF8_BAD)
		return fail(r, "not four hex digits", e);
	if (high >= 0xDC00 && high <= 0xDFFF)
		return fail(r, "half a surrogate pair", e);
	if (high >= 0xD800 && high <= 0xDBFF) {
		if (r->size - r->at < 2 || r->text[r->at] != '\\' ||
		    r->text[r->at + 1] != 'u')
			return fail(r, "half a surrogate pair", e);
		r->at += 2;
		low = read_unit(r);
		if (low < 0xDC00 || low > 0xDFFF)
			return fail(r, "half a surrogate pair", e);
		high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	}
	buf_add(&r->scratch, bytes, utf8_put(bytes, high));
	return 0;
}

static int
read_escape(struct json_read *r, struct err *e)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p;
	int c;

	r->at++;
	c = peek(r);
	if (c == 'u') {
		r->at++;
		return read_unicode(r, e);
	}
	if (c <= 0 || (p = strchr(from, c)) == NULL)
		return fail(r, "unknown escape", e);
	r->at++;
	buf_addc(&r->scratch, to[p - from]);
	return 0;
}

/* Copy what needs no care; stops before '"', '\\', or what is wrong. */
static void
read_run(struct json_read *r)
{
	size_t from = r->at, n;
	uint32_t cp;
	int c;

	while ((c = peek(r)) >= 0x20 && c != '"' && c != '\\') {
		n = 1;
		if (c >= 0x80) {
			n = utf8_next(r->text + r->at, r->size - r->at, &cp);
			if (cp == UTF8_BAD)
				break;
		}
		r->at += n;
	}
	buf_add(&r->scratch, r->text + from, r->at - from);
}

/* A string, from its first quote to behind its last. */
static int
read_string(struct json_read *r, struct err *e)
{
	int c;

	r->at++;
	buf_reset(&r->scratch);
	for (;;) {
		read_run(r);
		c = peek(r);
		if (c == '"')
			break;
		if (c < 0)
			return fail(r, "string without an end", e);
		if (c < 0x20)
			return fail(r, "control character in a string", e);
		if (c != '\\')
			return fail(r, "invalid UTF-8", e);
		if (read_escape(r, e) < 0)
			return -1;
	}
	r->at++;
	r->str = buf_str(&r->scratch);
	r->len = r->scratch.len;
	return 0;
}

static int
read_key(struct json_read *r, struct err *e)
{
	if (peek(r) != '"')
		return fail(r, "expected a key", e);
	if (read_string(r, e) < 0)
		return -1;
	skip_space(r);
	if (peek(r) != ':')
		return fail(r, "expected ':'", e);
	r->at++;
	r->event = JSON_KEY;
	r->state = WANT_VALUE;
	return 1;
}

/* One digit or more: 0 or -1. */
static int
read_digits(struct json_read *r)
{
	size_t from = r->at;
	int c;

	while ((c = peek(r)) >= '0' && c <= '9')
		r->at++;
	return r->at > from ? 0 : -1;
}

static int
read_number(struct json_read *r, struct err *e)
{
	size_t from = r->at;
	int c;

	if (peek(r) == '-')
		r->at++;
	if (peek(r) == '0')
		r->at++;
	else if (read_digits(r) < 0)
		return fail(r, "expected a digit", e);
	if (peek(r) == '.') {
		r->at++;
		if (read_digits(r) < 0)
			return fail(r, "expected a digit", e);
	}
	if ((c = peek(r)) == 'e' || c == 'E') {
		r->at++;
		if ((c = peek(r)) == '+' || c == '-')
			r->at++;
		if (read_digits(r) < 0)
			return fail(r, "expected a digit", e);
	}
	buf_reset(&r->scratch);
	buf_add(&r->scratch, r->text + from, r->at - from);
	r->str = buf_str(&r->scratch);
	r->len = r->scratch.len;
	r->event = JSON_NUMBER;
	value_done(r);
	return 1;
}

static int
read_word(struct json_read *r, const char *word, enum json_event event,
    struct err *e)
{
	size_t n = strlen(word);

	if (r->size - r->at < n || memcmp(r->text + r->at, word, n) != 0)
		return fail(r, "expected a value", e);
	r->at += n;
	r->event = event;
	value_done(r);
	return 1;
}

static int
read_value(struct json_read *r, struct err *e)
{
	switch (peek(r)) {
	case '{':
		return open_level(r, 1, e);
	case '[':
		return open_level(r, 0, e);
	case '"':
		if (read_string(r, e) < 0)
			return -1;
		r->event = JSON_STRING;
		value_done(r);
		return 1;
	case 't':
		return read_word(r, "true", JSON_TRUE, e);
	case 'f':
		return read_word(r, "false", JSON_FALSE, e);
	case 'n':
		return read_word(r, "null", JSON_NULL, e);
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return read_number(r, e);
	default:
		return fail(r, "expected a value", e);
	}
}

/* Behind a bracket or a value of an array or object. */
static int
read_inside(struct json_read *r, struct err *e)
{
	int c = peek(r), first = r->state == WANT_FIRST;

	if (c == (in_object(r) ? '}' : ']'))
		return close_level(r);
	if (!first) {
		if (c != ',')
			return fail(r, in_object(r) ? "expected ',' or '}'" :
			    "expected ',' or ']'", e);
		r->at++;
		skip_space(r);
		r->start = r->at;
	}
	return in_object(r) ? read_key(r, e) : read_value(r, e);
}

int
json_next(struct json_read *r, struct err *e)
{
	r->str = "";
	r->len = 0;
	skip_space(r);
	r->start = r->at;
	switch ((enum state)r->state) {
	case WANT_VALUE:
		return read_value(r, e);
	case WANT_FIRST:
	case WANT_COMMA:
		return read_inside(r, e);
	case DONE:
		if (r->at < r->size)
			return fail(r, "more than one value", e);
		r->event = JSON_END;
		return 0;
	case FAILED:
		break;
	}
	return fail(r, "", e);
}
