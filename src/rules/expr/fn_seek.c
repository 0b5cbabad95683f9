/*
 * fn_seek.c -- Python's methods of a text that look into it: what is found, what
 * lies between, what kind of characters there are.
 */
#include <string.h>
#include <wctype.h>

#include "rules/expr/expr_impl.h"
#include "rules/expr/fn_text.h"
#include "util/unicode.h"

#define FN(name) \
	static int \
	name(struct expr_run *run, const struct expr_value *self, \
	    const struct expr_value *arg, struct expr_value *out)

/* ---- ends, places ---- */

/* One text, or a list of which one will do. */
static int
any_end(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *want, int at_end, struct expr_value *out)
{
	const struct expr_value *v = want->type == EXPR_LIST ? want->items :
	    want;
	int64_t n = want->type == EXPR_LIST ? want->n : 1;

	*out = expr_bool(0);
	for (; n > 0; n--, v++) {
		if (!is_text(v))
			return expr_fail(run, "an end to be looked for must be "
			    "a text");
		if (v->len <= self->len && (v->len == 0 || memcmp(self->s +
		    (at_end ? self->len - v->len : 0), v->s, v->len) == 0))
			*out = expr_bool(1);
	}
	return 0;
}

FN(startswith)
{
	return any_end(run, self, &arg[0], 0, out);
}

FN(endswith)
{
	return any_end(run, self, &arg[0], 1, out);
}

/* The last place of b in a, or NULL. */
static const char *
last_in(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (b_len > a_len)
		return NULL;
	for (const char *p = a + a_len - b_len;; p--) {
		if (b_len == 0 || (*p == *b && memcmp(p, b, b_len) == 0))
			return p;
		if (p == a)
			return NULL;
	}
}

static int
find_in(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *what, int last, struct expr_value *out)
{
	const char *hit;

	if (!is_text(what))
		return expr_fail(run, "what is looked for must be a text");
	hit = last ? last_in(self->s, self->len, what->s, what->len) :
	    what->len == 0 ? self->s :
	    memmem(self->s, self->len, what->s, what->len);
	*out = expr_int(hit == NULL ? -1 :
	    (int64_t)chars_count(self->s, (size_t)(hit - self->s)));
	return 0;
}

FN(find)
{
	return find_in(run, self, &arg[0], 0, out);
}

FN(rfind)
{
	return find_in(run, self, &arg[0], 1, out);
}

FN(index_of)
{
	if (find_in(run, self, &arg[0], 0, out) < 0)
		return -1;
	return out->n < 0 ? expr_fail(run, "'index': it is not in the text") :
	    0;
}

FN(count)
{
	const char *p = self->s, *end = self->s + self->len, *hit;
	int64_t n = 0;

	if (!is_text(&arg[0]))
		return expr_fail(run, "what is counted must be a text");
	if (arg[0].len == 0)
		n = (int64_t)chars_count(self->s, self->len) + 1;
	for (; arg[0].len > 0 && (hit = memmem(p, (size_t)(end - p), arg[0].s,
	    arg[0].len)) != NULL; p = hit + arg[0].len)
		n++;
	*out = expr_int(n);
	return 0;
}

/* ---- between ---- */

struct pieces {
	struct expr_run	*run;
	struct expr_value *v;
	size_t		 n, cap;
	unsigned char	 from;
};

static int
add(struct pieces *p, const char *s, size_t len)
{
	if (p->n == EXPR_ITEMS_MAX)
		return expr_fail(p->run, "a list of more than %d items comes "
		    "out", EXPR_ITEMS_MAX);
	if (p->n == p->cap) {
		size_t cap = p->cap > 0 ? 4 * p->cap : 8;
		struct expr_value *v = expr_alloc(p->run, cap * sizeof(*v));

		if (v == NULL)
			return -1;
		if (p->n > 0)
			memcpy(v, p->v, p->n * sizeof(*v));
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n] = expr_text(s, len);
	p->v[p->n++].from = p->from;
	return 0;
}

static int
add_empty(struct pieces *p, int times)
{
	int r = 0;

	while (times-- > 0)
		r |= add(p, "", 0);
	return r;
}

static int
split_blanks(struct pieces *p, const char *s, size_t len, int64_t most)
{
	for (;;) {
		size_t n = chars_lead(p->run, s, len, NULL);

		s += n;
		len -= n;
		if (len == 0)
			return 0;
		if (most-- == 0)
			return add(p, s, len -
			    chars_tail(p->run, s, len, NULL));
		for (n = 0; n < len && chars_lead(p->run, s + n, len - n,
		    NULL) == 0;)
			n += chars_at(s + n, len - n, 1);
		if (add(p, s, n) < 0)
			return -1;
		s += n;
		len -= n;
	}
}

