#ifndef RULES_EXPR_EXPR_IMPL_H
#define RULES_EXPR_EXPR_IMPL_H

#include "rules/expr/expr.h"

/*
 * The inside, shared by this folder's files:
 *
 *	lex.c		text to words and signs
 *	parse.c		the grammar, from 'if' down to '**'
 *	chain.c		what hangs behind a primary: attributes, calls, filters
 *	node.c		what is made, and what types say before anything runs
 *	eval.c		nodes to values
 *	op.c		arithmetic, comparison, truth
 *	run.c		room, failures
 *	print.c		str() and repr()
 *	format.c	'%03d' % n
 *	chars.c		texts by characters
 *	fn.c		the tables of what is known, and finding in them
 *	fn_text.c fn_seek.c fn_time.c fn_path.c fn_filter.c fn_list.c fn_test.c
 */

/* ---- words and signs ---- */
enum token_kind {
	TOKEN_END,		/* the '}', or the end of the text */
	TOKEN_WORD, TOKEN_TEXT, TOKEN_INT, TOKEN_FLOAT,
	TOKEN_SIGN,		/* one of the signs, as text */
};

struct token {
	enum token_kind	 kind;
	size_t		 at, len;	/* in the text */
	const char	*s;		/* word, sign, text without its quotes */
	size_t		 s_len;
	int64_t		 n;
	double		 x;
};

struct lexer {
	const char	*text;
	size_t		 len, at;
	unsigned	 braces;	/* open: ( and [ */
	struct arena	*own;
	struct token	 now;		/* the token that is looked at */
};

/* The next token into l->now: 0, -1 and e; l->now tells where. */
int lex_next(struct lexer *l, struct err *e);

/* ---- what can be called ---- */
struct expr_fn {
	const char	*name;
	unsigned	 of;		/* types it is of: BIT(EXPR_TEXT) | ... */
	enum expr_type	 gives;		/* EXPR_MISSING: what it is of */
	unsigned char	 least, most;	/* arguments */
	const char	*params;	/* their names: "width fillchar" */
	/* arg has `most` values; what was not given is EXPR_MISSING. */
	int (*call)(struct expr_run *run, const struct expr_value *self,
	    const struct expr_value *arg, struct expr_value *out);
};

#define BIT(t)		(1u << (t))
#define BITS_ALL	(BIT(EXPR_TYPES) - 1)
#define ARGS_MAX	8

enum fn_kind { FN_ATTRIBUTE, FN_METHOD, FN_FILTER, FN_TEST };

extern const struct expr_fn expr_text_methods[], expr_seek_methods[],
    expr_time_methods[], expr_path_methods[], expr_time_attributes[],
    expr_path_attributes[], expr_filters[], expr_list_filters[], expr_tests[];

/* NULL if there is none.  EXPR_ANY asks for any type's. */
const struct expr_fn *fn_find(enum fn_kind kind, enum expr_type of,
    const char *name);
/* The nearest of them, or NULL. */
const char *fn_nearest(enum fn_kind kind, enum expr_type of,
    const char *name);
/* The number of the parameter called so, or -1. */
int fn_param(const struct expr_fn *fn, const char *name, size_t len);

/* ---- nodes ---- */
enum node_kind {
	NODE_VALUE, NODE_NAME, NODE_MEMBER, NODE_ATTRIBUTE, NODE_CALL,
	NODE_ITEM, NODE_SLICE, NODE_LIST, NODE_OP, NODE_JOIN, NODE_COMPARE,
	NODE_AND, NODE_OR, NODE_NOT, NODE_IF,
};

enum sign {
	SIGN_ADD, SIGN_SUBTRACT, SIGN_MULTIPLY, SIGN_DIVIDE, SIGN_FLOOR, SIGN_REST,
	SIGN_POWER, SIGN_MINUS, SIGN_PLUS,
	SIGN_EQ, SIGN_NE, SIGN_LT, SIGN_LE, SIGN_GT, SIGN_GE, SIGN_IN, SIGN_NOT_IN,
};

struct node {
	enum node_kind	 kind;
	enum expr_type	 type;		/* EXPR_ANY: not known yet */
	enum fn_kind	 fn_kind;
	unsigned char	 tuple;		/* a list in ( ) */
	enum sign		 op;
	enum sign		*ops;		/* of a chain of comparisons */
	struct expr_value value;	/* NODE_VALUE */
	unsigned	 id;		/* NODE_NAME */
	const struct expr_map *map;
	const struct expr_name *name;	/* what this is a member of, or it */
	const char	*key;		/* members, attributes, calls */
	const struct expr_fn *fn;	/* NULL: found when it is evaluated */
	struct node	**kids;		/* operands; arguments may be NULL */
	size_t		 n;
};

