/*
 * eval.c -- nodes to values.
 *
 * A missing value goes up until somebody uses it: that is an error, but for
 * those who ask whether it is there.
 */
#include <string.h>

#include "rules/expr/expr_impl.h"

static int eval(struct expr_run *run, const struct node *n,
    struct expr_value *out);

/* One that must be there. */
static int
need(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	if (eval(run, n, out) < 0)
		return -1;
	return out->type == EXPR_MISSING ? run_missing(run) : 0;
}

/* ---- members ---- */

static int
map_get(struct expr_run *run, const struct expr_value *v, const char *key,
    size_t len, struct expr_value *out)
{
	int r = v->map->get(run, v, key, len, out);

	if (r == 0)
		*out = (struct expr_value){ .type = EXPR_MISSING };
	return r < 0 ? -1 : 0;
}

static int
member(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value v;

	if (eval(run, n->kids[0], &v) < 0)
		return -1;
	if (v.map == NULL) {		/* missing, as its members are */
		*out = (struct expr_value){ .type = EXPR_MISSING };
		return 0;
	}
	return map_get(run, &v, n->key, strlen(n->key), out);
}

static int
attribute(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	const struct expr_fn *fn = n->fn;
	struct expr_value v;

	if (eval(run, n->kids[0], &v) < 0)
		return -1;
	if (v.type == EXPR_MISSING) {
		*out = v;
		return 0;
	}
	if (fn == NULL && v.type != EXPR_MAP)
		fn = fn_find(FN_ATTRIBUTE, v.type, n->key);
	if (fn != NULL)
		return fn->call(run, &v, NULL, out);
	if (v.map != NULL)
		return map_get(run, &v, n->key, strlen(n->key), out);
	return expr_fail(run, "%s has no '%.60s'", expr_type_name(v.type),
	    n->key);
}

/* ---- calls ---- */

/* default, is defined: they may be asked of what is not there. */
static int
takes_missing(const struct expr_fn *fn)
{
	return (fn->of & BIT(EXPR_MISSING)) != 0;
}

static int
call(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value self, args[ARGS_MAX] = {{0}};
	const struct expr_fn *fn = n->fn;

	if (eval(run, n->kids[0], &self) < 0)
		return -1;
	if (fn == NULL)
		fn = fn_find(n->fn_kind, self.type, n->key);
	if (self.type == EXPR_MISSING && (fn == NULL || !takes_missing(fn)))
		return run_missing(run);
	if (fn == NULL)
		return expr_fail(run, "%s has no '%.60s'",
		    expr_type_name(self.type), n->key);
	for (size_t i = 1; i < n->n; i++)
		if (n->kids[i] != NULL && need(run, n->kids[i],
		    &args[i - 1]) < 0)
			return -1;
	return fn->call(run, &self, args, out);
}

/* ---- items ---- */

static int
index_of(struct expr_run *run, int64_t i, int64_t n, int64_t *out)
{
	if (i < 0)
		i += n;
	if (i < 0 || i >= n)
		return expr_fail(run, "there is no item %lld of %lld",
		    (long long)i, (long long)n);
	*out = i;
	return 0;
}

static int
item(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value v, at;
	int64_t i;

	if (eval(run, n->kids[0], &v) < 0 || need(run, n->kids[1], &at) < 0)
		return -1;
	if (v.type == EXPR_MISSING) {
		*out = v;
		return 0;
	}
	if (v.map != NULL && at.type == EXPR_TEXT)
		return map_get(run, &v, at.s, at.len, out);
	if (at.type != EXPR_INT && at.type != EXPR_BOOL)
		return expr_fail(run, "an item is asked for by its number");
	if (v.type == EXPR_LIST) {
		if (index_of(run, at.n, v.n, &i) < 0)
			return -1;
		*out = v.items[i];
		return 0;
	}
	if (v.type != EXPR_TEXT)
		return expr_fail(run, "%s has no items",
		    expr_type_name(v.type));
	if (index_of(run, at.n, (int64_t)chars_count(v.s, v.len), &i) < 0)
		return -1;
	*out = v;
	out->map = NULL;
	out->s += chars_at(v.s, v.len, (size_t)i);
	out->len = chars_at(out->s, (size_t)(v.s + v.len - out->s), 1);
	return 0;
}

