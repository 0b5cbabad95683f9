#ifndef RULES_EXPR_VALUE_H
#define RULES_EXPR_VALUE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What expressions work with: small values, passed by copy.  Texts, lists and
 * what maps are about are borrowed: from the template, from whoever gave the
 * value, or from the room of the evaluation (expr.h), until its next one.
 *
 * Texts are bytes.  Where characters are counted they are those of UTF-8, and
 * a byte that is none of it counts as one.
 */
struct buf;
struct expr_run;

enum expr_type {
	EXPR_MISSING,		/* no value: an error where it is used */
	EXPR_NONE,
	EXPR_BOOL,		/* n */
	EXPR_INT,		/* n */
	EXPR_FLOAT,		/* x */
	EXPR_TEXT,		/* s, len; with a map, it has members as well */
	EXPR_PATH,		/* s, len: what pathlib knows of a path */
	EXPR_LIST,		/* items, n of them */
	EXPR_TIME,		/* n: ns since 1970 */
	EXPR_DATE,		/* n: days since 1970 */
	EXPR_CLOCK,		/* n: ns since midnight */
	EXPR_SPAN,		/* n: ns; what lies between two times */
	EXPR_MAP,		/* map, self: only its members are values */
	EXPR_TYPES,
	EXPR_ANY = EXPR_TYPES,	/* not known before it is evaluated */
};

/*
 * Who wrote the text of a value.  In a path, what the user wrote may have
 * folders in it, and what was found out about a file may not: a template makes
 * its '/' into '_'.  Where the two are joined, that has been done already
 * (EXPR_TAMED), and what came out must not be "" or ".." either.
 */
#define EXPR_WRITTEN	0x01u
#define EXPR_TAMED	0x02u

struct expr_value {
	enum expr_type	 type;
	unsigned char	 from;		/* EXPR_WRITTEN, EXPR_TAMED, or 0 */
	unsigned char	 utc;		/* a time that is told in UTC */
	unsigned char	 aware;		/* and tells its offset */
	unsigned char	 tuple;		/* a list that was written in ( ) */
	int64_t		 n;
	double		 x;
	const char	*s;
	size_t		 len;
	const struct expr_value *items;
	const struct expr_map *map;
	const void	*self;
	const struct zone *zone;	/* a time is told in it, if not utc;
					   NULL: the local one */
};

/* Something with members: {size.bytes}, {regex.year}, {exif.image.model}. */
struct expr_map {
	const char	*said;		/* "size", for messages */
	/* All that there can be, ended by NULL; NULL: anything. */
	const char *const *keys;
	/* What each of them is, or NULL: EXPR_ANY. */
	const enum expr_type *types;
	/* The member: 1, 0 it is not there, -1 and the run has failed. */
	int (*get)(struct expr_run *run, const struct expr_value *map,
	    const char *key, size_t len, struct expr_value *out);
	/* All of it as text; NULL: it cannot be printed. */
	void (*print)(const struct expr_value *map, struct buf *out);
};

static inline struct expr_value
expr_text(const char *s, size_t len)
{
	return (struct expr_value){ .type = EXPR_TEXT, .s = s, .len = len };
}

static inline struct expr_value
expr_path(const char *s, size_t len)
{
	return (struct expr_value){ .type = EXPR_PATH, .s = s, .len = len };
}

static inline struct expr_value
expr_int(int64_t n)
{
	return (struct expr_value){ .type = EXPR_INT, .n = n };
}

static inline struct expr_value
expr_bool(int b)
{
	return (struct expr_value){ .type = EXPR_BOOL, .n = b != 0 };
}

static inline struct expr_value
expr_float(double x)
{
	return (struct expr_value){ .type = EXPR_FLOAT, .x = x };
}

static inline struct expr_value
expr_list(const struct expr_value *items, size_t n)
{
	return (struct expr_value){ .type = EXPR_LIST, .items = items,
	    .n = (int64_t)n };
}

/* Append it as Python's str() and repr() print it; of types only. */
void expr_print(const struct expr_value *v, struct buf *out);
void expr_print_quoted(const struct expr_value *v, struct buf *out);

const char *expr_type_name(enum expr_type t);	/* "a text" */

#endif
