#ifndef RULES_EXPR_EXPR_H
#define RULES_EXPR_EXPR_H

#include <locale.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/expr/value.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

/*
 * Expressions: what stands between the braces of a template, in the words of
 * organize's users, which are those of Jinja and Python.
 *
 *	expression  := either [ 'if' either [ 'else' expression ] ]
 *	either      := both { 'or' both }
 *	both        := negated { 'and' negated }
 *	negated     := 'not' negated | comparison
 *	comparison  := sum { ('==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' |
 *			'not' 'in') sum }		as in Python: 1 < x < 5
 *	sum         := joined { ('+' | '-') joined }
 *	joined      := product { '~' product }		both as text
 *	product     := power { ('*' | '/' | '//' | '%') power }
 *	power       := signed { '**' signed }
 *	signed      := ('-' | '+') signed | chain
 *	chain       := primary { '.' word [ call ] | '[' subscript ']' |
 *			'|' word [ call ] | 'is' [ 'not' ] word [ value ] }
 *	call        := '(' [ argument { ',' argument } ] ')'
 *	argument    := [ word '=' ] expression
 *	subscript   := expression | [ expression ] ':' [ expression ]
 *			[ ':' [ expression ] ]
 *	primary     := word [ '(' ')' ] | number | text { text } | 'true' |
 *			'false' | 'none' | '(' [ list ] ')' | '[' [ list ] ']'
 *	list        := expression { ',' expression } [ ',' ]
 *	number      := digits [ '.' digits ]		with '_' between them
 *	text        := '...' | "..."	with \\ \' \" \n \t \r \a \b \f \v \0
 *					\xHH \uHHHH
 *
 * There are no loops, no names of one's own and nothing that reads a file, so
 * an expression ends; how much it may take is bounded by the limits below.
 *
 * What is not known is found when it is parsed, as far as types are known then:
 * a name, an attribute, a method, a filter.  A missing value is an error where
 * it is used, but for `default` and `is defined`.
 */
#define EXPR_NODES_MAX	2000		/* of one expression */
#define EXPR_DEPTH_MAX	60		/* of brackets and the like */
#define EXPR_TEXT_MAX	((size_t)64 << 10)	/* bytes of one value */
#define EXPR_ITEMS_MAX	4096		/* of one list */
#define EXPR_ROOM_MAX	((size_t)8 << 20)	/* bytes of an evaluation */

struct expr;

/* A word that an expression may begin with. */
struct expr_name {
	const char	*name;		/* NULL ends a list of them */
	enum expr_type	 type;
	unsigned	 id;		/* the caller's own */
	int		 call;		/* now(): may have () behind it */
	const struct expr_map *map;	/* of a map, of a text with members */
};

struct expr_scope {
	const struct expr_name *names;
	/*
	 * What the members of a map can be in this rule, NULL-ended, instead of
	 * map->keys; NULL: anything.  The function may be NULL.
	 */
	const char *const *(*keys)(void *arg, const struct expr_name *name);
	/*
	 * A value that never changes, known while parsing: 1 and *out, whose
	 * text lives as long as what is parsed; 0 there is none; -1 and e.
	 * key is NULL for the name alone.  May be NULL.
	 */
	int (*constant)(void *arg, const struct expr_name *name,
	    const char *key, struct expr_value *out, struct err *e);
	/* A name is used, or (key) one of its members.  May be NULL. */
	void (*used)(void *arg, const struct expr_name *name,
	    const char *key);
	void		*arg;
};

/* What is wrong, and where. */
struct expr_fault {
	size_t		 at, len;	/* bytes, from the start of the text */
	const char	*near;		/* the nearest word there is, or NULL;
					   lives as long as scope and program */
};

/*
 * Parse the expression that begins at text and ends at the first '}' that is
 * not inside of it; *used is how many bytes that takes, without the '}'.  What
 * is made lies in own.  -1 (ERR_CONF): e says what is wrong, *f where.
 */
int expr_parse(const char *text, size_t len, const struct expr_scope *scope,
    struct arena *own, struct expr **out, size_t *used, struct expr_fault *f,
    struct err *e);

enum expr_type expr_result(const struct expr *x);	/* EXPR_ANY: unknown */

/* Its value if it is the same for all files, or NULL. */
const struct expr_value *expr_fixed(const struct expr *x);

/*
 * An evaluation.  Made once with expr_run_new and used again and again by one
 * thread; what the last one gave is lost with the next expr_run_begin.
 */
struct expr_run {
	/* The value of a name: 1, 0 it is missing, -1 and the run has failed
	 * (expr_fail). */
	int (*value)(struct expr_run *run, unsigned id,
	    struct expr_value *out);
	void		*arg;
	int64_t		 now;		/* ns since 1970; not used here */
	struct err	*e;		/* why it failed; may be NULL */
	locale_t	 utf8;		/* for letters; 0 knows ASCII alone */
	locale_t	 posix;		/* for dates */
	struct expr_room *room;
	struct buf	 scratch;	/* for whoever makes a text */
};

struct expr_run *expr_run_new(void);
void expr_run_free(struct expr_run *run);	/* NULL is fine */
void expr_run_begin(struct expr_run *run);

/* -1: run->e says why; a missing result is no failure here. */
int expr_eval(struct expr_run *run, const struct expr *x,
    struct expr_value *out);

/* ---- for those who give values ---- */

/* Room until the next begin; NULL and the run has failed if it is too much. */
void *expr_alloc(struct expr_run *run, size_t n);
/* A text of its own; -1 and the run has failed if it is too long. */
int expr_keep(struct expr_run *run, const void *s, size_t len,
    struct expr_value *out);
#define expr_fail(...)	(expr_fail_text(__VA_ARGS__), err_told())
void expr_fail_text(struct expr_run *run, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* How many characters a text has. */
size_t expr_chars(const char *s, size_t len);

#endif