/* Python's bounds of a slice of n things. */
struct slice {
	int64_t	from, to, step;
};

static int64_t
bound(int64_t i, int64_t n, int64_t step)
{
	int64_t least = step < 0 ? -1 : 0, most = step < 0 ? n - 1 : n;

	if (i < 0)
		i += n;
	return i < least ? least : i > most ? most : i;
}

static int
slice_bounds(struct expr_run *run, const struct node *n, int64_t len,
    struct slice *s)
{
	struct expr_value v[3] = {{0}};

	for (size_t i = 0; i < 3; i++) {
		if (n->kids[i + 1] == NULL)
			continue;
		if (need(run, n->kids[i + 1], &v[i]) < 0)
			return -1;
		if (v[i].type == EXPR_NONE)
			v[i].type = EXPR_MISSING;
		else if (v[i].type != EXPR_INT && v[i].type != EXPR_BOOL)
			return expr_fail(run, "a slice goes from number to "
			    "number");
	}
	s->step = given(&v[2]) ? v[2].n : 1;
	if (s->step == 0)
		return expr_fail(run, "a slice's step cannot be 0");
	/* As far as any list goes; and the sums below cannot overflow. */
	s->step = s->step > (1 << 20) ? 1 << 20 : s->step < -(1 << 20) ?
	    -(1 << 20) : s->step;
	s->from = given(&v[0]) ? bound(v[0].n, len, s->step) :
	    s->step < 0 ? len - 1 : 0;
	s->to = given(&v[1]) ? bound(v[1].n, len, s->step) :
	    s->step < 0 ? -1 : len;
	return 0;
}

static int
in_slice(const struct slice *s, int64_t i)
{
	return s->step < 0 ? i > s->to : i < s->to;
}

static int
slice_list(struct expr_run *run, const struct expr_value *v,
    const struct slice *s, struct expr_value *out)
{
	struct expr_value *items = expr_alloc(run,
	    ((size_t)v->n + 1) * sizeof(*items));
	size_t n = 0;

	if (items == NULL)
		return -1;
	for (int64_t i = s->from; in_slice(s, i); i += s->step)
		items[n++] = v->items[i];
	*out = expr_list(items, n);
	return 0;
}

/* Where each character begins; NULL if that takes too much room. */
static uint32_t *
starts(struct expr_run *run, const struct expr_value *v, size_t n)
{
	uint32_t *at = expr_alloc(run, (n + 1) * sizeof(*at));
	size_t pos = 0;

	for (size_t i = 0; at != NULL && i <= n; i++) {
		at[i] = (uint32_t)pos;
		pos += chars_at(v->s + pos, v->len - pos, 1);
	}
	return at;
}

static int
slice_text(struct expr_run *run, const struct expr_value *v,
    const struct slice *s, int64_t n, struct expr_value *out)
{
	size_t start = run->scratch.len;
	uint32_t *at;
	int r;

	if (s->step == 1) {		/* a piece of it */
		size_t from = chars_at(v->s, v->len, (size_t)s->from);
		size_t count = s->to > s->from ? (size_t)(s->to - s->from) : 0;

		*out = expr_text(v->s + from, chars_at(v->s + from,
		    v->len - from, count));
		out->from = v->from;
		return 0;
	}
	if ((at = starts(run, v, (size_t)n)) == NULL)
		return -1;
	for (int64_t i = s->from; in_slice(s, i); i += s->step)
		buf_add(&run->scratch, v->s + at[i], at[i + 1] - at[i]);
	r = run_scratch(run, start, out);
	out->from = v->from;
	return r;
}

static int
slice(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value v;
	struct slice s;
	int64_t len;

	if (eval(run, n->kids[0], &v) < 0)
		return -1;
	if (v.type == EXPR_MISSING) {
		*out = v;
		return 0;
	}
	if (v.type != EXPR_TEXT && v.type != EXPR_LIST)
		return expr_fail(run, "%s has no slices",
		    expr_type_name(v.type));
	len = v.type == EXPR_LIST ? v.n : (int64_t)chars_count(v.s, v.len);
	if (slice_bounds(run, n, len, &s) < 0)
		return -1;
	return v.type == EXPR_LIST ? slice_list(run, &v, &s, out) :
	    slice_text(run, &v, &s, len, out);
}