static int
split_at(struct pieces *p, const char *s, size_t len,
    const struct expr_value *sep, int64_t most)
{
	const char *hit;

	for (; most != 0 && (hit = memmem(s, len, sep->s, sep->len)) != NULL;
	    most--) {
		if (add(p, s, (size_t)(hit - s)) < 0)
			return -1;
		len -= (size_t)(hit - s) + sep->len;
		s = hit + sep->len;
	}
	return add(p, s, len);
}

int
text_split(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out)
{
	struct pieces p = { .run = run, .from = self->from };
	int64_t most;
	int r;

	if (arg_int(run, &arg[1], "maxsplit", -1, &most) < 0)
		return -1;
	if (!given(&arg[0]) || arg[0].type == EXPR_NONE)
		r = split_blanks(&p, self->s, self->len, most);
	else if (!is_text(&arg[0]) || arg[0].len == 0)
		r = expr_fail(run, "'sep' must be a text that is not empty");
	else
		r = split_at(&p, self->s, self->len, &arg[0], most);
	*out = expr_list(p.v, p.n);
	return r;
}

/* From the end: at most so many, and the first takes the rest. */
FN(rsplit)
{
	struct expr_value all, one = arg[0], first, *v;
	int64_t most;

	if (arg_int(run, &arg[1], "maxsplit", -1, &most) < 0)
		return -1;
	if (text_split(run, self, (struct expr_value[]){ one, {0} },
	    &all) < 0)
		return -1;
	*out = all;
	if (most < 0 || all.n - 1 <= most)
		return 0;
	first = all.items[all.n - most - 1];
	if ((v = expr_alloc(run, ((size_t)most + 1) * sizeof(*v))) == NULL)
		return -1;
	v[0] = all.items[0];
	v[0].len = (size_t)(first.s + first.len - v[0].s);
	memcpy(v + 1, all.items + all.n - most, (size_t)most * sizeof(*v));
	*out = expr_list(v, (size_t)most + 1);
	return 0;
}

FN(splitlines)
{
	struct pieces p = { .run = run, .from = self->from };
	const char *s = self->s, *end = self->s + self->len;
	int r = 0;

	(void)arg;
	while (r == 0 && s < end) {
		const char *at = s;

		while (at < end && *at != '\n' && *at != '\r')
			at++;
		r = add(&p, s, (size_t)(at - s));
		s = at + (at < end);
		s += at + 1 < end && at[0] == '\r' && at[1] == '\n';
	}
	*out = expr_list(p.v, p.n);
	return r;
}

static int
part_at(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *sep, int last, struct expr_value *out)
{
	struct pieces p = { .run = run, .from = self->from };
	const char *s = self->s, *hit;
	size_t behind;
	int r;

	if (!is_text(sep) || sep->len == 0)
		return expr_fail(run, "'sep' must be a text that is not empty");
	hit = last ? last_in(s, self->len, sep->s, sep->len) :
	    memmem(s, self->len, sep->s, sep->len);
	behind = hit != NULL ? (size_t)(hit - s) + sep->len : 0;
	if (hit == NULL && last)
		r = add_empty(&p, 2) | add(&p, s, self->len);
	else if (hit == NULL)
		r = add(&p, s, self->len) | add_empty(&p, 2);
	else
		r = add(&p, s, (size_t)(hit - s)) | add(&p, hit, sep->len) |
		    add(&p, s + behind, self->len - behind);
	*out = expr_list(p.v, p.n);
	out->tuple = 1;
	return r;
}

FN(partition)
{
	return part_at(run, self, &arg[0], 0, out);
}

FN(rpartition)
{
	return part_at(run, self, &arg[0], 1, out);
}

FN(join)
{
	int64_t n = arg[0].type == EXPR_LIST ? arg[0].n : 0;

	if (arg[0].type != EXPR_LIST)
		return expr_fail(run, "'join' needs a list");
	for (int64_t i = 0; i < n; i++)
		if (!is_text(&arg[0].items[i]))
			return expr_fail(run, "'join': an item is %s and no "
			    "text", expr_type_name(arg[0].items[i].type));
	return op_join(run, arg[0].items, (size_t)n, self, out);
}

