/*
 * format.c -- 'text %03d' % value: Python's printf-like formatting.
 *
 *	%[flags][width][.precision]letter	flags: # 0 - blank +
 *	letters: d i u  x X o  e E f F g G  s r  c  %
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "util/unicode.h"

#define WIDTH_MAX	4096

struct spec {
	char		 flags[6];
	size_t		 n_flags;
	int		 width, precision;	/* -1: none */
	char		 letter;
};

struct formatting {
	struct expr_run	*run;
	const char	*p, *end;
	const struct expr_value *args;
	size_t		 n, next;
	unsigned char	 from;
};

static int
digits(struct formatting *f, int *out)
{
	int n = 0;

	for (; f->p < f->end && *f->p >= '0' && *f->p <= '9'; f->p++)
		if ((n = n * 10 + (*f->p - '0')) > WIDTH_MAX)
			return expr_fail(f->run, "'%%': a width of more than "
			    "%d", WIDTH_MAX);
	*out = n;
	return 0;
}

static int
is_flag(char c)
{
	return c == '#' || c == '0' || c == '-' || c == ' ' || c == '+';
}

static int
read_spec(struct formatting *f, struct spec *s)
{
	*s = (struct spec){ .width = -1, .precision = -1 };
	for (; f->p < f->end && is_flag(*f->p); f->p++)
		if (strchr(s->flags, *f->p) == NULL)
			s->flags[s->n_flags++] = *f->p;
	if (f->p < f->end && *f->p >= '0' && *f->p <= '9' &&
	    digits(f, &s->width) < 0)
		return -1;
	if (f->p < f->end && *f->p == '.') {
		f->p++;
		if (digits(f, &s->precision) < 0)
			return -1;
	}
	if (f->p == f->end)
		return expr_fail(f->run, "'%%' without its letter");
	s->letter = *f->p++;
	return 0;
}

static void
pad(struct buf *b, int n)
{
	for (; n > 0; n--)
		buf_addc(b, ' ');
}

/* A text in its width, counted in characters. */
static void
add_padded(struct formatting *f, const struct spec *s,
    const struct expr_value *v)
{
	size_t len = s->precision < 0 ? v->len :
	    chars_at(v->s, v->len, (size_t)s->precision);
	int room = s->width - (int)chars_count(v->s, len);
	struct expr_value cut = *v;

	cut.len = len;
	if (strchr(s->flags, '-') == NULL)
		pad(&f->run->scratch, room);
	run_add(f->run, &cut, f->from);
	if (strchr(s->flags, '-') != NULL)
		pad(&f->run->scratch, room);
}

static int
add_text(struct formatting *f, const struct spec *s,
    const struct expr_value *v)
{
	CLEAN_BUF struct buf b = {0};
	struct expr_value t = *v;

	if (s->letter == 'r' || !is_text(v)) {
		if (v->type == EXPR_MAP && v->map->print == NULL)
			return expr_fail(f->run, "%s needs a name behind it",
			    v->map->said);
		(s->letter == 'r' ? expr_print_quoted : expr_print)(v, &b);
		t = expr_text(buf_str(&b), b.len);
		t.from = v->from;
	}
	add_padded(f, s, &t);
	return 0;
}

static int
add_number(struct formatting *f, const struct spec *s,
    const struct expr_value *v)
{
	int whole = strchr("diuxXo", s->letter) != NULL;
	char format[16], text[WIDTH_MAX + 400];
	int n;

	if (!is_number(v))
		return expr_fail(f->run, "'%%%c' needs a number, not %s",
		    s->letter, expr_type_name(v->type));
	if (whole && v->type == EXPR_FLOAT && !(fabs(v->x) < 9.2e18))
		return expr_fail(f->run, "the number is too large");
	snprintf(format, sizeof(format), "%%%s*.*%s%c", s->flags,
	    whole ? "ll" : "", s->letter == 'i' || s->letter == 'u' ? 'd' :
	    s->letter);
	n = s->width < 0 ? 0 : s->width;
	if (whole)
		n = snprintf(text, sizeof(text), format, n, s->precision,
		    v->type == EXPR_FLOAT ? (long long)v->x : (long long)v->n);
	else
		n = snprintf(text, sizeof(text), format, n, s->precision,
		    as_float(v));
	if (n < 0 || (size_t)n >= sizeof(text))
		return expr_fail(f->run, "'%%%c': too many digits", s->letter);
	buf_add(&f->run->scratch, text, (size_t)n);
	return 0;
}

static int
add_char(struct formatting *f, const struct spec *s,
    const struct expr_value *v)
{
	unsigned char bytes[4];
	struct expr_value t;

	if (is_text(v) && chars_count(v->s, v->len) == 1) {
		add_padded(f, s, v);
		return 0;
	}
	if (v->type != EXPR_INT || v->n <= 0 || v->n > 0x10ffff ||
	    (v->n >= 0xd800 && v->n <= 0xdfff))
		return expr_fail(f->run, "'%%c' needs one character");
	t = expr_text((const char *)bytes, utf8_put(bytes, (uint32_t)v->n));
	add_padded(f, s, &t);
	return 0;
}

static int
one(struct formatting *f)
{
	const struct expr_value *v;
	struct spec s;

	if (read_spec(f, &s) < 0)
		return -1;
	if (s.letter == '%') {
		buf_addc(&f->run->scratch, '%');
		return 0;
	}
	if (s.letter == '\0' || strchr("diuxXoeEfFgGsrc", s.letter) == NULL)
		return expr_fail(f->run, "'%%%c' is no format", s.letter);
	if (f->next == f->n)
		return expr_fail(f->run, "'%%': there are too few values");
	v = &f->args[f->next++];
	if (s.letter == 's' || s.letter == 'r')
		return add_text(f, &s, v);
	return s.letter == 'c' ? add_char(f, &s, v) : add_number(f, &s, v);
}

int
format_percent(struct expr_run *run, const struct expr_value *format,
    const struct expr_value *args, struct expr_value *out)
{
	int many = args->type == EXPR_LIST && args->tuple;
	struct formatting f = { .run = run, .p = format->s,
	    .end = format->s + format->len, .args = many ? args->items : args,
	    .n = many ? (size_t)args->n : 1, .from = format->from };
	size_t start = run->scratch.len;

	for (size_t i = 0; i < f.n; i++)
		f.from = run_mixed(f.from, f.args[i].from);
	while (f.p < f.end) {
		size_t n = 0;

		while (f.p + n < f.end && f.p[n] != '%')
			n++;
		if (n > 0) {
			struct expr_value v = expr_text(f.p, n);

			v.from = format->from;
			run_add(run, &v, f.from);
		}
		f.p += n;
		if (f.p < f.end && (f.p++, one(&f) < 0))
			return -1;
		if (run->scratch.len - start > EXPR_TEXT_MAX)
			break;		/* which is told below */
	}
	if (f.p == f.end && f.next < f.n)
		return expr_fail(run, "'%%': there are more values than "
		    "places for them");
	if (run_scratch(run, start, out) < 0)
		return -1;
	out->from = f.from;
	return 0;
}
