/*
 * fn_filter.c -- Jinja's filters: value | name(options).  Those of lists are in
 * fn_list.c.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "rules/expr/expr_impl.h"
#include "rules/expr/fn_text.h"
#include "rules/letters.h"
#include "util/unicode.h"

#define FN(name) \
	static int \
	name(struct expr_run *run, const struct expr_value *self, \
	    const struct expr_value *arg, struct expr_value *out)

/* Any value as the text it prints. */
static int
as_text(struct expr_run *run, const struct expr_value *v,
    struct expr_value *out)
{
	*out = *v;
	if (v->type == EXPR_TEXT || v->type == EXPR_PATH) {
		out->type = EXPR_TEXT;
		out->map = NULL;
		return 0;
	}
	return op_join(run, v, 1, NULL, out);
}

/* The same as a text's method: of whatever the value prints. */
static int
method(struct expr_run *run, const char *name, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out)
{
	struct expr_value text;

	if (as_text(run, self, &text) < 0)
		return -1;
	return fn_find(FN_METHOD, EXPR_TEXT, name)->call(run, &text, arg, out);
}

FN(upper)
{
	return method(run, "upper", self, arg, out);
}

FN(lower)
{
	return method(run, "lower", self, arg, out);
}

FN(capitalize)
{
	return method(run, "capitalize", self, arg, out);
}

FN(trim)
{
	return method(run, "strip", self, arg, out);
}

FN(center)
{
	return method(run, "center", self, arg, out);
}

FN(replace)
{
	return method(run, "replace", self, arg, out);
}

FN(string)
{
	(void)arg;
	return as_text(run, self, out);
}

/* Jinja's: a word begins behind a blank, '-' or a bracket. */
FN(title)
{
	size_t start = run->scratch.len;
	struct expr_value text;
	int inside = 0;

	(void)arg;
	if (as_text(run, self, &text) < 0)
		return -1;
	for (size_t i = 0, n; i < text.len; i += n) {
		uint32_t c;

		n = utf8_next(text.s + i, text.len - i, &c);
		(inside ? letters_lower : letters_upper)(run->utf8, text.s + i,
		    n, &run->scratch);
		inside = !chars_space(run, c) && (c >= 0x80 || c == 0 ||
		    strchr("-({[<", (int)c) == NULL);
	}
	if (run_scratch(run, start, out) < 0)
		return -1;
	out->from = text.from;
	return 0;
}

FN(truncate)
{
	struct expr_value text, head, tail;
	int64_t length, leeway, n;
	const char *end;
	size_t end_len, cut;

	if (as_text(run, self, &text) < 0 ||
	    arg_int(run, &arg[0], "length", 255, &length) < 0 ||
	    arg_text(run, &arg[2], "end", "...", &end, &end_len) < 0 ||
	    arg_int(run, &arg[3], "leeway", 5, &leeway) < 0)
		return -1;
	tail = expr_text(end, end_len);
	tail.from = EXPR_WRITTEN;
	n = (int64_t)chars_count(end, end_len);
	if (length < n || leeway < 0)
		return expr_fail(run, "'truncate': a length of at least %lld "
		    "is needed", (long long)n);
	*out = text;
	if (leeway > (int64_t)EXPR_TEXT_MAX || length > (int64_t)EXPR_TEXT_MAX ||
	    (int64_t)chars_count(text.s, text.len) <= length + leeway)
		return 0;
	head = text;
	head.len = chars_at(text.s, text.len, (size_t)(length - n));
	if (!given(&arg[1]) || arg[1].n == 0) {		/* at a blank */
		for (cut = head.len; cut > 0 && head.s[cut - 1] != ' '; cut--)
			;
		head.len = cut > 0 ? cut - 1 : head.len;
	}
	return op_join(run, (struct expr_value[]){ head, tail }, 2, NULL, out);
}

