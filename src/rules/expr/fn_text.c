/*
 * fn_text.c -- Python's methods of a text that give another text.
 */
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

/* ---- letters ---- */

static int
is_upper(struct expr_run *run, uint32_t c)
{
	return c < 0x80 ? c >= 'A' && c <= 'Z' :
	    run->utf8 != 0 && iswupper_l((wint_t)c, run->utf8);
}

static int
is_letter(struct expr_run *run, uint32_t c)
{
	return c < 0x80 ? (c | 0x20) >= 'a' && (c | 0x20) <= 'z' :
	    c != UTF8_BAD && run->utf8 != 0 &&
	    iswalpha_l((wint_t)c, run->utf8);
}

static int
done(struct expr_run *run, const struct expr_value *self, size_t start,
    struct expr_value *out)
{
	unsigned char from = self->from;

	if (run_scratch(run, start, out) < 0)
		return -1;
	out->from = from;
	return 0;
}

FN(upper)
{
	size_t start = run->scratch.len;

	(void)arg;
	letters_upper(run->utf8, self->s, self->len, &run->scratch);
	return done(run, self, start, out);
}

FN(lower)
{
	size_t start = run->scratch.len;

	(void)arg;
	letters_lower(run->utf8, self->s, self->len, &run->scratch);
	return done(run, self, start, out);
}

FN(swapcase)
{
	size_t start = run->scratch.len;

	(void)arg;
	for (size_t i = 0, n; i < self->len; i += n) {
		uint32_t c;

		n = utf8_next(self->s + i, self->len - i, &c);
		(is_upper(run, c) ? letters_lower : letters_upper)(run->utf8,
		    self->s + i, n, &run->scratch);
	}
	return done(run, self, start, out);
}

FN(capitalize)
{
	size_t start = run->scratch.len, n = chars_at(self->s, self->len, 1);

	(void)arg;
	letters_upper(run->utf8, self->s, n, &run->scratch);
	letters_lower(run->utf8, self->s + n, self->len - n, &run->scratch);
	return done(run, self, start, out);
}

/* A letter behind what is none is large, the others are small. */
FN(title)
{
	size_t start = run->scratch.len;
	int inside = 0;

	(void)arg;
	for (size_t i = 0, n; i < self->len; i += n) {
		uint32_t c;

		n = utf8_next(self->s + i, self->len - i, &c);
		(inside ? letters_lower : letters_upper)(run->utf8,
		    self->s + i, n, &run->scratch);
		inside = is_letter(run, c);
	}
	return done(run, self, start, out);
}

/* ---- ends ---- */

static int
strip_ends(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, int left, int right, struct expr_value *out)
{
	size_t n;

	if (given(&arg[0]) && arg[0].type != EXPR_NONE && !is_text(&arg[0]))
		return expr_fail(run, "'chars' must be a text");
	*out = expr_text(self->s, self->len);
	out->from = self->from;
	n = left ? chars_lead(run, out->s, out->len, &arg[0]) : 0;
	out->s += n;
	out->len -= n;
	if (right)
		out->len -= chars_tail(run, out->s, out->len, &arg[0]);
	return 0;
}

FN(strip)
{
	return strip_ends(run, self, arg, 1, 1, out);
}

FN(lstrip)
{
	return strip_ends(run, self, arg, 1, 0, out);
}

FN(rstrip)
{
	return strip_ends(run, self, arg, 0, 1, out);
}

FN(removeprefix)
{
	*out = expr_text(self->s, self->len);
	out->from = self->from;
	if (!is_text(&arg[0]))
		return expr_fail(run, "'prefix' must be a text");
	if (arg[0].len <= out->len && arg[0].len > 0 &&
	    memcmp(out->s, arg[0].s, arg[0].len) == 0) {
		out->s += arg[0].len;
		out->len -= arg[0].len;
	}
	return 0;
}

FN(removesuffix)
{
	*out = expr_text(self->s, self->len);
	out->from = self->from;
	if (!is_text(&arg[0]))
		return expr_fail(run, "'suffix' must be a text");
	if (arg[0].len <= out->len && arg[0].len > 0 &&
	    memcmp(out->s + out->len - arg[0].len, arg[0].s, arg[0].len) == 0)
		out->len -= arg[0].len;
	return 0;
}

/* ---- width ---- */

static int
fill(struct expr_run *run, const char *c, size_t c_len, int64_t n)
{
	if (n > (int64_t)EXPR_TEXT_MAX)
		return expr_fail(run, "a text of more than %zu bytes comes out",
		    EXPR_TEXT_MAX);
	for (; n > 0; n--)
		buf_add(&run->scratch, c, c_len);
	return 0;
}

