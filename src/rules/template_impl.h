#ifndef RULES_TEMPLATE_IMPL_H
#define RULES_TEMPLATE_IMPL_H

#include <locale.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/template.h"
#include "util/arena.h"

/*
 * A compiled template: pieces in order.  A piece is literal text, or a root
 * (where the value comes from) and the steps that are taken from there.  Types
 * are known when it is compiled, so expanding has no surprises but missing
 * values.
 */
#define TEMPLATE_STEPS	8
#define TEMPLATE_PIECES	256

enum value_type {
	VALUE_TEXT, VALUE_PATH, VALUE_TIME, VALUE_DATE, VALUE_INT, VALUE_SIZE,
	VALUE_GROUPS,		/* regex, env: only their members are values */
};

enum root {
	ROOT_LITERAL, ROOT_NAME, ROOT_EXTENSION, ROOT_CAUGHT, ROOT_PATH,
	ROOT_RELATIVE, ROOT_LOCATION, ROOT_LASTMODIFIED, ROOT_CREATED,
	ROOT_SIZE, ROOT_NOW, ROOT_UTCNOW, ROOT_TODAY, ROOT_RULE, ROOT_RULE_NR,
	ROOT_REGEX, ROOT_ENV,
};

enum step {
	STEP_STEM, STEP_NAME, STEP_SUFFIX, STEP_PARENT,
	STEP_YEAR, STEP_MONTH, STEP_DAY, STEP_HOUR, STEP_MINUTE, STEP_SECOND,
	STEP_MICROSECOND, STEP_STRFTIME,
	STEP_BYTES, STEP_TRADITIONAL, STEP_BINARY, STEP_DECIMAL,
	STEP_UPPER, STEP_LOWER,
};

struct piece {
	enum root	 root;
	const char	*said;		/* as written, for messages */
	const char	*text;		/* literal; or key of what was caught */
	const char	*filter;	/* of what was caught */
	size_t		 len;
	struct {
		enum step	 step;
		const char	*arg;
	} steps[TEMPLATE_STEPS];
	size_t		 n_steps;
	unsigned char	 made_here;	/* its '/' were written by the user */
};

struct template {
	enum template_kind kind;
	struct arena	 own;
	struct piece	*v;
	size_t		 n;
	unsigned	 needs;
	locale_t	 posix, utf8;	/* for dates, for upper and lower */
};

/* One value on its way through the steps. */
struct value {
	enum value_type	 type;
	const char	*s;		/* text and paths */
	size_t		 len;
	int64_t		 n;		/* ns of a time; a number; bytes */
	unsigned char	 utc;		/* a time is told in UTC */
	unsigned char	 aware;		/* and str() tells its offset */
};

/* template_value.c: append a value as Python's str() would print it. */
void template_print(const struct template *t, const struct value *v,
    struct buf *out);
/* Take one step; what it makes may lie in scratch. */
int template_step(const struct template *t, enum step step, const char *arg,
    struct value *v, struct buf *scratch, struct err *e);

#endif