/* ---- the rest ---- */

static int
list(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value *items = expr_alloc(run,
	    (n->n + 1) * sizeof(*items));

	if (items == NULL)
		return -1;
	for (size_t i = 0; i < n->n; i++)
		if (need(run, n->kids[i], &items[i]) < 0)
			return -1;
	*out = expr_list(items, n->n);
	out->tuple = n->tuple;
	return 0;
}

static int
operation(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value a, b;

	if (need(run, n->kids[0], &a) < 0)
		return -1;
	if (n->n == 1)
		return op_one(run, n->op, &a, out);
	if (need(run, n->kids[1], &b) < 0)
		return -1;
	if (n->kind == NODE_JOIN)
		return op_join(run, (struct expr_value[]){ a, b }, 2, NULL,
		    out);
	return op_two(run, n->op, &a, &b, out);
}

static int
compare_two(struct expr_run *run, enum sign op, const struct expr_value *a,
    const struct expr_value *b)
{
	int order;

	switch (op) {
	case SIGN_EQ:
		return op_equal(a, b);
	case SIGN_NE:
		return !op_equal(a, b);
	case SIGN_IN:
		return op_in(run, a, b);
	case SIGN_NOT_IN:
		order = op_in(run, a, b);
		return order < 0 ? -1 : !order;
	default:
		break;
	}
	if (op_order(run, a, b, &order) < 0)
		return -1;
	return op == SIGN_LT ? order < 0 : op == SIGN_LE ? order <= 0 :
	    op == SIGN_GT ? order > 0 : order >= 0;
}

static int
comparison(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value a, b;
	int r = 1;

	if (need(run, n->kids[0], &a) < 0)
		return -1;
	for (size_t i = 1; r == 1 && i < n->n; i++) {
		if (need(run, n->kids[i], &b) < 0)
			return -1;
		r = compare_two(run, n->ops[i - 1], &a, &b);
		a = b;
	}
	*out = expr_bool(r);
	return r < 0 ? -1 : 0;
}

static int
logic(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	int r;

	if (eval(run, n->kids[0], out) < 0 || (r = op_true(run, out)) < 0)
		return -1;
	if (n->kind == NODE_NOT) {
		*out = expr_bool(!r);
		return 0;
	}
	return r == (n->kind == NODE_OR) ? 0 : eval(run, n->kids[1], out);
}

static int
choice(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	struct expr_value v;
	int r;

	if (eval(run, n->kids[0], &v) < 0 || (r = op_true(run, &v)) < 0)
		return -1;
	if (r)
		return eval(run, n->kids[1], out);
	if (n->kids[2] != NULL)
		return eval(run, n->kids[2], out);
	*out = expr_text("", 0);	/* as in Jinja */
	out->from = EXPR_WRITTEN;
	return 0;
}

static int
eval(struct expr_run *run, const struct node *n, struct expr_value *out)
{
	int r;

	switch (n->kind) {
	case NODE_VALUE:
		*out = n->value;
		return 0;
	case NODE_NAME:
		r = run->value(run, n->id, out);
		if (r == 0)
			*out = (struct expr_value){ .type = EXPR_MISSING };
		return r < 0 ? -1 : 0;
	case NODE_MEMBER:
		return member(run, n, out);
	case NODE_ATTRIBUTE:
		return attribute(run, n, out);
	case NODE_CALL:
		return call(run, n, out);
	case NODE_ITEM:
		return item(run, n, out);
	case NODE_SLICE:
		return slice(run, n, out);
	case NODE_LIST:
		return list(run, n, out);
	case NODE_OP:
	case NODE_JOIN:
		return operation(run, n, out);
	case NODE_COMPARE:
		return comparison(run, n, out);
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
		return logic(run, n, out);
	case NODE_IF:
		return choice(run, n, out);
	}
	return expr_fail(run, "nothing is known of this");
}

int
expr_eval(struct expr_run *run, const struct expr *x, struct expr_value *out)
{
	return eval(run, x->top, out);
}
