/*
 * chain.c -- primaries, and what hangs behind them: attributes, items, calls,
 * filters, tests.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"
#include "rules/expr/expr_impl.h"
#include "util/xalloc.h"

/* ---- names ---- */

static struct node *
unknown_name(struct parser *p, const struct token *t)
{
	const char *list[200];
	size_t n = 0;

	for (const struct expr_name *x = p->scope->names; x->name != NULL &&
	    n < 199; x++)
		list[n++] = x->name;
	list[n] = NULL;
	return parse_refuse(p, t->at, t->len, conf_nearest(t->s, list),
	    "unknown placeholder '%.60s'", t->s);
}

/* A value that is known now, of a name or of one of its members. */
static int
constant(struct parser *p, const struct expr_name *name, const char *key,
    struct node *n)
{
	int r = p->scope->constant == NULL ? 0 : p->scope->constant(
	    p->scope->arg, name, key, &n->value, p->e);

	if (r == 1) {
		n->kind = NODE_VALUE;
		n->type = n->value.type;
	}
	return r;
}

static struct node *
name(struct parser *p)
{
	struct token t = p->lex.now;
	const struct expr_name *x = p->scope->names;
	struct node *n;
	int r;

	while (x->name != NULL && strcmp(x->name, t.s) != 0)
		x++;
	if (x->name == NULL)
		return unknown_name(p, &t);
	if (p->scope->used != NULL)
		p->scope->used(p->scope->arg, x, NULL);
	if (parse_next(p) < 0 ||
	    (n = expr_node_new(p, NODE_NAME, x->type, 0)) == NULL)
		return NULL;
	n->id = x->id;
	n->name = x;
	n->map = x->map;
	if (constant(p, x, NULL, n) < 0) {
		*p->fault = (struct expr_fault){ t.at, t.len, NULL };
		return NULL;
	}
	if (!parse_is(p, "("))
		return n;
	if (!x->call)
		return parse_refuse(p, t.at, t.len, NULL, "'%s' takes no ()", t.s);
	if (parse_next(p) < 0)
		return NULL;
	r = parse_take(p, ")");
	return r == 1 ? n : r < 0 ? NULL : parse_expected(p, "')'");
}

/* ---- lists ---- */

/* Expressions up to `close`; *single if it is one without a comma behind. */
static struct node *
list(struct parser *p, const char *close, int *single)
{
	struct node **v = NULL, *n = NULL;
	size_t count = 0, cap = 0;
	int r = 0;

	*single = 0;
	while (!parse_is(p, close)) {
		struct node *kid = parse_expression(p);

		if (kid == NULL)
			goto out;
		XGROW(v, count, cap);
		v[count++] = kid;
		if ((r = parse_take(p, ",")) != 1) {
			*single = count == 1;
			break;
		}
	}
	if (r < 0)
		goto out;
	if ((r = parse_take(p, close)) != 1) {
		if (r == 0)
			(void)parse_expected(p, *close == ')' ? "')'" : "']'");
		goto out;
	}
	if ((n = expr_node_new(p, NODE_LIST, EXPR_LIST, count)) == NULL)
		goto out;
	for (size_t i = 0; i < count; i++)
		n->kids[i] = v[i];
out:
	free(v);
	return n;
}

static struct node *
brackets(struct parser *p, const char *close)
{
	struct node *n;
	int single;

	if (parse_next(p) < 0 || (n = list(p, close, &single)) == NULL)
		return NULL;
	if (single && *close == ')')
		return n->kids[0];
	n->tuple = *close == ')';
	return expr_node_fold(p, n);
}

/* ---- primaries ---- */

static struct node *
value(struct parser *p, struct expr_value v)
{
	struct node *n = expr_node_new(p, NODE_VALUE, v.type, 0);

	if (n == NULL)
		return NULL;
	n->value = v;
	n->value.from = EXPR_WRITTEN;
	return parse_next(p) < 0 ? NULL : n;
}

/* "a" 'b' is one text. */
static struct node *
text(struct parser *p)
{
	const struct token *t = &p->lex.now;
	struct node *n = value(p, expr_text(t->s, t->s_len));

	while (n != NULL && t->kind == TOKEN_TEXT) {
		size_t len = n->value.len + t->s_len;
		char *s;

		if (len > EXPR_TEXT_MAX)
			return parse_refuse(p, t->at, t->len, NULL, "the text is too "
			    "long");
		s = arena_alloc(p->own, len + 1);
		memcpy(s, n->value.s, n->value.len);
		memcpy(s + n->value.len, t->s, t->s_len);
		n->value.s = s;
		n->value.len = len;
		if (parse_next(p) < 0)
			return NULL;
	}
	return n;
}

