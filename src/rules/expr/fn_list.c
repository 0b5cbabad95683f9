/*
 * fn_list.c -- Jinja's filters of lists.  A text is a list of its characters
 * where one is asked for, as in Python.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "rules/letters.h"

#define FN(name) \
	static int \
	name(struct expr_run *run, const struct expr_value *self, \
	    const struct expr_value *arg, struct expr_value *out)

/* A copy of its items, or of its characters. */
static int
items_of(struct expr_run *run, const struct expr_value *v,
    struct expr_value **items, size_t *n)
{
	size_t count = v->type == EXPR_LIST ? (size_t)v->n :
	    chars_count(v->s, v->len), at = 0;

	if (count > EXPR_ITEMS_MAX)
		return expr_fail(run, "a list of more than %d items comes out",
		    EXPR_ITEMS_MAX);
	*n = count;
	*items = expr_alloc(run, (count + 1) * sizeof(**items));
	if (*items == NULL)
		return -1;
	if (v->type == EXPR_LIST && count > 0)
		memcpy(*items, v->items, count * sizeof(**items));
	for (size_t i = 0; v->type != EXPR_LIST && i < count; i++) {
		size_t len = chars_at(v->s + at, v->len - at, 1);

		(*items)[i] = expr_text(v->s + at, len);
		(*items)[i].from = v->from;
		at += len;
	}
	return 0;
}

FN(list)
{
	struct expr_value *v;
	size_t n;

	(void)arg;
	if (items_of(run, self, &v, &n) < 0)
		return -1;
	*out = expr_list(v, n);
	return 0;
}

FN(length)
{
	(void)run, (void)arg;
	*out = expr_int(self->type == EXPR_LIST ? self->n :
	    (int64_t)chars_count(self->s, self->len));
	return 0;
}

FN(first)
{
	struct expr_value *v;
	size_t n;

	(void)arg;
	if (items_of(run, self, &v, &n) < 0)
		return -1;
	*out = (struct expr_value){ .type = EXPR_MISSING };
	if (n > 0)
		*out = v[0];
	return 0;
}

FN(last)
{
	struct expr_value *v;
	size_t n;

	(void)arg;
	if (items_of(run, self, &v, &n) < 0)
		return -1;
	*out = (struct expr_value){ .type = EXPR_MISSING };
	if (n > 0)
		*out = v[n - 1];
	return 0;
}

FN(join)
{
	struct expr_value *v, between = arg[0];
	size_t n;

	if (items_of(run, self, &v, &n) < 0)
		return -1;
	if (given(&between) && !is_text(&between))
		return expr_fail(run, "'join' needs a text");
	return op_join(run, v, n, given(&between) ? &between : NULL, out);
}

FN(reverse)
{
	struct expr_value *v, swap;
	size_t n;

	(void)arg;
	if (items_of(run, self, &v, &n) < 0)
		return -1;
	for (size_t i = 0; i < n / 2; i++) {
		swap = v[i];
		v[i] = v[n - 1 - i];
		v[n - 1 - i] = swap;
	}
	*out = expr_list(v, n);
	if (self->type != EXPR_TEXT)
		return 0;
	return op_join(run, v, n, NULL, out);
}

/* ---- order ---- */

struct sorting {
	struct expr_run	*run;
	int		 reverse, exact;	/* case counts */
	int		 failed;
};

/* A text without its case, if that is not to count. */
static struct expr_value
folded(struct sorting *g, const struct expr_value *v)
{
	size_t start = g->run->scratch.len;
	struct expr_value low = *v;

	if (g->exact || v->type != EXPR_TEXT)
		return low;
	letters_lower(g->run->utf8, v->s, v->len, &g->run->scratch);
	if (run_scratch(g->run, start, &low) < 0)
		g->failed = 1;
	return low;
}

/* An item and what it is ordered by. */
struct keyed {
	struct expr_value item, key;
	size_t		 at;
};

static int
by_key(const void *a, const void *b, void *arg)
{
	const struct keyed *x = a, *y = b;
	struct sorting *g = arg;
	int order = 0;

	if (op_order(g->run, &x->key, &y->key, &order) < 0)
		g->failed = 1;
	if (order == 0)
		return (x->at > y->at) - (x->at < y->at);
	return g->reverse ? -order : order;
}