struct expr {
	struct node	*top;
};

struct parser {
	struct lexer	 lex;
	const struct expr_scope *scope;
	struct arena	*own;
	struct expr_fault *fault;
	struct err	*e;
	size_t		 nodes;
	unsigned	 depth;
};

/* ---- parse.c, chain.c ---- */
struct node *parse_expression(struct parser *p);
struct node *parse_chain(struct parser *p, int with_filters);
struct node *parse_filters(struct parser *p, struct node *n);
/* Is it this sign, or this word? */
int parse_is(const struct parser *p, const char *s);
/* If it is: step over it, 1; else 0; -1 if the next one is wrong. */
int parse_take(struct parser *p, const char *s);
int parse_next(struct parser *p);
struct node *parse_refuse(struct parser *p, size_t at, size_t len, const char *near,
    const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Something else was expected here. */
struct node *parse_expected(struct parser *p, const char *what);

/* ---- node.c ---- */
struct node *expr_node_new(struct parser *p, enum node_kind kind,
    enum expr_type type, size_t kids);
/* What is known beforehand, done beforehand: n, or a value. */
struct node *expr_node_fold(struct parser *p, struct node *n);
enum expr_type expr_op_type(enum sign op, enum expr_type a, enum expr_type b);

/* ---- op.c ---- */
int op_two(struct expr_run *run, enum sign op, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out);
int op_one(struct expr_run *run, enum sign op, const struct expr_value *a,
    struct expr_value *out);
/* -1, 0, 1 in *order; -1: they cannot be compared, and the run failed. */
int op_order(struct expr_run *run, const struct expr_value *a,
    const struct expr_value *b, int *order);
int op_equal(const struct expr_value *a, const struct expr_value *b);
/* 1, 0; -1: b is nothing that can hold a. */
int op_in(struct expr_run *run, const struct expr_value *a,
    const struct expr_value *b);
/* 1, 0, -1 for a missing value. */
int op_true(struct expr_run *run, const struct expr_value *v);
/* n values as one text. */
int op_join(struct expr_run *run, const struct expr_value *v, size_t n,
    const struct expr_value *between, struct expr_value *out);

/* ---- run.c ---- */
int run_missing(struct expr_run *run);
/* What was gathered in run->scratch from `start` on becomes a text. */
int run_scratch(struct expr_run *run, size_t start, struct expr_value *out);
/* A text's '/' become '_' where it was not written by the user, if it is to be
 * joined with others: what comes out is EXPR_TAMED. */
unsigned char run_mixed(unsigned char a, unsigned char b);
void run_add(struct expr_run *run, const struct expr_value *v,
    unsigned char mixed);

/* ---- format.c ---- */
int format_percent(struct expr_run *run, const struct expr_value *format,
    const struct expr_value *args, struct expr_value *out);

/* ---- chars.c ---- */
size_t chars_count(const char *s, size_t len);
/* Where character n begins (len if there are not so many). */
size_t chars_at(const char *s, size_t len, size_t n);
int chars_space(struct expr_run *run, uint32_t c);
/* The length of the blanks (or of chars, if it is no NULL) at its beginning,
 * at its end. */
size_t chars_lead(struct expr_run *run, const char *s, size_t len,
    const struct expr_value *chars);
size_t chars_tail(struct expr_run *run, const char *s, size_t len,
    const struct expr_value *chars);

/* ---- fn_time.c ---- */
void expr_time_print(const struct expr_value *v, struct buf *out);

/* ---- arguments ---- */
static inline int
given(const struct expr_value *arg)
{
	return arg->type != EXPR_MISSING;
}

/* A number, or the default; -1 and the run failed if it is none. */
int arg_int(struct expr_run *run, const struct expr_value *arg,
    const char *what, int64_t usual, int64_t *out);
int arg_text(struct expr_run *run, const struct expr_value *arg,
    const char *what, const char *usual, const char **s, size_t *len);

static inline int
is_number(const struct expr_value *v)
{
	return v->type == EXPR_INT || v->type == EXPR_FLOAT ||
	    v->type == EXPR_BOOL;
}

static inline double
as_float(const struct expr_value *v)
{
	return v->type == EXPR_FLOAT ? v->x : (double)v->n;
}

static inline int
is_text(const struct expr_value *v)
{
	return v->type == EXPR_TEXT || v->type == EXPR_PATH;
}

#endif