static struct node *
primary(struct parser *p)
{
	static const struct {
		const char	*word;
		enum expr_type	 type;
		int64_t		 n;
	} words[] = {
		{ "true", EXPR_BOOL, 1 }, { "True", EXPR_BOOL, 1 },
		{ "false", EXPR_BOOL, 0 }, { "False", EXPR_BOOL, 0 },
		{ "none", EXPR_NONE, 0 }, { "None", EXPR_NONE, 0 },
	};
	const struct token *t = &p->lex.now;

	switch (t->kind) {
	case TOKEN_TEXT:
		return text(p);
	case TOKEN_INT:
		return value(p, expr_int(t->n));
	case TOKEN_FLOAT:
		return value(p, expr_float(t->x));
	case TOKEN_WORD:
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcmp(words[i].word, t->s) == 0)
				return value(p, (struct expr_value){
				    .type = words[i].type, .n = words[i].n });
		return name(p);
	case TOKEN_SIGN:
		if (parse_is(p, "("))
			return brackets(p, ")");
		if (parse_is(p, "["))
			return brackets(p, "]");
		break;
	case TOKEN_END:
		break;
	}
	return parse_expected(p, "a name, a number or a text");
}

/* ---- calls ---- */

/* One argument into its place. */
static int
argument(struct parser *p, const struct expr_fn *fn, struct node **args,
    size_t *next)
{
	struct lexer before = p->lex;
	struct token t = p->lex.now;
	size_t at = *next;
	int named = 0;

	if (t.kind == TOKEN_WORD) {
		if (parse_next(p) < 0)
			return -1;
		named = parse_is(p, "=");
		if (!named)
			p->lex = before;
	}
	if (named) {
		int i = fn_param(fn, t.s, t.s_len);

		if (i < 0) {
			(void)parse_refuse(p, t.at, t.len, NULL, "'%s' has no option "
			    "'%.60s'%s%s", fn->name, t.s, *fn->params != '\0' ?
			    "; it has: " : "", fn->params);
			return -1;
		}
		at = (size_t)i;
		if (parse_next(p) < 0)
			return -1;
	} else {
		++*next;
	}
	if (at >= fn->most || args[at] != NULL) {
		(void)parse_refuse(p, p->lex.now.at, p->lex.now.len, NULL, at >=
		    fn->most ? "'%s' takes no more values" : "'%s' has this "
		    "value already", fn->name);
		return -1;
	}
	args[at] = parse_expression(p);
	return args[at] != NULL ? 0 : -1;
}

/* "(...)", which is looked at; without it there are no arguments. */
static int
arguments(struct parser *p, const struct expr_fn *fn, struct node **args)
{
	size_t at = p->lex.now.at, next = 0, n = 0;
	int r = 0;

	if (parse_is(p, "(")) {
		if (parse_next(p) < 0)
			return -1;
		while (!parse_is(p, ")")) {
			if (argument(p, fn, args, &next) < 0)
				return -1;
			if ((r = parse_take(p, ",")) != 1)
				break;
		}
		if (r < 0 || (r = parse_take(p, ")")) < 0)
			return -1;
		if (r == 0) {
			(void)parse_expected(p, "')'");
			return -1;
		}
	}
	while (n < fn->most && args[n] != NULL)
		n++;
	if (n >= fn->least)
		return 0;
	(void)parse_refuse(p, at, 1, NULL, "'%s' needs %s: %s", fn->name,
	    fn->least == 1 ? "a value" : "more values", fn->params);
	return -1;
}

/* A method, filter or test of `self`.  fn NULL: it is found when the type of
 * self is known; other_ is then one that is called so. */
static struct node *
call(struct parser *p, struct node *self, enum fn_kind kind,
    const struct expr_fn *fn, const struct expr_fn *other)
{
	struct node *args[ARGS_MAX] = { NULL }, *n;
	const struct expr_fn *like = fn != NULL ? fn : other;

	if (kind != FN_TEST || parse_is(p, "(")) {
		if (arguments(p, like, args) < 0)
			return NULL;
	} else if (like->least > 0) {		/* is divisibleby 3 */
		if ((args[0] = parse_chain(p, 0)) == NULL)
			return NULL;
	}
	n = expr_node_new(p, NODE_CALL, fn == NULL ? EXPR_ANY : fn->gives ==
	    EXPR_MISSING ? self->type : fn->gives, (size_t)like->most + 1);
	if (n == NULL)
		return NULL;
	n->fn_kind = kind;
	n->fn = fn;
	n->key = like->name;
	n->kids[0] = self;
	for (size_t i = 0; i < like->most; i++)
		n->kids[i + 1] = args[i];
	return expr_node_fold(p, n);
}