static int
sorted(struct expr_run *run, struct sorting *g, struct expr_value *v,
    size_t n)
{
	struct keyed *k = expr_alloc(run, (n + 1) * sizeof(*k));

	if (k == NULL)
		return -1;
	for (size_t i = 0; i < n && !g->failed; i++)
		k[i] = (struct keyed){ v[i], folded(g, &v[i]), i };
	if (!g->failed)
		qsort_r(k, n, sizeof(*k), by_key, g);
	for (size_t i = 0; i < n && !g->failed; i++)
		v[i] = k[i].item;
	return g->failed ? -1 : 0;
}

FN(sort)
{
	struct sorting g = { .run = run, .reverse = arg[0].n != 0,
	    .exact = arg[1].n != 0 };
	struct expr_value *v;
	size_t n;

	if (items_of(run, self, &v, &n) < 0 || sorted(run, &g, v, n) < 0)
		return -1;
	*out = expr_list(v, n);
	return 0;
}

FN(unique)
{
	struct sorting g = { .run = run, .exact = arg[0].n != 0 };
	struct expr_value *v, *low;
	size_t n, kept = 0;

	if (items_of(run, self, &v, &n) < 0 ||
	    (low = expr_alloc(run, (n + 1) * sizeof(*low))) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		low[kept] = folded(&g, &v[i]);
		while (k < kept && !op_equal(&low[k], &low[kept]))
			k++;
		if (k == kept)
			v[kept++] = v[i];
	}
	*out = expr_list(v, kept);
	return g.failed ? -1 : 0;
}

static int
extreme(struct expr_run *run, const struct expr_value *self, int want,
    const struct expr_value *arg, struct expr_value *out)
{
	struct sorting g = { .run = run, .exact = arg[0].n != 0 };
	struct expr_value *v, best = {0};
	size_t n;
	int order;

	if (items_of(run, self, &v, &n) < 0)
		return -1;
	*out = (struct expr_value){ .type = EXPR_MISSING };
	for (size_t i = 0; i < n; i++) {
		struct expr_value low = folded(&g, &v[i]);

		if (i > 0 && op_order(run, &low, &best, &order) < 0)
			return -1;
		if (i > 0 && order != want)
			continue;
		best = low;
		*out = v[i];
	}
	return g.failed ? -1 : 0;
}

FN(min)
{
	return extreme(run, self, -1, arg, out);
}

FN(max)
{
	return extreme(run, self, 1, arg, out);
}

FN(sum)
{
	struct expr_value all = expr_int(0);

	(void)arg;
	for (int64_t i = 0; i < self->n; i++)
		if (op_two(run, SIGN_ADD, &all, &self->items[i], &all) < 0)
			return -1;
	*out = all;
	return 0;
}

#define LIST	BIT(EXPR_LIST)
#define BOTH	(BIT(EXPR_LIST) | BIT(EXPR_TEXT))

const struct expr_fn expr_list_filters[] = {
	{ "list", BOTH, EXPR_LIST, 0, 0, "", list },
	{ "length", BOTH, EXPR_INT, 0, 0, "", length },
	{ "count", BOTH, EXPR_INT, 0, 0, "", length },
	{ "first", BOTH, EXPR_ANY, 0, 0, "", first },
	{ "last", BOTH, EXPR_ANY, 0, 0, "", last },
	{ "join", BOTH, EXPR_TEXT, 0, 1, "d", join },
	{ "reverse", BOTH, EXPR_MISSING, 0, 0, "", reverse },
	{ "sort", BOTH, EXPR_LIST, 0, 2, "reverse case_sensitive", sort },
	{ "unique", BOTH, EXPR_LIST, 0, 1, "case_sensitive", unique },
	{ "min", BOTH, EXPR_ANY, 0, 1, "case_sensitive", min },
	{ "max", BOTH, EXPR_ANY, 0, 1, "case_sensitive", max },
	{ "sum", LIST, EXPR_ANY, 0, 0, "", sum },
	{ 0 },
};