/* Of letters, digits and '_', whatever stands between them. */
FN(wordcount)
{
	struct expr_value text;
	int64_t words = 0;
	int inside = 0, was;
	uint32_t c;

	(void)arg;
	if (as_text(run, self, &text) < 0)
		return -1;
	for (size_t i = 0; i < text.len;) {
		i += utf8_next(text.s + i, text.len - i, &c);
		was = inside;
		inside = c == '_' || (c < 0x80 ? isalnum((int)c) != 0 :
		    c != UTF8_BAD && run->utf8 != 0 &&
		    iswalnum_l((wint_t)c, run->utf8));
		words += inside && !was;
	}
	*out = expr_int(words);
	return 0;
}

FN(format_)
{
	struct expr_value text;
	size_t n = 0;

	while (n < 6 && given(&arg[n]))
		n++;
	if (as_text(run, self, &text) < 0)
		return -1;
	return format_percent(run, &text, &(struct expr_value){
	    .type = EXPR_LIST, .tuple = 1, .items = arg, .n = (int64_t)n }, out);
}

/* ---- what may be missing ---- */

FN(default_)
{
	int r;

	*out = *self;
	if (self->type != EXPR_MISSING) {
		if (!given(&arg[1]) || arg[1].n == 0)
			return 0;
		if ((r = op_true(run, self)) != 0)
			return r < 0 ? -1 : 0;
	}
	if (given(&arg[0])) {
		*out = arg[0];
	} else {
		*out = expr_text("", 0);
		out->from = EXPR_WRITTEN;
	}
	return 0;
}

/* ---- numbers ---- */

/* A number out of a text, blanks around it allowed: 1, or 0 if it is none. */
static int
read_number(const struct expr_value *v, int64_t base, int whole,
    struct expr_value *out)
{
	char text[80], *end;
	const char *s = v->s;
	size_t len = v->len;

	while (len > 0 && memchr(" \t\n\r", *s, 4) != NULL)
		s++, len--;
	while (len > 0 && memchr(" \t\n\r", s[len - 1], 4) != NULL)
		len--;
	if (len == 0 || len >= sizeof(text) || memchr(s, '\0', len) != NULL)
		return 0;
	memcpy(text, s, len);
	text[len] = '\0';
	errno = 0;
	if (whole) {
		*out = expr_int(strtoll(text, &end, (int)base));
		return *end == '\0' && errno == 0;
	}
	*out = expr_float(strtod(text, &end));
	return *end == '\0' && isfinite(out->x) &&
	    strpbrk(text, "xXpP") == NULL;
}

FN(int_)
{
	int64_t base;

	if (arg_int(run, &arg[1], "base", 10, &base) < 0)
		return -1;
	if (base != 0 && (base < 2 || base > 36))
		return expr_fail(run, "'base' must be between 2 and 36");
	if (is_text(self)) {
		if (read_number(self, base, 1, out))
			return 0;
		if (base == 10 && read_number(self, 10, 0, out) &&
		    fabs(out->x) < 9.2e18) {	/* "42.9" is 42, as in Jinja */
			*out = expr_int((int64_t)out->x);
			return 0;
		}
	} else if (self->type == EXPR_FLOAT && fabs(self->x) < 9.2e18) {
		*out = expr_int((int64_t)self->x);
		return 0;
	} else if (self->type == EXPR_INT || self->type == EXPR_BOOL) {
		*out = expr_int(self->n);
		return 0;
	}
	*out = given(&arg[0]) ? arg[0] : expr_int(0);
	return 0;
}

FN(float_)
{
	(void)run;
	if (is_text(self) && read_number(self, 10, 0, out))
		return 0;
	if (is_number(self))
		*out = expr_float(as_float(self));
	else
		*out = given(&arg[0]) ? arg[0] : expr_float(0);
	return 0;
}

FN(abs_)
{
	(void)arg;
	*out = *self;
	if (self->type == EXPR_FLOAT)
		out->x = fabs(self->x);
	else if (self->n < 0)
		return op_one(run, SIGN_MINUS, self, out);
	return 0;
}