/* ---- what stands behind a '.' ---- */

static const char *const *
keys_of(struct parser *p, const struct node *self)
{
	const char *const *keys = NULL;

	if (self->name != NULL && p->scope->keys != NULL)
		keys = p->scope->keys(p->scope->arg, self->name);
	return keys != NULL ? keys : self->map->keys;
}

/* Is there such a member?  NULL and a fault if there is not. */
static struct node *
member(struct parser *p, struct node *self, const struct token *t)
{
	const char *const *keys = keys_of(p, self), *const *k = keys;
	struct node *n = expr_node_new(p, NODE_MEMBER, EXPR_ANY, 1);

	if (n == NULL)
		return NULL;
	while (k != NULL && *k != NULL && strcmp(*k, t->s) != 0)
		k++;
	if (k != NULL && *k == NULL)
		return parse_refuse(p, t->at, t->len, conf_nearest(t->s, keys),
		    "there is no '%.60s' in %s", t->s, self->map->said);
	n->key = t->s;
	n->kids[0] = self;
	if (k != NULL && keys == self->map->keys && self->map->types != NULL)
		n->type = self->map->types[k - keys];
	if (self->name == NULL)
		return n;
	if (p->scope->used != NULL)
		p->scope->used(p->scope->arg, self->name, t->s);
	if (constant(p, self->name, t->s, n) < 0) {
		*p->fault = (struct expr_fault){ t->at, t->len, NULL };
		return NULL;
	}
	return n;
}

static struct node *
unknown_attribute(struct parser *p, const struct node *self,
    const struct token *t, int called)
{
	enum fn_kind kind = called ? FN_METHOD : FN_ATTRIBUTE;
	const char *near = fn_nearest(kind, self->type, t->s);

	if (near == NULL)
		near = fn_nearest(called ? FN_ATTRIBUTE : FN_METHOD, self->type,
		    t->s);
	if (self->type == EXPR_ANY)
		return parse_refuse(p, t->at, t->len, near, "unknown attribute "
		    "'%.60s'", t->s);
	return parse_refuse(p, t->at, t->len, near, "%s has no '%.60s'",
	    expr_type_name(self->type), t->s);
}

static struct node *
attribute(struct parser *p, struct node *self, const struct token *t,
    const struct expr_fn *fn)
{
	struct node *n = expr_node_new(p, NODE_ATTRIBUTE, fn != NULL ? fn->gives :
	    EXPR_ANY, 1);

	if (n == NULL)
		return NULL;
	n->key = t->s;
	n->fn = fn;
	n->kids[0] = self;
	return expr_node_fold(p, n);
}

/* A value of which nothing is known may have members of any name. */
static int
may_be_map(const struct node *n)
{
	return n->kind == NODE_MEMBER || n->kind == NODE_ATTRIBUTE ||
	    n->kind == NODE_ITEM || n->kind == NODE_IF;
}

static struct node *
dotted(struct parser *p, struct node *self)
{
	enum expr_type of = self->type;
	const struct expr_fn *fn, *any;
	struct token t;
	int called;

	if (parse_next(p) < 0)
		return NULL;
	t = p->lex.now;
	if (t.kind != TOKEN_WORD)
		return parse_expected(p, "a name behind '.'");
	if (parse_next(p) < 0)
		return NULL;
	called = parse_is(p, "(");
	if (called) {
		fn = fn_find(FN_METHOD, of, t.s);
		any = fn != NULL || of != EXPR_ANY ? fn :
		    fn_find(FN_METHOD, EXPR_ANY, t.s);
		if (any != NULL)
			return call(p, self, FN_METHOD,
			    of == EXPR_ANY ? NULL : fn, any);
	} else {
		if (of != EXPR_ANY && (fn = fn_find(FN_ATTRIBUTE, of,
		    t.s)) != NULL)
			return attribute(p, self, &t, fn);
		if (self->map != NULL && (of == EXPR_MAP ||
		    fn_find(FN_METHOD, of, t.s) == NULL))
			return member(p, self, &t);
		if (of == EXPR_ANY && (may_be_map(self) ||
		    fn_find(FN_ATTRIBUTE, EXPR_ANY, t.s) != NULL))
			return attribute(p, self, &t, NULL);
	}
	if (!called && fn_find(FN_METHOD, of, t.s) != NULL)
		return parse_refuse(p, t.at, t.len, NULL, "'%s' needs its ()", t.s);
	if (called && of != EXPR_ANY && fn_find(FN_ATTRIBUTE, of, t.s) != NULL)
		return parse_refuse(p, t.at, t.len, NULL, "'%s' takes no ()", t.s);
	return unknown_attribute(p, self, &t, called);
}

