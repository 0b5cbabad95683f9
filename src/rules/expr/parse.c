/*
 * parse.c -- the grammar of expr.h, down to what has a sign before it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/nearest.h"
#include "rules/expr/expr_impl.h"
#include "util/buf.h"

struct node *
parse_refuse(struct parser *p, size_t at, size_t len, const char *near,
    const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*p->fault = (struct expr_fault){ at, len, near };
	err_set(p->e, ERR_CONF, "%s", text);
	return NULL;
}

struct node *
parse_expected(struct parser *p, const char *what)
{
	const struct token *t = &p->lex.now;

	if (t->kind == TOKEN_END)
		return parse_refuse(p, t->at, 1, NULL, "%s was expected before the "
		    "end", what);
	return parse_refuse(p, t->at, t->len, NULL, "%s was expected, not '%.*s'",
	    what, (int)(t->len > 40 ? 40 : t->len), p->lex.text + t->at);
}

int
parse_next(struct parser *p)
{
	if (lex_next(&p->lex, p->e) == 0)
		return 0;
	*p->fault = (struct expr_fault){ p->lex.now.at, p->lex.now.len, NULL };
	return -1;
}

int
parse_is(const struct parser *p, const char *s)
{
	const struct token *t = &p->lex.now;

	return (t->kind == TOKEN_SIGN || t->kind == TOKEN_WORD) &&
	    strcmp(t->s, s) == 0;
}

int
parse_take(struct parser *p, const char *s)
{
	if (!parse_is(p, s))
		return 0;
	return parse_next(p) < 0 ? -1 : 1;
}

/* ---- from the strongest to the weakest ---- */

static struct node *
signed_(struct parser *p, int with_filters)
{
	int minus = parse_is(p, "-"), plus = parse_is(p, "+");
	struct node *n, *kid;

	if (!minus && !plus)
		return parse_chain(p, with_filters);
	if (p->depth >= EXPR_DEPTH_MAX)
		return parse_refuse(p, p->lex.now.at, 1, NULL,
		    "the expression is nested too deep");
	if (parse_next(p) < 0)
		return NULL;
	p->depth++;
	kid = signed_(p, 0);
	p->depth--;
	if (kid == NULL)
		return NULL;
	n = expr_node_new(p, NODE_OP, kid->type, 1);
	if (n == NULL)
		return NULL;
	n->op = minus ? SIGN_MINUS : SIGN_PLUS;
	n->kids[0] = kid;
	n = expr_node_fold(p, n);
	return n != NULL && with_filters ? parse_filters(p, n) : n;
}

static struct node *
signed_one(struct parser *p)
{
	return signed_(p, 1);
}

struct sign_op {
	const char	*sign;
	enum sign		 op;
};

/* One level: what `below` reads, with any of the signs between. */
static struct node *
level(struct parser *p, struct node *(*below)(struct parser *p),
    const struct sign_op *signs)
{
	struct node *left = below(p), *n;
	const struct sign_op *s;

	while (left != NULL) {
		for (s = signs; s->sign != NULL && !parse_is(p, s->sign); s++)
			;
		if (s->sign == NULL || p->lex.now.kind != TOKEN_SIGN)
			break;
		if (parse_next(p) < 0 ||
		    (n = expr_node_new(p, NODE_OP, EXPR_ANY, 2)) == NULL)
			return NULL;
		n->op = s->op;
		n->kids[0] = left;
		if ((n->kids[1] = below(p)) == NULL)
			return NULL;
		n->type = expr_op_type(n->op, left->type, n->kids[1]->type);
		left = expr_node_fold(p, n);
	}
	return left;
}

static struct node *
power(struct parser *p)
{
	static const struct sign_op signs[] = { { "**", SIGN_POWER }, { 0 } };

	return level(p, signed_one, signs);
}

static struct node *
product(struct parser *p)
{
	static const struct sign_op signs[] = { { "*", SIGN_MULTIPLY },
	    { "/", SIGN_DIVIDE }, { "//", SIGN_FLOOR }, { "%", SIGN_REST }, { 0 } };

	return level(p, power, signs);
}

/* Two operands as one node that has any number of them. */
static struct node *
joined(struct parser *p)
{
	struct node *left = product(p), *n;

	while (left != NULL && parse_is(p, "~")) {
		if (parse_next(p) < 0 ||
		    (n = expr_node_new(p, NODE_JOIN, EXPR_TEXT, 2)) == NULL)
			return NULL;
		n->kids[0] = left;
		if ((n->kids[1] = product(p)) == NULL)
			return NULL;
		left = expr_node_fold(p, n);
	}
	return left;
}

static struct node *
sum(struct parser *p)
{
	static const struct sign_op signs[] = { { "+", SIGN_ADD },
	    { "-", SIGN_SUBTRACT }, { 0 } };

	return level(p, joined, signs);
}

/* Is there a comparison? 1 and *op, behind its sign; 0; -1. */
static int
compares(struct parser *p, enum sign *op)
{
	static const struct sign_op signs[] = { { "==", SIGN_EQ },
	    { "!=", SIGN_NE }, { "<=", SIGN_LE }, { ">=", SIGN_GE }, { "<", SIGN_LT },
	    { ">", SIGN_GT }, { "in", SIGN_IN }, { 0 } };
	int r;

	for (const struct sign_op *s = signs; s->sign != NULL; s++)
		if (parse_is(p, s->sign)) {
			*op = s->op;
			return parse_next(p) < 0 ? -1 : 1;
		}
	if ((r = parse_take(p, "not")) != 1)
		return r;
	*op = SIGN_NOT_IN;
	if ((r = parse_take(p, "in")) == 0)
		(void)parse_expected(p, "'in'");
	return r == 1 ? 1 : -1;
}