/* ---- kinds of characters ---- */

static int
is_digit(uint32_t c, locale_t l)
{
	(void)l;
	return c >= '0' && c <= '9';
}

static int
is_alpha(uint32_t c, locale_t l)
{
	return c < 0x80 ? (c | 0x20) >= 'a' && (c | 0x20) <= 'z' :
	    l != 0 && iswalpha_l((wint_t)c, l);
}

static int
is_alnum(uint32_t c, locale_t l)
{
	return is_digit(c, l) || is_alpha(c, l);
}

/* Not empty, and all of it is so. */
static int
all_are(struct expr_run *run, const struct expr_value *self,
    int (*is)(uint32_t c, locale_t l), struct expr_value *out)
{
	uint32_t c;

	*out = expr_bool(self->len > 0);
	for (size_t i = 0; i < self->len;) {
		i += utf8_next(self->s + i, self->len - i, &c);
		if (c == UTF8_BAD || !is(c, run->utf8))
			*out = expr_bool(0);
	}
	return 0;
}

FN(isdigit_)
{
	(void)arg;
	return all_are(run, self, is_digit, out);
}

FN(isalpha_)
{
	(void)arg;
	return all_are(run, self, is_alpha, out);
}

FN(isalnum_)
{
	(void)arg;
	return all_are(run, self, is_alnum, out);
}

FN(isspace_)
{
	(void)arg;
	*out = expr_bool(self->len > 0 && chars_lead(run, self->s, self->len,
	    NULL) == self->len);
	return 0;
}

/* There is a letter that has a case, and none of the other case. */
static int
case_is(struct expr_run *run, const struct expr_value *self, int want_upper,
    struct expr_value *out)
{
	int seen = 0, other = 0;
	uint32_t c;

	for (size_t i = 0; i < self->len;) {
		int up, low;

		i += utf8_next(self->s + i, self->len - i, &c);
		if (c == UTF8_BAD)
			continue;
		up = c < 0x80 ? c >= 'A' && c <= 'Z' : run->utf8 != 0 &&
		    iswupper_l((wint_t)c, run->utf8);
		low = c < 0x80 ? c >= 'a' && c <= 'z' : run->utf8 != 0 &&
		    iswlower_l((wint_t)c, run->utf8);
		seen |= want_upper ? up : low;
		other |= want_upper ? low : up;
	}
	*out = expr_bool(seen && !other);
	return 0;
}

FN(isupper_)
{
	(void)arg;
	return case_is(run, self, 1, out);
}

FN(islower_)
{
	(void)arg;
	return case_is(run, self, 0, out);
}

#define T	BIT(EXPR_TEXT)

const struct expr_fn expr_seek_methods[] = {
	{ "startswith", T, EXPR_BOOL, 1, 1, "prefix", startswith },
	{ "endswith", T, EXPR_BOOL, 1, 1, "suffix", endswith },
	{ "find", T, EXPR_INT, 1, 1, "sub", find },
	{ "rfind", T, EXPR_INT, 1, 1, "sub", rfind },
	{ "index", T, EXPR_INT, 1, 1, "sub", index_of },
	{ "count", T, EXPR_INT, 1, 1, "sub", count },
	{ "split", T, EXPR_LIST, 0, 2, "sep maxsplit", text_split },
	{ "rsplit", T, EXPR_LIST, 0, 2, "sep maxsplit", rsplit },
	{ "splitlines", T, EXPR_LIST, 0, 0, "", splitlines },
	{ "partition", T, EXPR_LIST, 1, 1, "sep", partition },
	{ "rpartition", T, EXPR_LIST, 1, 1, "sep", rpartition },
	{ "join", T, EXPR_TEXT, 1, 1, "items", join },
	{ "isdigit", T, EXPR_BOOL, 0, 0, "", isdigit_ },
	{ "isdecimal", T, EXPR_BOOL, 0, 0, "", isdigit_ },
	{ "isnumeric", T, EXPR_BOOL, 0, 0, "", isdigit_ },
	{ "isalpha", T, EXPR_BOOL, 0, 0, "", isalpha_ },
	{ "isalnum", T, EXPR_BOOL, 0, 0, "", isalnum_ },
	{ "isspace", T, EXPR_BOOL, 0, 0, "", isspace_ },
	{ "isupper", T, EXPR_BOOL, 0, 0, "", isupper_ },
	{ "islower", T, EXPR_BOOL, 0, 0, "", islower_ },
	{ 0 },
};
