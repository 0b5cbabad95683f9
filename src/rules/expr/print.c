/*
 * print.c -- values as Python's str() and repr() print them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "util/unicode.h"

#define ITEMS_PRINTED	(2 * EXPR_TEXT_MAX)	/* bytes; more is told as too
						   much by who keeps it */

const char *
expr_type_name(enum expr_type t)
{
	static const char *const names[] = {
		[EXPR_MISSING] = "a missing value", [EXPR_NONE] = "none",
		[EXPR_BOOL] = "a truth value", [EXPR_INT] = "a number",
		[EXPR_FLOAT] = "a number", [EXPR_TEXT] = "a text",
		[EXPR_PATH] = "a path", [EXPR_LIST] = "a list",
		[EXPR_TIME] = "a time", [EXPR_DATE] = "a date",
		[EXPR_CLOCK] = "a time of day", [EXPR_SPAN] = "a span of time",
		[EXPR_MAP] = "a group of values", [EXPR_ANY] = "a value",
	};

	return names[t];
}

/* The shortest digits that are this number again. */
static void
print_float(double x, struct buf *out)
{
	char text[40];
	int digits = 1, exp;

	if (x == 0 || !isfinite(x)) {
		buf_adds(out, isnan(x) ? "nan" : x == 0 ?
		    (signbit(x) ? "-0.0" : "0.0") : x < 0 ? "-inf" : "inf");
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*e", digits - 1, x);
	while (strtod(text, NULL) != x && ++digits <= 17);
	exp = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exp < -4 || exp >= 16) {
		snprintf(text, sizeof(text), "%.*e", digits - 1, x);
		buf_adds(out, text);
		return;
	}
	snprintf(text, sizeof(text), "%.*f", digits - 1 - exp > 1 ?
	    digits - 1 - exp : 1, x);
	buf_adds(out, text);
}

static void
quote(const char *s, size_t len, struct buf *out)
{
	char q = memchr(s, '\'', len) != NULL && memchr(s, '"', len) == NULL ?
	    '"' : '\'';
	uint32_t c;

	buf_addc(out, q);
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_next(s + i, len - i, &c);
		if (s[i] == q || s[i] == '\\')
			buf_addf(out, "\\%c", s[i]);
		else if (s[i] == '\n' || s[i] == '\t' || s[i] == '\r')
			buf_addf(out, "\\%c", s[i] == '\n' ? 'n' :
			    s[i] == '\t' ? 't' : 'r');
		else if (c == UTF8_BAD || c < 0x20 || c == 0x7f)
			for (size_t k = 0; k < n; k++)
				buf_addf(out, "\\x%02x",
				    (unsigned char)s[i + k]);
		else
			buf_add(out, s + i, n);
	}
	buf_addc(out, q);
}

void
expr_print_quoted(const struct expr_value *v, struct buf *out)
{
	if (v->type == EXPR_TEXT || v->type == EXPR_PATH)
		quote(v->s != NULL ? v->s : "", v->len, out);
	else
		expr_print(v, out);
}

static void
print_list(const struct expr_value *v, struct buf *out)
{
	size_t start = out->len;

	buf_addc(out, v->tuple ? '(' : '[');
	for (int64_t i = 0; i < v->n && out->len - start < ITEMS_PRINTED; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		expr_print_quoted(&v->items[i], out);
	}
	if (v->tuple)
		buf_adds(out, v->n == 1 ? ",)" : ")");
	else
		buf_addc(out, ']');
}

void
expr_print(const struct expr_value *v, struct buf *out)
{
	switch (v->type) {
	case EXPR_TEXT:
	case EXPR_PATH:
		buf_add(out, v->s, v->len);
		break;
	case EXPR_INT:
		buf_addf(out, "%lld", (long long)v->n);
		break;
	case EXPR_FLOAT:
		print_float(v->x, out);
		break;
	case EXPR_BOOL:
		buf_adds(out, v->n ? "True" : "False");
		break;
	case EXPR_NONE:
		buf_adds(out, "None");
		break;
	case EXPR_LIST:
		print_list(v, out);
		break;
	case EXPR_TIME:
	case EXPR_DATE:
	case EXPR_CLOCK:
	case EXPR_SPAN:
		expr_time_print(v, out);
		break;
	case EXPR_MAP:
		if (v->map->print != NULL)
			v->map->print(v, out);
		break;
	case EXPR_MISSING:
	case EXPR_ANY:
		break;		/* nobody prints what is not there */
	}
}