/* how: -1 to the left, 1 to the right, 0 in the middle. */
static int
justify(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, int how, struct expr_value *out)
{
	size_t start = run->scratch.len, len;
	int64_t width, missing, left;
	const char *c;

	if (arg_int(run, &arg[0], "width", 80, &width) < 0 ||
	    arg_text(run, &arg[1], "fillchar", " ", &c, &len) < 0)
		return -1;
	if (chars_count(c, len) != 1)
		return expr_fail(run, "'fillchar' must be one character");
	missing = width - (int64_t)chars_count(self->s, self->len);
	if (width > (int64_t)EXPR_TEXT_MAX || missing < 0)
		missing = missing < 0 ? 0 : (int64_t)EXPR_TEXT_MAX + 1;
	left = how < 0 ? 0 : how > 0 ? missing :
	    missing / 2 + (missing & width & 1);
	if (fill(run, c, len, left) < 0)
		return -1;
	buf_add(&run->scratch, self->s, self->len);
	if (fill(run, c, len, missing - left) < 0)
		return -1;
	return done(run, self, start, out);
}

FN(ljust)
{
	return justify(run, self, arg, -1, out);
}

FN(rjust)
{
	return justify(run, self, arg, 1, out);
}

int
text_center(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out)
{
	return justify(run, self, arg, 0, out);
}

FN(zfill)
{
	size_t start = run->scratch.len;
	size_t sign = self->len > 0 && (self->s[0] == '-' ||
	    self->s[0] == '+');
	int64_t width;

	if (arg_int(run, &arg[0], "width", 0, &width) < 0)
		return -1;
	buf_add(&run->scratch, self->s, sign);
	if (fill(run, "0", 1, width > (int64_t)EXPR_TEXT_MAX ? width :
	    width - (int64_t)chars_count(self->s, self->len)) < 0)
		return -1;
	buf_add(&run->scratch, self->s + sign, self->len - sign);
	return done(run, self, start, out);
}

/* ---- replace ---- */

/*
 * An empty `old` lies before each character and at the end, as in Python.
 * Returns where the rest begins.
 */
static const char *
replace_nothing(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *new, unsigned char from, int64_t *count)
{
	const char *p = self->s, *end = self->s + self->len;
	size_t most = run->scratch.len + 2 * EXPR_TEXT_MAX;
	struct expr_value piece = *self;

	for (; *count != 0 && run->scratch.len < most; --*count) {
		run_add(run, new, from);
		if (p == end) {
			*count = 0;
			break;
		}
		piece.s = p;
		piece.len = chars_at(p, (size_t)(end - p), 1);
		run_add(run, &piece, from);
		p += piece.len;
	}
	return p;
}

int
text_replace(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out)
{
	unsigned char from = run_mixed(self->from, arg[1].from);
	const char *p = self->s, *end = self->s + self->len, *hit;
	size_t start = run->scratch.len;
	struct expr_value piece = *self;
	int64_t count;

	if (!is_text(&arg[0]) || !is_text(&arg[1]))
		return expr_fail(run, "'replace' needs two texts");
	if (arg_int(run, &arg[2], "count", -1, &count) < 0)
		return -1;
	if (arg[0].len == 0) {
		p = replace_nothing(run, self, &arg[1], from, &count);
		count = 0;
	}
	for (; p < end && count != 0 && (hit = memmem(p, (size_t)(end - p),
	    arg[0].s, arg[0].len)) != NULL; count -= count > 0) {
		piece.s = p;
		piece.len = (size_t)(hit - p);
		run_add(run, &piece, from);
		run_add(run, &arg[1], from);
		p = hit + arg[0].len;
		if (run->scratch.len - start > 2 * EXPR_TEXT_MAX)
			break;		/* which is told below */
	}
	piece.s = p;
	piece.len = (size_t)(end - p);
	run_add(run, &piece, from);
	if (run_scratch(run, start, out) < 0)
		return -1;
	out->from = from;
	return 0;
}

#define T	BIT(EXPR_TEXT)

const struct expr_fn expr_text_methods[] = {
	{ "upper", T, EXPR_TEXT, 0, 0, "", upper },
	{ "lower", T, EXPR_TEXT, 0, 0, "", lower },
	{ "casefold", T, EXPR_TEXT, 0, 0, "", lower },
	{ "swapcase", T, EXPR_TEXT, 0, 0, "", swapcase },
	{ "capitalize", T, EXPR_TEXT, 0, 0, "", capitalize },
	{ "title", T, EXPR_TEXT, 0, 0, "", title },
	{ "strip", T, EXPR_TEXT, 0, 1, "chars", strip },
	{ "lstrip", T, EXPR_TEXT, 0, 1, "chars", lstrip },
	{ "rstrip", T, EXPR_TEXT, 0, 1, "chars", rstrip },
	{ "removeprefix", T, EXPR_TEXT, 1, 1, "prefix", removeprefix },
	{ "removesuffix", T, EXPR_TEXT, 1, 1, "suffix", removesuffix },
	{ "ljust", T, EXPR_TEXT, 1, 2, "width fillchar", ljust },
	{ "rjust", T, EXPR_TEXT, 1, 2, "width fillchar", rjust },
	{ "center", T, EXPR_TEXT, 1, 2, "width fillchar", text_center },
	{ "zfill", T, EXPR_TEXT, 1, 1, "width", zfill },
	{ "replace", T, EXPR_TEXT, 2, 3, "old new count", text_replace },
	{ 0 },
};
