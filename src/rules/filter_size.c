/*
 * filter_size.c -- size: ">1mb, <10mb" | [">= 500 MB", "< 1 TB"]
 *
 * All must hold.  Operators < <= = == >= > (none is =); units k m g t p e z y,
 * an i for powers of 1024, a b or none; bare numbers are bytes.  A folder's
 * size is that of all files in it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/filter.h"
#include "rules/reader.h"
#include "util/buf.h"
#include "util/size.h"
#include "util/xalloc.h"

enum operator { LESS, LESS_OR_SAME, SAME, MORE_OR_SAME, MORE };

struct constraint {
	enum operator	 op;
	long double	 bytes;		/* exact below 2^64 */
};

struct size {
	struct constraint *v;
	size_t		 n, cap;
	const char	*said;
};

static int
operator(const char **p, enum operator *op)
{
	static const struct { const char *s; enum operator op; } ops[] = {
		{ "<=", LESS_OR_SAME }, { ">=", MORE_OR_SAME }, { "==", SAME },
		{ "<", LESS }, { ">", MORE }, { "=", SAME }, { "", SAME },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t len = strlen(ops[i].s);

		if (strncmp(*p, ops[i].s, len) != 0)
			continue;
		*p += len;
		*op = ops[i].op;
		return (*p)[strspn(*p, "<>=")] == (*p)[0] ? 0 : -1;
	}
	return -1;
}

/* "1.5ki": Python computes it as a double if there is a point, else exactly. */
static int
amount(const char *s, long double *bytes)
{
	static const char units[] = "kmgtpezy";
	size_t whole = strspn(s, "0123456789"), part = 0;
	const char *u;
	char *end;
	int point = s[whole] == '.';
	long double factor = 1;

	if (point)
		part = strspn(s + whole + 1, "0123456789");
	if ((point ? part : whole) == 0)
		return -1;
	*bytes = point ? (long double)strtod(s, &end) : strtold(s, &end);
	if (end != s + whole + (size_t)point + part)
		return -1;
	if (*end != '\0' && (u = strchr(units, *end)) != NULL) {
		long double base = end[1] == 'i' ? 1024 : 1000;

		for (ptrdiff_t k = u - units; k >= 0; k--)
			factor *= base;
		end += end[1] == 'i' ? 2 : 1;
	}
	*bytes = point ? (long double)((double)*bytes * (double)factor) :
	    *bytes * factor;
	end += *end == 'b';
	return *end == '\0' ? 0 : -1;
}

/* One text: constraints between commas, blanks and case do not count. */
static int
read_text(struct size *x, const char *text, const struct conf_node *at,
    struct rule_reader *r)
{
	char *copy = arena_str(r->arena, text), *to = copy, *word;
	struct conf_fault *fault;

	for (const char *p = text; *p != '\0'; p++)
		if (*p != ' ' && *p != '\t')
			*to++ = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
	*to = '\0';
	while ((word = strsep(&copy, ",")) != NULL) {
		const char *p = word;
		struct constraint c;

		if (operator(&p, &c.op) == 0 && amount(p, &c.bytes) == 0) {
			XGROW(x->v, x->n, x->cap);
			x->v[x->n++] = c;
			continue;
		}
		fault = conf_bad(at, "it is no size", r->f);
		conf_expected(fault, "sizes like \">1mb, <10mb\" or \"200 KiB\"");
		return -1;
	}
	return 0;
}

static int
size_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "conditions", NULL };
	static const struct conf_keys map = { .what = "'size'",
	    .known = known };
	struct size *x = f->state;
	struct conf_strs list;
	CLEAN_BUF struct buf said = {0};
	int rc = 0;

	x->said = "any";
	if (value == NULL)
		f->needs = 0;
	if (value == NULL)
		return 0;
	if (value->kind == CONF_MAP) {
		if (conf_map_check(value, &map, r->f) < 0)
			return -1;
		value = conf_need(value, "conditions", "'size'", r->f);
	}
	if (conf_strs(value, r->arena, &list, r->f) < 1)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		rc |= read_text(x, list.text[i], list.node[i], r);
		buf_addf(&said, "%s%s", i > 0 ? ", " : "", list.text[i]);
	}
	x->said = arena_str(r->arena, buf_str(&said));
	return rc;
}

static void
size_fini(void *state)
{
	free(((struct size *)state)->v);
}

static int
holds(const struct constraint *c, uint64_t size)
{
	long double n = (long double)size;

	switch (c->op) {
	case LESS:		return n < c->bytes;
	case LESS_OR_SAME:	return n <= c->bytes;
	case SAME:		return n >= c->bytes && n <= c->bytes;
	case MORE_OR_SAME:	return n >= c->bytes;
	case MORE:		return n > c->bytes;
	}
	return 0;
}

static int
size_match(void *state, struct subject *s, struct err *e)
{
	const struct size *x = state;

	(void)e;
	for (size_t i = 0; i < x->n; i++)
		if (!holds(&x->v[i], s->size))
			return 0;
	return 1;
}

static void
size_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct size *x = state;

	buf_adds(out, "size is ");
	if (detail) {
		size_print(out, s->size);
		buf_adds(out, ", ");
	}
	buf_addf(out, "%s%s", matched ? "" : "not ", x->said);
}

/* Is there a size that meets all of them? */
static int
any_size(const struct size *a, const struct size *b)
{
	long double least = 0, most = HUGE_VALL;

	for (int k = 0; k < 2; k++) {
		const struct size *x = k ? b : a;

		for (size_t i = 0; i < x->n; i++) {
			long double n = x->v[i].bytes;

			switch (x->v[i].op) {
			case LESS:
				most = fminl(most, ceill(n) - 1);
				break;
			case LESS_OR_SAME:
				most = fminl(most, floorl(n));
				break;
			case MORE:
				least = fmaxl(least, floorl(n) + 1);
				break;
			case MORE_OR_SAME:
				least = fmaxl(least, ceill(n));
				break;
			case SAME:
				most = fminl(most, n);
				least = fmaxl(least, n);
				break;
			}
		}
	}
	return least <= most;
}

static int
size_meet(const void *a, int not_a, const void *b, int not_b)
{
	const struct size *x = a, *y = b;

	if (!not_a && !not_b)
		return any_size(x, y);
	return not_a == not_b || strcmp(x->said, y->said) != 0;
}

const struct filter_ops filter_size = {
	.name	= "size",
	.meet	= size_meet,
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_ID | NEED_SIZE,
	.size	= sizeof(struct size),
	.read	= size_read,
	.fini	= size_fini,
	.match	= size_match,
	.say	= size_say,
};