static struct node *
comparison(struct parser *p)
{
	struct node *first = sum(p), *kids[16];
	enum sign ops[16], op;
	struct node *n;
	size_t count = 0;
	int r;

	if (first == NULL)
		return NULL;
	while ((r = compares(p, &op)) == 1) {
		if (count == 15)
			return parse_refuse(p, p->lex.now.at, 1, NULL,
			    "more than 15 comparisons in a row");
		ops[count] = op;
		if ((kids[count++] = sum(p)) == NULL)
			return NULL;
	}
	if (r < 0 || count == 0)
		return r < 0 ? NULL : first;
	n = expr_node_new(p, NODE_COMPARE, EXPR_BOOL, count + 1);
	if (n == NULL)
		return NULL;
	n->ops = arena_alloc(p->own, count * sizeof(*ops));
	memcpy(n->ops, ops, count * sizeof(*ops));
	n->kids[0] = first;
	memcpy(n->kids + 1, kids, count * sizeof(*kids));
	return expr_node_fold(p, n);
}

static struct node *
negated(struct parser *p)
{
	struct node *n;
	int r = parse_take(p, "not");

	if (r < 0)
		return NULL;
	if (r == 0)
		return comparison(p);
	if (p->depth >= EXPR_DEPTH_MAX)
		return parse_refuse(p, p->lex.now.at, 1, NULL,
		    "the expression is nested too deep");
	if ((n = expr_node_new(p, NODE_NOT, EXPR_BOOL, 1)) == NULL)
		return NULL;
	p->depth++;
	n->kids[0] = negated(p);
	p->depth--;
	return n->kids[0] != NULL ? expr_node_fold(p, n) : NULL;
}

/* 'and' and 'or' give one of their operands, as in Python. */
static struct node *
either(struct parser *p, const char *word, enum node_kind kind,
    struct node *(*below)(struct parser *p))
{
	struct node *left = below(p), *n;
	int r = 0;

	while (left != NULL && (r = parse_take(p, word)) == 1) {
		if ((n = expr_node_new(p, kind, EXPR_ANY, 2)) == NULL)
			return NULL;
		n->kids[0] = left;
		if ((n->kids[1] = below(p)) == NULL)
			return NULL;
		n->type = left->type == n->kids[1]->type ? left->type :
		    EXPR_ANY;
		left = expr_node_fold(p, n);
	}
	return r < 0 ? NULL : left;
}

static struct node *
both(struct parser *p)
{
	return either(p, "and", NODE_AND, negated);
}

static struct node *
if_else(struct parser *p)
{
	struct node *yes = either(p, "or", NODE_OR, both), *n;
	int r;

	if (yes == NULL || (r = parse_take(p, "if")) == 0)
		return yes;
	if (r < 0 || (n = expr_node_new(p, NODE_IF, EXPR_ANY, 3)) == NULL)
		return NULL;
	n->kids[1] = yes;
	if ((n->kids[0] = either(p, "or", NODE_OR, both)) == NULL ||
	    (r = parse_take(p, "else")) < 0)
		return NULL;
	if (r == 1 && (n->kids[2] = parse_expression(p)) == NULL)
		return NULL;
	if (r == 1 && n->kids[2]->type == yes->type)
		n->type = yes->type;
	return expr_node_fold(p, n);
}

struct node *
parse_expression(struct parser *p)
{
	struct node *n;

	if (p->depth >= EXPR_DEPTH_MAX)
		return parse_refuse(p, p->lex.now.at, 1, NULL,
		    "the expression is nested too deep");
	p->depth++;
	n = if_else(p);
	p->depth--;
	return n;
}

int
expr_parse(const char *text, size_t len, const struct expr_scope *scope,
    struct arena *own, struct expr **out, size_t *used, struct expr_fault *f,
    struct err *e)
{
	struct expr_fault unused = {0};
	struct parser p = { .scope = scope, .own = own, .e = e,
	    .fault = f != NULL ? f : &unused,
	    .lex = { .text = text, .len = len, .own = own } };
	struct node *top;

	if (parse_next(&p) < 0)
		return -1;
	if (p.lex.now.kind == TOKEN_END) {
		(void)parse_expected(&p, "a placeholder's name");
		return -1;
	}
	if ((top = parse_expression(&p)) == NULL)
		return -1;
	if (p.lex.now.kind != TOKEN_END) {
		(void)parse_expected(&p, "an operator or the closing '}'");
		return -1;
	}
	if (p.lex.now.at >= len) {
		(void)parse_refuse(&p, len, 1, NULL, "'{' without its '}'");
		return -1;
	}
	if (top->type == EXPR_MAP && top->map != NULL &&
	    top->map->print == NULL) {
		(void)parse_refuse(&p, 0, p.lex.now.at, NULL, "'%.*s' needs a name "
		    "behind it, as in {%.*s.NAME}", (int)p.lex.now.at, text,
		    (int)p.lex.now.at, text);
		return -1;
	}
	*used = p.lex.now.at;
	*out = arena_alloc(own, sizeof(**out));
	(*out)->top = top;
	return 0;
}