/* ---- what stands behind a '[' ---- */

static struct node *
subscript(struct parser *p, struct node *self)
{
	struct node *part[3] = { NULL }, *n;
	size_t i = 0, at, end;
	int r = 0;

	if (parse_next(p) < 0)
		return NULL;
	at = p->lex.now.at;
	while (i < 3) {
		if (!parse_is(p, ":") && !parse_is(p, "]") &&
		    (part[i] = parse_expression(p)) == NULL)
			return NULL;
		if (i == 2 || (r = parse_take(p, ":")) != 1)
			break;
		i++;
	}
	if (r < 0)
		return NULL;
	if (i == 0 && part[0] == NULL)
		return parse_expected(p, "a value");
	end = p->lex.now.at;
	if ((r = parse_take(p, "]")) != 1)
		return r < 0 ? NULL : parse_expected(p, "']'");
	if (i == 0 && self->map != NULL && part[0]->kind == NODE_VALUE &&
	    part[0]->type == EXPR_TEXT)		/* regex['year'] */
		return member(p, self, &(struct token){ .at = at, .len =
		    end - at, .s = part[0]->value.s });
	n = expr_node_new(p, i > 0 ? NODE_SLICE : NODE_ITEM, EXPR_ANY, i > 0 ? 4 : 2);
	if (n == NULL)
		return NULL;
	n->kids[0] = self;
	memcpy(n->kids + 1, part, (i > 0 ? 3 : 1) * sizeof(*part));
	if (self->type == EXPR_TEXT || (i > 0 && self->type == EXPR_LIST))
		n->type = self->type;
	return expr_node_fold(p, n);
}

/* ---- filters and tests ---- */

static struct node *
filter(struct parser *p, struct node *self, enum fn_kind kind)
{
	struct token t = p->lex.now;
	const struct expr_fn *any, *own = NULL;

	if (t.kind != TOKEN_WORD)
		return parse_expected(p, kind == FN_TEST ? "a test behind 'is'" :
		    "a filter's name behind '|'");
	if ((any = fn_find(kind, EXPR_ANY, t.s)) == NULL)
		return parse_refuse(p, t.at, t.len, fn_nearest(kind, EXPR_ANY, t.s),
		    "unknown %s '%.60s'", kind == FN_TEST ? "test" : "filter",
		    t.s);
	if (self->type != EXPR_ANY &&
	    (own = fn_find(kind, self->type, t.s)) == NULL)
		return parse_refuse(p, t.at, t.len, NULL, "'%s' cannot be asked of "
		    "%s", t.s, expr_type_name(self->type));
	if (parse_next(p) < 0)
		return NULL;
	return call(p, self, kind, own, any);
}

static struct node *
test(struct parser *p, struct node *self)
{
	int not_ = parse_take(p, "not");
	struct node *n, *asked;

	if (not_ < 0 || (asked = filter(p, self, FN_TEST)) == NULL)
		return NULL;
	if (!not_)
		return asked;
	if ((n = expr_node_new(p, NODE_NOT, EXPR_BOOL, 1)) == NULL)
		return NULL;
	n->kids[0] = asked;
	return expr_node_fold(p, n);
}

struct node *
parse_filters(struct parser *p, struct node *n)
{
	int r = 1;

	while (n != NULL && r == 1) {
		if ((r = parse_take(p, "|")) == 1)
			n = filter(p, n, FN_FILTER);
		else if (r == 0 && (r = parse_take(p, "is")) == 1)
			n = test(p, n);
	}
	return r < 0 ? NULL : n;
}

struct node *
parse_chain(struct parser *p, int with_filters)
{
	struct node *n = primary(p);

	while (n != NULL) {
		if (parse_is(p, "."))
			n = dotted(p, n);
		else if (parse_is(p, "["))
			n = subscript(p, n);
		else
			break;
	}
	return n != NULL && with_filters ? parse_filters(p, n) : n;
}
