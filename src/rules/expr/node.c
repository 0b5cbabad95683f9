/*
 * node.c -- what is parsed becomes nodes; what does not depend on a file is
 * worked out at once, so that its faults are the configuration's.
 */
#include <string.h>

#include "rules/expr/expr_impl.h"

#define FOLDED_MAX	4096	/* bytes of a value that is kept */

struct node *
expr_node_new(struct parser *p, enum node_kind kind, enum expr_type type,
    size_t kids)
{
	struct node *n;

	p->nodes += 1 + kids;
	if (p->nodes > EXPR_NODES_MAX)
		return parse_refuse(p, p->lex.now.at, 1, NULL, "the expression is "
		    "too long: more than %d parts", EXPR_NODES_MAX);
	n = arena_alloc(p->own, sizeof(*n));
	n->kind = kind;
	n->type = type;
	n->n = kids;
	if (kids > 0)
		n->kids = arena_alloc(p->own, kids * sizeof(struct node *));
	return n;
}

static int
is_constant(const struct node *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->kids[i] != NULL && n->kids[i]->kind != NODE_VALUE)
			return 0;
	return n->kind != NODE_NAME && n->kind != NODE_MEMBER;
}

/* How many bytes a copy takes. */
static size_t
weight(const struct expr_value *v)
{
	size_t n = sizeof(*v) + v->len;

	for (int64_t i = 0; v->type == EXPR_LIST && i < v->n; i++)
		n += weight(&v->items[i]);
	return n;
}

static struct expr_value
copy(struct arena *own, const struct expr_value *v)
{
	struct expr_value c = *v, *items;

	if (v->s != NULL)
		c.s = arena_dup(own, v->s, v->len);
	if (v->type != EXPR_LIST)
		return c;
	c.items = items = arena_alloc(own, ((size_t)v->n + 1) * sizeof(*items));
	for (int64_t i = 0; i < v->n; i++)
		items[i] = copy(own, &v->items[i]);
	return c;
}

static void
keep(struct parser *p, struct node *n, const struct expr_value *v)
{
	if (v->type == EXPR_MISSING || weight(v) > FOLDED_MAX)
		return;
	n->value = copy(p->own, v);
	n->kind = NODE_VALUE;
	n->type = v->type;
	n->n = 0;
}

struct node *
expr_node_fold(struct parser *p, struct node *n)
{
	const struct expr x = { n };
	struct expr_run *run;
	struct expr_value v;
	struct err e = {0};
	int r;

	if (!is_constant(n))
		return n;
	run = expr_run_new();
	run->e = &e;
	r = expr_eval(run, &x, &v);
	if (r == 0)
		keep(p, n, &v);
	expr_run_free(run);
	return r == 0 ? n : parse_refuse(p, 0, p->lex.now.at, NULL, "%s", e.text);
}

static int
counts(enum expr_type t)
{
	return t == EXPR_INT || t == EXPR_BOOL;
}

static int
when(enum expr_type t)
{
	return t == EXPR_TIME || t == EXPR_DATE;
}

enum expr_type
expr_op_type(enum sign op, enum expr_type a, enum expr_type b)
{
	if (op == SIGN_REST && a == EXPR_TEXT)
		return EXPR_TEXT;
	if (op == SIGN_DIVIDE && a == EXPR_PATH)
		return EXPR_PATH;
	if (op == SIGN_ADD && a == b && (a == EXPR_TEXT || a == EXPR_LIST))
		return a;
	if ((op == SIGN_ADD || op == SIGN_SUBTRACT) && when(a) &&
	    b == EXPR_SPAN)
		return a;
	if (op == SIGN_SUBTRACT && when(a) && when(b))
		return EXPR_SPAN;
	if (counts(a) && counts(b) && op != SIGN_POWER)
		return op == SIGN_DIVIDE ? EXPR_FLOAT : EXPR_INT;
	if ((counts(a) || a == EXPR_FLOAT) && (counts(b) || b == EXPR_FLOAT) &&
	    op != SIGN_POWER)
		return EXPR_FLOAT;
	return EXPR_ANY;
}

enum expr_type
expr_result(const struct expr *x)
{
	return x->top->type;
}

const struct expr_value *
expr_fixed(const struct expr *x)
{
	return x->top->kind == NODE_VALUE ? &x->top->value : NULL;
}
