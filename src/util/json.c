/*
 * json.c -- writing.  Strings are where the time goes: a run of bytes that
 * need no care is found with a table and copied in one piece.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base64.h"
#include "util/json.h"
#include "util/unicode.h"

/* A comma if one is due; what follows will need one after it. */
static void
begin(struct json *j)
{
	if (j->comma)
		buf_addc(j->out, ',');
	j->comma = 1;
}

static void
open_with(struct json *j, char c)
{
	begin(j);
	buf_addc(j->out, c);
	j->depth++;
	j->comma = 0;
}

static void
close_with(struct json *j, char c)
{
	if (j->depth == 0)
		abort();
	buf_addc(j->out, c);
	j->depth--;
	j->comma = 1;
}

void
json_object_start(struct json *j)
{
	open_with(j, '{');
}

void
json_object_end(struct json *j)
{
	close_with(j, '}');
}

void
json_array_start(struct json *j)
{
	open_with(j, '[');
}

void
json_array_end(struct json *j)
{
	close_with(j, ']');
}

void
json_line(struct json *j)
{
	if (j->depth != 0)
		abort();
	buf_addc(j->out, '\n');
	j->comma = 0;
}

/* One character that may not stand as it is. */
static void
add_escape(struct buf *out, uint32_t cp)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "btn fr";	/* 8, 9, 10, -, 12, 13 */
	unsigned char *to = buf_room(out, 6);
	int shift;

	*to++ = '\\';
	out->len += 2;
	if (cp == '"' || cp == '\\') {
		*to = (unsigned char)cp;
		return;
	}
	if (cp >= 8 && cp <= 13 && cp != 11) {
		*to = (unsigned char)letters[cp - 8];
		return;
	}
	*to++ = 'u';
	for (shift = 12; shift >= 0; shift -= 4)
		*to++ = (unsigned char)hex[cp >> shift & 15];
	out->len += 4;
}

static inline int
plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* The inside of a string: 1 if something had to be replaced, else 0. */
static int
add_text(struct buf *out, const unsigned char *p, size_t len)
{
	size_t i = 0, run = 0, n;
	uint32_t cp;
	int replaced = 0;

	while (i < len) {
		if (plain(p[i])) {
			i++;
			continue;
		}
		n = utf8_next(p + i, len - i, &cp);
		if (cp != UTF8_BAD && cp >= 0xA0 && cp != 0x2028 &&
		    cp != 0x2029) {
			i += n;
			continue;
		}
		buf_add(out, p + run, i - run);
		if (cp == UTF8_BAD) {
			buf_add(out, "\xEF\xBF\xBD", 3);
			replaced = 1;
		} else {
			add_escape(out, cp);
		}
		i += n;
		run = i;
	}
	if (run < len)
		buf_add(out, p + run, len - run);
	return replaced;
}

static int
add_string(struct buf *out, const void *data, size_t len)
{
	int replaced;

	buf_room(out, len + 2);
	buf_addc(out, '"');
	replaced = add_text(out, data, len);
	buf_addc(out, '"');
	return replaced;
}

void
json_key(struct json *j, const char *key)
{
	begin(j);
	add_string(j->out, key, strlen(key));
	buf_addc(j->out, ':');
	j->comma = 0;
}

int
json_bytes(struct json *j, const void *data, size_t len)
{
	begin(j);
	return add_string(j->out, data, len);
}

void
json_str(struct json *j, const char *s)
{
	if (s == NULL)
		json_null(j);
	else
		json_bytes(j, s, strlen(s));
}

void
json_name(struct json *j, const char *key, const void *name, size_t len)
{
	json_key(j, key);
	if (json_bytes(j, name, len) == 0)
		return;
	begin(j);
	buf_addc(j->out, '"');
	add_text(j->out, (const unsigned char *)key, strlen(key));
	buf_adds(j->out, "_bytes\":\"");
	base64_add(j->out, name, len);
	buf_addc(j->out, '"');
}

void
json_u64(struct json *j, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);

	begin(j);
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(j->out, p, (size_t)(digits + sizeof(digits) - p));
}

void
json_i64(struct json *j, int64_t v)
{
	if (v >= 0) {
		json_u64(j, (uint64_t)v);
		return;
	}
	begin(j);
	buf_addc(j->out, '-');
	j->comma = 0;
	json_u64(j, 0 - (uint64_t)v);
}

/*
 * The shortest of 15 to 17 digits that reads back as the same number.  A
 * locale may print another point than '.', so whatever is no part of a number
 * is taken for it.
 */
void
json_double(struct json *j, double v)
{
	char text[40];
	int digits, point = 0;
	const char *p;

	if (!isfinite(v)) {
		json_null(j);
		return;
	}
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (!(strtod(text, NULL) < v) && !(strtod(text, NULL) > v))
			break;
	}
	begin(j);
	for (p = text; *p != '\0'; p++) {
		if (strchr("0123456789+-e", *p) != NULL)
			buf_addc(j->out, *p);
		else if (!point++)
			buf_addc(j->out, '.');
	}
}

void
json_bool(struct json *j, int v)
{
	begin(j);
	buf_adds(j->out, v ? "true" : "false");
}

void
json_null(struct json *j)
{
	begin(j);
	buf_adds(j->out, "null");
}

void
json_raw(struct json *j, const void *text, size_t len)
{
	begin(j);
	buf_add(j->out, text, len);
}