/* To so many digits; half to even, as Python rounds. */
static double
round_to(double x, int64_t digits, char how)
{
	double scale = pow(10, (double)digits), y = x * scale;
	char text[400];

	if (!isfinite(y) || scale == 0)
		return scale == 0 ? 0 : x;
	if (how == 'c')
		return ceil(y) / scale;
	if (how == 'f')
		return floor(y) / scale;
	if (digits < 0)
		return nearbyint(y) / scale;
	/* What is printed is rounded from the number as it is, and not from
	 * one that has been multiplied: 42.55 is a little less. */
	snprintf(text, sizeof(text), "%.*f", (int)digits, x);
	return strtod(text, NULL);
}

FN(round_)
{
	const char *how;
	size_t len;
	int64_t digits;

	if (arg_int(run, &arg[0], "precision", 0, &digits) < 0 ||
	    arg_text(run, &arg[1], "method", "common", &how, &len) < 0)
		return -1;
	if (len == 4 && memcmp(how, "ceil", 4) == 0)
		len = 'c';
	else if (len == 5 && memcmp(how, "floor", 5) == 0)
		len = 'f';
	else if (len == 6 && memcmp(how, "common", 6) == 0)
		len = 'n';
	else
		return expr_fail(run, "'round' knows common, ceil and floor");
	if (digits < -20 || digits > 20)
		return expr_fail(run, "'precision' must be between -20 and 20");
	*out = *self;
	if (self->type == EXPR_FLOAT || len != 'n')
		*out = expr_float(round_to(as_float(self), digits, (char)len));
	else if (digits < 0)
		*out = expr_int((int64_t)round_to((double)self->n, digits,
		    'n'));
	else
		*out = expr_int(self->n);
	return 0;
}

FN(filesizeformat)
{
	static const char letters[] = "kMGTPEZY";
	int binary = given(&arg[0]) && arg[0].n != 0;
	double n = as_float(self), base = binary ? 1024 : 1000;
	size_t start = run->scratch.len, i = 0;

	if (n == 1) {
		buf_adds(&run->scratch, "1 Byte");
	} else if (n < base) {
		buf_addf(&run->scratch, "%.0f Bytes", n);
	} else {
		for (n /= base; n >= base && letters[i + 1] != '\0'; i++)
			n /= base;
		buf_addf(&run->scratch, "%.1f %c%sB", n, binary && i == 0 ?
		    'K' : letters[i], binary ? "i" : "");
	}
	return run_scratch(run, start, out);
}

#define NUMBERS	(BIT(EXPR_INT) | BIT(EXPR_FLOAT) | BIT(EXPR_BOOL))
#define SOME	(BITS_ALL & ~BIT(EXPR_MISSING))

const struct expr_fn expr_filters[] = {
	{ "upper", SOME, EXPR_TEXT, 0, 0, "", upper },
	{ "lower", SOME, EXPR_TEXT, 0, 0, "", lower },
	{ "capitalize", SOME, EXPR_TEXT, 0, 0, "", capitalize },
	{ "title", SOME, EXPR_TEXT, 0, 0, "", title },
	{ "trim", SOME, EXPR_TEXT, 0, 1, "chars", trim },
	{ "center", SOME, EXPR_TEXT, 0, 2, "width fillchar", center },
	{ "replace", SOME, EXPR_TEXT, 2, 3, "old new count", replace },
	{ "truncate", SOME, EXPR_TEXT, 0, 4, "length killwords end leeway",
	    truncate },
	{ "string", SOME, EXPR_TEXT, 0, 0, "", string },
	{ "format", SOME, EXPR_TEXT, 0, 6, "", format_ },
	{ "wordcount", SOME, EXPR_INT, 0, 0, "", wordcount },
	{ "default", BITS_ALL, EXPR_ANY, 0, 2, "default_value boolean",
	    default_ },
	{ "d", BITS_ALL, EXPR_ANY, 0, 2, "default_value boolean", default_ },
	{ "int", SOME, EXPR_ANY, 0, 2, "default base", int_ },
	{ "float", SOME, EXPR_ANY, 0, 1, "default", float_ },
	{ "abs", NUMBERS, EXPR_MISSING, 0, 0, "", abs_ },
	{ "round", NUMBERS, EXPR_ANY, 0, 2, "precision method", round_ },
	{ "filesizeformat", NUMBERS, EXPR_TEXT, 0, 1, "binary",
	    filesizeformat },
	{ 0 },
};
